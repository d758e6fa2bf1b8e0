"""What is written to one chunk, and what of it differs from what was there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skoots.run.strokes import Painted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_skoots.labels_index import LatticePart, PointsPart
    from skoots._types import Shape3


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What is to be written to one chunk."""

    index: Shape3
    box: tuple[slice, slice, slice]
    """Around what is written, in the chunk."""

    within: tuple[Any, ...]
    """What is written, in the box."""

    labels: NDArray[Any]

    """Of what `within` picks."""

    @classmethod
    def of_lattice(cls, part: LatticePart, labels: NDArray[Any]) -> Change:
        """Give the change of a lattice's part."""
        z, y, x = (slice(s.start, s.stop) for s in part.inside)
        within = tuple(slice(None, None, s.step) for s in part.inside)
        return cls(part.index, (z, y, x), within, labels)

    @classmethod
    def of_points(cls, part: PointsPart, labels: NDArray[Any]) -> Change:
        """Give the change of some points; of those at one place the last one counts."""
        z, y, x = (slice(int(p.min()), int(p.max()) + 1) for p in part.inside)
        within = tuple(p - p.min() for p in part.inside)
        return cls(part.index, (z, y, x), within, labels)

    def against(self, before: NDArray[Any]) -> Painted:
        """Give what differs from what was in the box before."""
        wanted = before.copy()
        wanted[self.within] = self.labels
        changed = wanted != before
        labels = wanted[changed]
        if labels.size and (labels == labels[0]).all():
            labels = labels[:1]
        z, y, x = (s.start for s in self.box)
        return Painted(self.index, (z, y, x), changed, labels)
