"""Components of blocks that touch across seams are joined by one table.

Each block gives the voxel counts, first voxels and faces of its components. Pairs that
touch on the faces are joined by one sparse connected-components call; the volume is not
written again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.config import InferenceConfig
    from skoots.volume.tiling import Block

Step: TypeAlias = tuple[int, int, int]

STEPS: tuple[Step, ...] = tuple(
    (z, y, x) for z, y, x in product((-1, 0, 1), repeat=3) if (z, y, x) > (0, 0, 0)
)
"""Half of the 26 neighbours: each pair of blocks is met once."""


class ReadTables(Protocol):
    """Gives some of the tables of a block."""

    def __call__(self, block: Block, *, only: Iterable[str]) -> dict[str, NDArray[Any]]:
        """Read those that are named."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The final id of every component of every block."""

    table: NDArray[np.uint32]
    """(M,), component by component, block after block."""

    ranges: dict[Shape3, tuple[int, int]]
    """Where a block's components start and stop in the table, by the block's index."""

    skeletons: int
    """How many ids there are."""

    places: NDArray[np.int64]
    """(largest id + 1,): where the skeleton of each id begins, by its place in the
    whole volume; -1 for an id that is left out."""

    digest: str
    """Names the table and what was labelled: what was assigned with another one is out
    of date."""

    def ids_at(
        self, block: Shape3, components: NDArray[np.uint32]
    ) -> NDArray[np.uint32]:
        """Give the final ids of components of one block.

        Parameters
        ----------
        block : tuple of int
            Index of the block. In one that is not labelled, nothing is a skeleton,
            whatever an earlier process left there.
        components : ndarray, any shape, uint32
            Numbered within the block; 0 is background.

        Returns
        -------
        ndarray, same shape, uint32
        """
        if block not in self.ranges:
            return np.zeros_like(components)
        start, stop = self.ranges[block]
        ids = np.zeros_like(components)
        skeletons = components > 0  # a few voxels of many
        ids[skeletons] = self.table[start:stop][components[skeletons] - 1]
        return ids


def seam_tables(
    components: NDArray[np.uint32], block: Block, shape: Shape3
) -> dict[str, NDArray[Any]]:
    """Give what joining needs to know of a block's components.

    Parameters
    ----------
    components : ndarray, (Z, Y, X), uint32
        Of the block, numbered from 1.
    block : Block
        Where they lie.
    shape : tuple of int
        Extent of the volume, in voxels.

    Returns
    -------
    dict of ndarray
        ``voxels`` and ``first`` (N,), the count and the first voxel of each, as its
        place in the whole volume; ``face00`` to ``face21``, by axis and side.
    """
    voxels = np.bincount(components[components > 0].astype(np.int64) - 1)
    first = first_voxels(components)
    z, y, x = np.unravel_index(first, components.shape)
    corner = [span.start for span in block.core]
    first = ((z + corner[0]) * shape[1] + y + corner[1]) * shape[2] + x + corner[2]
    faces = {
        f"face{axis}{side}": np.take(components, -side, axis)
        for axis in range(3)
        for side in (0, 1)
    }
    return {"voxels": voxels, "first": first, **faces}


def first_voxels(components: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Give the first voxel of each component, by its place in the array.

    Examples
    --------
    >>> first_voxels(np.array([0, 2, 1, 2, 1], np.uint32)).tolist()
    [2, 1]
    """
    places = np.flatnonzero(components > 0)
    ids = components.reshape(-1)[places].astype(np.int64) - 1
    first = np.zeros(int(ids.max(initial=-1)) + 1, np.int64)
    first[ids[::-1]] = places[::-1]  # the first is written last
    return first


def merge_components(
    tables: ReadTables,
    blocks: Sequence[Block],
    settings: InferenceConfig,
    keys: Mapping[Shape3, str],
    reserved: Collection[int] = (),
    kept: Mapping[int, tuple[Shape3, int]] | None = None,
) -> Merged:
    """Join the components of all blocks and number them by their first voxel.

    Parameters
    ----------
    tables : ReadTables
        Gives back what `seam_tables` gave.
    blocks : sequence of Block
        All that are labelled.
    settings : InferenceConfig
        Connectivity, the smallest skeleton.
    keys : mapping of str
        Names what the components of each block depend on, by the block's index.
    reserved : collection of int
        Ids that are not given.
    kept : mapping of (block, component), optional
        Ids that the objects of some components have already.

    Returns
    -------
    Merged
    """
    ranges: dict[Shape3, tuple[int, int]] = {}
    voxels_of, first_of = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    total = 0
    for block in blocks:
        table = tables(block, only=("voxels", "first"))
        ranges[block.index] = (total, total + len(table["voxels"]))
        total += len(table["voxels"])
        voxels_of.append(table["voxels"])
        first_of.append(table["first"])
    pairs = np.concatenate(
        [np.zeros((2, 0), np.int64), *_seams(tables, blocks, ranges, settings)], axis=1
    )
    graph = coo_array((np.ones(pairs.shape[1], bool), pairs), shape=(total, total))
    joined, group = connected_components(graph, directed=False)
    voxels = np.zeros(joined, np.int64)
    np.add.at(voxels, group, np.concatenate(voxels_of))
    first = np.full(joined, np.iinfo(np.int64).max)
    np.minimum.at(first, group, np.concatenate(first_of))
    large = np.flatnonzero(voxels >= settings.MIN_SKELETON_VOXELS)
    mine = {
        group[ranges[block][0] + component - 1]: label
        for label, (block, component) in sorted((kept or {}).items(), reverse=True)
    }
    ids = _number(first, large, mine, {*reserved, *(kept or {})})
    final = ids[group]
    # two ways to label may give equal tables for other voxels: the keys tell them apart
    known = repr(sorted(ranges.items())) + repr(sorted(keys.items()))
    digest = hashlib.sha256(final.tobytes() + known.encode())
    places = np.full(int(ids.max(initial=0)) + 1, -1)
    places[ids] = first
    places[0] = -1
    return Merged(final, ranges, len(large), places, digest.hexdigest())


def _number(
    first: NDArray[np.int64],
    large: NDArray[np.intp],
    mine: Mapping[int, int],
    taken: Collection[int],
) -> NDArray[np.uint32]:
    """Give objects their ids: those that are large enough, by their first voxel.

    Parameters
    ----------
    first : ndarray, (N,), int64
        Of each object.
    large : ndarray, (M,), intp
        Objects that get an id.
    mine : mapping of int
        Ids that some objects keep.
    taken : collection of int
        Ids that no other object gets.
    """
    ids = np.zeros(len(first), np.uint32)
    others = large[~np.isin(large, list(mine))]
    ids[others[np.argsort(first[others])]] = _free_ids(len(others), taken)
    for one in large[np.isin(large, list(mine))].tolist():
        ids[one] = mine[one]
    return ids


def _free_ids(count: int, reserved: Collection[int]) -> NDArray[np.uint32]:
    """Give the first ids from 1 that are not reserved.

    Examples
    --------
    >>> _free_ids(3, {2, 9}).tolist()
    [1, 3, 4]
    """
    ids = np.arange(1, count + len(reserved) + 1, dtype=np.uint32)
    return ids[~np.isin(ids, list(reserved))][:count]


def _seams(
    tables: ReadTables,
    blocks: Sequence[Block],
    ranges: dict[Shape3, tuple[int, int]],
    settings: InferenceConfig,
) -> Iterator[NDArray[np.int64]]:
    """Yield (2, N) pairs of components that touch across a seam."""
    most = {6: 1, 18: 2, 26: 3}[settings.CONNECTIVITY]
    known = {b.index: b for b in blocks}
    for block, step in product(blocks, STEPS):
        z, y, x = (a + b for a, b in zip(block.index, step, strict=True))
        moved = sum(map(abs, step))
        if moved > most or (z, y, x) not in known:
            continue
        here = _touching(tables, block, step)
        if not here.any():
            continue
        there = _touching(tables, known[z, y, x], _turned(step))
        pairs = _pairs(here, there, [s == 0 for s in step], most - moved)
        offset = np.array([[ranges[block.index][0] - 1], [ranges[z, y, x][0] - 1]])
        yield _distinct(pairs) + offset


def _distinct(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Keep one of each of the columns (2, N), which are not negative."""
    base = int(pairs.max(initial=0)) + 1
    return np.stack(np.divmod(np.unique(pairs[0] * base + pairs[1]), base))


def _turned(step: Step) -> Step:
    return -step[0], -step[1], -step[2]


def _touching(tables: ReadTables, block: Block, step: Step) -> NDArray[np.int64]:
    """Give the part of a block's faces that meets the neighbour a step away.

    The result keeps three axes; those that the step moves along have length 1.
    """
    axis = next(a for a, s in enumerate(step) if s)
    name = f"face{axis}{int(step[axis] > 0)}"
    face = np.expand_dims(tables(block, only=(name,))[name], axis)
    ends = {0: slice(None), 1: slice(-1, None), -1: slice(0, 1)}
    cut = tuple(ends[0 if a == axis else s] for a, s in enumerate(step))
    return np.asarray(face[cut], np.int64)


def _pairs(
    here: NDArray[np.int64], there: NDArray[np.int64], free: list[bool], slack: int
) -> NDArray[np.int64]:
    """Pair voxels that touch, moved along at most `slack` of the free axes."""
    found = []
    for move in product(*((-1, 0, 1) if f else (0,) for f in free)):
        if sum(map(abs, move)) > slack:
            continue
        a = here[tuple(slice(max(0, -m), -m if m > 0 else None) for m in move)]
        b = there[tuple(slice(max(0, m), m if m < 0 else None) for m in move)]
        both = (a > 0) & (b > 0)
        found.append(np.stack([a[both], b[both]]))
    return np.concatenate(found, axis=1)
