"""Several data sets as one, and a batch of samples."""

from __future__ import annotations

import operator
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Self

import torch
from torch.utils.data import Dataset

from skoots.errors import ShapeError
from skoots.train.data.dataset_statistics import GreyStatistics, Moments, joined
from skoots.train.data.items import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from torch import Tensor

    from skoots.train.data.annotated import AnnotatedVolume
    from skoots.train.data.volume_set import VolumeSet


class MultiDataset(GreyStatistics, Dataset[Item]):
    """Data sets one after the other, each with its own samples of an image.

    Parameters
    ----------
    *datasets : VolumeSet or MultiDataset
        What is joined.
    """

    def __init__(self, *datasets: VolumeSet | MultiDataset) -> None:
        self.datasets = list(datasets)

    def __len__(self) -> int:
        """Give the samples of all data sets."""
        return sum(map(len, self.datasets))

    def __getitem__(self, index: int) -> Item:
        """Give a sample; those of the first data set come first."""
        return self.sample(index)

    def sample(
        self,
        index: int,
        rng: np.random.Generator | None = None,
        shapes: np.random.Generator | None = None,
    ) -> Item:
        """Give a sample; see `VolumeSet.sample`."""
        place = operator.index(index)
        place += len(self) if place < 0 else 0
        if not 0 <= place < len(self):
            raise IndexError(f"There is no sample {index}: there are {len(self)}.")
        ends = list(accumulate(map(len, self.datasets)))
        which = bisect_right(ends, place)
        before = ends[which - 1] if which else 0
        return self.datasets[which].sample(place - before, rng, shapes)

    @property
    def volumes(self) -> list[AnnotatedVolume]:
        """The volumes of all data sets."""
        return [volume for part in self.datasets for volume in part.volumes]

    def to(self, device: str | torch.device) -> Self:
        """Send what is held in memory to a device; give this data set."""
        for part in self.datasets:
            part.to(device)
        return self

    def cuda(self) -> Self:
        """Send what is held in memory to the first GPU; give this data set."""
        return self.to("cuda:0")

    def cpu(self) -> Self:
        """Send what is held in memory to the processor; give this data set."""
        return self.to("cpu")

    def pin_memory(self) -> Self:
        """Pin memory, so that it gets to a GPU faster; does nothing without one."""
        for part in self.datasets:
            part.pin_memory()
        return self

    def map(self, fn: Callable[[Any], Any], key: str | Sequence[str]) -> Self:
        """Change all data sets in place; see `VolumeSet.map`."""
        changes = [(part, part.mapped(fn, key)) for part in self._sets()]
        for part, volumes in changes:
            part.replace_volumes(volumes)
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.datasets))})"

    def _sets(self) -> Iterator[VolumeSet]:
        for part in self.datasets:
            if isinstance(part, MultiDataset):
                yield from part._sets()
            else:
                yield part

    def moments(self, *, with_invert: bool = False) -> Moments:
        """Give number, sum and spread of all grey values."""
        return joined(part.moments(with_invert=with_invert) for part in self.datasets)


def skeleton_colate(
    data_dict: Sequence[Item],
) -> tuple[Tensor, Tensor, list[dict[int, Tensor]], Any, Any]:
    """Join samples to a batch, for a torch `DataLoader`.

    Parameters
    ----------
    data_dict : sequence of dict
        Samples of one size. They stay as they are.

    Returns
    -------
    images : Tensor, (B, C, X, Y, Z)
    masks : Tensor, (B, 1, X, Y, Z)
    skeletons : list of dict
    skele_masks : Tensor, (B, 1, X, Y, Z); a list of None where no transform made them
    baked : Tensor, (B, 3, X, Y, Z); a list of None where no transform made it

    Raises
    ------
    ShapeError
        If the samples differ in size.
    """
    columns = [
        [item[key] for item in data_dict]
        for key in ("image", "masks", "skele_masks", "baked_skeleton")
    ]
    images, masks, skele_masks, baked = (_stacked(column) for column in columns)
    skeletons = [item["skeletons"] for item in data_dict]
    return images, masks, skeletons, skele_masks, baked


def _stacked(values: list[Any]) -> Any:
    if not values or any(value is None for value in values):
        return values
    shapes = [tuple(value.shape) for value in values]
    if len(set(shapes)) > 1:
        raise ShapeError(
            f"Samples of the shapes {', '.join(map(str, shapes))} are no batch. Crop "
            "them to one size with a transform, or take one at a time."
        )
    return torch.stack([v if isinstance(v, torch.Tensor) else v[:] for v in values])
