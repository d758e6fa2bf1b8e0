"""What becomes of a training: its model is kept, or its folder deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_skoots.controllers.words import in_panel_words
from napari_skoots.state.views import Level, MessageView
from skoots.errors import SkootsError, StorageError
from skoots.events import StageStarted

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from skoots.events import Event
    from skoots.teach.project import TeachProject


@dataclass(frozen=True, slots=True)
class Kept:
    """A model that is in its project."""

    path: Path
    trouble: Exception | None = None
    """Why it is not among the user's models; None where it is."""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.path.stem

    @property
    def words(self) -> MessageView:
        """Say where it is."""
        if self.trouble is None:
            return MessageView(f"{self.path.name} is in the project.")
        said = in_panel_words(str(self.trouble))
        return MessageView(
            f"The model is kept as {self.path}, but it cannot be chosen in Segment: "
            f"{said}",
            "Import it from there.",
            Level.WARNING,
        )


def free_name(project: TeachProject, known: Iterable[str]) -> str:
    """Give a name that no model has, neither in the project nor among the known."""
    taken = {name.lower() for name in known}
    taken |= {path.stem.lower() for path in project.models.glob("*.skoots")}
    name, number = project.name, 1
    while name.lower() in taken:
        number += 1
        name = f"{project.name}-{number}"
    return name


def keep_and_take_in(
    project: TeachProject, training: Path, name: str
) -> Generator[Event, Any, Kept]:
    """Keep the model of a training, and copy it among the user's models.

    Nothing is said once it is kept, so that no cancel comes between: whoever hears the
    end hears that it is kept, also where the copy fails.

    Raises
    ------
    SkootsError
        If it was not kept.
    """
    from skoots.model.shelf import import_model  # noqa: PLC0415 - imports torch
    from skoots.teach.keeping import keep  # noqa: PLC0415 - likewise

    yield StageStarted("keep", 0, 0)  # a job that was cancelled ends here
    path = keep(project, training, name)
    try:
        import_model(path)
    except (SkootsError, OSError) as error:
        return Kept(path, error)
    return Kept(path)


def delete_training(training: Path) -> None:
    """Delete the folder of a training, if it is still there.

    Raises
    ------
    SkootsError
        If it cannot be deleted, or is none of a training.
    """
    from skoots.teach.keeping import discard  # noqa: PLC0415 - imports torch

    if not training.exists():
        return
    try:
        discard(training)
    except StorageError as error:  # it speaks of writing
        cause = error.__cause__
        reason = cause.strerror if isinstance(cause, OSError) else None
        raise StorageError(
            f"{training} cannot be deleted: {reason or error}. Remove it by hand if it "
            "shall go."
        ) from error
