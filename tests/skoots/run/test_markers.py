"""A marker is there as a whole, with its key, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from skoots.errors import StorageError
from skoots.run.markers import Markers
from skoots.volume.tiling import plan_blocks

if TYPE_CHECKING:
    from pathlib import Path

(BLOCK,) = plan_blocks((4, 4, 4), (4, 4, 4))


@pytest.fixture
def markers(tmp_path: Path) -> Markers:
    (tmp_path / "label").mkdir()
    markers = Markers(tmp_path)
    markers.mark("label", BLOCK, "key", {"ids": np.arange(3), "counts": np.ones(3)})
    return markers


def test_a_marker_gives_back_what_it_got(markers: Markers) -> None:
    assert markers.is_done("label", BLOCK, "key")
    tables = markers.tables("label", BLOCK, only=("ids",))
    assert list(tables) == ["ids"]
    assert tables["ids"].tolist() == [0, 1, 2]


def test_another_key_and_another_pass_are_not_done(markers: Markers) -> None:
    assert not markers.is_done("label", BLOCK, "other")
    assert not markers.is_done("assign", BLOCK, "key")


def test_an_unmarked_block_is_not_done(markers: Markers) -> None:
    markers.unmark("label", BLOCK)
    markers.unmark("label", BLOCK)
    assert not markers.is_done("label", BLOCK, "key")


@pytest.mark.parametrize(
    "damage",
    [lambda b: b"", lambda b: b[: len(b) // 2], lambda b: b"nonsense" * 20],
    ids=["empty", "cut off", "something else"],
)
def test_a_damaged_marker_counts_as_missing(
    markers: Markers, tmp_path: Path, damage: object
) -> None:
    file = tmp_path / "label" / "0.0.0.npz"
    assert callable(damage)
    file.write_bytes(damage(file.read_bytes()))
    assert not markers.is_done("label", BLOCK, "key")


def test_a_marker_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="Nothing may be written"):
        Markers(tmp_path).mark("label", BLOCK, "key", {})
