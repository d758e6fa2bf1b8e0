"""Make a training sample of a volume: one random crop with its targets.

The way of the data: a random map (`transforms.draw`), one sampling of image and labels
through it (`kernels.sample_crop`), the skeleton points through the same map
(`transforms.points`), changes of intensity (`transforms.colour`), and what the network
should answer (`transforms.targets`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch.utils.data import get_worker_info

from skoots.errors import TrainingError
from skoots.kernels.sample_crop import sample_labels, sample_linear
from skoots.train.transforms.colour import recolour
from skoots.train.transforms.draw import draw_crop
from skoots.train.transforms.intensity import Intensity
from skoots.train.transforms.limits import NO_CHANGES, check_settings
from skoots.train.transforms.points import carry_points, objects_in
from skoots.train.transforms.targets import make_targets, slice_skeletons, thicken

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from skoots.config.settings import Settings
    from skoots.kernels.sample_crop import CropMap

    Sample = dict[str, Any]


class TransformFromCfg:
    """Cut, vary and label a random crop, as the settings say.

    Parameters
    ----------
    cfg : Settings
        Sections AUGMENTATION, AUGMENTATION_EXTRA, TRAIN and TRAINER.
    device : str or torch.device
        Where the crop is made, and stays.
    scale : float, optional
        Value of white, where 0 is black, for volumes whose values do not tell.
    seed : int, optional
        Of the crops, where a call brings no random numbers of its own; none: the
        TRAINER.SEED of the settings.

    Raises
    ------
    SettingsError
        If the settings make a crop vanish or fold.

    Examples
    --------
    >>> from skoots.config import get_cfg_defaults
    >>> settings = get_cfg_defaults().merge({"AUGMENTATION": {"CROP_WIDTH": 8}})
    >>> volume = {
    ...     "image": torch.rand(1, 20, 20, 20),
    ...     "masks": torch.ones((1, 20, 20, 20), dtype=torch.int32),
    ...     "skeletons": {1: torch.full((1, 3), 10.0)},
    ... }
    >>> sample = TransformFromCfg(settings)(volume)
    >>> sample["image"].shape, sample["baked_skeleton"].shape
    (torch.Size([1, 8, 300, 20]), torch.Size([3, 8, 300, 20]))
    """

    def __init__(
        self,
        cfg: Settings,
        device: str | torch.device = "cpu",
        scale: float | None = None,
        *,
        seed: int | None = None,
    ) -> None:
        check_settings(cfg)
        self.cfg = cfg
        self.device = torch.device(device)
        self.scale = scale
        self.seed = cfg.TRAINER.SEED if seed is None else seed
        self.dataset_mean: float | None = None
        self.dataset_std: float | None = None
        self._before: Callable[[Sample], Sample] = _as_it_is
        self._after: Callable[[Sample], Sample] = _as_it_is
        self._rng = np.random.default_rng(self.seed)
        self._worker: int | None = None

    def set_dataset_mean(self, mean: float) -> Self:
        """Set the mean that NORMALIZATION ``dataset`` takes off."""
        self.dataset_mean = float(mean)
        return self

    def set_dataset_std(self, std: float) -> Self:
        """Set the deviation that NORMALIZATION ``dataset`` divides by."""
        self.dataset_std = float(std)
        return self

    def pre_fn(self, fn: Callable[[Sample], Sample]) -> Self:
        """Set what is done to each volume's dictionary first.

        The function gives new tensors: those that it is handed are the data set's own.
        """
        self._before = fn
        return self

    def post_fn(self, fn: Callable[[Sample], Sample]) -> Self:
        """Set what is done to each sample last."""
        self._after = fn
        return self

    def plain(self) -> Self:
        """Give a copy that crops, and changes nothing else."""
        twin = type(self)(
            self.cfg.merge(NO_CHANGES), self.device, self.scale, seed=self.seed
        )
        twin.dataset_mean, twin.dataset_std = self.dataset_mean, self.dataset_std
        return twin.pre_fn(self._before).post_fn(self._after)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(device={str(self.device)!r}, seed={self.seed})"

    def __call__(
        self,
        data_dict: Sample,
        *,
        rng: np.random.Generator | None = None,
        pad_size: int = 100,
        intensity: Intensity | None = None,
        shapes: np.random.Generator | None = None,
    ) -> Sample:
        """Make a sample of a volume, which stays as it is.

        Parameters
        ----------
        data_dict : dict
            ``image`` (C, X, Y, Z), ``masks`` (1, X, Y, Z), ``skeletons`` {id: (N, 3)},
            and ``background`` (1, X, Y, Z) where only part of the volume is labelled.
            The volumes are tensors, or read piece by piece.
        rng : Generator, optional
            Random numbers; by default those of this transform go on. A worker of a
            torch `DataLoader` has its own, which follow from the seed of this
            transform and from torch's.
        pad_size : int
            Voxels by which a crop may reach over the border.
        intensity : Intensity, optional
            Of the volume; by default it is measured at each call.
        shapes : Generator, optional
            Random numbers for the crop's extent, where AUGMENTATION_EXTRA.CROPS names
            several: crops of a batch that are given equal ones are equally large.

        Returns
        -------
        dict
            ``image`` (C, x, y, z) float32, normalised; ``masks`` (1, x, y, z);
            ``skeletons`` of the objects in the crop, in its coordinates;
            ``baked_skeleton`` (3, x, y, z) float32; ``skele_masks`` (1, x, y, z)
            float32; ``background`` (1, x, y, z) bool. What is neither object nor
            background is not known.

        Raises
        ------
        TrainingError
            If a key is missing, or NORMALIZATION ``dataset`` has no mean or deviation.
        SkeletonError
            If an object in the crop has no skeleton.
        """
        rng = self._numbers() if rng is None else rng
        volume = self._before(dict(data_dict))
        self._check_volume(volume)
        crop = draw_crop(rng, self.cfg, self._seen(volume), pad_size, shapes)
        sample = self._label(volume, crop)
        sample["image"] = self._paint(rng, volume, crop, intensity)
        if crop.shape[2] == 1:
            skeletons = sample.pop("skeletons")
            sample = {**thicken(sample), "skeletons": skeletons}
        return self._after(sample)

    def _numbers(self) -> np.random.Generator:
        """Random numbers that no other worker has, and no other epoch."""
        worker = get_worker_info()
        # A worker begins with a copy of the generator that all others were given, too.
        if worker is not None and worker.seed != self._worker:
            self._worker = worker.seed
            self._rng = np.random.default_rng((self.seed, worker.seed))
        return self._rng

    _needs: tuple[str, ...] = ("image", "masks", "skeletons")

    def _check_volume(self, volume: Sample) -> None:
        missing = [key for key in self._needs if volume.get(key) is None]
        if missing:
            raise TrainingError(
                f"The volume has no {' and no '.join(missing)}. Give a dictionary with "
                f"{', '.join(self._needs)}, as skoots.train.dataloader.dataset does."
            )
        if self.cfg.TRAINER.NORMALIZATION == "dataset" and (
            self.dataset_mean is None or not self.dataset_std
        ):
            raise TrainingError(
                f"NORMALIZATION is dataset, but its mean is {self.dataset_mean} and "
                f"its deviation {self.dataset_std}. Call set_dataset_mean and "
                "set_dataset_std first."
            )

    def _seen(self, volume: Sample) -> Sample:
        """What of a volume decides where crops lie."""
        return volume

    def _label(self, volume: Sample, crop: CropMap) -> Sample:
        """Objects of the crop, what is background, and the targets."""
        seen = sample_labels(volume["masks"], crop, self.device)
        empty = seen == 0
        if volume.get("background") is not None:
            known = sample_labels(volume["background"], crop, self.device, outside=0)
            empty = known.bool() & (seen <= 0)
        labels = seen.clamp_(min=0)
        if crop.shape[2] == 1:
            skeletons = slice_skeletons(labels)
        else:
            here = labels.cpu().numpy()
            carried = carry_points(volume["skeletons"], objects_in(here), crop, here)
            skeletons = {i: torch.from_numpy(p) for i, p in carried.items()}
        targets = make_targets(labels, skeletons, self.cfg)
        return {
            "masks": labels[None],
            "skeletons": {i: p.to(self.device) for i, p in skeletons.items()},
            "baked_skeleton": targets.baked,
            "skele_masks": targets.skeleton,
            "background": empty[None],
        }

    def _paint(
        self,
        rng: np.random.Generator,
        volume: Sample,
        crop: CropMap,
        intensity: Intensity | None,
    ) -> Tensor:
        """Sample the image, change its intensities and normalise it."""
        values = intensity or _measured(volume["image"])
        if self.scale is not None:
            values = Intensity(values.mean, values.std, self.scale, 0.0, self.scale)
        image = sample_linear(volume["image"], crop, self.device)
        image, inverted = recolour(rng, image, self.cfg, values)
        mean, std = values.mean, values.std
        if inverted:
            mean = values.mirror - mean
        if self.cfg.TRAINER.NORMALIZATION == "dataset":
            mean, std = self.dataset_mean or 0.0, self.dataset_std or 1.0
        return image.sub_(mean).div_(std)


class BackgroundTransformFromCfg(TransformFromCfg):
    """Cut and vary a random crop of a volume that holds no objects.

    Takes what `TransformFromCfg` takes; a volume needs its ``image`` only.
    """

    _needs = ("image",)

    def _seen(self, volume: Sample) -> Sample:
        return {"image": volume["image"]}

    def _label(self, volume: Sample, crop: CropMap) -> Sample:
        _, x, y, z = volume["image"].shape
        nothing = torch.zeros((), dtype=torch.uint8).expand(1, x, y, z)
        inside = sample_labels(nothing, crop, "cpu", outside=1) == 0
        labels = torch.zeros((1, *crop.shape), dtype=torch.int32, device=self.device)
        return {
            "masks": labels,
            "skeletons": {},
            "baked_skeleton": torch.zeros((3, *crop.shape), device=self.device),
            "skele_masks": torch.zeros((1, *crop.shape), device=self.device),
            "background": inside[None].to(self.device),
        }


def _as_it_is(sample: Sample) -> Sample:
    return sample


def _measured(image: Any) -> Intensity:
    whole = tuple(slice(0, n) for n in image.shape)
    return Intensity.of(image[whole].cpu().numpy())
