"""Second pass: skeleton voxels that touch get one id.

1. In each block, skeleton voxels above the threshold are dilated and their connected
   components numbered from 1. Faces, voxel counts and first voxels are kept.
2. Components that touch across a seam between blocks are joined by one sparse
   connected-components call over the pairs seen on the faces.
3. A table gives each component its final id: 0 if its skeleton is too small, else its
   rank by first voxel in the order Z, Y, X. The volume is not written again: the table
   is applied when components are read.

Imports no torch: the pass runs where only storage and a processor are.
"""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import cc3d
import fastremap
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from skoots.events import BlockDone, StageStarted
from skoots.inference.box_parts import keep_blocks
from skoots.inference.in_order import count_workers, work_in_order
from skoots.volume.tiling import Span, box_slices

if TYPE_CHECKING:
    from collections.abc import Container, Generator, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.config import InferenceConfig
    from skoots.events import Event
    from skoots.inference.run_folder import RunFolder
    from skoots.volume.tiling import Block, Box

STAGE = "label"

Step: TypeAlias = tuple[int, int, int]

STEPS: tuple[Step, ...] = tuple(
    (z, y, x) for z, y, x in product((-1, 0, 1), repeat=3) if (z, y, x) > (0, 0, 0)
)
"""Half of the 26 neighbours: each pair of blocks is met once."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The final id of every component of every block."""

    table: NDArray[np.uint32]
    """(M,), component by component, block after block."""

    ranges: dict[Shape3, tuple[int, int]]
    """Where a block's components start and stop in the table, by the block's index."""

    skeletons: int
    """How many ids there are: 1 to this."""

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
        ids = np.concatenate([np.zeros(1, np.uint32), self.table[start:stop]])
        return ids[components]


def label(
    run: RunFolder, blocks: Sequence[Block], settings: InferenceConfig
) -> Generator[Event, Any, Merged]:
    """Number the skeletons of all predicted blocks.

    Parameters
    ----------
    run : RunFolder
        Locked by this process.
    blocks : sequence of Block
        All that are predicted.
    settings : InferenceConfig
        Thresholds, dilations, connectivity, the smallest skeleton.

    Yields
    ------
    StageStarted, BlockDone

    Returns
    -------
    Merged
    """
    known = {b.index for b in blocks}
    keys = {b.index: _key(b, known, settings) for b in blocks}
    waiting = [b for b in blocks if not run.markers.is_done(STAGE, b, keys[b.index])]
    done, total = len(blocks) - len(waiting), len(blocks)
    yield StageStarted(STAGE, done, total)

    def work(block: Block) -> Block:
        _label_block(run, block, settings, keys)
        return block

    workers = count_workers(run.plan.block_zyx)
    with closing(work_in_order(work, waiting, workers)) as finished:
        for block in finished:
            done += 1
            z, y, x = ((s.start, s.stop) for s in block.core)
            yield BlockDone(STAGE, (z, y, x), done, total)
    return _merge(run, blocks, settings, keys)


def threshold_byte(threshold: float) -> int:
    """Give the largest stored byte that is not above a threshold.

    Examples
    --------
    >>> threshold_byte(0.5)
    127
    """
    return int(threshold * 255)


def skeleton_mask(
    skeleton: NDArray[np.uint8],
    probability: NDArray[np.uint8],
    settings: InferenceConfig,
) -> NDArray[np.bool_]:
    """Tell which voxels are skeleton, dilated as the settings say.

    Parameters
    ----------
    skeleton, probability : ndarray, (Z, Y, X), uint8
        Raw: 255 is certain.
    settings : InferenceConfig
        Thresholds and dilations.

    Returns
    -------
    ndarray, (Z, Y, X), bool
    """
    sure = _undilated_mask(skeleton, probability, settings)
    return dilate_box(sure, dilation_radii(settings))


def _undilated_mask(
    skeleton: NDArray[np.uint8],
    probability: NDArray[np.uint8],
    settings: InferenceConfig,
) -> NDArray[np.bool_]:
    mask = skeleton > threshold_byte(settings.SKELETON_THRESHOLD)
    mask &= probability > threshold_byte(settings.PROBABILITY_THRESHOLD)
    return mask


def dilation_radii(settings: InferenceConfig) -> Shape3:
    """Give the reach of all dilations together along Z, Y, X, in voxels.

    Box dilations add up: once 3x3x3 and three times 1x3x3 is one box of 3x9x9.
    """
    deep = settings.SKELETON_DILATIONS_3D
    wide = deep + settings.SKELETON_DILATIONS_2D
    return deep, wide, wide


def dilate_box(mask: NDArray[np.bool_], radii: Shape3) -> NDArray[np.bool_]:
    """Dilate by a box, one axis after the other.

    Parameters
    ----------
    mask : ndarray, (Z, Y, X), bool
        Stays as it is.
    radii : tuple of int
        Half the box without its middle, in voxels.

    Examples
    --------
    >>> dilate_box(np.array([[[False, True, False, False]]]), (0, 0, 1)).tolist()
    [[[True, True, True, False]]]
    """
    for axis, radius in enumerate(radii):
        if not radius:
            continue
        turned = np.moveaxis(mask, axis, 0)
        reached = turned.copy(order="K")  # as it lies in memory: six times faster
        for step in range(1, radius + 1):
            reached[step:] |= turned[:-step]
            reached[:-step] |= turned[step:]
        mask = np.moveaxis(reached, 0, axis)
    return mask


def _key(block: Block, known: AbstractSet[Shape3], settings: InferenceConfig) -> str:
    """Name what a block's components depend on: settings and which neighbours exist."""
    parts: list[object] = [
        settings.PROBABILITY_THRESHOLD,
        settings.SKELETON_THRESHOLD,
        dilation_radii(settings),
        settings.CONNECTIVITY,
    ]
    if any(dilation_radii(settings)):
        parts.append(_neighbours(block, known))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _neighbours(block: Block, known: AbstractSet[Shape3]) -> list[Shape3]:
    z, y, x = block.index
    around = ((z + a, y + b, x + c) for a, b, c in product((-1, 0, 1), repeat=3))
    return [index for index in around if index in known]


def _label_block(
    run: RunFolder, block: Block, settings: InferenceConfig, keys: Mapping[Shape3, str]
) -> None:
    mask = _mask_of(run, block, settings, keys)
    components = label_components(mask, settings.CONNECTIVITY)
    del mask  # a block is large
    run.markers.unmark(STAGE, block)
    run.write("components", block.core, components)
    tables = _tables(components, block, run.plan.shape_zyx)
    run.markers.mark(STAGE, block, keys[block.index], tables)


def _mask_of(
    run: RunFolder,
    block: Block,
    settings: InferenceConfig,
    known: Container[Shape3],
) -> NDArray[np.bool_]:
    radii = dilation_radii(settings)
    read, kept = grow_box(block.core, radii, run.plan.shape_zyx)
    skeleton, probability = run.read("skeleton", read), run.read("probability", read)
    sure = _undilated_mask(skeleton, probability, settings)
    del skeleton, probability
    keep_blocks(sure, read, run.plan.block_zyx, known)
    return dilate_box(sure, radii)[box_slices(kept)].copy()  # and not the halo


def label_components(
    mask: NDArray[np.bool_], connectivity: Literal[6, 18, 26]
) -> NDArray[np.uint32]:
    """Number the connected components of a mask from 1.

    Parameters
    ----------
    mask : ndarray, (Z, Y, X), bool
        Where there is something.
    connectivity : int
        Whether voxels touch by faces (6), edges (18) or corners (26).

    Returns
    -------
    ndarray, (Z, Y, X), uint32
        0 is background.
    """
    if not mask.any():
        return np.zeros(mask.shape, np.uint32)
    labels = cc3d.connected_components(
        np.ascontiguousarray(mask), connectivity=connectivity, out_dtype=np.uint32
    )
    return np.asarray(labels, np.uint32)


def grow_box(box: Box, radii: Shape3, shape: Shape3) -> tuple[Box, Box]:
    """Grow a box inside a volume.

    Parameters
    ----------
    box : tuple of Span
        A part of the volume.
    radii : tuple of int
        How far it grows to both sides of each axis, in voxels.
    shape : tuple of int
        Extent of the volume, in voxels.

    Returns
    -------
    Box
        The grown box, cut at the volume's faces.
    Box
        The box that was given, in the coordinates of the grown one.
    """
    grown = [
        Span(max(0, s.start - r), min(n, s.stop + r))
        for s, r, n in zip(box, radii, shape, strict=True)
    ]
    inner = [
        Span(s.start - g.start, s.stop - g.start)
        for s, g in zip(box, grown, strict=True)
    ]
    return (grown[0], grown[1], grown[2]), (inner[0], inner[1], inner[2])


def _tables(
    components: NDArray[np.uint32], block: Block, shape: Shape3
) -> dict[str, NDArray[Any]]:
    """Voxels, first voxel (its place in the whole volume) and faces of a block."""
    ids, first, voxels = fastremap.unique(
        components, return_index=True, return_counts=True
    )
    first, voxels = first[ids > 0], voxels[ids > 0].astype(np.int64)
    z, y, x = np.unravel_index(first, components.shape)
    corner = [span.start for span in block.core]
    places = ((z + corner[0]) * shape[1] + y + corner[1]) * shape[2] + x + corner[2]
    faces = {
        f"face{axis}{side}": np.take(components, -side, axis)
        for axis in range(3)
        for side in (0, 1)
    }
    return {"voxels": voxels, "first": places.astype(np.int64), **faces}


def _merge(
    run: RunFolder,
    blocks: Sequence[Block],
    settings: InferenceConfig,
    keys: Mapping[Shape3, str],
) -> Merged:
    """Join the components of all blocks and number them by their first voxel."""
    ranges: dict[Shape3, tuple[int, int]] = {}
    voxels_of, first_of = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    total = 0
    for block in blocks:
        table = run.markers.tables(STAGE, block, only=("voxels", "first"))
        ranges[block.index] = (total, total + len(table["voxels"]))
        total += len(table["voxels"])
        voxels_of.append(table["voxels"])
        first_of.append(table["first"])
    pairs = np.concatenate(
        [np.zeros((2, 0), np.int64), *_seams(run, blocks, ranges, settings)], axis=1
    )
    graph = coo_array((np.ones(pairs.shape[1], bool), pairs), shape=(total, total))
    joined, group = connected_components(graph, directed=False)
    voxels = np.zeros(joined, np.int64)
    np.add.at(voxels, group, np.concatenate(voxels_of))
    first = np.full(joined, np.iinfo(np.int64).max)
    np.minimum.at(first, group, np.concatenate(first_of))
    kept = np.flatnonzero(voxels >= settings.MIN_SKELETON_VOXELS)
    ids = np.zeros(joined, np.uint32)
    ids[kept[np.argsort(first[kept])]] = np.arange(1, len(kept) + 1, dtype=np.uint32)
    final = ids[group]
    # two ways to label may give equal tables for other voxels: the keys tell them apart
    known = repr(sorted(ranges.items())) + repr(sorted(keys.items()))
    digest = hashlib.sha256(final.tobytes() + known.encode())
    return Merged(final, ranges, len(kept), digest.hexdigest())


def _seams(
    run: RunFolder,
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
        here = _touching(run, block, step)
        if not here.any():
            continue
        there = _touching(run, known[z, y, x], _turned(step))
        pairs = _pairs(here, there, [s == 0 for s in step], most - moved)
        offset = np.array([[ranges[block.index][0] - 1], [ranges[z, y, x][0] - 1]])
        yield np.unique(pairs, axis=1) + offset


def _turned(step: Step) -> Step:
    return -step[0], -step[1], -step[2]


def _touching(run: RunFolder, block: Block, step: Step) -> NDArray[np.int64]:
    """Give the part of a block's faces that meets the neighbour a step away.

    The result keeps three axes; those that the step moves along have length 1.
    """
    axis = next(a for a, s in enumerate(step) if s)
    name = f"face{axis}{int(step[axis] > 0)}"
    face = np.expand_dims(run.markers.tables(STAGE, block, only=(name,))[name], axis)
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
