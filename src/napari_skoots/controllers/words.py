"""What the engine says, in the words of the panel.

The engine speaks to who writes Python or types options, and names both, as in
``resume=True (--resume)``.
"""

from __future__ import annotations

import re

_WORDS = (
    (r"resume=True \(--resume\)", "Resume"),
    (r"overwrite=True \(--overwrite\)", "Start over"),
    (r"out \(--out\)", "Save to"),
    (r"resample=True \(--resample\)", "resampling"),
    (r"resample \(--resample\)", "Resample the image"),
    (r"diameter \(--diameter\)", "Objects"),
    (r"voxel_size \(--voxel-size\)", "Voxel"),
    (r'device="cpu" \(--device cpu\)', "the device cpu"),
    (r"halo_zyx \(--halo\)", "Halo"),
    (r"another CORE \(Z, Y, X\)", "another Tile core (Z, Y, X)"),
    (r"another HALO \(Z, Y, X\)", "another Halo (Z, Y, X)"),
    (r"Training starts from \S*?([^/\\\s]+)\.skoots\.", r"Training starts from \1."),
    (r"PROBABILITY_THRESHOLD", "Foreground above"),
    (r"SKELETON_THRESHOLD", "Skeleton above"),
)
"""Pattern and what the panel calls it, the more particular first."""

_OPTION = re.compile(r"\s*\(--[^)]*\)")


def in_panel_words(text: str) -> str:
    """Replace arguments and options by what stands on the panel.

    Parameters
    ----------
    text : str
        A message of the engine.

    Examples
    --------
    >>> in_panel_words("Go on with resume=True (--resume), or change time (--time).")
    'Go on with Resume, or change time.'
    """
    for pattern, words in _WORDS:
        text = re.sub(pattern, words, text)
    return _OPTION.sub("", text)
