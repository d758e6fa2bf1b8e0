"""The flags of the published command go on working."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from skoots.cli import app, published
from skoots.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from skoots.events import Event

run = CliRunner().invoke


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What reaches the documented `eval`; it fails for images called bad."""
    seen: list[tuple[str, str]] = []

    def fake(image_path: str, checkpoint_path: str) -> None:
        seen.append((image_path, checkpoint_path))
        if image_path.endswith("bad.tif"):
            raise CheckpointError("This does not fit.")

    module = ModuleType("skoots.lib.eval")
    module.eval = fake  # type: ignore[attr-defined] - made here
    monkeypatch.setitem(sys.modules, "skoots.lib.eval", module)
    monkeypatch.delenv("SKOOTS_DEBUG", raising=False)
    return seen


def test_a_folder_is_segmented_image_by_image(
    calls: list[tuple[str, str]], tmp_path: Path
) -> None:
    for name in ("b.tif", "a.tif", "a.labels.tif", "a_instance_mask.tif"):
        tifffile.imwrite(tmp_path / name, np.zeros((2, 3, 4), np.uint8))
    words = ["--image", str(tmp_path), "--pretrained-checkpoint", "m.trch"]
    result = run(app, [*words, "--log", "0", "--use-cached"])
    assert result.exit_code == 0
    assert calls == [
        (str(tmp_path / "a.tif"), "m.trch"),
        (str(tmp_path / "b.tif"), "m.trch"),
    ]


def test_one_bad_image_does_not_stop_the_others(
    calls: list[tuple[str, str]], tmp_path: Path
) -> None:
    for name in ("bad.tif", "good.tif"):
        (tmp_path / name).touch()
    result = run(app, ["--image", str(tmp_path), "--pretrained-checkpoint", "m"])
    assert result.exit_code == 1
    assert len(calls) == 2
    assert "error: bad.tif: This does not fit." in result.stderr
    assert "1 of 2 failed" in result.stderr


def test_an_image_needs_a_model(calls: list[tuple[str, str]]) -> None:
    result = run(app, ["--image", "a.tif"])
    assert result.exit_code == 2
    assert "--pretrained-checkpoint" in result.stderr
    assert not calls


def test_published_flags_stand_alone(calls: list[tuple[str, str]]) -> None:
    result = run(app, ["--image", "a.tif", "score", "a", "b"])
    assert result.exit_code == 2
    assert not calls


@pytest.fixture
def converted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the runs that were converted."""
    names: list[str] = []

    def fake(path: Path) -> Generator[Event, None, Path]:
        names.append(path.name)
        yield from ()
        return path.with_suffix(".tif")

    monkeypatch.setattr(published, "export_tiff", fake)
    return names


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("b.skoots.zarr", ["b.skoots.zarr"]),
        ("", ["a.skoots.zarr", "b.skoots.zarr"]),
        ("a*.zarr", ["a.skoots.zarr"]),
    ],
    ids=["run", "folder", "pattern"],
)
def test_runs_are_converted(
    converted: list[str], tmp_path: Path, path: str, expected: list[str]
) -> None:
    for name in ("b.skoots.zarr", "a.skoots.zarr", "a.zarr"):
        (tmp_path / name).mkdir()
    result = run(app, ["--convert", str(tmp_path / path)])
    assert result.exit_code == 0
    assert converted == expected
    assert result.stdout.count("wrote ") == len(expected)


@pytest.mark.parametrize("name", ["", "mask.trch", "*.zarr"])
def test_nothing_to_convert_is_an_error(
    converted: list[str], tmp_path: Path, name: str
) -> None:
    result = run(app, ["--convert", str(tmp_path / name)])
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert converted == []
