"""Models by name: those that come with the package, and those of the user's folder."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from skoots.config.report import nearest
from skoots.errors import ModelNotFoundError

if TYPE_CHECKING:
    from skoots.model.checkpoint import Checkpoint, PathLike

SUFFIX = ".skoots"
SUFFIXES = (SUFFIX, ".trch")

CARD = ".md"
PICTURES = (".png", ".jpg", ".jpeg")

FOLDER_VARIABLE = "SKOOTS_MODELS"
"""Environment variable that names the user's folder of models."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model that can be called by its name."""

    name: str
    """The file's name without its ending."""

    path: Path
    """The file."""

    card: Path | None
    """The page that describes it, if there is one."""

    shipped: bool
    """Whether it came with the package."""

    picture: Path | None = None
    """What it finds in an example, if there is a picture: a PNG or a JPEG."""


def shipped_models() -> list[ModelFile]:
    """List the models that come with the package, by name."""
    folder = Path(str(files("skoots").joinpath("models")))
    return _models_in(folder, shipped=True)


def user_models() -> list[ModelFile]:
    """List the models in the user's folder, by name."""
    return _models_in(user_folder(), shipped=False)


def known_models() -> list[ModelFile]:
    """List every model that has a name; a shipped one hides a user's of that name."""
    shipped = shipped_models()
    names = {model.name for model in shipped}
    return shipped + [model for model in user_models() if model.name not in names]


def user_folder() -> Path:
    """Give the user's folder of models, which need not exist.

    Returns
    -------
    Path
        The environment variable ``SKOOTS_MODELS``, or the folder ``skoots/models``
        where this platform keeps the data of programs.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser()
    return data_folder() / "skoots" / "models"


def find_model(name_or_path: PathLike) -> Path:
    """Find a model file by its name or its path.

    Parameters
    ----------
    name_or_path : str or PathLike
        A name that `known_models` lists, or the path of a file; a name goes first.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ModelNotFoundError
        If there is neither; the message lists the names and the nearest.
    """
    wanted = os.fspath(name_or_path)
    known = {model.name: model.path for model in known_models()}
    name = wanted.removesuffix(SUFFIX)
    if wanted in known or (name in known and not Path(wanted).exists()):
        return known[name]
    path = Path(wanted).expanduser()
    if path.exists():
        return path
    if _looks_like_a_path(wanted):
        raise ModelNotFoundError(
            f"There is no model file {wanted}. Check the path and its spelling."
        )
    raise ModelNotFoundError(_not_found(wanted, list(known)))


def load_model(name_or_path: PathLike) -> Checkpoint:
    """Load a model by its name or its path.

    Parameters
    ----------
    name_or_path : str or PathLike
        A name that `known_models` lists, or the path of a model file.

    Returns
    -------
    Checkpoint
        The model, ready to be applied.

    Raises
    ------
    ModelNotFoundError
        If there is neither such a name nor such a file.
    CheckpointError
        If the file is no model.
    """
    # Imported here: models are listed where nothing has imported torch yet.
    from skoots.model.checkpoint import load_checkpoint  # noqa: PLC0415 - on use

    return load_checkpoint(find_model(name_or_path))


def model_word(checkpoint: Checkpoint) -> str:
    """Give the name, or else the path, by which `load_model` finds a loaded model.

    Parameters
    ----------
    checkpoint : Checkpoint
        One that was made in memory has nothing but its name.
    """
    if checkpoint.path is None:
        return checkpoint.name
    path = checkpoint.path.resolve()
    known = (model.name for model in known_models() if model.path.resolve() == path)
    return next(known, str(path))


def _models_in(folder: Path, *, shipped: bool) -> list[ModelFile]:
    if not folder.is_dir():
        return []
    found = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    return [model_file(path, shipped=shipped) for path in found]


def model_file(path: Path, *, shipped: bool) -> ModelFile:
    """Describe a model file, with what lies beside it under its name.

    Parameters
    ----------
    path : Path
        The file.
    shipped : bool
        Whether it came with the package.
    """
    card = _beside(path, (CARD,))
    return ModelFile(path.stem, path, card, shipped, _beside(path, PICTURES))


def _beside(path: Path, endings: tuple[str, ...]) -> Path | None:
    named = (path.with_suffix(ending) for ending in endings)
    return next((file for file in named if file.is_file()), None)


def data_folder() -> Path:
    """Give the folder where this platform keeps the data of programs."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def _looks_like_a_path(wanted: str) -> bool:
    path = Path(wanted)
    return path.suffix in SUFFIXES or path.name != wanted


def _not_found(wanted: str, known: list[str]) -> str:
    close = nearest(Path(wanted).stem, known)
    listed = (
        f"Known models are {', '.join(known)}" if known else "No models are installed"
    )
    hint = f"; the nearest name is {close}" if close else ""
    return (
        f"There is no model called {wanted!r} and no such file. {listed}{hint}. "
        f"Give a name or the path of a {SUFFIX} or .trch file."
    )
