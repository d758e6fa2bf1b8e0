"""The flags of the published command go on working."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
import torch
from typer.testing import CliRunner

import skoots
from skoots.cli import app, published
from skoots.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from skoots.events import Event

run = CliRunner().invoke


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What reaches the engine; it fails for the image bad.tif."""
    seen: list[tuple[str, str]] = []

    def write_mask(image: Path, model: str) -> Generator[Event, None, Path]:
        seen.append((image.name, model))
        yield from ()
        if image.name == "bad.tif":
            raise CheckpointError("This does not fit.")
        return image.with_name(f"{image.stem}_instance_mask.tif")

    monkeypatch.setitem(vars(skoots), "load_model", str.upper)
    monkeypatch.setattr(published, "write_mask", write_mask)
    monkeypatch.delenv("SKOOTS_DEBUG", raising=False)
    return seen


def make_images(folder: Path, *names: str) -> None:
    for name in names:
        tifffile.imwrite(folder / name, np.zeros((2, 3, 5), np.uint8))


def test_a_folder_is_segmented_image_by_image(
    calls: list[tuple[str, str]], tmp_path: Path
) -> None:
    make_images(tmp_path, "b.tif", "a.tif", "a.labels.tif", "a_instance_mask.tif")
    words = ["--image", str(tmp_path), "--pretrained-checkpoint", "m.trch"]
    result = run(app, [*words, "--log", "0", "--use-cached"])
    assert result.exit_code == 0
    assert calls == [("a.tif", "M.TRCH"), ("b.tif", "M.TRCH")]
    written = [tmp_path / f"{name}_instance_mask.tif" for name in "ab"]
    assert result.stdout == "".join(f"wrote {path}\n" for path in written)


def test_one_bad_image_does_not_stop_the_others(
    calls: list[tuple[str, str]], tmp_path: Path
) -> None:
    make_images(tmp_path, "bad.tif", "good.tif")
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

    def fake(path: Path, *, overwrite: bool) -> Generator[Event, None, Path]:
        assert overwrite
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


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8, torch.int32, torch.int64])
@pytest.mark.parametrize("lead", [(), (1,)], ids=["3D", "4D"])
def test_saved_labels_become_a_tiff(
    tmp_path: Path, lead: tuple[int, ...], dtype: torch.dtype
) -> None:
    labels = torch.arange(5 * 6 * 4).reshape(*lead, 5, 6, 4).to(dtype)  # X, Y, Z
    torch.save(labels, tmp_path / "cells.trch")
    for path in (tmp_path / "cells.trch", tmp_path):  # a second call replaces the file
        result = run(app, ["--convert", str(path)])
        assert result.exit_code == 0, result.stderr
    expected = labels.reshape(5, 6, 4).permute(2, 0, 1).numpy()
    written = tifffile.imread(tmp_path / "cells.tif")
    assert written.dtype == np.uint32
    np.testing.assert_array_equal(written, expected)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "cells.tif",
        "cells.trch",
    ]


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ({"a": 1}, "holds dict and no labels"),
        (torch.zeros(3, 3, 3), "whole numbers"),
        (torch.zeros(2, 3, 3, 3, dtype=torch.int32), "no volume of labels"),
        (torch.full((2, 2, 2), -1), "below 0"),
    ],
    ids=["model", "float", "channels", "negative"],
)
def test_a_tensor_that_is_no_labels_is_refused(
    tmp_path: Path, payload: object, says: str
) -> None:
    torch.save(payload, tmp_path / "cells.trch")
    result = run(app, ["--convert", str(tmp_path / "cells.trch")])
    assert result.exit_code == 1
    assert says in result.stderr.replace("\n", " ")
    assert not (tmp_path / "cells.tif").exists()


def test_the_image_of_saved_labels_is_not_replaced(tmp_path: Path) -> None:
    make_images(tmp_path, "cells.tif")
    before = (tmp_path / "cells.tif").read_bytes()
    torch.save(torch.ones(2, 3, 4, dtype=torch.int32), tmp_path / "cells.trch")
    result = run(app, ["--convert", str(tmp_path / "cells.trch")])
    assert result.exit_code == 1
    assert "was not made by SKOOTS" in result.stderr.replace("\n", " ")
    assert (tmp_path / "cells.tif").read_bytes() == before
