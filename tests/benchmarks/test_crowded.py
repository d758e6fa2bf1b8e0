"""Volumes of crowded nuclei that are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import prepare
import pytest
import readings
from crowded import LEAST_NUCLEI, check_seed, draw_crowded, is_crowded
from synthetic_nuclei import SEED_TRAIN, SEED_VAL

if TYPE_CHECKING:
    from pathlib import Path


def grid_of_blocks(apart: int, side: int = 6) -> np.ndarray:
    """Blocks in rows, with so many voxels between them."""
    labels = np.zeros((3 * (side + apart),) * 3, np.uint16)
    for number, place in enumerate(np.ndindex(3, 3, 3), start=1):
        z, y, x = (n * (side + apart) for n in place)
        labels[z : z + side, y : y + side, x : x + side] = number
    return labels


def test_blocks_without_a_gap_are_crowded() -> None:
    assert is_crowded(grid_of_blocks(apart=0), 1.0)


def test_blocks_that_stand_apart_are_not() -> None:
    assert not is_crowded(grid_of_blocks(apart=1), 1.0)


def test_a_few_large_ones_or_many_tiny_ones_are_not() -> None:
    few = grid_of_blocks(apart=0)
    few[few >= LEAST_NUCLEI] = 0
    assert not is_crowded(few, 1.0)
    assert not is_crowded(grid_of_blocks(apart=0, side=5), 1.0)


def test_what_is_drawn_is_crowded_and_the_same_for_the_same_seed() -> None:
    (first,), (again,) = draw_crowded(1, 7), draw_crowded(1, 7)
    assert first.name == again.name
    assert (first.image == again.image).all()
    assert is_crowded(first.labels, first.step)


@pytest.mark.parametrize("seed", [SEED_TRAIN, SEED_VAL], ids=["train", "val"])
def test_seeds_of_the_training_are_refused_before_anything_is_drawn(
    seed: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match=f"{seed} would score what is known"):
        draw_crowded(1, seed)
    words = ["readings.py", "--synthetic", "1", "--seed", str(seed)]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit, match="2"):
        readings.main()
    assert "Use another seed" in capsys.readouterr().err


def test_the_seeds_that_are_refused_are_those_that_training_draws_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    monkeypatch.setattr(prepare, "write_volumes", lambda *words: drawn.append(words))
    (tmp_path / "out").mkdir()
    prepare.prepare("nuclei", tmp_path / "none", tmp_path / "out")
    for _, _, seed in drawn:
        with pytest.raises(ValueError, match="Use another seed"):
            check_seed(seed)
    assert len(drawn) == 2
