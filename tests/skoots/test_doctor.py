"""The doctor finds what is wrong and says how to mend it."""

from __future__ import annotations

import builtins
import json
import re
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from typer.testing import CliRunner

from skoots import doctor
from skoots.cli import app
from skoots.model import precision, zoo

if TYPE_CHECKING:
    from collections.abc import Callable

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
    assert {
        "skoots",
        "packages",
        "device",
        "number format",
        "kernels",
        "models",
        "viewer",
    } <= {finding["topic"] for finding in findings}


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


@pytest.fixture
def idle_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Pretend that an NVIDIA driver is here and torch sees no GPU."""

    def pretend(driver: str, cuda: str | None, visible: str | None = None) -> None:
        file = tmp_path / "version"
        file.write_text(
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  "
            f"{driver}  Release Build\nGCC version: gcc 12.3.0\n"
        )
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
        monkeypatch.setattr(torch.version, "cuda", cuda)
        monkeypatch.setattr(doctor, "_DRIVER", file)
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        if visible is not None:
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)

    return pretend


OLDER = "choose CUDA 12.6 on https"
CUDA = "(pip install --force-reinstall torch|choose CUDA 13.0 on .*)"


@pytest.mark.parametrize(
    ("driver", "cuda", "text", "remedy"),
    [
        ("580.65.06", None, "cannot use one", CUDA),
        ("535.104.05", None, "cannot use one", OLDER),
        ("535.104.05", "13.0", "535 is too old for CUDA 13.0.*580", OLDER),
        ("470.10.01", "12.6", "470 is too old", "update the driver: https"),
        ("580.65.06", "12.6", "finds no GPU", "nvidia-smi"),
    ],
    ids=["cpu torch", "older driver", "too new a torch", "old driver", "unknown"],
)
def test_a_gpu_that_torch_does_not_see_is_to_be_mended(
    idle_gpu: Callable[..., None], driver: str, cuda: str | None, text: str, remedy: str
) -> None:
    idle_gpu(driver, cuda)
    found = doctor.device_problem()
    assert found is not None
    assert re.search(text, found.text)
    assert re.fullmatch(f"{remedy}.*", found.remedy)


def test_a_gpu_that_is_hidden_is_said(idle_gpu: Callable[..., None]) -> None:
    idle_gpu("580.65.06", "13.0", visible="")
    found = doctor.device_problem()
    assert found is not None
    assert "hidden" in found.text
    assert found.remedy == "unset CUDA_VISIBLE_DEVICES"


@pytest.mark.usefixtures("no_gpu")
def test_a_machine_without_a_gpu_has_no_problem() -> None:
    assert doctor.device_problem() is None


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
    assert found.state == "good" or "pip install '.[gui]'" in found.remedy


def test_an_old_package_is_named(installed: Callable[..., None]) -> None:
    installed(torch="2.5.1+cpu", zarr="2.18.7")
    bad = [found for found in doctor.find_packages() if found.state == "bad"]
    assert [found.text.split(":")[0] for found in bad] == [
        "torch 2.5.1+cpu is too old",
        "zarr 2.18.7 is too old",
    ]
    assert bad[1].remedy == 'pip install --upgrade "zarr>=3"'


def test_what_the_distribution_needs_is_read_from_its_metadata(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = [
        "numpy",
        "torch>=2.6",
        "scikit-image[data] >= 0.2; python_version > '3'",
        'triton; sys_platform == "linux"',
        'napari[pyqt6]>=0.8; extra == "gui"',
    ]
    monkeypatch.setattr(doctor, "requires", lambda _: lines)
    expected = {"numpy": "", "torch": "2.6", "scikit-image": "0.2"}
    assert doctor._requirements() == expected


def test_the_table_names_what_the_project_does() -> None:
    project = tomllib.loads(
        (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    )["project"]
    named = {line.split(">=")[0] for line in project["dependencies"]}
    assert named - {"triton; sys_platform == 'linux'"} == set(doctor._REQUIRED)


def test_triton_is_named_where_there_is_a_gpu_alone(
    installed: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(triton="3.5.0")
    for gpus, expected in ((0, 0), (1, 1)):
        monkeypatch.setattr(torch.cuda, "device_count", lambda gpus=gpus: gpus)
        texts = [found.text for found in doctor.find_compilers()]
        assert texts.count("triton 3.5.0 on the GPU") == expected


def test_a_shipped_model_that_does_not_load_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert {found.state for found in doctor.find_models()} == {"good"}
    (tmp_path / "broken.skoots").write_bytes(b"no model")
    broken = zoo.ModelFile("broken", tmp_path / "broken.skoots", None, shipped=True)
    monkeypatch.setattr(zoo, "shipped_models", lambda: [broken])
    (found,) = doctor.find_models()
    assert found.state == "bad"
    assert found.text.startswith("broken: ")


def test_a_model_of_the_user_that_does_not_load_is_named_and_no_fault_of_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "broken.skoots").write_bytes(b"no model")
    monkeypatch.setenv(zoo.FOLDER_VARIABLE, str(tmp_path))
    *shipped, found = doctor.find_models()
    assert {other.state for other in shipped} == {"good"}
    assert found.state == "note"
    assert found.text.startswith("broken: ")
    assert str(tmp_path / "broken.skoots") in found.remedy


@pytest.mark.parametrize("number_format", ["float32", "bfloat16"])
def test_the_number_format_is_what_the_processor_multiplies(
    monkeypatch: pytest.MonkeyPatch, number_format: str
) -> None:
    monkeypatch.setattr(precision, "list_devices", lambda: ["cpu"])
    monkeypatch.setattr(precision, "choose_number_format", lambda *_: number_format)
    (found,) = doctor.find_number_formats()
    expected = {
        "float32": "float32 on cpu (16 bits are not used here)",
        "bfloat16": "bfloat16 on cpu (multiplies bfloat16)",
    }
    assert found.text == expected[number_format]
