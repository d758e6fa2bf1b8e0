"""Skeletons by the command line, ours and the published one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from skoots.cli import app
from skoots.train.data.skeleton_files import read_skeletons
from skoots.train.generate_skeletons import skeletonize_labels
from skoots.volume.axes import zyx_to_xyz

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (12, 20, 30)
run = CliRunner().invoke


def write_labels(path: Path, seed: int = 0) -> np.ndarray:
    """Write five blobs, the last one in the last planes."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(SHAPE, np.uint16)
    for key, (z, y, x) in enumerate(rng.integers((0, 0, 0), (8, 14, 24), (4, 3)), 1):
        labels[z : z + 4, y : y + 6, x : x + 6] = key
    labels[-2:, 8:12, 12:28] = 5
    tifffile.imwrite(path, labels, photometric="minisblack")
    return labels


def assert_made(path: Path, labels: np.ndarray, voxel: tuple[float, ...]) -> None:
    volume = np.ascontiguousarray(zyx_to_xyz(labels))
    expected = skeletonize_labels(volume, spacing=(voxel[1], voxel[2], voxel[0]))
    made = read_skeletons(path, SHAPE)
    assert list(made) == list(expected)
    assert 5 in made
    for key, points in expected.items():
        np.testing.assert_array_equal(made[key], points)


def test_a_file_gets_its_skeletons(tmp_path: Path) -> None:
    labels = write_labels(tmp_path / "a.labels.tif")
    result = run(app, ["skeletonize", str(tmp_path / "a.labels.tif")])
    assert result.exit_code == 0, result.output
    path = tmp_path / "a.skeletons.trch"
    assert result.stdout == f"wrote {path}\n"
    assert "a.labels skeletonize 5/5" in result.stderr
    assert_made(path, labels, (1, 1, 1))


def test_a_folder_stands_for_its_labels(tmp_path: Path) -> None:
    made = {name: write_labels(tmp_path / f"{name}.labels.tif", 1) for name in "ab"}
    (tmp_path / "c.tif").touch()
    words = ["skeletonize", str(tmp_path), "--voxel-size", "0.06,0.01,0.01"]
    result = run(app, words)
    assert result.exit_code == 0, result.output
    for name, labels in made.items():
        assert_made(tmp_path / f"{name}.skeletons.trch", labels, (6, 1, 1))


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    write_labels(tmp_path / "b.labels.tif")
    empty = np.zeros(SHAPE, np.uint8)
    tifffile.imwrite(tmp_path / "a.labels.tif", empty, photometric="minisblack")
    result = run(app, ["skeletonize", str(tmp_path)], env={"SKOOTS_DEBUG": ""})
    assert result.exit_code == 1
    assert "a.labels.tif has no objects" in result.stderr
    assert "1 of 2 failed" in result.stderr
    assert (tmp_path / "b.skeletons.trch").exists()


def test_the_published_flags_go_on_working(tmp_path: Path) -> None:
    labels = write_labels(tmp_path / "a_mask.tif")
    write_labels(tmp_path / "b.labels.tif")
    words = ["--skeletonize-train-data", str(tmp_path), "--mask-filter", "_mask"]
    result = run(app, [*words, "--anisotropyXY", "1", "--anisotropyZ", "5"])
    assert result.exit_code == 0, result.output
    assert_made(tmp_path / "a_mask.skeletons.trch", labels, (5, 1, 1))
    assert not (tmp_path / "b.skeletons.trch").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["skeletonize", "a.labels.tif", "--voxel-size", "1,0,1"],
        ["--skeletonize-train-data", "a.labels.tif", "--anisotropyZ", "0"],
        ["--skeletonize-train-data", "a.labels.tif", "score", "a", "b"],
    ],
    ids=["voxel size", "anisotropy", "with a command"],
)
def test_what_makes_no_sense_is_a_usage_error(words: list[str]) -> None:
    assert run(app, words).exit_code == 2
