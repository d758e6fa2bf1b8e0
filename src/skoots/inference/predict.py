"""First pass: the network's answer for each voxel, tile by tile.

A reader thread fetches the next block while the network works on this one, and a writer
thread stores the one before. What is stored is raw: thresholds come later.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from skoots.errors import DeviceError
from skoots.events import BlockDone, Notice, StageStarted
from skoots.inference.answer import Answer, ask_network
from skoots.inference.provisional import provisional_instances
from skoots.inference.storage import storage_errors
from skoots.inference.tile_plan import shrink_core
from skoots.volume.tiling import (
    Span,
    Tile,
    box_shape,
    box_slices,
    pad_tile,
    plan_tiles,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.config import InferenceConfig
    from skoots.events import Event
    from skoots.inference.answer import Network
    from skoots.inference.run_folder import RunFolder
    from skoots.volume.source import Source
    from skoots.volume.tiling import Block, Box

    Point = tuple[float, float, float]

STAGE = "predict"
KEY = "1"
"""The network's answer depends on the plan alone, which never changes."""

@dataclass(frozen=True, slots=True)
class _Inputs:
    """What the tiles of a block read, or None where they hold a single value."""

    tiles: list[tuple[Tile, NDArray[np.float32] | None]]
    non_finite: int


def predict(
    run: RunFolder,
    source: Source,
    network: Network,
    blocks: Sequence[Block],
    settings: InferenceConfig,
) -> Generator[Event, Any, int]:
    """Predict the blocks that are not done; accepts a point to go on near.

    Parameters
    ----------
    run : RunFolder
        Locked by this process.
    source : Source
        The image on the network's grid.
    network : callable
        From (1, 1, X, Y, Z) float32 to (1, 5, X, Y, Z); see `skoots.model.precision`.
    blocks : sequence of Block
        All blocks that are wanted.
    settings : InferenceConfig
        For the provisional labels, which a viewer shows until the final ones come.

    Yields
    ------
    StageStarted, BlockDone, Notice
        A point (Z, Y, X), in voxels, given by `send` asks for the block nearest to it.

    Returns
    -------
    int
        Voxels of these blocks that were infinite or undefined.
    """
    work = _Work(run, source, network, settings)
    waiting = [b for b in blocks if not run.is_done(STAGE, b, KEY)]
    done, total = len(blocks) - len(waiting), len(blocks)
    point: Point | None = yield StageStarted(STAGE, done, total)
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        reading = _read_next(reader, work, waiting, point)
        writing: tuple[Block, Future[None]] | None = None
        while reading or writing:
            written, writing = writing, None
            if reading:
                block, inputs = reading[0], reading[1].result()
                reading = _read_next(reader, work, waiting, point)
                answer = yield from work.answer(block, inputs)
                store = writer.submit(work.write, block, answer, inputs.non_finite)
                writing = block, store
                del answer, inputs
            if written:  # while the network worked on the next one
                written[1].result()
                done += 1
                point = (yield _block_done(written[0], done, total)) or point
    return sum(
        int(run.tables(STAGE, b, only=("non_finite",))["non_finite"]) for b in blocks
    )


def _read_next(
    reader: ThreadPoolExecutor, work: _Work, waiting: list[Block], point: Point | None
) -> tuple[Block, Future[_Inputs]] | None:
    if not waiting:
        return None
    block = waiting[0]
    if point is not None:
        block = min(waiting, key=lambda b: _distance(b.core, point))
    waiting.remove(block)
    return block, reader.submit(work.read, block)


def _distance(box: Box, point: Point) -> float:
    gaps = (
        max(span.start - p, p - span.stop, 0.0)
        for span, p in zip(box, point, strict=True)
    )
    return sum(gap**2 for gap in gaps)


def _block_done(block: Block, done: int, total: int) -> BlockDone:
    z, y, x = ((s.start, s.stop) for s in block.core)
    return BlockDone(STAGE, (z, y, x), done, total)


class _Work:
    """Reading, asking the network and writing, for one block at a time."""

    def __init__(
        self,
        run: RunFolder,
        source: Source,
        network: Network,
        settings: InferenceConfig,
    ) -> None:
        self._run = run
        self._source = source
        self._network = network
        self._settings = settings

    def read(self, block: Block) -> _Inputs:
        """Read and normalise what the tiles of a block need."""
        plan = self._run.plan
        steps = plan_tiles(
            block.core,
            plan.shape_zyx,
            plan.tile_core_zyx,
            plan.halo_zyx,
            plan.model.factor,
        )
        tiles, non_finite = [], 0
        for tile in steps:
            image, bad = self._normalised(tile)
            tiles.append((tile, image))
            non_finite += bad
        return _Inputs(tiles, non_finite)

    def _normalised(self, tile: Tile) -> tuple[NDArray[np.float32] | None, int]:
        grey = self._source.read(tile.read)
        finite = np.isfinite(grey) if grey.dtype.kind == "f" else None
        bad = 0
        if finite is not None:
            bad = int((~finite[box_slices(tile.kept)]).sum())
            grey = np.where(finite, grey, self._run.plan.normalization.mean)
        if grey.min() == grey.max():
            return None, bad
        image = grey.astype(np.float32)
        image -= np.float32(self._run.plan.normalization.mean)
        image /= np.float32(self._run.plan.normalization.std)
        return np.asarray(pad_tile(image, tile.pad), np.float32), bad

    def answer(
        self, block: Block, inputs: _Inputs
    ) -> Generator[Event, Any, Answer]:
        """Ask the network; where memory is short, cut the block into smaller tiles."""
        while True:
            try:
                return self._ask(block, inputs)
            except (MemoryError, RuntimeError) as error:
                if not _is_out_of_memory(error):
                    raise
            yield Notice(self._shrink())
            inputs = self.read(block)

    def _shrink(self) -> str:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        plan = self._run.plan
        core = shrink_core(plan.tile_core_zyx, plan.model.factor)
        if core is None:
            raise DeviceError(
                f"Not even a tile of {plan.tile_zyx} voxels (Z, Y, X) fits into the "
                "memory of the device. Use --device cpu or a smaller --halo."
            )
        self._run.change_plan(tile_core_zyx=core)
        return (
            f"The device is out of memory: a tile now reads {self._run.plan.tile_zyx} "
            "voxels (Z, Y, X)."
        )

    def _ask(self, block: Block, inputs: _Inputs) -> Answer:
        whole = Answer.empty(box_shape(block.core))
        for tile, image in inputs.tiles:
            if image is None:
                continue
            part = ask_network(self._network, tile, image)
            z, y, x = (
                Span(t.start - b.start, t.stop - b.start).slice
                for t, b in zip(tile.core, block.core, strict=True)
            )
            whole.probability[z, y, x] = part.probability
            whole.skeleton[z, y, x] = part.skeleton
            whole.vectors[:, z, y, x] = part.vectors
        return whole

    def write(self, block: Block, answer: Answer, non_finite: int) -> None:
        """Store a block, then say that it is done."""
        run, (z, y, x) = self._run, box_slices(block.core)
        with storage_errors(run.path):
            run.array("probability")[z, y, x] = answer.probability
            run.array("skeleton")[z, y, x] = answer.skeleton
            run.array("vectors")[:, z, y, x] = answer.vectors
            run.instances[z, y, x] = provisional_instances(
                answer, run.plan, self._settings, run.place_of(block)
            )
            run.mark(STAGE, block, KEY, {"non_finite": np.array(non_finite)})


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    # the CPU allocator of torch and the GPU libraries raise plain RuntimeErrors
    said = str(error).lower()
    return "out of memory" in said or "can't allocate memory" in said
