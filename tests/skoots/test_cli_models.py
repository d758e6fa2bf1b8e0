"""``skoots models export``: a model is given away on the command line."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
import torch
from typer.testing import CliRunner

from skoots.cli import app
from skoots.config import Settings
from skoots.errors import ExportError
from skoots.model.build import build_network
from skoots.model.checkpoint import Normalization, save_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

run = CliRunner().invoke

UNET = {"ARCHITECTURE": "unet", "DIMS": [4, 6, 8], "DEPTHS": [1, 1, 1]}
WHO = ["--author", "Ann Example", "--license", "MIT"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder that holds the model ``cells``."""
    monkeypatch.delenv("SKOOTS_DEBUG", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("SKOOTS_MODELS", str(tmp_path))
    torch.manual_seed(0)
    settings = Settings.from_dict({"MODEL": UNET})
    save_checkpoint(
        tmp_path / "cells.skoots",
        build_network(settings),
        settings,
        normalization=Normalization("volume"),
        halo_zyx=(4, 4, 4),
    )
    return tmp_path


def test_a_model_is_exported_by_its_name(folder: Path) -> None:
    pytest.importorskip("bioimageio.spec", reason="needs the extra share")
    out = folder / "cells.zip"
    result = run(app, ["models", "export", "cells", str(out), *WHO])
    assert result.exit_code == 0, result.output
    assert f"wrote {out}" in result.stdout
    assert "bioimageio." in result.stderr
    with zipfile.ZipFile(out) as archive:
        assert "cells.skoots" in archive.namelist()
    again = run(app, ["models", "export", "cells", str(out), *WHO])
    assert again.exit_code == 1
    assert "--overwrite" in again.stderr
    words = ["models", "export", "cells", str(out), *WHO, "--overwrite"]
    assert run(app, words).exit_code == 0


@pytest.mark.parametrize("option", ["--author", "--license"])
def test_nobody_and_no_terms_are_made_up(option: str, folder: Path) -> None:
    at = WHO.index(option)
    words = [*WHO[:at], *WHO[at + 2 :]]
    result = run(app, ["models", "export", "cells", str(folder / "c.zip"), *words])
    assert result.exit_code == 2
    assert option in result.stderr


def test_the_list_has_no_say_in_an_export(folder: Path) -> None:
    words = ["models", "--json", "export", "cells", str(folder / "cells.zip"), *WHO]
    result = run(app, words)
    assert result.exit_code == 2
    assert "--json" in result.stderr


def test_debug_may_stand_before_or_after(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKOOTS_DEBUG", "0")  # so that it is put back afterwards
    export = ["export", "cells", str(folder / "cells.tar"), *WHO]
    assert isinstance(run(app, ["models", *export, "--debug"]).exception, ExportError)
    assert isinstance(run(app, ["models", "--debug", *export]).exception, ExportError)
