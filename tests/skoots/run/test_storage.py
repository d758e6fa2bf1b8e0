"""A file is the old one or the new one, and what the system says becomes words."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from skoots.errors import RunExistsError, StorageError
from skoots.run import storage
from skoots.run.storage import storage_errors, write_atomically

if TYPE_CHECKING:
    from pathlib import Path

SYNC = storage._sync  # before a fixture takes it away


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_atomically(file, b"old")
    write_atomically(file, b"new")
    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (28, "is full.*--resume"),
        (13, "Nothing may be written.*--out"),
        (5, "failed.*--resume"),
    ],
    ids=["ENOSPC", "EACCES", "EIO"],
)
def test_what_the_system_refuses_gets_a_remedy(
    tmp_path: Path, number: int, words: str
) -> None:
    with pytest.raises(StorageError, match=words) as caught, storage_errors(tmp_path):
        raise OSError(number, os.strerror(number))
    assert caught.value.errno == number


def test_our_own_errors_pass_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(RunExistsError), storage_errors(tmp_path):
        raise RunExistsError("there")


def test_waiting_for_the_disk_takes_files_and_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "_sync", SYNC)
    (tmp_path / "a").mkdir()
    file = tmp_path / "a" / "b"
    file.write_bytes(b"x")
    storage.sync_files([file, tmp_path / "a" / "gone", tmp_path / "c" / "d"], tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
