"""An image for the package, and what the engine makes of it.

Whoever loads the package gives the image to its TorchScript and compares. So the
answer here comes from the engine's own network and normalisation, not from TorchScript.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from skoots.samples import sample_of
from skoots.volume.axes import vectors_to_zyx, xyz_to_zyx, zyx_to_xyz
from skoots.volume.source import open_source
from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.model.checkpoint import Checkpoint
    from skoots.model.contents import Normalization
    from skoots.samples import Sample


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """An image and its answer, in the axes of BioImage.IO."""

    sample: Sample
    """The volume whose middle is the image."""

    image: NDArray[Any]
    """(1, 1, Z, Y, X), float32 or uint8, grey values as a file holds them."""

    answer: NDArray[np.float32]
    """(1, 5, Z, Y, X), the channels of `skoots.model.export.zyx_network`."""


def least_shape(checkpoint: Checkpoint) -> Shape3:
    """Give the smallest extents of a tile of which something is left without its halo.

    Returns
    -------
    tuple of int
        Along Z, Y, X, multiples of the network's factor.
    """
    factor = checkpoint.network.factor
    z, y, x = (2 * halo + factor for halo in checkpoint.halo_zyx)
    return z, y, x


def make_example(checkpoint: Checkpoint) -> Example:
    """Cut an image of a size that the model takes, and ask the model about it.

    Each axis is longer than the one before, by more than the halo asks for, so that a
    package with axes in another order does not pass its own test.
    """
    factor = checkpoint.network.factor
    z, y, x = (n + k * factor for k, n in enumerate(least_shape(checkpoint)))
    sample = sample_of(checkpoint.name)
    image = _grey(sample, checkpoint.normalization, (z, y, x))
    found = _normalised(checkpoint, image)
    with torch.inference_mode():
        said = checkpoint.network(torch.from_numpy(zyx_to_xyz(found))[None, None])[0]
    answer = torch.cat((vectors_to_zyx(said[:3]), xyz_to_zyx(said[3:])))
    return Example(sample, image[None, None], answer.contiguous().numpy()[None])


def _grey(sample: Sample, how: Normalization, shape: Shape3) -> NDArray[Any]:
    """Give the middle of a sample, with grey values as the model expects them."""
    source = open_source(sample.path)
    spans = [
        Span((n - m) // 2, (n - m) // 2 + m)
        for n, want in zip(source.shape, shape, strict=True)
        for m in [min(n, want)]
    ]
    grey = source.read((spans[0], spans[1], spans[2]))
    missing = [want - n for want, n in zip(shape, grey.shape, strict=True)]
    grey = np.pad(grey, [(0, more) for more in missing], mode="symmetric")
    if how.kind == "divide":
        return grey
    image = grey.astype(np.float32)
    if how.kind == "fixed":  # the sample's own grey values may be far from its
        image = (image - image.mean()) / image.std() * how.std + how.mean
    return image.astype(np.float32)


def _normalised(checkpoint: Checkpoint, image: NDArray[Any]) -> NDArray[np.float32]:
    """Give what the network gets, as a run gives it."""
    how, invert = checkpoint.normalization, checkpoint.config.INFERENCE.INVERT
    if how.kind == "divide":
        mean, std = (255.0, -256.0) if invert else (0.0, 256.0)
    elif how.kind == "fixed":
        mean, std = how.mean, how.std
    else:
        mean, std = (
            float(image.mean(dtype=np.float64)),
            float(image.std(dtype=np.float64)),
        )
    grey = (image.astype(np.float64) - mean) / std
    light = -grey if invert and how.kind != "divide" else grey
    return light.astype(np.float32)
