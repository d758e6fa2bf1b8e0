"""Take models into the user's folder, where they have a name, and out of it."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from skoots.errors import (
    CheckpointError,
    ModelExistsError,
    ModelNotFoundError,
    StorageError,
)
from skoots.model.zoo import (
    CARD,
    PICTURES,
    SUFFIX,
    SUFFIXES,
    known_models,
    model_file,
    user_folder,
    user_models,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skoots.model.zoo import ModelFile


def import_model(path: str | os.PathLike[str], name: str | None = None) -> ModelFile:
    """Check a model file and copy it into the user's folder.

    Its card (``NAME.md``) and its picture (``NAME.png`` or ``.jpg``) come along where
    they lie beside it. Nothing is left of an import that fails.

    Parameters
    ----------
    path : path
        A ``.skoots`` or ``.trch`` file.
    name : str, optional
        What to call the model; the file's own name if it is left out.

    Returns
    -------
    ModelFile
        The copy, or the model of this name if it is the same file.

    Raises
    ------
    ModelNotFoundError
        If there is no such file.
    UnsafeCheckpointError
        If it holds more than data; nothing of it was run.
    CheckpointError
        If it is no model, or `name` is no name of a file.
    ModelExistsError
        If another model has this name.
    StorageError
        If the disk is full or nothing may be written there.
    """
    from skoots.model.checkpoint import load_checkpoint  # noqa: PLC0415 - imports torch
    from skoots.model.safe_file import file_digest  # noqa: PLC0415 - likewise

    source = Path(path).expanduser()
    checkpoint = load_checkpoint(source)
    name = name or source.stem
    if Path(name).name != name or name.startswith("."):
        raise CheckpointError(
            f"{name!r} cannot be the name of a model. Use letters, digits, spaces and "
            "hyphens."
        )
    usual = ".trch" if checkpoint.published else SUFFIX
    suffix = source.suffix if source.suffix in SUFFIXES else usual
    target = user_folder() / f"{name}{suffix}"
    if source.resolve() == target.resolve():
        return model_file(target, shipped=False)
    known = next((model for model in known_models() if model.name == name), None)
    if known is not None and file_digest(known.path) == checkpoint.digest:
        return known
    _refuse_known(name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for ending in (CARD, *PICTURES):
            beside = source.with_suffix(ending)
            if beside.is_file():
                _copy(beside, target.with_suffix(ending))
        _copy(source, target)  # last, for it makes a model of them
    except OSError as error:
        for file in _files_of(target):
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)
        raise StorageError(
            f"The model cannot be copied to {target.parent}: "
            f"{error.strerror or error}. Make room there, or name another folder with "
            "the environment variable SKOOTS_MODELS."
        ) from error
    return model_file(target, shipped=False)


def remove_model(name: str) -> None:
    """Delete a model of the user's folder, with its card and its picture.

    Parameters
    ----------
    name : str
        As `user_models` lists it.

    Raises
    ------
    ModelNotFoundError
        If there is no such model in the user's folder; those that came with the
        package stay.
    StorageError
        If it may not be deleted.
    """
    mine = [model for model in user_models() if model.name == name]
    if not mine:
        there = ", ".join(model.name for model in user_models()) or "none"
        raise ModelNotFoundError(
            f"There is no model called {name!r} in {user_folder()}, and only those can "
            f"be removed: {there}."
        )
    for model in mine:
        try:
            for file in _files_of(model.path):
                file.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(
                f"{model.path} cannot be removed: {error.strerror or error}. Change "
                "its permissions, or remove it by hand."
            ) from error


def _refuse_known(name: str) -> None:
    found = next((model for model in known_models() if model.name == name), None)
    if found is None:
        return
    whose = "that came with the package" if found.shipped else f"in {found.path.parent}"
    raise ModelExistsError(
        f"There is a model called {name!r} already, {whose}. Give this one another "
        "name, or remove the other first."
    )


def _files_of(model: Path) -> Iterator[Path]:
    """Yield the model's file first, then what may lie beside it."""
    yield model
    for ending in (CARD, *PICTURES):
        yield model.with_suffix(ending)


def _copy(source: Path, target: Path) -> None:
    """Copy a file so that it is there whole or not at all."""
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        shutil.copyfile(source, unfinished)
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
