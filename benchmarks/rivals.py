"""One answer of the network, read in the way of SKOOTS and in those of its rivals.

All readings start from the bytes that a run keeps: the probability of each voxel, the
skeleton, the vectors. SKOOTS reads them with the settings of the model. What the rivals
need to be told is tried out **on the very volume that is scored, with its truth**, and
the best is kept: that favours them, for nobody who segments has a truth. (Where SKOOTS
was tuned on that volume too, see `tuned_on` in the model's provenance, it does not.)

1. *components*: voxels above a threshold that touch by a face are one object. Faces
   alone (6) part more objects than edges or corners would.
2. *watershed*: of the distance of each voxel above a threshold from the background,
   from the maxima that rise at least `h` above the passes to others, as far as the
   threshold goes. A piece that is too thin for such a maximum is one object.
3. *skeleton watershed*: the same, but from the skeletons that SKOOTS starts from, with
   its thresholds. What SKOOTS has beyond this are the vectors.

All drop objects of fewer voxels than the model's `MIN_OBJECT_VOXELS`.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage
from skimage.morphology import local_maxima, reconstruction
from skimage.segmentation import watershed

import skoots
from skoots.events import result_of
from skoots.inference.label import label_components
from skoots.inference.skeleton_mask import skeleton_mask, threshold_byte
from skoots.run.folder import RunFolder
from skoots.validate.scores import score
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from skoots.config import InferenceConfig
    from skoots.model.checkpoint import Checkpoint
    from skoots.validate.scores import Scores
    from skoots.volume.source import Source

    Labels = NDArray[np.uint32]

THRESHOLDS = (0.3, 0.5, 0.7, 0.9)
"""Of the probability; the rivals choose."""

HEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Of maxima of the distance, in voxels along X; the watershed chooses."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What the network said about a volume, and what SKOOTS made of it."""

    probability: NDArray[np.uint8]
    """(Z, Y, X), 255 is certain."""

    skeleton: NDArray[np.uint8]
    """Likewise."""

    vectors: NDArray[np.int8]
    """(3, Z, Y, X), along Z, Y, X; 127 is a whole `scale`."""

    scale: tuple[float, float, float]
    """Voxels along Z, Y, X that a component of one spans."""

    labels: Labels
    """Of SKOOTS, (Z, Y, X)."""

    settings: InferenceConfig
    """Of the model."""

    step: float
    """Length of a voxel along Z, of that along X and Y."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Labels that were read from an answer."""

    name: str
    settings: str
    """What was chosen; of all that were tried the best."""

    labels: Labels
    scores: Scores


def ask_network(image: Source, model: Checkpoint, step: float) -> Answer:
    """Segment a volume and keep what the network said; `step` as in `Answer`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "readings.skoots.zarr"
        result_of(skoots.segment(image, model, path, device="cpu"))
        run = RunFolder.open(path)
        box = whole(run.plan.shape_zyx)
        return Answer(
            run.read("probability", box),
            run.read("skeleton", box),
            run.read("vectors", box),
            run.plan.model.vector_scaling_zyx,
            np.asarray(run.labels[...]),
            model.config.INFERENCE,
            step,
        )


def read_all(answer: Answer, truth: NDArray[Any]) -> list[Reading]:
    """Give the four readings, each at its best; `truth` is (Z, Y, X)."""
    skeletons = "from the same skeletons"
    return [
        Reading("SKOOTS", "the model's", answer.labels, score(answer.labels, truth)),
        best("components", try_components(answer), truth),
        best("watershed", try_watersheds(answer), truth),
        best("skeleton watershed", iter([(skeletons, flood_skeletons(answer))]), truth),
    ]


def best(
    name: str, tries: Iterator[tuple[str, Labels]], truth: NDArray[Any]
) -> Reading:
    """Keep the labels with the highest panoptic quality; of equal ones the first."""
    readings = (Reading(name, how, found, score(found, truth)) for how, found in tries)
    return max(readings, key=lambda reading: reading.scores.panoptic_quality)


def try_components(answer: Answer) -> Iterator[tuple[str, Labels]]:
    """Yield connected components above each threshold, and how they were made."""
    for threshold in THRESHOLDS:
        pieces = label_components(_above(answer, threshold), 6)
        yield f"above {threshold}", drop_small(pieces, answer.settings)


def try_watersheds(answer: Answer) -> Iterator[tuple[str, Labels]]:
    """Yield watersheds above each threshold from maxima of each height."""
    for threshold in THRESHOLDS:
        depth = depth_inside(_above(answer, threshold), answer.step)
        for height in HEIGHTS:
            found = flood(depth, seed_maxima(depth, height))
            yield f"above {threshold}, h {height}", drop_small(found, answer.settings)


def flood_skeletons(answer: Answer) -> Labels:
    """Give the watershed from the skeletons, with the thresholds of SKOOTS."""
    settings = answer.settings
    mask = skeleton_mask(
        answer.skeleton, answer.probability, answer.vectors, answer.scale, settings
    )
    seeds = label_components(mask, settings.CONNECTIVITY)
    least = settings.MIN_SKELETON_VOXELS
    seeds[np.bincount(seeds.ravel())[seeds] < least] = 0
    above = _above(answer, settings.PROBABILITY_THRESHOLD)
    return drop_small(flood(depth_inside(above, answer.step), seeds), settings)


def depth_inside(mask: NDArray[np.bool_], step: float) -> NDArray[np.float32]:
    """Measure how far voxels lie from the background, in voxels along X."""
    depth = ndimage.distance_transform_edt(mask, sampling=(step, 1, 1))
    return np.asarray(depth, np.float32)


def seed_maxima(depth: NDArray[np.float32], height: float) -> Labels:
    """Number the maxima of at least this height, and pieces that have none.

    Notes
    -----
    A top is cut off by the height, and what is left of two is one plateau where the
    pass between them is no lower than that. `skimage.morphology.h_maxima` takes the
    highest voxels instead: two tops of one height stay two, however shallow the pass.
    """
    lowered = np.maximum(depth - np.float32(height), 0)
    cut = reconstruction(lowered, depth)
    maxima = local_maxima(cut) & (cut > 0)
    pieces = label_components(depth > 0, 6)
    seeded = np.zeros(int(pieces.max()) + 1, bool)
    seeded[pieces[maxima]] = True
    seeded[0] = True  # the background
    return label_components(maxima | ~seeded[pieces], 26)


def flood(depth: NDArray[np.float32], seeds: Labels) -> Labels:
    """Give each voxel inside to the seed from which the watershed reaches it."""
    found = watershed(-depth, seeds.astype(np.int32), mask=depth > 0)
    return np.asarray(found, np.uint32)


def drop_small(labels: Labels, settings: InferenceConfig) -> Labels:
    """Erase objects of fewer voxels than the model's least object has."""
    sizes = np.bincount(labels.ravel())
    kept = np.where(sizes < settings.MIN_OBJECT_VOXELS, 0, np.arange(len(sizes)))
    return kept.astype(np.uint32)[labels]


def _above(answer: Answer, threshold: float) -> NDArray[np.bool_]:
    return answer.probability > threshold_byte(threshold)
