"""What is said of images of one plane, which join a project as volumes do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from skoots.teach.example import Example


def flat_words(example: Example, others: Iterable[Example]) -> str:
    """Say what becomes of a flat image in a project, and of others beside it.

    Parameters
    ----------
    example : Example
        The one that has joined.
    others : iterable of Example
        Of its project; it may be among them.

    Returns
    -------
    str
        Empty where all are volumes.
    """
    flat = is_flat(example)
    mixed = [one.name for one in others if is_flat(one) != flat]
    if not flat and not mixed:
        return ""
    said = []
    if flat:
        said.append(
            f"{example.name} is a flat image: it is taught as a volume of one plane, "
            "so a model learns what objects look like in a plane, and nothing of depth."
        )
    if mixed:
        kind = "volumes" if flat else "flat images"
        said.append(
            f"This project has {kind} too ({mixed[0]}): one model for both finds "
            "either worse, and measures objects wrong. Begin another project for this "
            "image."
        )
    return " ".join(said)


def is_flat(example: Example) -> bool:
    """Tell whether an image has one plane."""
    return example.shape[0] == 1
