"""Nothing that is not a run is touched, and no run that somebody writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from inference_cases import code_model, drain, draw_boxes, read_arrays

import skoots
from skoots.errors import RunBusyError, RunError, RunExistsError
from skoots.run.folder import RunFolder
from skoots.run.layout import is_run
from skoots.run.location import check_place, clear, locked
from skoots.run.storage import PARTIAL

if TYPE_CHECKING:
    from pathlib import Path

MODES = [{"resume": True}, {"overwrite": True}]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "cells.skoots.zarr"


def check(path: Path, *, resume: bool = False, overwrite: bool = False) -> bool:
    return check_place(path, resume=resume, overwrite=overwrite)


def segment(out: Path, **options: Any) -> int:
    image, _ = draw_boxes((9, 10, 11), (5, 5, 5))
    options = {"tile_zyx": (8, 8, 8), **options}
    return drain(skoots.segment(image, code_model(), out, **options))[1].objects


def test_a_place_without_anything_is_free(out: Path) -> None:
    assert not check(out)
    out.mkdir()
    assert not check(out)
    with locked(out):
        assert not check(out)
    assert not check(out)
    assert segment(out) == 12


@pytest.mark.parametrize("options", MODES, ids=str)
@pytest.mark.parametrize("name", ["notes.txt", "data/zarr.json", "state/mine.npy"])
def test_a_folder_of_something_else_is_left_alone(
    tmp_path: Path, options: dict[str, bool], name: str
) -> None:
    foreign = tmp_path / "cells.zarr"
    file = foreign / name
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    with pytest.raises(RunError, match="not a run of SKOOTS"):
        segment(foreign, **options)
    assert [p for p in foreign.rglob("*") if p.is_file()] == [file]


@pytest.mark.parametrize("options", MODES, ids=str)
def test_a_file_is_left_alone(out: Path, options: dict[str, bool]) -> None:
    out.write_text("mine")
    with pytest.raises(RunError, match="not a run of SKOOTS"):
        segment(out, **options)
    assert out.read_text() == "mine"


@pytest.mark.parametrize("damage", ["no plan", "half a zarr.json", "only arrays"])
@pytest.mark.parametrize("options", MODES, ids=str)
def test_a_broken_beginning_is_started_anew(
    out: Path, damage: str, options: dict[str, bool]
) -> None:
    segment(out)
    expected = read_arrays(out)
    (out / "state" / "plan.json").unlink()
    if damage == "half a zarr.json":
        text = (out / "vectors" / "zarr.json").read_bytes()
        (out / "vectors" / "zarr.json").write_bytes(text[: len(text) // 2])
        (out / "zarr.json").write_bytes(b"")
    if damage == "only arrays":
        (out / "zarr.json").unlink()
    with pytest.raises(RunExistsError, match="--resume"):
        segment(out)
    assert segment(out, **options) == 12
    for name, array in read_arrays(out).items():
        np.testing.assert_array_equal(array, expected[name])


def test_what_a_dead_process_was_writing_is_cleared(out: Path) -> None:
    segment(out)
    left = [
        out / "state" / "predict" / f"0.0.0.npz{PARTIAL}",
        out / "vectors" / "c" / "0" / "0" / "0" / f"0.abc{PARTIAL}",
    ]
    for file in left:
        file.write_bytes(b"half")
    (out / "state" / "predict" / "0.0.0.npz").unlink()
    assert segment(out, resume=True) == 12
    assert not any(file.exists() for file in left)


def test_files_of_others_in_a_run_survive_overwriting(out: Path) -> None:
    segment(out)
    (out / "notes.txt").write_text("mine")
    assert segment(out, resume=True) == 12
    assert segment(out, overwrite=True) == 12
    assert (out / "notes.txt").read_text() == "mine"


def test_a_locked_run_cannot_be_locked(out: Path) -> None:
    with locked(out), pytest.raises(RunBusyError, match="Another job"):
        locked(out).__enter__()
    with locked(out):
        pass


def test_clearing_keeps_the_lock_and_leaves_no_run(out: Path) -> None:
    segment(out)
    with locked(out):
        clear(out)
        with pytest.raises(RunBusyError):
            locked(out).__enter__()
    assert [p.name for p in out.rglob("*")] == ["state", "lock"]
    assert not is_run(out)


def test_a_folder_without_a_plan_cannot_be_opened(out: Path) -> None:
    with pytest.raises(RunError, match="not a run of SKOOTS"):
        RunFolder.open(out)
    (out / "state").mkdir(parents=True)
    (out / "state" / "plan.json").write_text("{}")
    with pytest.raises(RunError, match="--overwrite"):
        RunFolder.open(out)
