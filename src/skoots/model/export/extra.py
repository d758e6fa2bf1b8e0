"""What only those need who share models: ``bioimageio``, and how to ask for it.

Nothing here is imported before it is needed, for the extra ``share`` may be missing.
"""

from __future__ import annotations

import os
import warnings
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pydantic

from skoots.errors import ExportError, MissingPackageError
from skoots.model.export.names import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

PathLike: TypeAlias = str | os.PathLike[str]

STRICT_PYDANTIC = (2, 14)
"""From here on pydantic refuses what older ``bioimageio.spec`` ask of it."""

MENDED_SPEC = (0, 5, 14, 3)
"""From here on ``bioimageio.spec`` asks otherwise."""

_LISTED = 3


def need_spec() -> Any:
    """Import ``bioimageio.spec``, which writes packages.

    Raises
    ------
    MissingPackageError
        If it is not installed, or its version and that of pydantic do not go together.
    """
    spec = _need("bioimageio.spec", "share")
    found = _numbers(spec.__version__)
    if found < MENDED_SPEC and _numbers(pydantic.VERSION) >= STRICT_PYDANTIC:
        raise MissingPackageError(
            f"bioimageio.spec {spec.__version__} does not work with pydantic "
            f'{pydantic.VERSION}. Give it an older one: pip install "pydantic<2.14"'
        )
    return spec


def can_check() -> bool:
    """Tell whether `check_bioimageio` has what it needs."""
    try:
        _need_core()
    except MissingPackageError:
        return False
    return True


def spdx_ids() -> list[str]:
    """List the identifiers of licences that BioImage.IO knows."""
    need_spec()
    listed = import_module("bioimageio.spec.utils").get_spdx_licenses()["licenses"]
    return [entry["licenseId"] for entry in listed]


def pack(content: dict[str, Any], folder: Path) -> Path:
    """Validate a description and zip it with the files that it names.

    Parameters
    ----------
    content : dict from str to object
        As `skoots.model.export.rdf.describe` gives it.
    folder : Path
        Where its files are; the zip is put there.

    Raises
    ------
    ExportError
        That says what BioImage.IO does not accept.
    """
    spec = need_spec()
    package = folder / PACKAGE
    context = spec.ValidationContext(root=folder)
    with _without_their_warnings():
        described = spec.build_description(content, context=context)
        if isinstance(described, spec.InvalidDescr):
            raise ExportError(
                "BioImage.IO does not accept the description: "
                f"{_complaints(described.validation_summary)}"
            )
        spec.save_bioimageio_package(described, output_path=package)
    return package


def check_bioimageio(package: PathLike) -> None:
    """Let ``bioimageio.core`` load a package, run it and compare with its answer.

    Parameters
    ----------
    package : path
        A package, of this or of any program.

    Raises
    ------
    MissingPackageError
        If ``bioimageio.core`` is not installed.
    ExportError
        That says what it complains of.

    Notes
    -----
    It seeds the random generators of Python, NumPy and torch. Where the package names
    an address it is asked whether it is there; without a network that is passed over.
    """
    core = _need_core()
    with _without_their_warnings():
        summary = core.test_model(Path(package), devices=["cpu"])
    if summary.status != "passed":
        raise ExportError(
            f"The package does not pass bioimageio.core {core.__version__}: "
            f"{_complaints(summary)}"
        )


def _need_core() -> Any:
    core = _need("bioimageio.core", "share-check")
    need_spec()
    return core


def _need(name: str, extra: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingPackageError(
            f"{name} cannot be imported here ({error}). Install it with the extra "
            f"{extra} of napari-skoots; in a clone of it: pip install '.[{extra}]'"
        ) from error


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


@contextmanager
def _without_their_warnings() -> Iterator[None]:
    """Keep to itself what a user of this package can do nothing about."""
    with warnings.catch_warnings():
        # torch calls TorchScript old, on reading too; 2.15 with a FutureWarning
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", r"`torch\.jit\.", FutureWarning)
        # files are closed by the collector
        warnings.simplefilter("ignore", ResourceWarning)
        yield


def _complaints(summary: Any) -> str:
    found = [
        f"{'.'.join(map(str, error.loc)) or detail.name}: {error.msg}"
        for detail in summary.details
        for error in detail.errors
    ]
    more = f" (and {len(found) - _LISTED} more)" if len(found) > _LISTED else ""
    return "; ".join(found[:_LISTED]) + more
