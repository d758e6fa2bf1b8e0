"""A file is the old one or the new one, and what the system says becomes words."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from skoots.errors import RunExistsError, StorageError
from skoots.run import storage
from skoots.run.storage import Remedy, storage_errors, write_atomically

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


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (28, "is full. All is safe: free some space and knock."),
        (13, "(Permission denied). Go away."),
        (5, "All is safe: check the disk and knock."),
    ],
    ids=["ENOSPC", "EACCES", "EIO"],
)
def test_who_writes_something_else_says_what_to_do(
    tmp_path: Path, number: int, words: str
) -> None:
    remedy = Remedy(safe="All is safe", again="knock", elsewhere="Go away")
    with pytest.raises(StorageError) as caught, storage_errors(tmp_path, remedy):
        raise OSError(number, os.strerror(number))
    assert str(caught.value).endswith(words)


def test_our_own_errors_pass_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(RunExistsError), storage_errors(tmp_path):
        raise RunExistsError("there")


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the system was asked to bring to the disk, by inode."""
    inodes: list[int] = []
    monkeypatch.setattr(storage, "_sync", SYNC)
    monkeypatch.setattr(os, "fsync", lambda n: inodes.append(os.fstat(n).st_ino))
    return inodes


def inodes_of(*paths: Path) -> list[int]:
    """Give the inodes of files, and of folders where a system syncs those."""
    return [p.stat().st_ino for p in paths if p.is_file() or os.name == "posix"]


def test_waiting_for_the_disk_takes_files_and_folders(
    tmp_path: Path, synced: list[int]
) -> None:
    top = tmp_path / "top"
    (top / "a").mkdir(parents=True)
    file = top / "a" / "b"
    file.write_bytes(b"x")
    storage.sync_files([file, top / "a" / "gone", top / "c" / "d"], top)
    assert synced == inodes_of(file, top / "a", top)  # a name after what it names


def test_a_file_is_on_the_disk_before_its_name_is(
    tmp_path: Path, synced: list[int]
) -> None:
    write_atomically(tmp_path / "a.json", b"new")
    assert synced == inodes_of(tmp_path / "a.json", tmp_path)
