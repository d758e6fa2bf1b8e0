"""What data sets of volumes have in common: sampling, devices, changes, statistics."""

from __future__ import annotations

import operator
from dataclasses import replace
from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor
from torch.utils.data import Dataset

from skoots.errors import TrainingError
from skoots.lib.objects import to_device
from skoots.train.data.dataset_statistics import GreyStatistics, Moments, joined
from skoots.train.data.items import Item, copied, sent
from skoots.train.data.lazy_volume import LazyVolume
from skoots.train.merged_transform import TransformFromCfg

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from skoots.train.data.annotated import AnnotatedVolume

KEYS = ("image", "masks", "background", "skele_masks", "skeletons")
"""What `map` can change."""


class VolumeSet(GreyStatistics, Dataset[Item]):
    """Volumes, each sampled so many times.

    Parameters
    ----------
    volumes : sequence of AnnotatedVolume
        What is sampled.
    transforms : callable
        Takes and gives an item.
    pad_size : int
        By how many voxels a crop may reach over the border, where the image is
        reflected. Volumes and statistics stay as they are.
    device : str or torch.device
        Where items are put out.
    sample_per_image : int
        How often each volume is sampled.
    """

    def __init__(
        self,
        volumes: Sequence[AnnotatedVolume],
        transforms: Callable[[Item], Item],
        pad_size: int,
        device: str | torch.device,
        sample_per_image: int,
    ) -> None:
        to_device(torch.empty(0), device)  # refused now rather than at the first item
        if not (_is_whole(sample_per_image, 1) and _is_whole(pad_size, 0)):
            raise TrainingError(
                f"sample_per_image={sample_per_image!r} and pad_size={pad_size!r} "
                "cannot be used. Give whole numbers: at least one sample of an image, "
                "and no padding below 0."
            )
        self.transforms = transforms
        self.pad_size = pad_size
        self.device = device
        self.sample_per_image = sample_per_image
        self._volumes = list(volumes)

    @property
    def volumes(self) -> list[AnnotatedVolume]:
        """The volumes, with where they come from and what is known of them."""
        return list(self._volumes)

    @property
    def image(self) -> list[Any]:
        """Grey values of each volume, (C, X, Y, Z)."""
        return [volume.image for volume in self._volumes]

    @property
    def masks(self) -> list[Any]:
        """Ids of each volume, (1, X, Y, Z)."""
        return [volume.masks for volume in self._volumes]

    @property
    def skeletons(self) -> list[dict[int, Tensor]]:
        """Skeletons of each volume, {id: (N, 3)}."""
        return [volume.skeletons for volume in self._volumes]

    def __len__(self) -> int:
        """Give the number of volumes times how often each is sampled."""
        return len(self._volumes) * self.sample_per_image

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({len(self._volumes)} volumes, "
            f"sample_per_image={self.sample_per_image}, device={str(self.device)!r})"
        )

    def __getitem__(self, index: int) -> Item:
        """Give a sample, by the random numbers of the transform."""
        return self.sample(index)

    def sample(
        self,
        index: int,
        rng: np.random.Generator | None = None,
        shapes: np.random.Generator | None = None,
    ) -> Item:
        """Give a sample.

        Parameters
        ----------
        index : int
            The samples of the first volume come first.
        rng : Generator, optional
            Random numbers for the transform; None takes its own.
        shapes : Generator, optional
            Random numbers for the extent of the crop; None takes those of `rng`.

        Returns
        -------
        dict
            What the transform gives, on the device of this data set.
        """
        volume = self._volumes[self._place(index) // self.sample_per_image]
        with torch.no_grad():
            item: Item = sent(self._transformed(volume, rng, shapes), self.device)
            return item

    def to(self, device: str | torch.device) -> Self:
        """Send what is held in memory to a device; give this data set."""

        def send(tensor: Tensor) -> Tensor:
            if tensor.untyped_storage().nbytes() < tensor.nbytes:  # one value for all
                return to_device(tensor[:1, :1, :1, :1], device).expand(tensor.shape)
            return to_device(tensor, device)

        return self._for_each_tensor(send)

    def cuda(self) -> Self:
        """Send what is held in memory to the first GPU; give this data set."""
        return self.to("cuda:0")

    def cpu(self) -> Self:
        """Send what is held in memory to the processor; give this data set."""
        return self.to("cpu")

    def pin_memory(self) -> Self:
        """Pin memory, so that it gets to a GPU faster; does nothing without one."""
        if not torch.cuda.is_available():
            return self
        return self._for_each_tensor(
            lambda tensor: tensor if tensor.is_cuda else tensor.pin_memory()
        )

    def map(self, fn: Callable[[Any], Any], key: str | Sequence[str]) -> Self:
        """Replace what is held of each volume by what a function makes of it.

        Parameters
        ----------
        fn : callable
            Takes and gives a tensor; a dictionary {id: (N, 3)} for `skeletons`.
        key : str, or sequence of str
            ``image``, ``masks``, ``background``, ``skele_masks`` or ``skeletons``. One
            that this data set holds nothing of changes nothing.

        Raises
        ------
        TrainingError
            For any other key, or a volume that is read from the disk.
        """
        return self.replace_volumes(self.mapped(fn, key))

    def mapped(
        self, fn: Callable[[Any], Any], key: str | Sequence[str]
    ) -> list[AnnotatedVolume]:
        """Give the volumes as `map` would leave them; they stay as they are."""
        keys = [key] if isinstance(key, str) else list(key)
        for name in keys:
            if name not in KEYS:
                raise TrainingError(
                    f"A data set has no {name!r}. Use one of: {', '.join(KEYS)}."
                )
        volumes = self._volumes
        for name in keys:
            volumes = [_mapped(volume, fn, name) for volume in volumes]
        return volumes

    def replace_volumes(self, volumes: Sequence[AnnotatedVolume]) -> Self:
        """Sample these volumes from now on; give this data set."""
        self._volumes = list(volumes)
        return self

    def moments(self, *, with_invert: bool = False) -> Moments:
        """Give number, sum and spread of all grey values.

        Parameters
        ----------
        with_invert : bool
            Whether each volume counts a second time, inverted: 255 - x, 65535 - x, or
            the sum of its least and greatest value less x.
        """
        whole = joined(volume.moments for volume in self._volumes)
        if not with_invert:
            return whole
        return whole.joined(
            joined(v.moments.inverted(v.intensity.mirror) for v in self._volumes)
        )

    def _place(self, index: int) -> int:
        place = operator.index(index)
        place += len(self) if place < 0 else 0
        if not 0 <= place < len(self):
            raise IndexError(f"There is no sample {index}: there are {len(self)}.")
        return place

    def _transformed(
        self,
        volume: AnnotatedVolume,
        rng: np.random.Generator | None,
        shapes: np.random.Generator | None,
    ) -> Item:
        item: Item = {
            "image": volume.image,
            "masks": volume.masks,
            "skeletons": dict(volume.skeletons),
            "baked_skeleton": None,
            "skele_masks": None,
        }
        if volume.background is not None:
            item["background"] = volume.background
        if not isinstance(self.transforms, TransformFromCfg):
            # Whoever wrote it may change what it is handed.
            return self.transforms(copied(item))
        return self.transforms(
            item,
            rng=rng,
            pad_size=self.pad_size,
            intensity=volume.intensity,
            shapes=shapes,
        )

    def _for_each_tensor(self, fn: Callable[[Tensor], Tensor]) -> Self:
        for k, volume in enumerate(self._volumes):
            changes: dict[str, Any] = {
                name: fn(value)
                for name in ("image", "masks", "background")
                if isinstance(value := getattr(volume, name), Tensor)
            }
            changes["skeletons"] = {i: fn(p) for i, p in volume.skeletons.items()}
            self._volumes[k] = replace(volume, **changes)
        return self


def _mapped(
    volume: AnnotatedVolume, fn: Callable[[Any], Any], key: str
) -> AnnotatedVolume:
    if key == "skele_masks" or (key != "image" and volume.labels_path is None):
        return volume
    value = getattr(volume, key)
    if value is None:
        return volume
    if isinstance(value, LazyVolume):
        raise TrainingError(
            f"The {key} of {volume.name} is read from the disk part by part and cannot "
            "be changed whole. Change crops in a transform."
        )
    changes: dict[str, Any] = {key: fn(value)}
    if key == "image":
        changes["grey"] = None  # what was measured is no longer true
    return replace(volume, **changes)


def _is_whole(value: Any, least: int) -> bool:
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    return whole and int(value) >= least
