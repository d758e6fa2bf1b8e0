"""First pass: the network's answer for each voxel, tile by tile.

A reader thread fetches the next tile while the network works on this one, and a writer
thread stores the block before. What is stored is raw: thresholds come later.

Two things may not fit, and the block is asked again then: a tile into memory, which is
halved, and the network's numbers into 16 bits, which become 32. The plan keeps both, so
that all tiles to come are asked so, in this process and when the run is resumed.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import fastremap
import numpy as np
import torch

from skoots.errors import DeviceError, NotFiniteError
from skoots.events import BlockDone, Notice, StageStarted
from skoots.inference.answer import Answer, ask_network
from skoots.inference.box_parts import box_inside
from skoots.inference.out_of_memory import is_out_of_memory
from skoots.inference.provisional import provisional_instances
from skoots.inference.provisional_ids import note_shown
from skoots.inference.tile_reader import TileInput, read_tile, tiles_of
from skoots.model.precision import bytes_per_voxel, prepare, total_memory
from skoots.run.tile_size import fit_core, shrink_core
from skoots.volume.tiling import Tile, box_shape

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from concurrent.futures import Future
    from typing import Self

    from skoots._types import Shape3
    from skoots.config import InferenceConfig
    from skoots.events import Event
    from skoots.model.unet import UNet
    from skoots.model.unext import UNeXT
    from skoots.run.folder import RunFolder
    from skoots.volume.source import Source
    from skoots.volume.tiling import Block, Box

    Point = tuple[float, float, float]

STAGE = "predict"
KEY = "1"
"""The network's answer depends on the plan alone, which never changes but for the size
and the number format of tiles still to come."""

FALLBACK: Final = "float32"
"""The number format that a run goes on in when a smaller one is too small."""


class _Ahead(NamedTuple):
    """A tile that the reader fetches, and the block it belongs to."""

    block: Block
    tile: Tile
    input: Future[TileInput]


class Tally(NamedTuple):
    """What the image was found to be like while it was read."""

    non_finite: int
    """Voxels that were infinite or undefined."""

    constant: bool
    """Whether no tile held more than a single value."""


def predict(
    run: RunFolder,
    source: Source,
    network: UNet | UNeXT,
    device: torch.device,
    blocks: Sequence[Block],
    preview: InferenceConfig | None = None,
) -> Generator[Event, Any, Tally]:
    """Predict the blocks that are not done; accepts a point to go on near.

    Parameters
    ----------
    run : RunFolder
        Locked by this process.
    source : Source
        The image on the network's grid.
    network : Module
        From (1, 1, X, Y, Z) to (1, 5, X, Y, Z); stays as it is.
    device : torch.device
        Where it shall run, in the number format of the run's plan.
    blocks : sequence of Block
        All blocks that are wanted.
    preview : InferenceConfig, optional
        With which each block also gets the labels that it sees by itself, for a viewer
        to show until the final ones come.

    Yields
    ------
    StageStarted, BlockDone, Notice
        A point (Z, Y, X), in voxels of the network's grid, given by `send` asks for the
        blocks nearest to it, once the one that is being read is done.

    Returns
    -------
    Tally
        Over all of these blocks, those of earlier processes too.

    Raises
    ------
    DeviceError
        If not even the smallest tile fits into memory, or the network's answer is not
        even a number in float32.
    """
    waiting = [b for b in blocks if not run.markers.is_done(STAGE, b, KEY)]
    done, total = len(blocks) - len(waiting), len(blocks)
    _forget(run, waiting)
    point: Point | None = yield StageStarted(STAGE, done, total)
    with _Worker(run, source, network, device, preview) as work:
        reading = work.read_ahead(_take_nearest(waiting, point))
        writing: tuple[Block, Future[int | None]] | None = None
        while reading or writing:
            written, writing = writing, None
            if reading:
                first = reading
                reading = work.read_ahead(_take_nearest(waiting, point))
                stored, sent = yield from work.answer(first)
                writing, point = (first.block, stored), sent or point
            if written:  # while the network worked on the next one
                objects = written[1].result()
                done += 1
                said = _block_done(written[0], done, total, objects)
                point = (yield said) or point
    return _tally(run, blocks)


def count_number_formats(run: RunFolder, blocks: Sequence[Block]) -> dict[str, int]:
    """Count the blocks that were predicted in each number format.

    Parameters
    ----------
    run : RunFolder
        Of these blocks.
    blocks : sequence of Block
        Predicted.

    Returns
    -------
    dict
        Blocks by the format's name, such as ``{"bfloat16": 3, "float32": 9}``.
    """
    only = ("number_format",)
    stored = (run.markers.tables(STAGE, block, only=only) for block in blocks)
    return dict(sorted(Counter(str(t["number_format"]) for t in stored).items()))


def _forget(run: RunFolder, waiting: Sequence[Block]) -> None:
    """Drop the markers of all that is made from blocks that are to be predicted.

    There are some where a block is predicted again because its marker was damaged: what
    it holds until then is neither what they saw nor final.
    """
    if not waiting:
        return
    indices = {block.index for block in waiting}
    for block in waiting:
        run.markers.unmark(STAGE, block)
    for block in run.blocks:  # dilation reads the neighbours
        if not indices.isdisjoint(_around(block.index)):
            run.markers.unmark("label", block)
    run.markers.clear("assign")  # a walk may lead anywhere


def _around(index: Shape3) -> Iterator[Shape3]:
    """Yield the indices of a block and of its 26 neighbours."""
    z, y, x = index
    return ((z + a, y + b, x + c) for a, b, c in product((-1, 0, 1), repeat=3))


def _take_nearest(waiting: list[Block], point: Point | None) -> Block | None:
    if not waiting:
        return None
    block = waiting[0]
    if point is not None:
        block = min(waiting, key=lambda b: _distance(b.core, point))
    waiting.remove(block)
    return block


def _distance(box: Box, point: Point) -> float:
    gaps = (
        max(span.start - p, p - span.stop, 0.0)
        for span, p in zip(box, point, strict=True)
    )
    return sum(gap**2 for gap in gaps)


def _block_done(block: Block, done: int, total: int, objects: int | None) -> BlockDone:
    z, y, x = ((s.start, s.stop) for s in block.core)
    return BlockDone(STAGE, (z, y, x), done, total, objects)


def _tally(run: RunFolder, blocks: Sequence[Block]) -> Tally:
    non_finite, constant = 0, True
    for block in blocks:
        found = run.markers.tables(STAGE, block, only=("non_finite", "constant"))
        non_finite += int(found["non_finite"])
        constant &= bool(found["constant"])
    return Tally(non_finite, constant)


class _Worker:
    """Reads, asks the network and writes; a thread for the first and for the last."""

    def __init__(
        self,
        run: RunFolder,
        source: Source,
        network: UNet | UNeXT,
        device: torch.device,
        preview: InferenceConfig | None,
    ) -> None:
        self._run = run
        self._source = source
        self._network = network
        self._device = device
        self._preview = preview
        self._prepared = prepare(network, device, run.plan.number_format)
        self._reader = ThreadPoolExecutor(1, "skoots-read")
        self._writer = ThreadPoolExecutor(1, "skoots-write")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        # what is only read is lost; what the network said is stored
        self._reader.shutdown(cancel_futures=True)
        self._writer.shutdown()

    def read_ahead(self, block: Block | None) -> _Ahead | None:
        """Begin to read the first tile of a block."""
        if block is None:
            return None
        tile = tiles_of(block, self._run.plan)[0]
        return _Ahead(block, tile, self._read(tile))

    def _read(self, tile: Tile) -> Future[TileInput]:
        return self._reader.submit(read_tile, self._source, tile, self._run.plan)

    def answer(
        self, first: _Ahead
    ) -> Generator[Event, Any, tuple[Future[int | None], Point | None]]:
        """Ask the network about a block, in what is smaller or wider if need be.

        Returns
        -------
        Future
            Done when the block is stored; gives the objects that it shows, if any are.
        tuple of float or None
            The last point that was sent meanwhile.
        """
        point: Point | None = None
        while True:
            try:
                return self._ask(first), point
            except NotFiniteError:
                if self._run.plan.number_format == FALLBACK:
                    raise
                message = self._widen()
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                message = self._shrink()
            point = (yield Notice(message)) or point

    def _ask(self, first: _Ahead) -> Future[int | None]:
        block = first.block
        answer = Answer.empty(box_shape(block.core))
        non_finite, constant = 0, True
        number_format = self._run.plan.number_format
        for found in self._inputs(first):
            non_finite += found.non_finite
            if found.image is not None:
                constant = False
                part = ask_network(self._prepared, found.tile, found.image)
                if found.tile.core == block.core:
                    answer = part
                else:
                    answer.put(box_inside(found.tile.core, block.core), part)
        tally = Tally(non_finite, constant)
        # the plan may change before the writer comes to it
        return self._writer.submit(self._write, block, answer, tally, number_format)

    def _inputs(self, first: _Ahead) -> Iterator[TileInput]:
        """Yield the tiles of a block, always reading one ahead."""
        tiles = tiles_of(first.block, self._run.plan)
        # the tile was planned before another block ran out of memory?
        fits = first.tile == tiles[0]
        ahead = first.input if fits else self._read(tiles[0])
        for after in [*tiles[1:], None]:
            found = ahead.result()
            if after is not None:
                ahead = self._read(after)
            yield found

    def _shrink(self) -> str:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        plan = self._run.plan
        core = shrink_core(plan.tile_core_zyx, plan.model.factor)
        if core is None:
            raise DeviceError(
                f"Not even a tile of {plan.tile_zyx} voxels (Z, Y, X) fits into the "
                'memory of the device. Use device="cpu" (--device cpu), or start again '
                "with a smaller halo_zyx (--halo)."
            )
        self._run.change_plan(tile_core_zyx=core)
        return f"The device is out of memory: {self._say_tile()}"

    def _widen(self) -> str:
        """Go on in float32, whose numbers take twice the memory."""
        plan = self._run.plan
        core = fit_core(
            plan.tile_core_zyx,
            plan.shape_zyx,
            plan.halo_zyx,
            memory=total_memory(self._device),
            bytes_per_voxel=bytes_per_voxel(self._network, FALLBACK),
            factor=plan.model.factor,
        )
        self._run.change_plan(number_format=FALLBACK, tile_core_zyx=core)
        self._prepared = prepare(self._network, self._device, FALLBACK)
        message = (
            f"The network's answer in {plan.number_format} is not a number: the run "
            f"goes on in {FALLBACK}, which takes longer. Blocks that are done keep "
            f"their answers in {plan.number_format}."
        )
        if core != plan.tile_core_zyx:
            message += f" So that it fits into memory, {self._say_tile()}"
        return message

    def _say_tile(self) -> str:
        return f"a tile now reads {self._run.plan.tile_zyx} voxels (Z, Y, X)."

    def _write(
        self, block: Block, answer: Answer, tally: Tally, number_format: str
    ) -> int | None:
        """Store a block, then say that it is done, then show what it may hold."""
        run, box = self._run, block.core
        run.write("probability", box, answer.probability)
        run.write("skeleton", box, answer.skeleton)
        run.write("vectors", box, answer.vectors)
        said = {**tally._asdict(), "number_format": number_format}
        tables = {name: np.array(value) for name, value in said.items()}
        run.markers.mark(STAGE, block, KEY, tables)
        # of a resampled run the labels lie on another grid, where nobody sees them
        if self._preview is None or run.plan.resampled:
            return None
        # last, so that a block without its marker never shows labels
        labels, ids, first = provisional_instances(
            answer, run.plan, self._preview, run.place_of(block)
        )
        note_shown(run, block, ids, first)
        run.write(run.instances, box, labels, lasting=False)
        return len(np.setdiff1d(fastremap.unique(labels), [0]))
