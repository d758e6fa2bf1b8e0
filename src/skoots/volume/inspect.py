"""Say what a file or an array holds before anything is chosen from it.

To open a volume, one channel and one time point must be chosen where there are several,
and axes without names must be named. Who shows a form for these choices has to know
what there is to choose from.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skoots.errors import UnnamedAxesError
from skoots.volume.array_source import ArraySource
from skoots.volume.naming import image_name
from skoots.volume.source import Source, open_source

if TYPE_CHECKING:
    import zarr
    from numpy.typing import NDArray

    from skoots._types import Shape3, VoxelSize
    from skoots.volume.array_source import Array


@dataclass(frozen=True, slots=True)
class VolumeFacts:
    """What is known of a volume without reading its voxels."""

    name: str
    """What the volume is called in messages and in the names of results."""

    path: Path | None
    """Where it is; None in memory."""

    axes: str
    """A letter of T, C, Z, Y, X, S for each axis that is longer than 1, and for rows
    and columns; ``?`` where the file does not say and it cannot be guessed."""

    lengths: tuple[int, ...]
    """Extent along each of them."""

    shape_zyx: Shape3 | None
    """Extent of one volume, in voxels; None as long as axes have no names."""

    dtype: str
    """Type of the elements as they are stored; empty as long as axes have no names."""

    voxel_size: VoxelSize | None
    """Edge lengths along Z, Y, X, in micrometres; None if nobody said."""

    channels: int
    """How many channels, or colours, there are to choose from; 1 is no choice."""

    times: int
    """How many time points there are to choose from; 1 is no choice."""

    notes: tuple[str, ...]
    """What the user should be told about the way it is read."""

    problem: str = ""
    """Why axes must be named before it can be opened; empty where they need not."""


def inspect(
    volume: str | PathLike[str] | Source | NDArray[Any] | zarr.Array[Any] | Array,
    *,
    axes: str | None = None,
) -> VolumeFacts:
    """Say what a volume holds, reading no voxels.

    A channel or a time that has to be chosen is no error here, nor are axes that have
    to be named.

    Parameters
    ----------
    volume : path or array
        What `open_source` opens.
    axes : str, optional
        One letter of T, C, Z, Y, X, S for each dimension; not what the file says.

    Raises
    ------
    SourceNotFoundError
        If there is nothing at the path.
    SourceError
        If what is there is no volume, is damaged or is empty.
    AxesError
        If `axes` do not fit, or a file holds several images.

    Examples
    --------
    >>> import numpy as np
    >>> facts = inspect(np.zeros((2, 5, 1, 7, 9), np.uint8), axes="TCZYX")
    >>> facts.axes, facts.lengths, facts.shape_zyx, facts.channels, facts.times
    ('TCYX', (2, 5, 7, 9), (1, 7, 9), 5, 2)
    """
    try:
        if isinstance(volume, Source):
            source = open_source(volume, axes=axes)
        else:
            source = open_source(volume, axes=axes, channel=0, time=0)
    except UnnamedAxesError as error:
        if len(error.lengths) < 2:  # no names would make a volume of it
            raise
        return _unnamed(volume, error)
    if not isinstance(source, ArraySource):  # somebody's own, with nothing to choose
        return _facts(source, "ZYX", source.shape, str(source.dtype))
    shape, letters = source.array.shape, source.layout.letters
    return _facts(source, letters, shape, str(source.array.dtype))


def _facts(
    source: Source, letters: str, shape: tuple[int, ...], dtype: str
) -> VolumeFacts:
    pairs = list(zip(letters, shape, strict=True))
    shown = [(a, n) for a, n in pairs if n > 1 or a in "YX"]
    sizes = dict(shown)
    return VolumeFacts(
        name=source.name,
        path=source.path,
        axes="".join(a for a, _ in shown),
        lengths=tuple(n for _, n in shown),
        shape_zyx=source.shape,
        dtype=dtype,
        voxel_size=source.voxel_size,
        channels=sizes.get("C", sizes.get("S", 1)),
        times=sizes.get("T", 1),
        notes=source.notes,
    )


def _unnamed(volume: object, error: UnnamedAxesError) -> VolumeFacts:
    path = Path(volume) if isinstance(volume, (str, PathLike)) else None
    return VolumeFacts(
        name="array" if path is None else image_name(path),
        path=path,
        axes=error.axes,
        lengths=error.lengths,
        shape_zyx=None,
        dtype="",
        voxel_size=None,
        channels=1,
        times=1,
        notes=(),
        problem=str(error),
    )
