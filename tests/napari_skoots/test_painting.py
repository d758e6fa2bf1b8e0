"""No stroke is lost: against jobs that write the same chunks, later passes, death."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import closing
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pytest
import zarr
from inference_cases import code_model, drain, draw_boxes, make_run, run_python

import skoots
from napari_skoots.labels_array import ZarrLabels
from skoots.errors import RunBusyError, RunError
from skoots.inference import pyramid
from skoots.inference.convert import export_tiff
from skoots.inference.pyramid import refresh_levels
from skoots.inference.relabel import relabel
from skoots.run import chunk_files
from skoots.run.edits import edits_of
from skoots.run.folder import RunFolder
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

SHAPE, BLOCK = (12, 20, 22), (8, 16, 16)
STROKES = 10_000


@pytest.fixture(autouse=True)
def _threads_change_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """An empty run of eight blocks, each of one chunk."""
    return make_run(tmp_path / "cells.skoots.zarr", SHAPE, BLOCK)


def segment(out: Path, image: NDArray[Any], **options: Any) -> None:
    options = {"tile_zyx": BLOCK, "resume": True, **options}
    model = code_model(inference=options.pop("inference", {}))
    drain(skoots.segment(image, model, out, **options))


class Again(Thread):
    """Does something over and over while the block runs; its error is the test's."""

    def __init__(self, work: Callable[[int], object]) -> None:
        super().__init__()
        self._work, self._enough, self.times = work, Event(), 0
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            while not self._enough.is_set():
                self._work(self.times)
                self.times += 1
        except BaseException as error:  # noqa: BLE001 - it is raised again
            self._error = error

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self.join()
        if self._error:
            raise self._error


def strokes(count: int, seed: int = 0) -> Iterator[tuple[tuple[slice, ...], Any]]:
    """Draw boxes of a plane, and which of their voxels a brush touches."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        size = rng.integers(1, 6, 2)
        z, y, x = (int(rng.integers(0, n - s)) for n, s in zip(SHAPE, (1, *size)))  # noqa: B905
        brush = rng.random((1, *size)) < 0.7
        yield np.s_[z : z + 1, y : y + size[0], x : x + size[1]], brush


def paint_like_napari(labels: Any, box: Any, brush: Any, label: int) -> None:
    part = np.asarray(labels[box])
    part[brush] = label
    labels[box] = part


def test_no_stroke_is_lost_against_a_job_that_writes_the_same_chunks(
    run: RunFolder,
) -> None:
    """While a third thread reads, as napari's status line does."""
    blocks, memory = run.blocks, np.zeros(SHAPE, np.uint32)

    def write(turn: int) -> None:
        core = blocks[turn % len(blocks)].core
        derived = np.full([s.size for s in core], 90_000 + turn % 50, np.uint32)
        run.write("labels/instances/0", core, derived, lasting=False)
        time.sleep(0.001)  # else it mostly waits for the lock of Python

    with closing(ZarrLabels.of_run(run.path, cache_bytes=30_000)) as labels:

        def look(turn: int) -> None:
            plane = labels[turn % SHAPE[0], :]
            time.sleep(0.003)
            # no half chunk is ever seen: what jobs write is one label for each block
            derived = plane[:16, :16][plane[:16, :16] >= 90_000]
            assert derived.size == 0 or (derived == derived[0]).all()

        with Again(write) as job, Again(look) as status:
            for label, (box, brush) in enumerate(strokes(STROKES), start=1):
                paint_like_napari(labels, box, brush, label)
                memory[box][brush] = label
        assert min(job.times, status.times) > 500
        found = labels[...]
    painted = memory > 0
    np.testing.assert_array_equal(found[painted], memory[painted])
    np.testing.assert_array_equal(run.labels[...], found)
    assert (found[~painted] >= 90_000).all()


def test_no_stroke_is_lost_against_one_that_writes_the_rest_of_a_chunk(
    tmp_path: Path,
) -> None:
    """Two faces of one array, whose halves meet in the middle of all chunks."""
    array = zarr.create_array(
        tmp_path / "a.zarr", shape=(4, 16, 16), chunks=(4, 16, 8), dtype="uint32"
    )
    painter, other = ZarrLabels(array), ZarrLabels(array)
    memory = np.zeros(array.shape, np.uint32)

    def write(turn: int) -> None:
        other[:, 8:] = turn + 1

    with Again(write) as job:
        for label, (box, brush) in enumerate(strokes(STROKES), start=1):
            top = (slice(0, 4), slice(0, 8), slice(0, 16))
            if all(a.stop <= b.stop for a, b in zip(box, top, strict=True)):
                paint_like_napari(painter, box, brush, label)
                memory[box][brush] = label
    memory[:, 8:] = job.times
    np.testing.assert_array_equal(array[...], memory)


def test_many_painters_at_once_lose_nothing_and_never_wait_for_each_other(
    run: RunFolder,
) -> None:
    labels = ZarrLabels.of_run(run.path)

    def painter(column: int) -> Callable[[int], None]:
        def paint(turn: int) -> None:
            labels[:, turn % SHAPE[1], column::4] = turn + 1

        return paint

    painters = [Again(painter(column)) for column in range(4)]
    with painters[0], painters[1], painters[2], painters[3]:
        end = time.monotonic() + 30  # of a machine that has much else to do
        time.sleep(1.5)
        while min(thread.times for thread in painters) <= 20:
            assert time.monotonic() < end
            time.sleep(0.05)
    labels.close()
    for column, thread in enumerate(painters):
        for y in range(SHAPE[1]):
            last = (thread.times - 1 - y) // SHAPE[1] * SHAPE[1] + y + 1
            assert (run.labels[:, y, column::4] == last).all()


# ---- passes that come later


@pytest.mark.parametrize("resample", [False, True])
def test_what_is_painted_survives_everything_that_makes_labels_again(
    tmp_path: Path, *, resample: bool
) -> None:
    image, expected = draw_boxes(SHAPE, (5, 6, 7))
    scale: dict[str, Any] = {}
    if resample:
        image, expected = (a.repeat(2, 1).repeat(2, 2) for a in (image, expected))
        scale = {"diameter": 2.0}
    out = tmp_path / "cells.skoots.zarr"
    model = code_model(object_diameter=1.0) if resample else code_model()
    options = {"tile_zyx": BLOCK, "resume": True, **scale}
    drain(skoots.segment(image, model, out, **options))
    before = zarr.open_array(out / "labels/instances/0")[...]
    with closing(ZarrLabels.of_run(out)) as labels:
        new = labels.next_label()
        assert new == before.max() + 1
        labels[2, 3:9, 4:12] = new
        labels[7, :5, :5] = 0
        painted = np.zeros(labels.shape, bool)
        painted[2, 3:9, 4:12] = painted[7, :5, :5] = True
        for inference in (
            {"MIN_OBJECT_VOXELS": 100},
            {"MIN_OBJECT_VOXELS": 10**6},
            {"HOPS": 3, "GROW": 1},
        ):
            changed = {"INFERENCE": inference}
            drain(skoots.segment(image, model, out, changed, **options))
            found = labels[...]
            assert (found[2, 3:9, 4:12] == new).all()
            assert not found[7, :5, :5].any()
            if (
                "MIN_OBJECT_VOXELS" in inference
                and inference["MIN_OBJECT_VOXELS"] > 99_999
            ):
                assert not found[~painted].any()
            else:
                assert (found[~painted] > 0).any()
    if not resample:
        np.testing.assert_array_equal(found[~painted], expected[~painted])


def test_a_stroke_made_while_a_job_runs_is_in_its_result(tmp_path: Path) -> None:
    """Previews, ids, small objects: all of it writes what is being painted."""
    image, expected = draw_boxes((24, 40, 44), (5, 6, 7))
    out = tmp_path / "cells.skoots.zarr"
    job = skoots.segment(image, code_model(), out, tile_zyx=(8, 16, 16), preview=True)
    next(job)
    memory = np.zeros(image.shape, np.uint32)
    with closing(ZarrLabels.of_run(out)) as labels:
        new = labels.next_label()

        def paint(turn: int) -> None:
            z, y, x = np.random.default_rng(turn).integers(0, (24, 36, 40))
            box = np.s_[z : z + 1, y : y + 4, x : x + 4]
            paint_like_napari(labels, box, np.ones((1, 4, 4), bool), new)
            memory[box] = new

        with Again(paint) as painter:
            drain(job)
        assert painter.times > 10
        found = labels[...]
    # ids from the new one on make room for it
    expected = np.where(expected >= new, expected + 1, expected)
    np.testing.assert_array_equal(found, np.where(memory > 0, memory, expected))


def test_objects_that_are_found_later_never_take_a_label_of_a_person(
    tmp_path: Path,
) -> None:
    image, expected = draw_boxes(SHAPE, (5, 6, 7))
    out = tmp_path / "cells.skoots.zarr"
    segment(out, image, region=((0, 8), (0, 16), (0, 16)))
    with closing(ZarrLabels.of_run(out)) as labels:
        few = labels.largest
        mine = labels.next_label()
        labels[0, 0, 0] = mine
        labels[0, 0, 1] = typed = mine + 3
        segment(out, image)
        found = labels[...]
        assert labels.next_label() == expected.max() + 3
    assert few < typed < expected.max()
    free = [i for i in range(1, expected.max() + 3) if i not in (mine, typed)]
    renumbered = np.array([0, *free], np.uint32)[expected]
    renumbered[0, 0, :2] = mine, typed
    np.testing.assert_array_equal(found, renumbered)


def test_a_numbering_begins_again_when_a_person_makes_a_label_meanwhile(
    run: RunFolder,
) -> None:
    edits, ids = run.edits, run.edits.ids
    seen, places = ids.reserved, np.arange(-1, 51)
    assert ids.next_label() == 1
    assert not ids.claim(places, seen, {})
    assert ids.claim(places, ids.reserved, {})
    assert ids.next_label() == 52
    edits.forget()
    assert (ids.reserved, ids.numbered, edits.shared.largest) == ({1, 52}, 51, 52)


def test_an_object_that_was_mended_keeps_its_label_when_others_go(
    tmp_path: Path,
) -> None:
    image, expected = draw_boxes(SHAPE, (5, 6, 7))
    out = tmp_path / "cells.skoots.zarr"
    segment(out, image)
    with closing(ZarrLabels.of_run(out)) as labels:
        labels[0, 0, :5] = 6  # of an object elsewhere
        labels[0, 0, 5] = 3  # of one that goes
        before = labels[...]
        segment(out, image, inference={"MIN_OBJECT_VOXELS": 2})
        np.testing.assert_array_equal(labels[...], before)
        # a block is lost, and with it the objects whose skeletons are in it
        for pass_of in ("predict", "label", "assign"):
            (out / f"state/{pass_of}/0.0.1.npz").unlink()
        drain(relabel(out))
        found = labels[:5, :16, :14]
    numbers = np.zeros(expected.max() + 1, np.uint32)
    numbers[[1, 2, 5, 6, 9, 10]] = [1, 2, 4, 6, 5, 7]
    wanted = numbers[expected[:5, :16, :14]]
    wanted[0, 0, :6] = [6, 6, 6, 6, 6, 3]
    np.testing.assert_array_equal(found, wanted)


def test_provisional_labels_leave_room_for_those_of_a_person(tmp_path: Path) -> None:
    image, _ = draw_boxes(SHAPE, (5, 6, 7))
    out = tmp_path / "cells.skoots.zarr"
    job = skoots.segment(image, code_model(), out, tile_zyx=BLOCK, preview=True)
    for event in job:
        if isinstance(event, skoots.events.BlockDone) and event.done == 3:
            break
    with closing(ZarrLabels.of_run(out)) as labels:
        assert labels[...].max() > 2**31
        assert [labels.next_label(), labels.next_label()] == [1, 2]
    job.close()


# ---- coarser levels


def test_coarser_levels_follow_what_is_painted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pyramid, "PYRAMID_BELOW", 4)
    image, _ = draw_boxes(SHAPE, (5, 6, 7))
    out = tmp_path / "cells.skoots.zarr"
    segment(out, image)
    group = zarr.open_group(out / "labels/instances", mode="r")
    for label, remake in (
        (501, lambda: drain(refresh_levels(out))),
        (502, lambda: segment(out, image)),
        (503, lambda: segment(out, image, inference={"MIN_OBJECT_VOXELS": 2})),
    ):
        with closing(ZarrLabels.of_run(out)) as labels:
            labels[8, 16:, 12:20] = label
            assert not (group["1"][...] == label).any()
            remake()
        for dataset in group.attrs["ome"]["multiscales"][0]["datasets"]:
            z, y, x = map(int, dataset["coordinateTransformations"][0]["scale"])
            coarse = group[dataset["path"]][...]
            np.testing.assert_array_equal(coarse, group["0"][::z, ::y, ::x])
        assert (group["2"][...] == label).any()
        assert drain(refresh_levels(out))[0] == []


def test_a_stroke_while_levels_are_made_makes_them_again_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pyramid, "PYRAMID_BELOW", 4)
    image, _ = draw_boxes(SHAPE, (5, 6, 7))
    out = tmp_path / "cells.skoots.zarr"
    segment(out, image)
    with closing(ZarrLabels.of_run(out)) as labels:
        labels[0, 0, 0] = 501
        job = refresh_levels(out)
        next(job), next(job)
        labels[0, 0, 0] = 502
        drain(job)
    levels = zarr.open_group(out / "labels/instances", mode="r")
    assert levels["1"][0, 0, 0] == 501
    drain(refresh_levels(out))
    assert levels["1"][0, 0, 0] == levels["2"][0, 0, 0] == 502


# ---- death


DIE = """
import os, signal, sys
from pathlib import Path
from napari_skoots.labels_array import ZarrLabels
from skoots.run.chunk_files import ChunkFiles

keep, left = ChunkFiles.write, int(sys.argv[2])

def write(self, index, chunk):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    keep(self, index, chunk)

ChunkFiles.write = write
labels = ZarrLabels.of_run(sys.argv[1])
labels[7:9, 14:18, 14:18] = 77
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("writes", [0, 3, 8, 11, 16])
def test_a_stroke_is_whole_wherever_its_process_died(
    run: RunFolder, writes: int
) -> None:
    """Eight chunks of the mask are written, then eight of the labels."""
    assert run_python("-c", DIE, str(run.path), str(writes)).returncode < 0
    with closing(ZarrLabels.of_run(run.path)) as labels:
        assert (labels[7:9, 14:18, 14:18] == 77).all()
        assert np.count_nonzero(labels[...]) == 2 * 4 * 4
        assert labels.next_label() == 78
    fresh = RunFolder.open(run.path)
    derived = np.full(SHAPE, 5, np.uint32)
    fresh.write("labels/instances/0", whole(SHAPE), derived)
    assert np.count_nonzero(fresh.labels[...] == 77) == 2 * 4 * 4
    assert not list((run.path / "state" / "strokes").iterdir())


PAINT = """
import sys
from napari_skoots.labels_array import ZarrLabels

labels = ZarrLabels.of_run(sys.argv[1])
for n in range(1, 10**6):
    box = labels[n % 12, n % 17 : n % 17 + 3, n % 19 : n % 19 + 3]
    box[...] = n
    labels[n % 12, n % 17 : n % 17 + 3, n % 19 : n % 19 + 3] = box
    print(n, flush=True)
"""


@pytest.mark.parametrize("strokes_before", [1, 40, 123])
def test_a_stroke_that_was_answered_is_there_after_its_process_is_killed(
    run: RunFolder, strokes_before: int
) -> None:
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", PAINT, str(run.path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    answered = 0
    while answered < strokes_before:
        answered = int(process.stdout.readline())
    process.kill()
    answered = max([answered, *map(int, process.stdout.read().split())])
    process.wait()
    process.stdout.close()
    memory = np.zeros(SHAPE, np.uint32)
    for n in range(1, answered + 1):
        memory[n % 12, n % 17 : n % 17 + 3, n % 19 : n % 19 + 3] = n
    with closing(ZarrLabels.of_run(run.path)) as labels:
        found = labels[...]
        run.write("labels/instances/0", whole(SHAPE), np.zeros(SHAPE, np.uint32))
        np.testing.assert_array_equal(labels[...], found)
    # the one that was being painted is there, whole, or it is not
    last = answered + 1
    here = np.s_[last % 12, last % 17 : last % 17 + 3, last % 19 : last % 19 + 3]
    if (found == last).any():
        memory[here] = last
    np.testing.assert_array_equal(found, memory)


def test_a_journal_that_a_power_cut_halved_is_forgotten(run: RunFolder) -> None:
    folder = run.path / "state" / "strokes"
    folder.mkdir()
    (folder / "1.000000000").write_bytes(b'[[0,0,0,0,0,0,1,1,1,1,"<u4"]]\nxx')
    (folder / "2.000000000").write_bytes(b"")
    with closing(ZarrLabels.of_run(run.path)) as labels:
        assert not labels[...].any()
    assert not list(folder.iterdir())


def test_a_stroke_that_cannot_be_stored_changes_nothing_later(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = chunk_files._replace

    def full(path: Path, content: bytes) -> None:
        if "instances" in path.parts:
            raise OSError(28, "No space left on device")
        keep(path, content)

    with closing(ZarrLabels.of_run(run.path)) as labels:
        labels[0, :3, :3] = 1
        with monkeypatch.context() as patch:
            patch.setattr(chunk_files, "_replace", full)
            with pytest.raises(skoots.errors.StorageError, match="full"):
                labels[0, :3, :3] = 2
        labels[0, :3, :3] = 3
    with closing(ZarrLabels.of_run(run.path)) as labels:
        assert (labels[0, :3, :3] == 3).all()


# ---- one process at a time


def test_a_run_that_is_painted_is_written_by_jobs_of_this_process_only(
    tmp_path: Path,
) -> None:
    image, _ = draw_boxes(SHAPE, (5, 6, 7))
    out = tmp_path / "cells.skoots.zarr"
    segment(out, image)
    other = (
        "from napari_skoots.labels_array import ZarrLabels; "
        f"print(ZarrLabels.of_run({str(out)!r}).read_only)"
    )
    labels, second = ZarrLabels.of_run(out), ZarrLabels.of_run(out)
    assert run_python("-c", other).stdout.strip() == "True"
    segment(out, image)
    with pytest.raises(RunBusyError, match="Close them"):
        segment(out, image, resume=False, overwrite=True)
    labels.close()
    with pytest.raises(RunError, match="closed"):
        labels[0, 0, 0] = 1
    assert run_python("-c", other).stdout.strip() == "True"
    del second
    assert run_python("-c", other).stdout.strip() == "False"


def test_a_run_is_given_back_and_taken_again(run: RunFolder) -> None:
    labels, second = ZarrLabels.of_run(run.path), ZarrLabels.of_run(run.path)
    labels[0, 0, 0] = 3
    labels.close()
    labels.close()  # does not give back what the second one holds
    code = (
        "import sys; from napari_skoots.labels_array import ZarrLabels\n"
        "labels = ZarrLabels.of_run(sys.argv[1])\n"
        "print(labels.read_only)\n"
        "if not labels.read_only: labels[0, 0, 1] = labels.next_label()\n"
    )
    assert run_python("-c", code, str(run.path)).stdout.strip() == "True"
    second.close()
    assert labels[0, 0, 0] == 3
    labels.take_dirty()
    assert run_python("-c", code, str(run.path)).stdout.strip() == "False"
    assert labels.reopen()
    assert labels.reopen()
    assert labels.take_dirty(own=False) == [((0, 8), (0, 16), (0, 16))]
    labels[0, 0, 2] = labels.next_label()
    assert labels[0, 0, :3].tolist() == [3, 4, 5]
    run.write("labels/instances/0", whole(SHAPE), np.full(SHAPE, 9, np.uint32))
    assert labels[0, 0, :4].tolist() == [3, 4, 5, 9]
    assert run_python("-c", code, str(run.path)).stdout.strip() == "True"
    labels.close()
    assert run_python("-c", code, str(run.path)).stdout.strip() == "False"


def test_labels_that_another_run_took_the_place_of_are_not_painted(
    run: RunFolder,
) -> None:
    labels = ZarrLabels.of_run(run.path)
    labels.close()
    shutil.rmtree(run.path)
    make_run(run.path, (12, 20, 23), BLOCK)
    with pytest.raises(RunError, match="begun anew"):
        labels.reopen()
    assert labels.read_only
    with closing(ZarrLabels.of_run(run.path)) as others:
        assert not others.read_only


HAVE = """
import sys
from napari_skoots.labels_array import ZarrLabels

labels = ZarrLabels.of_run(sys.argv[1])
for line in sys.stdin:
    if line.strip():
        labels[0, 0, 0] = int(line)
    print("done", flush=True)
"""


def test_what_another_process_does_is_noticed_until_the_run_is_free(
    run: RunFolder,
) -> None:
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", HAVE, str(run.path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def tell(what: str) -> None:
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{what}\n")
        process.stdin.flush()
        assert process.stdout.readline() == "done\n"

    tell("")
    labels = ZarrLabels.of_run(run.path)
    assert labels.read_only
    for label in (5, 6, 0):
        assert labels[0, 0, 0] != label or not label
        tell(str(label))
        assert labels.look_again()
        assert labels[0, 0, 0] == label
        assert labels.take_dirty() == [((0, 8), (0, 16), (0, 16))]
        assert not labels.look_again()
    assert labels.read_only
    process.communicate()
    assert labels.look_again()
    labels[0, 0, 0] = 7
    assert not labels.look_again()
    labels.close()
    assert not labels.look_again()
    assert labels.read_only


def test_a_run_that_is_begun_anew_knows_no_strokes(tmp_path: Path) -> None:
    image, expected = draw_boxes(SHAPE, (5, 6, 7))
    out = tmp_path / "cells.skoots.zarr"
    segment(out, image)
    with closing(ZarrLabels.of_run(out)) as labels:
        labels[...] = labels.next_label()
    segment(out, image, resume=False, overwrite=True)
    with closing(ZarrLabels.of_run(out)) as labels:
        np.testing.assert_array_equal(labels[...], expected)
        assert labels.next_label() == expected.max() + 1
    assert not edits_of(out).stale.listed()
    file = drain(export_tiff(out))[1]
    assert file.exists()


def test_a_run_of_before_labels_were_kept_gets_new_ones_above_its_own(
    tmp_path: Path,
) -> None:
    image, expected = draw_boxes(SHAPE, (5, 6, 7))
    out = tmp_path / "cells.skoots.zarr"
    segment(out, image)
    (out / "state/ids.json").unlink()
    with closing(ZarrLabels.of_run(out)) as labels:
        assert labels.next_label() == expected.max() + 1


def test_what_another_process_painted_is_known_to_who_has_the_run_next(
    run: RunFolder,
) -> None:
    with closing(ZarrLabels.of_run(run.path)) as labels:
        labels[0, 0, 0] = 3
    code = (
        "import sys; from napari_skoots.labels_array import ZarrLabels\n"
        "labels = ZarrLabels.of_run(sys.argv[1])\n"
        "labels[0, 1, 1] = labels.next_label()\n"
    )
    assert run_python("-c", code, str(run.path)).returncode == 0
    with closing(ZarrLabels.of_run(run.path)) as labels:
        assert labels.next_label() == 5
        run.write("labels/instances/0", whole(SHAPE), np.full(SHAPE, 9, np.uint32))
        np.testing.assert_array_equal(labels[0, :2, :2], [[3, 9], [9, 4]])
