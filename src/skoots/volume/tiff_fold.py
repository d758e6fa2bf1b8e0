"""How the axes of a stack of pages correspond to the axes of one page."""

from __future__ import annotations

from dataclasses import dataclass

from skoots.errors import SourceError


@dataclass(frozen=True, slots=True)
class Fold:
    """Which axes of the whole array count pages and which lie within one."""

    shape: tuple[int, ...]
    """Extent of the whole array."""

    leading: tuple[int, ...]
    """Axes of the array that count pages."""

    within: tuple[int, ...]
    """Axes of the array that lie within a page, in the page's order."""

    def page_number(self, place: tuple[int, ...]) -> int:
        """Give the page of a chunk, from its place in the grid of chunks."""
        number = 0
        for axis in self.leading:
            number = number * self.shape[axis] + place[axis]
        return number

    def spread(self, of_page: tuple[int, ...]) -> tuple[int, ...]:
        """Give one number for each axis of the array, 1 for the leading ones."""
        sizes = dict(zip(self.within, of_page, strict=True))
        return tuple(sizes.get(axis, 1) for axis in range(len(self.shape)))


def fold_axes(shape: tuple[int, ...], page_shape: tuple[int, ...], name: str) -> Fold:
    """Match the axes of a page to the last axes of the array.

    Parameters
    ----------
    shape : tuple of int
        Extent of the whole array.
    page_shape : tuple of int
        Extent of a page; its axes may lie between others of length 1.
    name : str
        Name of the volume, for messages.

    Raises
    ------
    SourceError
        If a page is no part of such an array.

    Examples
    --------
    >>> fold_axes((3, 4, 1, 30, 20, 1), (30, 20), "cell.tif").within
    (3, 4)
    """
    left = list(range(len(page_shape)))
    within: list[int] = []
    for axis in reversed(range(len(shape))):
        if left and shape[axis] == page_shape[left[-1]]:
            left.pop()
            within.append(axis)
        elif shape[axis] > 1:
            break
    if left:
        raise SourceError(
            f"{name} has pages of {page_shape} voxels in an array of {shape}, which "
            "this program cannot read. Save it again, as an ImageJ or OME-TIFF."
        )
    inner = tuple(reversed(within))
    return Fold(shape, tuple(k for k in range(len(shape)) if k not in inner), inner)


def check_count(found: int, count: int, name: str) -> None:
    """Refuse a file that has fewer pages than it says."""
    if found < count:
        raise SourceError(
            f"{name} is incomplete: it should hold {count} pages, and page {found + 1} "
            "is missing. Copy or save the file again."
        )


def check_end(end: int, size: int, number: int, count: int, name: str) -> None:
    """Refuse a file that ends before one of its pages does."""
    if end > size:
        raise SourceError(
            f"{name} is truncated: page {number + 1} of {count} ends at byte {end}, "
            f"but the file has only {size}. Copy or save it again."
        )
