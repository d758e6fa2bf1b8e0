"""What was found in annotated volumes, and where first values come from, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skoots.train.data.channels import open_channels
from skoots.train.first.choices import STEPS_PER_EPOCH, is_isotropic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from skoots._types import VoxelSize
    from skoots.train.data.pairs import Pair
    from skoots.train.first.measure import Measured

_ALIKE = 0.05
"""Share by which the edges of two voxels may differ and still count as the same."""

_BETTER = "with some cross entropy: an empty answer is no dead end"


def describe(measured: Measured) -> tuple[str, ...]:
    """Say what volumes are like."""
    edges = _edges(measured.voxel_size)
    shapes = ", ".join(" x ".join(map(str, (z, x, y))) for x, y, z in measured.shapes)
    x, y, z = measured.longest
    sizes = f"{measured.volumes.min()} to {measured.volumes.max()} voxels"
    return (
        f"volumes (Z, Y, X): {shapes}, voxel {edges}",
        f"{len(measured.volumes)} objects of {sizes}, {measured.diameter:.0f} across",
        f"longest way to a skeleton: {z:.0f}, {x:.0f}, {y:.0f} voxels along Z, Y, X",
    )


def describe_unlike(measured: Measured, pairs: Iterable[Pair]) -> Iterator[str]:
    """Say which volumes for validation have voxels of another size.

    Parameters
    ----------
    measured : Measured
        The volumes to train on.
    pairs : iterable of Pair
        Those for validation. One that does not say its voxel size is left out.

    Raises
    ------
    SourceError
        If one cannot be opened.
    """
    for pair in pairs:
        labels = open_channels(pair.labels)
        size = open_channels(pair.image, labels.shape_zyx).voxel_size
        size = size or labels.voxel_size
        if size is not None and not _alike(size, measured.voxel_size):
            yield (
                f"val: {pair.image.name} has voxel {_edges(size)}, and train "
                f"{_edges(measured.voxel_size)}: settings fit train alone"
            )


def give_reasons(measured: Measured) -> dict[str, str]:
    """Say what values come from, or do, by ``SECTION.KEY``."""
    return {**_of_data(measured), **_of_training(), **_of_inference()}


def _of_data(measured: Measured) -> dict[str, str]:
    unknown = measured.voxel_size is None
    size = "no volume says its voxel size" if unknown else "from the voxel size"
    turned = is_isotropic(measured)
    return {
        "SKOOTS.VECTOR_SCALING": "no vector is longer, however a crop is enlarged",
        "SKOOTS.ANISOTROPY": f"along X, Y, Z; {size}",
        "AUGMENTATION.BAKE_SKELETON_ANISOTROPY": f"along X, Y, Z; {size}",
        "AUGMENTATION.CROP_WIDTH": "of X, Y, Z; multiples of 8; what memory and the "
        "volumes allow to all crops of a step together",
        "AUGMENTATION.BRIGHTNESS_RANGE": "0.4 deviations of the intensities",
        "AUGMENTATION.NOISE_GAMMA": "0.35 deviations of the intensities",
        "AUGMENTATION.AFFINE_RATE": "crops are turned in any plane, see below"
        if turned
        else "crops are turned in the plane alone",
    }


def _of_training() -> dict[str, str]:
    return {
        "TRAIN.TRAIN_SAMPLE_PER_IMAGE": "crops of each volume in an epoch: some "
        f"{STEPS_PER_EPOCH} steps",
        "TRAIN.TRAIN_BATCH_SIZE": "crops of a step; one is unlike the next",
        "TRAIN.LOSS_EMBED": "of the vectors",
        "TRAIN.LOSS_PROBABILITY": f"of objects against background; {_BETTER}",
        "TRAIN.LOSS_SKELETON": f"smooth: a tenth of the mask; {_BETTER}",
        "TRAIN.INITIAL_SIGMA": "voxels along X, Y, Z by which a vector may miss at "
        "first, from the objects' diameter",
        "TRAIN.SIGMA_DECAY": "factor and epoch: vectors are judged more strictly as "
        "training goes on",
        "TRAIN.SKELETON_MASK_RADIUS": "voxels; 5 for objects of 32 across, and as much "
        "more as they are larger",
        "TRAIN.NUM_EPOCHS": "fewer for a first try; SIGMA_DECAY counts in epochs too",
        "TRAIN.LEARNING_RATE": "at its highest; smaller if the losses jump",
        "TRAINER.SIGMA_FLOOR": "voxels: sigma does not decay further",
        "TRAINER.OBJECT_RATE": "share of crops that lie on a random object",
        "TRAINER.CENTRE_JITTER": "voxels by which such a crop misses its object at "
        "most: half a diameter",
        "TRAINER.EMA_DECAY": "the saved model is an average over some 500 steps",
    }


def _of_inference() -> dict[str, str]:
    return {
        "INFERENCE.HOPS": "vectors that a voxel follows, one after the other, at most",
        "INFERENCE.FIRST_HIT": "a voxel stops at the first skeleton it comes to",
        "INFERENCE.GROW": "half an object's diameter",
        "INFERENCE.MIN_SKELETON_VOXELS": "smaller skeletons are dropped: far smaller "
        "than an object's, from the diameter",
        "INFERENCE.MIN_OBJECT_VOXELS": "far smaller than most objects",
    }


def _edges(size: VoxelSize | None) -> str:
    if size is None:
        return "unknown"
    return f"{' x '.join(f'{edge:g}' for edge in size)} um"


def _alike(size: VoxelSize, other: VoxelSize | None) -> bool:
    return other is not None and bool(np.allclose(size, other, rtol=_ALIKE, atol=0))
