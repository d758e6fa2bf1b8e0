"""The command line starts fast, explains itself and reports errors in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
import zarr
from typer.testing import CliRunner

from skoots import __version__
from skoots.cli import app
from skoots.errors import ScoreError
from skoots.run.folder import RunFolder

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = ("segment", "convert", "score", "models", "doctor")

run = CliRunner().invoke


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SKOOTS_DEBUG", raising=False)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    """Two label files: a cell that was found, and one that was halved."""
    truth = np.array([[[1, 1, 1, 1, 0, 2, 2]]], dtype=np.uint16)
    found = np.array([[[4, 4, 5, 5, 0, 6, 6]]], dtype=np.uint32)
    for name, labels in (("truth", truth), ("found", found)):
        tifffile.imwrite(
            tmp_path / f"{name}.tif", labels, metadata={"axes": "ZYX"}, ome=True
        )
    return str(tmp_path / "found.tif"), str(tmp_path / "truth.tif")


def python(*words: str) -> subprocess.CompletedProcess[str]:
    """Run our interpreter in a process of its own, with the paths of this one."""
    paths = os.pathsep.join(filter(None, sys.path))
    return subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, *words],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_costs_no_torch() -> None:
    code = (
        "import sys, skoots.cli; from typer.testing import CliRunner;"
        "CliRunner().invoke(skoots.cli.app, ['segment', '--help']);"
        "heavy = {'torch', 'zarr', 'scipy', 'numpy', 'numba'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stderr


def test_the_module_is_the_command() -> None:
    done = python("-m", "skoots", "--version")
    assert done.stdout == f"skoots {__version__}\n"


def test_nothing_asked_is_a_request_for_help() -> None:
    result = run(app, [])
    assert result.exit_code == 0
    assert all(command in result.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = run(app, [command, "--help"])
    assert result.exit_code == 0
    assert f"  skoots {command}" in result.stdout


def test_a_missing_model_is_a_usage_error_that_lists_the_known_ones() -> None:
    result = run(app, ["segment", "cells.tif"])
    assert result.exit_code == 2
    assert (
        "--model: No model is given. Known models: chloroplast-em, mito-em"
        in result.stderr
    )


def test_the_help_of_set_names_an_example() -> None:
    assert "such as HOPS=4" in run(app, ["segment", "--help"]).stdout


def test_scores_as_json_are_nothing_but_json(pair: tuple[str, str]) -> None:
    result = run(app, ["score", *pair, "--json"])
    assert result.exit_code == 0
    scores = json.loads(result.stdout)
    assert scores["objects_predicted"] == 3
    assert scores["f1_50"] == pytest.approx(4 / 5)
    assert (scores["splits"], scores["merges"]) == (1, 0)


def test_scores_as_a_table_show_every_score(pair: tuple[str, str]) -> None:
    plain = run(app, ["score", *pair])
    scores = json.loads(run(app, ["score", *pair, "--json"]).stdout)
    assert plain.exit_code == 0
    rows = [line for line in plain.stdout.splitlines() if line.startswith("│")]
    assert len(rows) == len(scores)
    assert "F1 at IoU 0.5 " in plain.stdout
    assert "0.800" in plain.stdout


def test_an_error_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    result = run(app, ["score", str(tmp_path / "no.tif"), str(tmp_path / "no.tif")])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("error: There is no volume at")


@pytest.mark.parametrize("how", ["before", "behind", "environment"])
def test_debug_lets_the_error_through(
    pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    other = tmp_path / "other.tif"
    tifffile.imwrite(other, np.zeros((2, 3, 4), np.uint8), photometric="minisblack")
    words = ["score", pair[0], str(other)]
    if how == "environment":
        monkeypatch.setenv("SKOOTS_DEBUG", "1")
    elif how == "before":
        monkeypatch.setenv("SKOOTS_DEBUG", "0")  # so that it is put back afterwards
        words = ["--debug", *words]
    else:
        words.append("--debug")
    assert isinstance(run(app, words).exception, ScoreError)


def test_models_can_be_listed_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKOOTS_MODELS", str(tmp_path))
    (tmp_path / "broken.skoots").write_text("nothing")
    result = run(app, ["models"])
    assert result.exit_code == 0
    assert "broken" in result.stdout
    assert "cannot be loaded" in result.stdout
    listed = json.loads(run(app, ["models", "--json"]).stdout)
    broken = next(row for row in listed if row["name"] == "broken")
    assert broken["card"] is None
    assert f"broken cannot be loaded: {broken['error']}" in result.stdout
    shipped = next(row for row in listed if row["name"] == "mito-em")
    assert f"mito-em: scores are explained in {shipped['card']}" in result.stdout
    assert shipped["card"].endswith("mito-em.md")


@pytest.mark.parametrize(
    ("labelled", "code", "says"),
    [(None, 1, "not finished"), (2, 0, "2 of 3"), (3, 0, "")],
)
def test_scores_are_of_final_labels_and_say_if_they_are_of_a_part(
    labelled: int | None,
    code: int,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    labels = np.ones((2, 3, 5), np.uint32)
    path = tmp_path / "a.skoots.zarr"
    zarr.save_array(path / "labels" / "instances" / "0", labels)
    blocks = {"blocks": {"labelled": labelled, "total": 3}}
    folder = SimpleNamespace(summary=None if labelled is None else blocks)
    monkeypatch.setattr(RunFolder, "open", lambda _: folder)
    result = run(app, ["score", str(path), str(path), "--json"])
    assert result.exit_code == code, result.stderr
    assert says in " ".join(result.stderr.split())
    if code == 0:
        assert json.loads(result.stdout)["f1_50"] == 1
        assert bool(result.stderr) is bool(says)
