"""Who teaches on a full disk is told what to do about what was being written."""

from __future__ import annotations

import ast
import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import skoots
from skoots.errors import StorageError
from skoots.teach import TeachProject
from skoots.teach.skeleton_store import write_moved
from skoots.train.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable

PAINTING = "What was painted and stored before is safe: free some space and try again"
TEACHING = "checkpoint are safe: .* train again, or go on with the training"
LEARNING = "up to the last checkpoint is safe: free some space and go on with the train"


def _moves(project: TeachProject, _: Path) -> None:
    write_moved(project.examples[0].path, {})


def _draws(project: TeachProject, _: Path) -> None:
    project.examples[0].set_boxes([])


def _begins(project: TeachProject, _: Path) -> None:
    TeachProject.create(project.path.with_name(f"other-{project.path.name}"))


def _records(project: TeachProject, training: Path) -> None:
    from skoots.teach.record import TeachRecord, write_record  # noqa: PLC0415

    record = TeachRecord(
        base=None, seconds=1, diameter=None, grids={}, objects=1, boxes=1, held_out=()
    )
    write_record(training, record)


def _settles(project: TeachProject, training: Path) -> None:
    from skoots.config import Settings  # noqa: PLC0415

    Project.create(training, Settings())


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (_moves, PAINTING),
        (_draws, PAINTING),
        (_begins, PAINTING),
        (_records, TEACHING),
        (_settles, LEARNING),
    ],
    ids=["a skeleton", "a box", "a project", "a training", "its settings"],
)
def test_a_full_disk_is_told_in_the_words_of_teaching(
    project: TeachProject,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[[TeachProject, Path], None],
    words: str,
) -> None:
    def replace(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(StorageError, match=words) as caught:
        write(project, project.trainings / "001")
    assert "Blocks" not in str(caught.value)


@pytest.mark.parametrize("package", ["teach", "train"])
def test_nothing_there_speaks_of_the_blocks_of_a_run(package: str) -> None:
    home = Path(skoots.__file__).parent / package
    silent = [
        f"{path.name}:{call.lineno}"
        for path in home.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "storage_errors"
        and len(call.args) + len(call.keywords) < 2
    ]
    assert not silent
