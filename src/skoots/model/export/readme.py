"""The page that comes with a package: what its numbers mean, and the model's card."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from skoots._version import __version__
from skoots.model.export.zyx_network import CHANNELS
from skoots.volume.axes import triple_to_zyx

if TYPE_CHECKING:
    from skoots.model.checkpoint import Checkpoint

_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)\n?")
_LINK = re.compile(r"\[([^\]]*)\]\((?!https?://)[^)]*\)")

_NORMALISED = {
    "volume": "The mean of the whole volume becomes 0, its standard deviation 1.",
    "fixed": "From each grey value {mean:g} is taken, then it is divided by {std:g}.",
    "divide": "Grey values of 8 bits are divided by 256. The model takes 16 bits too, "
    "divided by 65536, which this package does not describe.",
}

_INVERTED = " Its preprocessing exchanges light and dark, as the model asks (`INVERT`)."

_TEMPLATE = """\
# {name}

{description}

A package of the BioImage Model Zoo, written by `skoots models export` of napari-skoots
{version}.

## What goes in, what comes out

An image of one channel with the axes Z, Y, X. {normalised} {voxels}

Out come five channels of the same extents: {channels}.
The vector of a voxel points to the skeleton of its object; its components are
multiplied by {scaling} (Z, Y, X) to be voxels. Skeleton and probability are from
0 to 1.

## From the answer to objects

That is **no segmentation yet**. Objects are made by following the vectors to the
skeletons, which needs SKOOTS; programs of the zoo stop at the five channels.
`{attachment}` in this package is the whole model, thresholds included:

    skoots segment IMAGE.tif --model {attachment}

## Validation

{scores}

The test image only shows that the weights answer as they should. It is the middle of a
sample of napari-skoots ({sample}), no matter what the model is for. Its origin and
licence: `{notice}`.
"""

_CARD = """
## The model's card

As it lies beside the model, without pictures and without links to files that are not
in this package.

{card}
"""


def write_readme(
    checkpoint: Checkpoint,
    description: str,
    *,
    attachment: str,
    notice: str,
    sample: str,
    card: str | None,
) -> str:
    """Describe a package in Markdown.

    Parameters
    ----------
    checkpoint : Checkpoint
        The model.
    description : str
        A sentence or two about it.
    attachment, notice : str
        Names of the model's own file and of the test image's licence in the package.
    sample : str
        What the test image shows.
    card : str or None
        The page that lies beside the model.
    """
    how = checkpoint.normalization
    scaling = triple_to_zyx(checkpoint.config.SKOOTS.VECTOR_SCALING)
    text = _TEMPLATE.format(
        name=checkpoint.name,
        description=description,
        version=__version__,
        normalised=_NORMALISED[how.kind].format(mean=how.mean, std=how.std)
        + (_INVERTED if checkpoint.config.INFERENCE.INVERT else ""),
        voxels=_voxels(checkpoint),
        channels=", ".join(f"`{name}`" for name in CHANNELS),
        scaling=" x ".join(f"{edge:g}" for edge in scaling),
        attachment=attachment,
        notice=notice,
        sample=sample,
        scores=_scores(checkpoint),
    )
    return text if card is None else text + _CARD.format(card=_alone(card))


def _voxels(checkpoint: Checkpoint) -> str:
    size, diameter = checkpoint.voxel_size, checkpoint.object_diameter
    edges = " x ".join(f"{edge:g}" for edge in size) if size else ""
    known = f"Voxels of the training data: {edges} um (Z, Y, X)." if size else ""
    typical = f"A typical object is {diameter:.0f} voxels across." if diameter else ""
    return " ".join(filter(None, (known, typical)))


def _scores(checkpoint: Checkpoint) -> str:
    if not checkpoint.scores:
        return "The model's file holds no scores."
    rows = "\n".join(f"| {name} | {x:.3g} |" for name, x in checkpoint.scores.items())
    return (
        "As the model's file holds them, of the objects that SKOOTS makes of the "
        f"answer:\n\n| score | value |\n| --- | --- |\n{rows}"
    )


def _alone(card: str) -> str:
    """Give a card that leads to no file that is left behind; headings a level lower."""
    card = _LINK.sub(r"\1", _PICTURE.sub("", card))
    return re.sub(r"^(#+ )", r"##\1", card, flags=re.MULTILINE).strip()
