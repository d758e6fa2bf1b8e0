"""Trainings that nobody goes on with give their room back, and no others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock, Timeout

from skoots.config import Settings
from skoots.teach import TeachProject
from skoots.teach.at_work import begin
from skoots.teach.clearing import clear_before
from skoots.teach.new_place import new_place
from skoots.teach.record import TeachRecord, write_record
from skoots.train.project import Project

LIGHT = {"settings.yaml", "curves.csv", "teaching.json", "comparison.json"}
LOCKS = {".lock", ".at-work", ".begun"}
SAVED = ("state.pt", "last.skoots", "best.skoots")


@pytest.fixture
def project(tmp_path: Path) -> TeachProject:
    return TeachProject.create(tmp_path / "cells.skoots-project")


def training(
    project: TeachProject, name: str, *saved: str, model: str = "", **said: Any
) -> Path:
    """Make the folder of a training that has saved some files; see `SAVED`."""
    place = project.trainings / name
    Project.create(place, Settings())
    write_record(
        place,
        TeachRecord(
            base=None, seconds=1, diameter=None, grids={}, objects=2, boxes=1,
            held_out=(),
        ),
    )  # fmt: skip
    begin(place)
    (place / "data").mkdir()
    (place / "data" / "cells-1.tif").write_bytes(b"large")
    (place / "curves.csv").write_text("epoch")
    for file in saved:
        (place / file).write_bytes(b"large")
    if model:
        known = {"before": None, "after": {}, "parts": [], "seconds": 1.0}
        content = json.dumps({"model": model, **known, **said})
        (place / "comparison.json").write_text(content)
    return place


def is_clear(place: Path) -> bool:
    there = {path.name for path in place.iterdir()}
    assert {"settings.yaml", "curves.csv", "teaching.json"} <= there
    return there <= LIGHT | LOCKS


def test_what_nobody_goes_on_with_is_cleared(project: TeachProject) -> None:
    old = training(project, "001", *SAVED)
    worse = training(project, "002", *SAVED, model="/models/a.skoots", improved=False)
    killed = training(project, "003")
    waits = training(project, "004", *SAVED, model="best.skoots", improved=True)
    last = training(project, "005", *SAVED)
    kept = training(project, "006", model="../../models/b.skoots", improved=True)
    later = training(project, "007", model="/models/a.skoots", improved=False)
    clear_before(project, kept)
    assert [is_clear(one) for one in (old, worse, killed)] == [True] * 3
    assert not any(is_clear(one) for one in (waits, last, later))
    assert project.unfinished == (last,), "with which --resume goes on"
    assert project.undecided == (waits,)
    for place in (waits, last):
        assert all((place / name).is_file() for name in SAVED)


def test_a_later_one_to_go_on_with_lets_all_before_go(project: TeachProject) -> None:
    old = training(project, "009", *SAVED)
    kept = training(project, "010", model="../../models/b.skoots", improved=True)
    later = training(project, "011", *SAVED)
    clear_before(project, kept)
    assert is_clear(old)
    assert project.unfinished == (later,) == (project.pending,)


def test_what_is_busy_or_damaged_is_left(project: TeachProject) -> None:
    busy = training(project, "001")
    damaged = training(project, "002", *SAVED, model="x", improved=True)
    (damaged / "comparison.json").write_text("{")
    kept = training(project, "003", model="../../models/b.skoots", improved=True)
    with Project(busy).locked():
        clear_before(project, kept)
    assert not is_clear(busy)
    assert not is_clear(damaged)


def test_what_is_about_to_begin_is_left(project: TeachProject) -> None:
    place = training(project, "001")
    (place / ".begun").unlink()  # it was prepared, and its process goes on in a moment
    kept = training(project, "002", model="../../models/b.skoots", improved=True)
    clear_before(project, kept)
    assert not is_clear(place)


@pytest.mark.parametrize("name", ["latest", "002-copy", ""])
def test_one_without_a_number_is_before_none(project: TeachProject, name: str) -> None:
    old = training(project, "001")
    clear_before(project, project.trainings / name)
    assert not is_clear(old)


def test_what_cannot_be_cleared_hinders_nobody(
    project: TeachProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    strange = training(project, "001", model="\0", improved=True)
    old = training(project, "002")
    kept = training(project, "003", model="../../models/b.skoots", improved=True)
    clear_before(project, kept)
    assert not is_clear(strange)
    assert is_clear(old)

    def fail(_: TeachProject) -> tuple[Path, ...]:
        raise PermissionError

    monkeypatch.setattr(TeachProject, "unfinished", property(fail))
    clear_before(project, kept)


def test_what_a_crash_left_goes_when_another_begins(project: TeachProject) -> None:
    whole = training(project, "001")
    (project.trainings / "002" / "data").mkdir(parents=True)
    with new_place(project.trainings) as place, new_place(project.trainings) as other:
        assert (place.name, other.name) == ("002", "003"), "being made, and so no rest"
        assert not (place / "data").exists()
        for one in (place, other):
            Project.create(one, Settings())
    there = sorted(path.name for path in project.trainings.iterdir())
    assert there == ["001", "002", "003"]
    assert (whole / "data").is_dir()


def test_what_fails_leaves_nothing(project: TeachProject) -> None:
    def fail() -> None:
        with new_place(project.trainings) as place:
            (place / "data").mkdir()
            raise MemoryError

    with pytest.raises(MemoryError):
        fail()
    assert not list(project.trainings.iterdir())


def test_one_that_is_ready_just_as_another_looks_stays(
    project: TeachProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project.trainings / "001"
    (place / "data").mkdir(parents=True)
    plain = FileLock.acquire

    def acquire(lock: FileLock, *given: Any, **named: Any) -> Any:
        if "001" in lock.lock_file:  # its maker ends between a look and the lock
            (place / "settings.yaml").touch()
        return plain(lock, *given, **named)

    monkeypatch.setattr(FileLock, "acquire", acquire)
    with new_place(project.trainings) as other:
        assert other.name == "002"
    assert (place / "data").is_dir()


def test_no_two_have_the_lock_of_a_training(
    project: TeachProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = FileLock.release
    others: list[FileLock] = []

    def release(lock: FileLock, *given: Any, **named: Any) -> None:
        plain(lock, *given, **named)
        mine = "001" in lock.lock_file and Path(lock.lock_file).name != ".lock"
        if mine and not others:  # another one waited for it
            others.append(FileLock(lock.lock_file))
            others[0].acquire(timeout=0)

    monkeypatch.setattr(FileLock, "release", release)
    with new_place(project.trainings) as place:
        Project.create(place, Settings())
    monkeypatch.undo()
    (other,) = others
    with pytest.raises(Timeout):
        FileLock(other.lock_file).acquire(timeout=0)
    other.release()


def test_a_folder_that_may_not_be_looked_at_hinders_nobody(
    project: TeachProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.trainings / "001").mkdir(parents=True)
    (project.trainings / "002").touch()
    plain = FileLock.acquire

    def acquire(lock: FileLock, *given: Any, **named: Any) -> Any:
        if "001" in lock.lock_file:
            raise PermissionError
        return plain(lock, *given, **named)

    monkeypatch.setattr(FileLock, "acquire", acquire)
    with new_place(project.trainings) as place:
        assert place.name == "003"
