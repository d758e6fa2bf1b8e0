"""The doctor finds what is wrong and says how to mend it."""

from __future__ import annotations

import builtins
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from typer.testing import CliRunner

from skoots import doctor
from skoots.cli import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

run = CliRunner().invoke


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Pretend that these versions are installed, and nothing else of the kind."""

    def pretend(**versions: str | None) -> None:
        real = doctor._version
        monkeypatch.setattr(
            doctor,
            "_version",
            lambda name: versions[name] if name in versions else real(name),
        )

    return pretend


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(doctor, "_has_nvidia", lambda: False)


@pytest.fixture
def healthy(installed: Callable[..., None], no_gpu: None) -> None:
    installed(skoots=None)


@pytest.mark.usefixtures("healthy")
def test_all_is_well_here() -> None:
    result = run(app, ["doctor"])
    assert result.exit_code == 0, result.stdout
    assert "torch" in result.stdout
    assert "float" in result.stdout


@pytest.mark.usefixtures("healthy")
def test_json_holds_every_finding() -> None:
    findings = json.loads(run(app, ["doctor", "--json"]).stdout)
    assert {finding["state"] for finding in findings} <= {"good", "note"}
    assert {"skoots", "packages", "device", "number format", "kernels", "viewer"} <= {
        finding["topic"] for finding in findings
    }


@pytest.mark.usefixtures("no_gpu")
def test_the_published_package_is_found_out(installed: Callable[..., None]) -> None:
    installed(skoots="0.0.5")
    result = run(app, ["doctor"])
    assert result.exit_code == 1
    assert "version 0.0.5 is installed and its files shadow" in result.stdout
    assert "-> pip uninstall -y skoots && pip install" in result.stdout


def test_a_missing_package_is_named(installed: Callable[..., None]) -> None:
    installed(imagecodecs=None)
    found = list(doctor.find_packages())
    assert [finding.state for finding in found] == ["good", "bad"]
    assert found[1].remedy == "pip install imagecodecs"


def test_a_gpu_that_torch_does_not_see_is_to_be_mended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(doctor, "_DRIVER", tmp_path)
    *_, last = doctor.find_devices()
    assert last.state == "bad"
    assert "pytorch.org/get-started" in last.remedy


def test_a_torch_that_cannot_be_imported_is_a_finding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> object:
        if name == "torch":
            raise OSError("libcudart.so: cannot open shared object file")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    (found,) = doctor.find_devices()
    assert found.state == "bad"
    assert "libcudart.so" in found.text
    assert list(doctor.find_number_formats()) == []


def test_every_gpu_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    card = SimpleNamespace(name="Card", total_memory=24e9)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: card)
    texts = [finding.text for finding in doctor.find_devices()]
    assert "cuda:0, Card, 24 GB" in texts
    assert "cuda:1, Card, 24 GB" in texts


@pytest.mark.parametrize(
    ("napari", "binding", "state", "text"),
    [
        ("0.9.0", "6.8", "good", "napari 0.9.0 with PyQt6 6.8"),
        ("0.9.0", None, "note", "no Qt binding"),
        (None, "6.8", "note", "napari is not installed"),
    ],
    ids=["both", "no Qt", "no napari"],
)
def test_the_viewer_needs_napari_and_qt(
    installed: Callable[..., None],
    napari: str | None,
    binding: str | None,
    state: str,
    text: str,
) -> None:
    installed(napari=napari, PyQt6=binding, PySide6=None, PyQt5=None, PySide2=None)
    found = doctor.find_viewer()
    assert found.state == state
    assert found.text.startswith(text)
    assert found.state == "good" or "napari-skoots[gui]" in found.remedy
