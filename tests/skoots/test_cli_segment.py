"""`skoots segment` hands everything on, shows how far it is and survives failures."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

import skoots
from skoots.cli import app
from skoots.config import Settings, get_cfg_defaults
from skoots.errors import RunExistsError, SkootsError
from skoots.events import BlockDone, Notice, RunFinished, RunStarted, StageStarted

if TYPE_CHECKING:
    from collections.abc import Generator

    from skoots.events import Event

run = CliRunner().invoke


class Engine:
    """Stands for `skoots.segment`: writes down what it was given, tells a story."""

    def __init__(self) -> None:
        self.calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        self.closed = 0
        self.raises: dict[str, BaseException] = {}

    def segment(
        self, source: Any, model: Any, out: Path, config: Any = None, **options: Any
    ) -> Generator[Event, None, RunFinished]:
        self.calls.append(((source, model, out, config), options))
        box = (0, 2), (0, 3), (0, 4)
        try:
            yield RunStarted(
                out, (4, 3, 4), (4, 3, 4), (8, 8, 8), 2, 1, "cpu", "float32"
            )
            yield StageStarted("predict", 1, 2)
            if source.name in self.raises:
                raise self.raises[source.name]
            yield BlockDone("predict", box, 2, 2)
            yield Notice("2 voxels were not finite [sic]")
        finally:
            self.closed += 1
        return RunFinished(out, (8, 8, 8), 2, 1, 1.5, 7)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    fake = Engine()
    model = SimpleNamespace(config=get_cfg_defaults(), name="m")
    monkeypatch.setitem(vars(skoots), "segment", fake.segment)
    monkeypatch.setitem(vars(skoots), "load_model", lambda name: model)
    monkeypatch.delenv("SKOOTS_DEBUG", raising=False)
    return fake


@pytest.fixture
def image(tmp_path: Path) -> str:
    return make_image(tmp_path / "cells.tif")


def make_image(path: Path) -> str:
    tifffile.imwrite(path, np.zeros((4, 3, 4), np.uint8), photometric="minisblack")
    return str(path)


def test_the_run_lies_beside_the_image(engine: Engine, image: str) -> None:
    result = run(app, ["segment", image, "--model", "m"])
    assert result.exit_code == 0
    expected = str(Path(image).with_name("cells.skoots.zarr"))
    assert result.stdout == f"7 objects in 1.5 s: {expected}\n"
    assert engine.calls[0][0][2] == Path(expected)


def test_every_option_reaches_the_engine(
    engine: Engine, image: str, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("INFERENCE:\n  HOPS: 5\n  GROW: 3\n")
    words = ["--out", str(tmp_path / "runs"), "--tile", "8,16,24", "--halo", "0,8,8"]
    words += ["--region", "0:2,:,1:", "--device", "cpu", "--voxel-size", "0.05,0.01,1"]
    words += ["--config", str(settings), "--set", "HOPS=1", "--set", "first_hit=true"]
    words += ["--diameter", "40", "--resume", "--axes", "ZYX"]
    result = run(app, ["segment", image, "-m", "m", *words])
    assert result.exit_code == 0, result.stderr
    (source, model, out, config), options = engine.calls[0]
    assert source.voxel_size == (0.05, 0.01, 1.0)
    assert model.name == "m"
    assert out == tmp_path / "runs" / "cells.skoots.zarr"
    assert isinstance(config, Settings)
    inference = config.INFERENCE
    assert (inference.HOPS, inference.GROW, inference.FIRST_HIT) == (1, 3, True)
    assert options == {
        "region": ((0, 2), (0, 3), (1, 4)),
        "resume": True,
        "overwrite": False,
        "device": "cpu",
        "tile_zyx": (8, 16, 24),
        "halo_zyx": (0, 8, 8),
        "resample": None,
        "diameter": 40.0,
    }


def test_without_settings_the_models_own_hold(engine: Engine, image: str) -> None:
    run(app, ["segment", image, "-m", "m"])
    assert engine.calls[0][0][3] is None


def test_json_is_one_object_and_alone_on_stdout(engine: Engine, image: str) -> None:
    result = run(app, ["segment", image, "-m", "m", "--json"])
    row = json.loads(result.stdout)
    assert row == {
        "image": image,
        "run": str(engine.calls[0][0][2]),
        "tile": [8, 8, 8],
        "blocks_total": 2,
        "blocks_done_before": 1,
        "seconds": 1.5,
        "objects": 7,
    }


def test_a_log_tells_the_story_on_stderr(engine: Engine, image: str) -> None:
    lines = run(app, ["segment", image, "-m", "m"]).stderr.splitlines()
    assert lines[0].startswith("cells.skoots.zarr: 4 x 3 x 4 voxels, 2 blocks (1 done")
    assert lines[1:3] == ["cells predict 1/2", "cells predict 2/2"]
    assert lines[3] == "note: 2 voxels were not finite [sic]"


def test_one_failing_image_does_not_stop_the_others(
    engine: Engine, tmp_path: Path
) -> None:
    images = [make_image(tmp_path / f"{name}.tif") for name in "abc"]
    engine.raises["b"] = SkootsError("The disk\nis full.")
    result = run(app, ["segment", *images, "-m", "m", "--json"])
    assert result.exit_code == 1
    rows = json.loads(result.stdout)
    assert [row.get("objects") for row in rows] == [7, None, 7]
    assert rows[1]["error"] == "The disk\nis full."
    assert "error: b.tif: The disk is full." in result.stderr.splitlines()
    plain = run(app, ["segment", *images, "-m", "m"])
    assert plain.exit_code == 1
    assert "1 of 3 images failed" in plain.stderr


def test_an_image_that_is_not_there_is_a_failure_like_any_other(
    engine: Engine, image: str, tmp_path: Path
) -> None:
    result = run(app, ["segment", str(tmp_path / "no.tif"), image, "-m", "m"])
    assert result.exit_code == 1
    assert "error: no.tif: There is no volume" in result.stderr
    assert len(engine.calls) == 1


def test_a_run_that_exists_is_an_error(engine: Engine, image: str) -> None:
    engine.raises["cells"] = RunExistsError("It is there: --resume or --overwrite.")
    result = run(app, ["segment", image, "-m", "m", "--json"])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "error: It is there: --resume or --overwrite." in result.stderr


def test_ctrl_c_closes_the_job_and_says_how_to_go_on(
    engine: Engine, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["segment", image, "-m", "m", "--overwrite"]
    monkeypatch.setattr(sys, "argv", ["skoots", *words])
    engine.raises["cells"] = KeyboardInterrupt()
    result = run(app, words)
    assert result.exit_code == 130
    assert engine.closed == 1
    assert f"skoots segment {image} -m m --resume" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--tile", "8,8"],
        ["--tile", "8,8,0"],
        ["--halo", "8,8,-8"],
        ["--voxel-size", "1,1,0"],
        ["--voxel-size", "1,1,nan"],
        ["--region", "0:2,0:2"],
        ["--region", "4:2,:,:"],
        ["--region", "a:b,:,:"],
        ["--diameter", "0"],
        ["--diameter", "40", "--resample"],
        ["--set", "HOPS"],
        ["--resume", "--overwrite"],
        ["--channel", "-1"],
    ],
    ids=" ".join,
)
def test_a_wrong_value_is_a_usage_error(
    engine: Engine, image: str, words: list[str]
) -> None:
    result = run(app, ["segment", image, "-m", "m", *words])
    assert result.exit_code == 2
    assert "Usage:" in result.stderr
    assert not engine.calls


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "HOP=2"], "HOPS"),
        (["--set", "HOPS=[2"], "is not YAML"),
        (["--config", "absent.yaml"], "In the settings file absent.yaml: There is"),
    ],
    ids=["unknown key", "no yaml", "no file"],
)
def test_wrong_settings_are_an_error(
    engine: Engine, image: str, words: list[str], message: str
) -> None:
    result = run(app, ["segment", image, "-m", "m", *words])
    assert result.exit_code == 1
    assert message in result.stderr
    assert not engine.calls


def test_a_settings_file_without_settings_is_an_error(
    engine: Engine, image: str, tmp_path: Path
) -> None:
    (tmp_path / "list.yaml").write_text("- 1\n")
    result = run(
        app, ["segment", image, "-m", "m", "--config", str(tmp_path / "list.yaml")]
    )
    assert result.exit_code == 1
    assert "holds no sections" in result.stderr.replace("\n", " ")
    assert not engine.calls
