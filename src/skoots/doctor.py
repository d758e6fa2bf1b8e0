"""Look at the machine and say what is installed, what works and what to mend."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from skoots._version import __version__
from skoots.errors import SkootsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skoots.model.zoo import ModelFile

State: TypeAlias = Literal["good", "note", "bad"]
"""``bad`` has to be mended, a ``note`` may be."""

_DISTRIBUTION = "napari-skoots"

_CHECKOUT = "in the checkout of napari-skoots"
"""Where ``pip install .`` works; the package is in no registry yet."""

_REQUIRED = {
    "numpy": "",
    "scipy": "",
    "scikit-image": "",
    "matplotlib": "",
    "torch": "2.6",
    "zarr": "3",
    "tifffile": "",
    "imagecodecs": "",
    "fastremap": "",
    "connected-components-3d": "",
    "numba": "",
    "pydantic": "2",
    "annotated-types": "",
    "pyyaml": "",
    "typer": "",
    "rich": "",
    "filelock": "",
    "psutil": "",
    "qtpy": "",
    "superqt": "",
    "magicgui": "",
    "psygnal": "",
    "npe2": "",
}
"""Least versions, for a source tree that is not installed and has no metadata."""

_BINDINGS = ("PyQt6", "PySide6", "PyQt5", "PySide2")

_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(\[[^]]*\])?\s*(>=\s*(?P<least>[\w.]+))?")

_DRIVER = Path("/proc/driver/nvidia/version")

_TORCH_PAGE = "https://pytorch.org/get-started/locally/"

_CUDA_BUILDS = ((580, "13.0"), (570, "12.8"), (525, "12.6"))
"""Versions of CUDA that torch is built for, and the oldest NVIDIA driver of each."""

_CUDA_DRIVERS = {"13": 580, "12": 525, "11": 450}
"""The oldest driver for each version of CUDA."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    topic: str
    """What was looked at."""

    state: State
    """How it is."""

    text: str
    """What was found."""

    remedy: str = ""
    """What to do; empty where there is nothing to."""


def examine() -> Iterator[Finding]:
    """Look at everything, the quick things first.

    Yields
    ------
    Finding
        One for each thing; all is well if none of them is ``bad``.
    """
    yield Finding(
        "skoots",
        "good",
        f"{__version__}, Python {sys.version.split()[0]}, "
        f"{platform.system()} {platform.machine()}",
    )
    yield find_shadow()
    yield from find_packages()
    yield from find_devices()
    yield from find_number_formats()
    yield from find_compilers()
    yield from find_models()
    yield find_viewer()


def find_shadow() -> Finding:
    """Say whether the published distribution lies over this one.

    Both install an import package of the name ``skoots``: whichever was installed last
    has replaced files of the other.
    """
    found = _version("skoots")
    if found is None:
        return Finding("published skoots", "good", "not installed")
    return Finding(
        "published skoots",
        "bad",
        f"version {found} is installed and its files shadow this package",
        "pip uninstall -y skoots && pip install --force-reinstall --no-deps . "
        f"({_CHECKOUT})",
    )


def find_packages() -> Iterator[Finding]:
    """Give the version of each package that the engine needs."""
    required = _requirements()
    versions = {name: _version(name) for name in required}
    there = [f"{name} {found}" for name, found in versions.items() if found]
    yield Finding("packages", "good", ", ".join(there) or "none")
    missing = [name for name, found in versions.items() if found is None]
    if missing:
        names = " ".join(missing)
        yield Finding("packages", "bad", f"missing: {names}", f"pip install {names}")
    for name, found in versions.items():
        least = required[name]
        if found and _numbers(found) < _numbers(least):
            yield Finding(
                "packages",
                "bad",
                f"{name} {found} is too old: at least {least} is needed",
                f'pip install --upgrade "{name}>={least}"',
            )


def find_models() -> Iterator[Finding]:
    """Load each model that comes with the package and each of the user's folder."""
    try:
        from skoots.model import zoo  # noqa: PLC0415 - imports torch
    except (ImportError, OSError):  # find_devices has said what is wrong
        return
    again = f"pip install --force-reinstall --no-deps . ({_CHECKOUT})"
    shipped = zoo.shipped_models()
    if not shipped:
        yield Finding("models", "bad", "none came with the package", again)
    for model in [*shipped, *zoo.user_models()]:
        problem = _try_model(model)
        if problem is None:
            yield Finding("models", "good", f"{model.name} loads")
        elif model.shipped:
            yield Finding("models", "bad", f"{model.name}: {problem}", again)
        else:
            remedy = f"replace {model.path}, or take it away"
            yield Finding("models", "note", f"{model.name}: {problem}", remedy)


def _try_model(model: ModelFile) -> str | None:
    """Load a model; give what is wrong with it, if anything."""
    from skoots.model.zoo import load_model  # noqa: PLC0415 - imports torch

    try:
        load_model(model.path)
    except SkootsError as error:
        return str(error)
    return None


def find_devices() -> Iterator[Finding]:
    """Say where a network can run, and whether a GPU lies idle."""
    try:
        import torch  # noqa: PLC0415 - a broken torch is a finding, not a crash
    except (ImportError, OSError) as error:
        yield Finding(
            "device",
            "bad",
            f"torch cannot be imported: {error}",
            "pip install --force-reinstall torch",
        )
        return
    yield Finding("device", "good", f"cpu, {torch.get_num_threads()} threads")
    for index in range(torch.cuda.device_count()):
        card = torch.cuda.get_device_properties(index)
        yield Finding(
            "device",
            "good",
            f"cuda:{index}, {card.name}, {card.total_memory / 1e9:.0f} GB",
        )
    if torch.backends.mps.is_available():
        yield Finding("device", "good", "mps")
    if torch.cuda.device_count() == 0 and _has_nvidia():
        yield _idle_gpu(torch.version.cuda)


def device_problem() -> Finding | None:
    """Say why a GPU that is here cannot be used, with the command that mends it.

    Returns
    -------
    Finding or None
        Its remedy is a command to copy; None where nothing is wrong.
    """
    return next((found for found in find_devices() if found.state == "bad"), None)


def _idle_gpu(cuda: str | None) -> Finding:
    """Say why torch, built for this version of CUDA or none, sees no GPU."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    driver = _driver()
    if hidden is not None:
        text = f"an NVIDIA GPU is here and hidden: CUDA_VISIBLE_DEVICES is {hidden!r}"
        return Finding("device", "bad", text, "unset CUDA_VISIBLE_DEVICES")
    if cuda is None:
        text = "an NVIDIA GPU is here, and the torch that is installed cannot use one"
        return Finding("device", "bad", text, _cuda_torch(driver))
    least = _CUDA_DRIVERS.get(cuda.partition(".")[0], 0)
    if driver is not None and driver < least:
        text = (
            f"the NVIDIA driver {driver} is too old for CUDA {cuda}, of which torch is"
        )
        return Finding(
            "device", "bad", f"{text}: {least} is needed", _cuda_torch(driver)
        )
    text = f"an NVIDIA driver is here, yet torch for CUDA {cuda} finds no GPU"
    return Finding("device", "bad", text, "nvidia-smi")


def _cuda_torch(driver: int | None) -> str:
    """Say how to install a torch for this driver.

    Examples
    --------
    >>> _cuda_torch(535)
    'choose CUDA 12.6 on https://pytorch.org/get-started/locally/ and run its command'
    """
    fitting = (
        cuda for least, cuda in _CUDA_BUILDS if driver is None or driver >= least
    )
    build = next(fitting, None)
    if build is None:
        return "update the driver: https://www.nvidia.com/drivers"
    if build == _CUDA_BUILDS[0][1] and sys.platform == "linux":
        return "pip install --force-reinstall torch"  # what pip takes there by itself
    return f"choose CUDA {build} on {_TORCH_PAGE} and run its command"


def _driver() -> int | None:
    """Give the major version of the NVIDIA driver; None if it does not say."""
    try:
        found = re.search(r"\b(\d{3,})\.\d", _DRIVER.read_text())
    except OSError:
        found = _ask_driver()
    return int(found[1]) if found else None


def _ask_driver() -> re.Match[str] | None:
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    words = [program, "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        said = subprocess.run(  # noqa: S603 - a program of the driver, by its full path
            words, capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return re.match(r"(\d{3,})\.", said.stdout)


def find_number_formats() -> Iterator[Finding]:
    """Say what each device calculates with, which follows from what it multiplies."""
    try:
        import torch  # noqa: PLC0415 - a broken torch is a finding, not a crash

        from skoots.model import precision  # noqa: PLC0415 - imports torch
    except (ImportError, OSError):  # find_devices has said what is wrong
        return
    for name in precision.list_devices():
        chosen = precision.choose_number_format(torch.device(name))
        plain = chosen == "float32"
        how = "16 bits are not used here" if plain else f"multiplies {chosen}"
        yield Finding("number format", "good", f"{chosen} on {name} ({how})")


def find_compilers() -> Iterator[Finding]:
    """Say whether the fast twins of the kernels can be compiled."""
    try:
        import_module("numba")
    except (ImportError, SystemError) as error:
        yield Finding(
            "kernels",
            "bad",
            f"numba cannot be imported: {error}",
            "pip install --upgrade numba numpy",
        )
    else:
        yield Finding("kernels", "good", f"numba {_version('numba')} on the CPU")
    if _has_cuda():
        triton = _version("triton")
        yield Finding(
            "kernels",
            "good" if triton else "note",
            f"triton {triton} on the GPU"
            if triton
            else "no triton: the GPU uses plain torch",
        )


def find_viewer() -> Finding:
    """Say whether napari can show a window."""
    napari = _version("napari")
    binding = next((name for name in _BINDINGS if _version(name)), None)
    if napari and binding:
        return Finding(
            "viewer", "good", f"napari {napari} with {binding} {_version(binding)}"
        )
    missing = "no Qt binding" if napari else "napari is not installed"
    return Finding(
        "viewer",
        "note",
        f"{missing}; the command line needs none",
        f"pip install '.[gui]' ({_CHECKOUT})",
    )


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _requirements() -> dict[str, str]:
    """Give the packages that are needed and their least versions, "" for any.

    Triton is left out: it is of use on a GPU alone.
    """
    try:
        lines = requires(_DISTRIBUTION) or []
    except PackageNotFoundError:
        return _REQUIRED
    found: dict[str, str] = {}
    for line in lines:
        match = _REQUIREMENT.match(line)
        if match and "extra ==" not in line and match["name"] != "triton":
            found[match["name"]] = match["least"] or ""
    return found or _REQUIRED


def _numbers(release: str) -> tuple[int, ...]:
    """Give the leading numbers of a version.

    Examples
    --------
    >>> _numbers("2.13.0+cpu"), _numbers("3.0.0rc1"), _numbers("")
    ((2, 13, 0), (3, 0, 0), ())
    """
    numbers = re.match(r"\d+(\.\d+)*", release)
    return tuple(map(int, numbers[0].split("."))) if numbers else ()


def _has_cuda() -> bool:
    try:
        import torch  # noqa: PLC0415 - a broken torch is a finding, not a crash
    except (ImportError, OSError):
        return False
    return torch.cuda.device_count() > 0


def _has_nvidia() -> bool:
    return _DRIVER.exists() or shutil.which("nvidia-smi") is not None
