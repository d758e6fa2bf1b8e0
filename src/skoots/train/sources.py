"""What a training learns from and is judged by, as the settings name it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch

from skoots.errors import TrainingError
from skoots.model.contents import Normalization
from skoots.train.data.less_background import less_background
from skoots.train.data.volume_set import VolumeSet
from skoots.train.dataloader import PAD, MultiDataset, load_images, load_pairs
from skoots.train.merged_transform import BackgroundTransformFromCfg, TransformFromCfg
from skoots.validate.measure import typical_diameter
from skoots.volume.axes import xyz_to_zyx

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from skoots._types import VoxelSize
    from skoots.config import Settings
    from skoots.train.data.annotated import AnnotatedVolume

_HALO_VOXELS = (320, 320, 128)
"""Of a volume along X, Y, Z at most, to measure a halo on."""

_HALO_VOLUMES = 4

Thing = TypeVar("Thing")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Sources:
    """The data of a training."""

    training: MultiDataset
    """Annotated volumes, then those that hold no object."""

    validation: MultiDataset | None
    """Held-out crops, for the losses."""

    scored: tuple[AnnotatedVolume, ...]
    """Held-out volumes, and those with held-out boxes."""

    normalization: Normalization
    voxel_size: VoxelSize | None
    """Median Z, Y, X in micrometres, of the first training folder."""

    object_diameter: float | None
    """Median over its objects of the diameter of a ball as large, in voxels."""

    objects: int
    notes: tuple[str, ...]

    @property
    def held_out(self) -> bool:
        """Whether there is anything to validate on."""
        return self.validation is not None or bool(self.scored)

    def fingerprint(self) -> list[list[object]]:
        """Give name, extent along X, Y, Z and objects of each volume."""
        volumes = [*self.training.volumes, *self.scored]
        return [
            [v.name, [int(n) for n in v.image.shape[1:]], len(v.skeletons)]
            for v in volumes
        ]

    def normalised(self) -> Iterator[NDArray[np.float32]]:
        """Yield parts of the training volumes, (Z, Y, X), normalised."""
        for volume in self.training.volumes[:_HALO_VOLUMES]:
            middle = tuple(
                slice((n - min(n, most)) // 2, (n + min(n, most)) // 2)
                for n, most in zip(volume.image.shape[1:], _HALO_VOXELS, strict=True)
            )
            part = volume.image[(slice(0, 1), *middle)][0].cpu().numpy()
            fixed = self.normalization.kind == "fixed"
            like = self.normalization if fixed else volume.intensity
            yield ((xyz_to_zyx(part) - like.mean) / like.std).astype(np.float32)


def load_sources(settings: Settings, device: torch.device) -> Sources:
    """Load the data that settings name.

    Parameters
    ----------
    settings : Settings
        The keys of TRAIN that end with DATA_DIR, SAMPLE_PER_IMAGE, STORE_DATA_ON_GPU.
    device : torch.device
        Where the network learns.

    Returns
    -------
    Sources

    Raises
    ------
    TrainingError
        If a volume cannot be used, or has not the channels that the network reads.
    """
    where = _transform_device(settings, device)
    transform = TransformFromCfg(settings, where)
    plain, nothing = transform.plain(), BackgroundTransformFromCfg(settings, where)
    annotated = _annotated(settings, "TRAIN", transform)
    empty = _backgrounds(settings, nothing)
    held_out = _annotated(settings, "VALIDATION", plain)
    training = MultiDataset(*annotated, *empty)
    volumes = [v for one in annotated for v in one.volumes]
    first = annotated[0].volumes if annotated else []
    judged = [v for one in held_out for v in one.volumes]
    everything = [*training.volumes, *judged]
    _check_channels(everything, settings.MODEL.IN_CHANNELS)
    boxed = [v for v in volumes if any(box.held_out for box in v.boxes)]
    scored, notes = _scorable([*judged, *boxed], settings)
    notes += [note for volume in everything for note in volume.notices]
    for key, sets in (
        ("TRAIN", annotated), ("BACKGROUND", empty), ("VALIDATION", held_out)
    ):  # fmt: skip
        notes += _store(settings, sets, key, device)
    return Sources(
        training=training,
        validation=MultiDataset(*held_out) if held_out else None,
        scored=scored,
        normalization=_normalization(settings, training, [transform, plain, nothing]),
        # folders of coarser copies widen what is learnt; the first says at which scale
        voxel_size=_median_size(first) or _median_size(volumes),
        object_diameter=settings.TRAINER.OBJECT_DIAMETER
        or _diameter(first)
        or _diameter(volumes),
        objects=sum(len(v.skeletons) for v in volumes),
        notes=tuple(dict.fromkeys(notes)),
    )


def _scorable(
    volumes: list[AnnotatedVolume], settings: Settings
) -> tuple[tuple[AnnotatedVolume, ...], list[str]]:
    """Give the volumes that can be scored whole, and what should be known."""
    if not volumes or settings.MODEL.IN_CHANNELS == 1:
        return tuple(volumes), []
    note = "Volumes of several channels are not segmented to score them; losses count."
    return (), [note]


def _annotated(
    settings: Settings, key: str, transform: TransformFromCfg
) -> list[VolumeSet]:
    folders = getattr(settings.TRAIN, f"{key}_DATA_DIR")
    samples = getattr(settings.TRAIN, f"{key}_SAMPLE_PER_IMAGE")
    sets = [
        VolumeSet(load_pairs(folder), transform, _pad(settings), "cpu", count)
        for folder, count in _each(folders, samples, 1)
    ]
    sparse = settings.EXPERIMENTAL
    if sparse.IS_SPARSE and (
        sparse.BACKGROUND_N_ERODE or sparse.BACKGROUND_SLICE_PERCENTAGE < 1
    ):
        for one in sets:
            one.map(partial(less_background, settings=sparse), "background")
    return sets


def _backgrounds(
    settings: Settings, transform: BackgroundTransformFromCfg
) -> list[VolumeSet]:
    train = settings.TRAIN
    pairs = _each(train.BACKGROUND_DATA_DIR, train.BACKGROUND_SAMPLE_PER_IMAGE, 1)
    return [
        VolumeSet(load_images(folder), transform, PAD, "cpu", count)
        for folder, count in pairs
    ]


def _each(
    things: Sequence[Thing], values: Sequence[Value], missing: Value
) -> Iterator[tuple[Thing, Value]]:
    """Pair folders with what the settings say of each, or of none."""
    return zip(things, values or [missing] * len(things), strict=True)


def _pad(settings: Settings) -> int:
    """By how much a crop may reach over a border, where nothing is learned."""
    usual = settings.AUGMENTATION
    return min(usual.CROP_WIDTH, usual.CROP_HEIGHT, usual.CROP_DEPTH) // 4


def _transform_device(settings: Settings, device: torch.device) -> torch.device:
    name = settings.TRAIN.TRANSFORM_DEVICE
    stored = any(settings.TRAIN.TRAIN_STORE_DATA_ON_GPU) and device.type != "cpu"
    if name == "default":
        return device if stored else torch.device("cpu")
    return torch.device(name)


def _check_channels(volumes: Sequence[AnnotatedVolume], channels: int) -> None:
    for volume in volumes:
        if volume.image.shape[0] != channels:
            raise TrainingError(
                f"{volume.image_path} has {volume.image.shape[0]} channels, the "
                f"network reads {channels}. Set MODEL.IN_CHANNELS, or give images "
                "with as many."
            )


def _store(
    settings: Settings,
    sets: Sequence[VolumeSet],
    key: str,
    device: torch.device,
) -> Iterator[str]:
    """Move data to the GPU where that was asked for and fits."""
    wanted = getattr(settings.TRAIN, f"{key}_STORE_DATA_ON_GPU")
    if device.type != "cuda":
        return
    for one, wished in _each(sets, wanted, missing=False):
        if not wished:
            continue
        size = sum(volume.bytes_held for volume in one.volumes)
        free, _ = torch.cuda.mem_get_info(device)
        if size > free / 2:
            yield (
                f"TRAIN.{key}_STORE_DATA_ON_GPU: {size / 1e9:.1f} GB do not fit beside "
                f"the network in {free / 1e9:.1f} GB, so the data stays in the "
                "processor's memory."
            )
            continue
        one.to(str(device))


def _normalization(
    settings: Settings, training: MultiDataset, transforms: Sequence[TransformFromCfg]
) -> Normalization:
    if settings.TRAINER.NORMALIZATION == "volume":
        return Normalization("volume")
    rate = settings.AUGMENTATION_EXTRA.INVERT_RATE
    inverts = (settings.AUGMENTATION.BRIGHTNESS_RATE if rate is None else rate) > 0
    mean = float(training.mean(with_invert=inverts))
    std = float(training.std(with_invert=inverts))
    for one in transforms:
        one.set_dataset_mean(mean).set_dataset_std(std)
    return Normalization("fixed", mean, std)


def _median_size(volumes: Sequence[AnnotatedVolume]) -> VoxelSize | None:
    sizes = [v.voxel_size for v in volumes if v.voxel_size is not None]
    if not sizes:
        return None
    z, y, x = (float(n) for n in np.median(sizes, axis=0))
    return z, y, x


def _diameter(volumes: Sequence[AnnotatedVolume]) -> float | None:
    counts = []
    for volume in volumes:
        if not volume.lazy:  # a volume on disk is not read for a hint
            masks = volume.masks[0:1]
            counts.append(torch.unique(masks[masks > 0], return_counts=True)[1])
    if not counts:
        return None
    return typical_diameter(torch.cat(counts).cpu().numpy())
