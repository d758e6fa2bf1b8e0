"""Second pass: skeleton voxels that touch get one id.

1. In each block, skeleton voxels above the threshold are contracted, if the settings
   say so, and dilated, and their connected components numbered from 1. Faces, voxel
   counts and first voxels are kept.
2. Components that touch across a seam between blocks are joined by one sparse
   connected-components call over the pairs seen on the faces.
3. A table gives each component its final id: 0 if its skeleton is too small, else its
   rank by first voxel in the order Z, Y, X, ids left out that a person made for what
   they painted. The volume is not written again: the table is applied when components
   are read.

Imports no torch: the pass runs where only storage and a processor are.
"""

from __future__ import annotations

import hashlib
import math
from contextlib import closing
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

import cc3d
import numpy as np

from skoots.events import BlockDone, StageStarted
from skoots.inference.box_parts import grow_box, keep_blocks
from skoots.inference.in_order import count_workers, work_in_order
from skoots.inference.merge_table import Merged, merge_components, seam_tables
from skoots.inference.provisional_ids import final_ids, note_found
from skoots.inference.skeleton_mask import (
    dilation_radii,
    skeleton_mask,
    skeleton_reach,
)
from skoots.volume.tiling import Span, box_slices

if TYPE_CHECKING:
    from collections.abc import Container, Generator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.config import InferenceConfig
    from skoots.events import Event
    from skoots.run.folder import RunFolder
    from skoots.volume.tiling import Block

STAGE = "label"

_NO_VECTORS = np.zeros((3, 0, 0, 0), np.int8)
"""Where none are followed they are not read."""


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
    size = run.plan.block_zyx
    keys = {b.index: _key(b, known, settings, size) for b in blocks}
    waiting = [b for b in blocks if not run.markers.is_done(STAGE, b, keys[b.index])]
    done, total = len(blocks) - len(waiting), len(blocks)
    yield StageStarted(STAGE, done, total)

    def work(block: Block) -> Block:
        _label_block(run, block, settings, keys)
        return block

    # a block, what is read round it and what is made of it
    reach = skeleton_reach(settings)
    read = math.prod(n + 2 * r for n, r in zip(size, reach, strict=True))
    each = 2 + 3 * bool(settings.CONTRACT)
    workers = count_workers(max(2 * math.prod(size), each * read))
    with closing(work_in_order(work, waiting, workers)) as finished:
        for block in finished:
            done += 1
            z, y, x = ((s.start, s.stop) for s in block.core)
            yield BlockDone(STAGE, (z, y, x), done, total)
    return _merged(run, blocks, settings, keys)


def _merged(
    run: RunFolder,
    blocks: Sequence[Block],
    settings: InferenceConfig,
    keys: Mapping[Shape3, str],
) -> Merged:
    """Join and number components; ids that a person made meanwhile are theirs."""
    tables = partial(run.markers.tables, STAGE)
    while True:
        ids = run.edits.ids
        reserved, anchors = ids.reserved, ids.anchors
        taken = {*reserved, *anchors}
        kept = _kept(run, blocks, anchors)
        merged = merge_components(tables, blocks, settings, keys, taken, kept)
        finals = final_ids(run, merged, blocks)
        if ids.claim(merged.places, reserved, anchors, finals):
            return merged


def _kept(
    run: RunFolder, blocks: Sequence[Block], anchors: Mapping[int, int]
) -> dict[int, tuple[Shape3, int]]:
    """Find the component at the place of each anchor, where there still is one."""
    shape, size = run.plan.shape_zyx, run.plan.block_zyx
    known = {block.index for block in blocks}
    kept: dict[int, tuple[Shape3, int]] = {}
    for label, place in anchors.items():
        z, y, x = (int(i) for i in np.unravel_index(place, shape))
        block = z // size[0], y // size[1], x // size[2]
        if block not in known:
            continue
        voxel = Span(z, z + 1), Span(y, y + 1), Span(x, x + 1)
        component = int(run.read("components", voxel)[0, 0, 0])
        if component:
            kept[label] = block, component
    return kept


def _key(
    block: Block, known: AbstractSet[Shape3], settings: InferenceConfig, size: Shape3
) -> str:
    """Name what a block's components depend on: settings and which neighbours exist."""
    parts: list[object] = [
        settings.PROBABILITY_THRESHOLD,
        settings.SKELETON_THRESHOLD,
        dilation_radii(settings),
        settings.CONNECTIVITY,
    ]
    if settings.CONTRACT:
        parts.append(("contracted", settings.CONTRACT))
    reach = skeleton_reach(settings)
    if any(reach):
        parts.append(_neighbours(block, known, reach, size))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _neighbours(
    block: Block, known: AbstractSet[Shape3], reach: Shape3, size: Shape3
) -> list[Shape3]:
    """List the blocks that lie within some voxels of a block."""
    far = [max(1, -(-n // m)) for n, m in zip(reach, size, strict=True)]
    z, y, x = (range(i - n, i + n + 1) for i, n in zip(block.index, far, strict=True))
    return [index for index in product(z, y, x) if index in known]


def _label_block(
    run: RunFolder, block: Block, settings: InferenceConfig, keys: Mapping[Shape3, str]
) -> None:
    mask = _mask_of(run, block, settings, keys)
    components = label_components(mask, settings.CONNECTIVITY)
    del mask  # a block is large
    run.markers.unmark(STAGE, block)
    run.write("components", block.core, components)
    note_found(run, block, components)
    tables = seam_tables(components, block, run.plan.shape_zyx)
    run.markers.mark(STAGE, block, keys[block.index], tables)


def _mask_of(
    run: RunFolder,
    block: Block,
    settings: InferenceConfig,
    known: Container[Shape3],
) -> NDArray[np.bool_]:
    reach = skeleton_reach(settings)
    read, kept = grow_box(block.core, reach, run.plan.shape_zyx)
    skeleton, probability = run.read("skeleton", read), run.read("probability", read)
    keep_blocks(skeleton, read, run.plan.block_zyx, known)
    vectors = _NO_VECTORS
    if settings.CONTRACT:
        vectors = run.read("vectors", read)
        keep_blocks(vectors, read, run.plan.block_zyx, known)
    scale = run.plan.model.vector_scaling_zyx
    mask = skeleton_mask(skeleton, probability, vectors, scale, settings)
    return mask[box_slices(kept)].copy()  # and not the halo


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
