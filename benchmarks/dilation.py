"""Dilation: once 3x3x3 and twice 3x3 in the plane, on one tile of 300x300x20.

``mask`` is what a run does to its skeletons; ``documented`` calls the functions that
the published package documents, on the same float maps.
"""

# ruff: noqa: PLC0415 - each side imports its own package

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from alternate import Arrays, Case, DisagreementError, Task, main, peer_torch

if TYPE_CHECKING:
    from pathlib import Path

WIDE = 2


def _make(folder: Path, tiny: bool) -> None:  # noqa: FBT001
    shape = (20, 30, 8) if tiny else (300, 300, 20)
    mask = np.random.default_rng(3).random(shape) > 0.999
    np.save(folder / "mask.npy", mask)


def _mask(folder: Path) -> Task:
    from skoots.inference.skeleton_mask import dilate_box

    mask = np.ascontiguousarray(np.load(folder / "mask.npy").transpose(2, 0, 1))
    radii = (1, 1 + WIDE, 1 + WIDE)
    return Task(
        lambda: dilate_box(mask, radii),
        lambda wide: {"mask": wide.transpose(1, 2, 0)},
    )


def _documented(folder: Path) -> Task:
    import torch

    from skoots.lib import morphology

    return _filters(torch, morphology, folder)


def _peer(folder: Path) -> Task:
    torch = peer_torch()
    from skoots.lib import morphology

    return _filters(torch, morphology, folder)


def _filters(torch: object, morphology: object, folder: Path) -> Task:
    image = torch.from_numpy(np.load(folder / "mask.npy")).float()[None, None]

    def run() -> object:
        wide = morphology.binary_dilation(image)
        for _ in range(WIDE):
            wide = morphology.binary_dilation_2d(wide)
        return wide

    return Task(run, lambda wide: {"mask": wide[0, 0].numpy() > 0})


def _check(folder: Path, ours: Arrays, peer: Arrays | None) -> list[str]:
    from scipy.ndimage import maximum_filter

    size = 3 + 2 * WIDE
    truth = maximum_filter(
        np.load(folder / "mask.npy"), (size, size, 3), mode="constant"
    )
    if (ours["mask"] != truth).any():
        raise DisagreementError("ours is no box dilation")
    if peer and (peer["mask"] != truth).any():
        raise DisagreementError("the peer's is another one")
    return ["equal" if peer else "equal to scipy's"]


CASES = [
    Case("dilation-mask", 20, _make, _mask, _peer, _check),
    Case("dilation-documented", 20, _make, _documented, _peer, _check),
]

if __name__ == "__main__":
    main(CASES)
