"""The flags of the published command go on working."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

import skoots
from skoots.cli import app, published
from skoots.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from skoots.events import Event
    from skoots.volume.source import Source

run = CliRunner().invoke


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, bool]]:
    """What reaches the engine; it fails for the image bad.tif."""
    seen: list[tuple[str, str, bool]] = []

    def segment(
        source: Source, model: str, run: Path, *, resume: bool
    ) -> Generator[Event, None, None]:
        seen.append((run.name, model, resume))
        yield from ()
        if source.name == "bad":
            raise CheckpointError("This does not fit.")

    def export(
        run: Path, out: Path, *, overwrite: bool
    ) -> Generator[Event, None, Path]:
        assert overwrite
        yield from ()
        return out

    monkeypatch.setitem(vars(skoots), "segment", segment)
    monkeypatch.setitem(vars(skoots), "load_model", str.upper)
    monkeypatch.setattr(published, "export_tiff", export)
    monkeypatch.delenv("SKOOTS_DEBUG", raising=False)
    return seen


def make_images(folder: Path, *names: str) -> None:
    for name in names:
        tifffile.imwrite(folder / name, np.zeros((2, 3, 5), np.uint8))


def test_a_folder_is_segmented_image_by_image(
    calls: list[tuple[str, str, bool]], tmp_path: Path
) -> None:
    make_images(tmp_path, "b.tif", "a.tif", "a.labels.tif", "a_instance_mask.tif")
    words = ["--image", str(tmp_path), "--pretrained-checkpoint", "m.trch"]
    result = run(app, [*words, "--log", "0", "--use-cached"])
    assert result.exit_code == 0
    assert calls == [
        ("a.skoots.zarr", "M.TRCH", True),
        ("b.skoots.zarr", "M.TRCH", True),
    ]
    written = [tmp_path / f"{name}_instance_mask.tif" for name in "ab"]
    assert result.stdout == "".join(f"wrote {path}\n" for path in written)


def test_one_bad_image_does_not_stop_the_others(
    calls: list[tuple[str, str, bool]], tmp_path: Path
) -> None:
    make_images(tmp_path, "bad.tif", "good.tif")
    result = run(app, ["--image", str(tmp_path), "--pretrained-checkpoint", "m"])
    assert result.exit_code == 1
    assert len(calls) == 2
    assert "error: bad.tif: This does not fit." in result.stderr
    assert "1 of 2 failed" in result.stderr


def test_an_image_needs_a_model(calls: list[tuple[str, str, bool]]) -> None:
    result = run(app, ["--image", "a.tif"])
    assert result.exit_code == 2
    assert "--pretrained-checkpoint" in result.stderr
    assert not calls


def test_published_flags_stand_alone(calls: list[tuple[str, str, bool]]) -> None:
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
