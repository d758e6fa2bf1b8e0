"""What holds for the distribution as a whole."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest
from npe2 import PluginManifest
from npe2.manifest.utils import import_python_name

import skoots

ROOT = Path(__file__).resolve().parents[1]
MANIFEST = ROOT / "src" / "napari_skoots" / "napari.yaml"

# Put together here, so that this file does not match itself.
FORBIDDEN = "|".join(
    [
        "/" + r"(work|root)" + "/",
        "/" + r"tmp" + "/[a-z]",
        "/" + r"opt/(wheels|venvs|pypi)",
        "file:" + "//",
        "python" + "hosted",
        "pypi" + r"\.org/simple",
        r"download\." + "pytorch",
        r"registry\." + "npmjs",
        r"deb\." + "debian",
    ]
)


def run_python(code: str) -> str:
    """Run a line of code in a fresh interpreter and give what it printed."""
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def tracked_files() -> list[Path]:
    """Every regular file that git knows; the test skips where there is no clone."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603 - our own words
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs git and a clone")
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_importing_the_engine_costs_neither_torch_nor_a_screen() -> None:
    heavy = (
        "{'torch', 'napari', 'qtpy', 'PyQt6', 'PySide6', 'numba', 'scipy', 'triton'}"
    )
    found = run_python(f"import sys, skoots; print(*({heavy} & set(sys.modules)))")
    assert found == ""


def test_the_version_is_that_of_the_installed_distribution() -> None:
    assert skoots.__version__ == version("napari-skoots")
    assert re.match(r"\d+\.\d+", skoots.__version__)


def test_the_shell_command_and_the_manifest_are_announced() -> None:
    (command,) = entry_points(group="console_scripts", name="skoots")
    (manifest,) = entry_points(group="napari.manifest", name="napari-skoots")
    assert command.value == "skoots.cli:main"
    assert manifest.value == "napari_skoots:napari.yaml"


@pytest.mark.skipif(sys.platform == "win32", reason="git writes links as text there")
def test_the_manifest_at_the_top_is_the_packaged_one() -> None:
    link = ROOT / "napari.yaml"
    assert link.is_symlink()
    assert not link.readlink().is_absolute()
    assert link.samefile(MANIFEST)


def test_no_tracked_file_names_a_machine_or_a_registry() -> None:
    pattern = re.compile(FORBIDDEN)
    slips = []
    for path in tracked_files():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:  # an image or a model
            continue
        slips += [
            f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
            for number, line in enumerate(lines, start=1)
            if pattern.search(line)
        ]
    assert slips == []


def test_every_module_of_the_engine_stands_on_a_floor() -> None:
    contracts = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    engine = ROOT / "src" / "skoots"
    modules = {
        ".".join(path.relative_to(engine.parent).with_suffix("").parts)
        for folder in (engine, engine / "lib")
        for path in folder.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    modules = {name for name in modules if not name.endswith("__init__")}
    floorless = {
        name
        for name in modules - {"skoots.lib"}
        if not re.search(rf"{re.escape(name)}\b(?!\.)", contracts)
    }
    assert floorless == set()


def test_constraints_name_versions_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins[0].startswith("torch==")
    assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.!]+", pin)] == []


def test_the_manifest_is_valid_and_every_command_is_there() -> None:
    manifest = PluginManifest.from_file(MANIFEST)
    manifest.validate_imports()
    assert manifest.name == "napari-skoots"
    assert {"Segmentation", "Annotation"} <= set(manifest.categories)
    for command in manifest.contributions.commands or []:
        assert command.python_name is not None
        assert callable(import_python_name(command.python_name))
