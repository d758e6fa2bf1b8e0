"""Score a network by segmenting whole volumes, or held-out boxes, with it.

A box is segmented with what surrounds it, as the network and the vectors of its objects
look out of it, and scored inside alone. Nothing is kept on disk.
"""

from __future__ import annotations

import math
import shutil
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from skoots.errors import NotFiniteError, TrainingError
from skoots.events import Validating
from skoots.inference.pipeline import segment
from skoots.model import native
from skoots.model.checkpoint import Checkpoint, Normalization
from skoots.validate.labels import open_labels
from skoots.validate.scores import score
from skoots.volume.axes import triple_to_zyx, xyz_to_zyx
from skoots.volume.source import open_source
from skoots.volume.tiling import Span

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence
    from pathlib import Path

    from skoots._types import Shape3
    from skoots.config import Settings
    from skoots.model.unet import UNet
    from skoots.model.unext import UNeXT
    from skoots.train.data.annotated import AnnotatedVolume
    from skoots.validate.scores import Scores
    from skoots.volume.source import Source
    from skoots.volume.tiling import Box


RUN = "validation.skoots.zarr"
"""What a run is called while it is there."""


@dataclass(frozen=True, slots=True)
class InstanceScore:
    """Means over regions, each counted as often as it has true objects."""

    f1_50: float = 0.0
    f1_75: float = 0.0
    f1_mean: float = 0.0
    panoptic_quality: float = 0.0
    semantic_iou: float = 0.0

    objects_truth: int = 0
    objects_predicted: int = 0
    regions: int = 0
    """Volumes and boxes that were scored."""

    average_best_overlap: float = 0.0


_MEANS = (
    "f1_50",
    "f1_75",
    "f1_mean",
    "panoptic_quality",
    "semantic_iou",
    "average_best_overlap",
)


def score_volumes(
    network: UNet | UNeXT,
    settings: Settings,
    normalization: Normalization,
    volumes: Iterable[AnnotatedVolume],
    device: str | torch.device,
    scratch: Path,
) -> Generator[Validating, None, InstanceScore]:
    """Segment volumes with a network and compare with their labels.

    Parameters
    ----------
    network : UNet or UNeXT
        Of one input channel; stays as it is.
    settings : Settings
        Those of the training; INFERENCE says how objects are made.
    normalization : Normalization
        How intensities become the numbers that it is trained on.
    volumes : iterable of AnnotatedVolume
        Densely labelled ones are scored whole. Of sparsely labelled ones the held-out
        boxes are, or all boxes where none is held out.
    device : str or torch.device
        Where the network runs.
    scratch : Path
        A folder for what is in between, which goes again; made if it is missing.

    Yields
    ------
    Validating
        Many times for each region; closing the generator stops in between.

    Returns
    -------
    InstanceScore
        A region where nothing is found, or of which the network makes no numbers,
        scores 0.

    Raises
    ------
    TrainingError
        If the network takes several channels.
    SkootsError
        If an image or its labels cannot be read.
    """
    if network.in_channels != 1:
        raise TrainingError(
            f"A network of {network.in_channels} channels cannot segment volumes. Set "
            "TRAINER.SCORE_VALIDATIONS to 0 to be content with the losses."
        )
    checkpoint = _checkpoint(network, settings, normalization)
    parts = [(volume, box) for volume in volumes for box in _boxes(volume)]
    results = []
    for done, (volume, box) in enumerate(parts):
        region = _region(checkpoint, volume, box)
        news = Validating(done, len(parts))
        results.append((yield from _score(region, str(device), scratch, news)))
    return mean_score(results)


def mean_score(results: Sequence[Scores]) -> InstanceScore:
    """Take means, each result as often as it has true objects.

    Parameters
    ----------
    results : sequence of Scores
        One for each region.

    Returns
    -------
    InstanceScore
        Where no region has a true object, all count alike.
    """
    if not results:
        return InstanceScore()
    shares = np.array([one.objects_truth for one in results], float)
    if not shares.any():
        shares[:] = 1
    means = {
        name: float(np.average([getattr(one, name) for one in results], weights=shares))
        for name in _MEANS
    }
    return InstanceScore(
        **means,
        objects_truth=sum(one.objects_truth for one in results),
        objects_predicted=sum(one.objects_predicted for one in results),
        regions=len(results),
    )


@dataclass(frozen=True, slots=True)
class _Region:
    """What is segmented, and what of it is compared with what."""

    checkpoint: Checkpoint
    image: Source
    truth: Source
    inside: Box | None
    """The part of the image that the truth is of; None: all."""


def _boxes(volume: AnnotatedVolume) -> list[Box | None]:
    """List the parts of a volume that are scored; None is the whole."""
    if volume.labels_path is None:
        return []
    if not volume.sparse:
        return [None]
    held_out = [taught.box for taught in volume.boxes if taught.held_out]
    return [*(held_out or [taught.box for taught in volume.boxes])]


def _region(
    checkpoint: Checkpoint, volume: AnnotatedVolume, box: Box | None
) -> _Region:
    assert volume.labels_path is not None  # noqa: S101 - it has boxes to score
    image, truth = _image(volume), open_source(volume.labels_path)
    if box is None:
        return _Region(checkpoint, image, truth, None)
    if checkpoint.normalization.kind == "volume":  # a box is not the volume
        mean, std = volume.intensity.mean, max(volume.intensity.std, 1e-6)
        checkpoint = replace(
            checkpoint, normalization=Normalization("fixed", mean, std)
        )
    wide = _with_context(box, image.shape, checkpoint)
    part = open_source(image.read(wide))
    return _Region(checkpoint, part, open_source(truth.read(box)), _within(box, wide))


def _image(volume: AnnotatedVolume) -> Source:
    """Give an image from memory, of one channel also where its file has several."""
    if isinstance(volume.image, torch.Tensor):
        return open_source(xyz_to_zyx(volume.image[0].cpu().numpy()))
    return open_source(volume.image_path)


def _score(
    region: _Region, device: str, scratch: Path, news: Validating
) -> Generator[Validating, None, Scores]:
    """Segment an image and compare what lies inside a box of it with the truth."""
    scratch.mkdir(parents=True, exist_ok=True)
    run = scratch / RUN
    shutil.rmtree(run, ignore_errors=True)  # of a training that was killed
    try:
        job = segment(region.image, region.checkpoint, run, device=device)
        with closing(job):
            for _ in job:
                yield news
        labels = open_labels(run)
        found = labels if region.inside is None else labels.read(region.inside)
        return score(found, region.truth)
    except NotFiniteError:
        return score(np.broadcast_to(np.uint8(0), region.truth.shape), region.truth)
    finally:
        shutil.rmtree(run, ignore_errors=True)


def _with_context(box: Box, shape_zyx: Shape3, checkpoint: Checkpoint) -> Box:
    """Give a box with what its voxels are judged by, on the network's grid."""
    factor = checkpoint.network.factor
    scale = triple_to_zyx(checkpoint.config.SKOOTS.VECTOR_SCALING)
    wide = []
    for span, size, halo, vector in zip(
        box, shape_zyx, checkpoint.halo_zyx, scale, strict=True
    ):
        # half of VECTOR_SCALING: most vectors are no longer
        around = max(halo, math.ceil(vector / 2))
        start = max(span.start - around, 0) // factor * factor
        wide.append(Span(start, min(span.stop + around, size)))
    z, y, x = wide
    return z, y, x


def _within(box: Box, wide: Box) -> Box:
    """Give a box as seen from the first voxel of a wider one."""
    z, y, x = (
        Span(kept.start - around.start, kept.stop - around.start)
        for kept, around in zip(box, wide, strict=True)
    )
    return z, y, x


def _checkpoint(
    network: UNet | UNeXT, settings: Settings, normalization: Normalization
) -> Checkpoint:
    """Make a model of a network without a file."""
    factor = network.factor
    halo = settings.INFERENCE.HALO or native.HALO_ZYX
    z, y, x = (-(-voxels // factor) * factor for voxels in halo)
    return Checkpoint(
        network=network,
        config=settings,
        normalization=normalization,
        voxel_size=None,
        object_diameter=None,
        halo_zyx=(z, y, x),
        name="validation",
        digest="validation",
        published=False,
        provenance={},
        scores={},
    )
