"""The example of an image is taken out of the project, when the user has said so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_skoots.jobs import Job
from skoots.errors import RunError
from skoots.events import Notice

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_skoots.controllers.teaching.counting import Counting
    from napari_skoots.controllers.teaching.open_example import OpenExample
    from napari_skoots.controllers.teaching.open_examples import OpenExamples
    from skoots.events import Event
    from skoots.teach.example import Example
    from skoots.teach.project import TeachProject


class Removing:
    """Closes an example, and deletes it in a thread.

    Parameters
    ----------
    examples : OpenExamples
        Have its layers.
    counting : Counting
        Must not read what is being deleted.
    """

    ended = Signal()
    """It is gone, or still there."""

    failed = Signal(object)
    """The exception because of which it is still there, or a part of it."""

    def __init__(self, examples: OpenExamples, counting: Counting) -> None:
        self._open = examples
        self._counting = counting
        self._job: Job | None = None

    def question(self, project: TeachProject | None, opened: OpenExample | None) -> str:
        """Ask whether it shall go; empty where nothing would be lost."""
        if project is None or opened is None:
            return ""
        painted = self._counting.painted.get(opened.path)
        lost = "What you painted there is deleted."
        if painted is not None and not self._counting.busy:
            objects, boxes = len(painted.objects), len(painted.boxes)
            if not objects and not boxes:
                return ""
            lost = f"{_counted(objects, boxes)} there {_are(objects, boxes)} deleted."
        name = opened.example.name
        asked = f"Take {name} out of the project {project.name}?"
        return f"{asked} {lost} The image itself stays."

    def begin(self, project: TeachProject, opened: OpenExample) -> None:
        """Take the layers out of the viewer, and delete the example.

        Raises
        ------
        SkootsError
            If a training uses it; all stays as it is then.
        """
        example = opened.example
        self.wait()
        project.check_removable(example)
        self._counting.follow(None)
        self._open.drop(opened)
        job = Job(lambda: _remove(project, example), f"Remove {example.name}")
        job.failed.connect(self.failed.emit)
        job.ended.connect(self.ended.emit)
        self._job = job
        job.start()

    def wait(self) -> None:
        """Refuse while one is being deleted, for it may be found still.

        Raises
        ------
        RunError
            If that is so.
        """
        if self._job is not None and self._job.running:
            raise RunError("An example is being deleted. Wait a moment.")


def _remove(project: TeachProject, example: Example) -> Generator[Event, Any, None]:
    project.remove(example)
    yield Notice("")


def _counted(objects: int, boxes: int) -> str:
    parts = []
    if objects:
        parts.append(f"{objects:,} object{'s' if objects > 1 else ''}")
    if boxes:
        parts.append(f"{boxes:,} box{'es' if boxes > 1 else ''}")
    return " and ".join(parts)


def _are(objects: int, boxes: int) -> str:
    return "is" if objects + boxes == 1 else "are"
