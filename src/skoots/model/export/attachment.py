"""The model's own file in a package: with it nothing of the model is lost."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skoots.errors import ExportError
from skoots.model.checkpoint import load_checkpoint, write_checkpoint
from skoots.model.export.names import check_name
from skoots.model.safe_file import file_digest
from skoots.model.zoo import SUFFIX, find_model, model_file

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.model.checkpoint import Checkpoint, PathLike


@dataclass(frozen=True, slots=True, eq=False)
class Attached:
    """A model whose file lies in the folder of a package."""

    checkpoint: Checkpoint
    """Loaded from that file."""

    file: str
    """Its name."""

    card: str | None
    """What the page says that lies beside the model where it comes from."""

    picture: Path | None
    """The picture that lies there."""


def attach(model: Checkpoint | PathLike, folder: Path) -> Attached:
    """Put a model's file into a folder, and load it from there.

    A model that was made in memory, or whose file is not what it was, is saved: its
    weights are rounded to float16, as always, and so are those of the package.

    Parameters
    ----------
    model : Checkpoint or path
        A loaded model, a name or a file.
    folder : Path
        Is there.

    Raises
    ------
    ExportError
        If its file has a name that a package needs, or its card is no text.
    SkootsError
        If there is no such model, or it cannot be loaded or saved.
    """
    if isinstance(model, str | os.PathLike):
        return _copied(find_model(model), folder)
    path = model.path
    if path is not None and path.is_file() and file_digest(path) == model.digest:
        return _copied(path, folder)
    target = folder / f"{model.name}{SUFFIX}"
    write_checkpoint(target, model)
    return Attached(load_checkpoint(target), target.name, None, None)


def _copied(path: Path, folder: Path) -> Attached:
    check_name(path.name)
    beside = model_file(path, shipped=False)
    card = None if beside.card is None else _read_card(beside.card)
    # here already: an error then names the file that the user knows
    load_checkpoint(path)
    target = folder / path.name
    shutil.copyfile(path, target)
    return Attached(load_checkpoint(target), target.name, card, beside.picture)


def _read_card(card: Path) -> str:
    try:
        return card.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ExportError(
            f"The model's card {card} is no text in UTF-8: its byte {error.start} is "
            f"0x{error.object[error.start]:02x}. Save it as UTF-8, or move it away."
        ) from error
