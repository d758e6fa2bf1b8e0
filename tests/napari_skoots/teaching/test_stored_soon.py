"""What is changed goes to disk soon, whatever happens meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("pytestqt")

from napari_skoots.controllers.teaching import stored_soon
from napari_skoots.controllers.teaching.stored_soon import StoredSoon
from skoots.errors import SkootsError, StorageError

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


class Disk:
    """Where things are stored, as long as it is not full."""

    def __init__(self) -> None:
        self.full = False
        self.now = self.stored = 0
        self.told: list[SkootsError] = []
        self.soon = StoredSoon(10, self.write, self.told.append)

    def change(self) -> None:
        self.now += 1
        self.soon.ask()

    def write(self) -> None:
        if self.full:
            raise StorageError("The disk is full.")
        self.stored = self.now


@pytest.fixture
def disk(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Disk:
    monkeypatch.setattr(stored_soon, "_AGAIN_MS", 10)
    return Disk()


def test_it_is_stored_by_itself(disk: Disk, qtbot: QtBot) -> None:
    disk.change()
    assert (disk.stored, disk.soon.unstored) == (0, True)
    qtbot.waitUntil(lambda: disk.stored == 1)
    assert not disk.soon.unstored


def test_what_cannot_be_stored_is_said_once_and_tried_until_it_can(
    disk: Disk, qtbot: QtBot
) -> None:
    disk.full = True
    disk.change()
    qtbot.waitUntil(lambda: bool(disk.told))
    qtbot.wait(60)
    assert (len(disk.told), disk.soon.unstored) == (1, True)
    disk.full = False
    qtbot.waitUntil(lambda: disk.stored == 1)
    disk.full = True
    disk.change()
    qtbot.waitUntil(lambda: len(disk.told) == 2)


def test_who_has_to_know_is_told_and_it_is_tried_again(
    disk: Disk, qtbot: QtBot
) -> None:
    disk.full = True
    disk.change()
    with pytest.raises(StorageError, match="full"):
        disk.soon.write()
    disk.full = False
    qtbot.waitUntil(lambda: disk.stored == 1)


def test_a_change_while_it_is_stored_is_stored_too(disk: Disk, qtbot: QtBot) -> None:
    def write_and_change() -> None:
        disk.write()
        if disk.now == 1:
            disk.change()

    disk.soon = StoredSoon(10, write_and_change, disk.told.append)
    disk.change()
    qtbot.waitUntil(lambda: disk.stored == 2)
    assert not disk.soon.unstored


def test_closed_it_stores_nothing_more(disk: Disk, qtbot: QtBot) -> None:
    disk.change()
    disk.soon.close()
    qtbot.wait(40)
    assert disk.stored == 0
