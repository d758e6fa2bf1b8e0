"""A session in which rods are painted, a worker that is warm, and how to wait for it.

The model is that of `session_cases`: a small U-Net with random weights that a step
changes in a moment. The worker is a real process; tests of this folder share one.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import tifffile
from napari.utils.key_bindings import KeymapHandler
from session_cases import idle, save_model
from training_cases import write_rods

from napari_skoots.controllers.teaching.outlook import NAME as OUTLOOK
from napari_skoots.controllers.teaching.running_training import Taught
from skoots.events import TrainStep, result_of
from skoots.teach import TeachProject
from skoots.teach.comparison_record import read_comparison
from skoots.teach.process import Worker
from skoots.train.data.taught_boxes import TaughtBox
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Labels
    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

    from napari_skoots.controllers.session import Session
    from napari_skoots.controllers.teaching.comparing import Comparing
    from napari_skoots.controllers.teaching.exercise import Exercise
    from napari_skoots.controllers.teaching.lesson import Lesson
    from napari_skoots.jobs import Job
    from skoots.events import TeachFinished
    from skoots.teach.example import Example

T = TypeVar("T")

MODEL = "tiny"
TIMEOUT = 60_000
"""A crowded machine may take so long for what takes three seconds."""

SHORT = 1e-6
"""Seconds: one epoch of ten steps."""

ENDLESS = 0.0
BOXES = (((0, 0), (42, 64)), ((42, 0), (64, 64)))
"""Rows and columns of two boxes through all planes: two rods, and one."""


def rods_model(folder: Path, name: str = MODEL, **changes: Any) -> Path:
    """Write a model for objects as large as the rods."""
    values = {"voxel_size": (0.01, 0.01, 0.01), "object_diameter": 13.0}
    return save_model(folder, name, core=(24, 64, 64), **values, **changes)


def teach_rods(folder: Path) -> Path:
    """Paint the rods, and teach a model for one epoch; give the project.

    In another process: training imports triton, which crashes where Mesa has loaded
    its own LLVM to draw a window, as tests of the viewer do.
    """
    write_rods(folder)
    base = rods_model(folder / "models")
    project = TeachProject.create(folder / "rods.skoots-project")
    example = project.add(open_source(folder / "rods.tif"))
    example.copy_labels(tifffile.imread(folder / "rods.labels.tif"))
    boxes = [((0, *corner), (24, *other)) for corner, other in BOXES]
    example.set_boxes([TaughtBox(*box) for box in boxes])
    worker = Worker(threads=1)
    result_of(worker.teach(project.path, str(base), seconds=SHORT, device="cpu"))
    worker.close()
    return project.path


class School:
    """A session on rods, and a worker that outlives it.

    Parameters
    ----------
    qtbot : QtBot
        Waits.
    session : Session
        Whose model is loaded.
    folder : Path
        Where the image goes, and beside it all else.
    worker : Worker
        That its lesson uses.
    """

    def __init__(
        self, qtbot: QtBot, session: Session, folder: Path, worker: Worker | None
    ) -> None:
        self.qtbot = qtbot
        self.session = session
        self.viewer: Any = session.viewer
        self.folder = folder
        self.steps: list[int] = []
        self.heard: list[Any] = []
        self.told: list[str] = []
        self._worker = worker
        if worker is not None:
            self.lesson._process.worker = worker
        session.told.connect(self._on_told)

    def _on_told(self, error: Exception) -> None:
        self.told.append(str(error))

    # ---- who is there

    @property
    def exercise(self) -> Exercise:
        return self.session.teaching.exercise

    @property
    def lesson(self) -> Lesson:
        return self.session.teaching.lesson

    @property
    def comparing(self) -> Comparing:
        return self.session.teaching.comparing

    @property
    def project(self) -> TeachProject:
        found = self.exercise.project
        assert found is not None
        return found

    @property
    def example(self) -> Example:
        found = self.exercise.example
        assert found is not None
        return found

    @property
    def layer(self) -> Labels:
        found = self.exercise.layer
        assert found is not None
        return found

    @property
    def job(self) -> Job:
        found = self.lesson._running.job
        assert found is not None
        return found

    @property
    def pid(self) -> int:
        """Of the process that teaches."""
        worker = self.lesson._process.worker
        assert worker is not None
        return worker._child.pid

    @property
    def outlook(self) -> Any:
        """The layer of the prediction, if it is there."""
        layers = [layer for layer in self.viewer.layers if layer.name == OUTLOOK]
        assert len(layers) <= 1
        return layers[0] if layers else None

    # ---- what somebody does

    def open_image(self, **changes: Any) -> NDArray[Any]:
        """Open the rods; give their labels."""
        write_rods(self.folder)
        image = self.session.images
        (layer,) = image.open_file(self.folder / "rods.tif")
        for name, value in changes.items():
            setattr(layer, name, value)
        labels: NDArray[Any] = tifffile.imread(self.folder / "rods.labels.tif")
        return labels

    def compare(self, project: Path, **changes: Any) -> None:
        """Open a copy of a project on the rods, as if its training had just ended."""
        self.open_image(**changes)
        copy = self.folder / project.name
        shutil.copytree(project, copy)
        self.exercise.open_project(copy)
        self.until(lambda: self.exercise.example is not None)
        self.exercise.new_layer()
        self.counted()
        self.say(read_comparison(copy / "trainings/001"))

    def say(self, finished: TeachFinished) -> None:
        """Let a training have ended, as the lesson says it."""
        taught = Taught(self.project, self.example.path, finished)
        self.lesson.finished.emit(taught)

    def press(self, key: str, layer: Any = None) -> None:
        """Press a key with a layer selected, or none."""
        handler = KeymapHandler()
        chain = [self.viewer] if layer is None else [layer, self.viewer]
        handler.keymap_providers = chain
        handler.press_key(key)

    def paint(self, **changes: Any) -> None:
        """Open the rods, paint them and draw boxes."""
        labels = self.open_image(**changes)
        self.exercise.new_layer()
        self.until(lambda: self.exercise.layer is not None)
        self.layer.data[:] = labels
        for rows, columns in BOXES:
            self.draw_box(rows, columns)
        self.counted()

    def draw_box(self, rows: tuple[int, int], columns: tuple[int, int]) -> None:
        """Draw a box through all planes: rows and columns begin and end."""
        (top, left), (bottom, right) = rows, columns
        boxes = self.viewer.layers["rods boxes"]
        plane = float(boxes.world_to_data(self.viewer.dims.point)[0])
        corners = [(top, left), (top, right), (bottom, right), (bottom, left)]
        data = np.array([(plane, *corner) for corner in corners], float)
        boxes.add(data, shape_type="rectangle")
        self.exercise.flush()
        self.exercise.set_planes(0, 23)

    def counted(self) -> None:
        """Wait until everything is found and counted."""
        self.exercise.flush()
        self.exercise._counting.look()  # else it does so in a tenth of a second
        self.until(lambda: not self.exercise.view.counting)
        idle(self.qtbot)

    def counted_while_training(self) -> None:
        """As `counted`, where a job of the board runs on."""
        self.exercise.flush()
        self.exercise._counting.look()
        self.until(lambda: not self.exercise.view.counting)

    def begin(self, seconds: float = SHORT) -> None:
        """Press Train."""
        self.lesson.set_seconds(seconds)
        self.lesson.train()
        self.listen()

    def go_on(self) -> None:
        self.lesson.go_on()
        self.listen()

    def listen(self) -> None:
        """Hear the training that runs from now on."""
        self.steps.clear()
        self.heard.clear()
        self.job.event.connect(self._on_event)

    def _on_event(self, event: object) -> None:
        self.heard.append(event)
        if isinstance(event, TrainStep):
            self.steps.append(event.step)

    def all_of(self, kind: type[T]) -> list[T]:
        """Give what the training said of one kind."""
        return [event for event in self.heard if isinstance(event, kind)]

    def stop(self) -> None:
        """Press Cancel, and wait."""
        self.session.board.cancel()
        self.until_over()

    # ---- waiting

    def until(self, is_so: Callable[[], bool], timeout: int = TIMEOUT) -> None:
        self.qtbot.waitUntil(is_so, timeout=timeout)

    def until_step(self) -> None:
        """Wait until it trains."""
        self.until(lambda: bool(self.steps) or not self.session.board.busy)
        assert self.steps, self.message

    def until_over(self) -> None:
        """Wait until the training has ended, however it did."""
        self.until(lambda: not self.session.board.busy)
        idle(self.qtbot)

    def taught(self, seconds: float = SHORT) -> None:
        """Train until the end."""
        self.begin(seconds)
        self.until_over()
        assert self.comparing.view is not None, self.message

    @property
    def message(self) -> str:
        """What the footer says."""
        view = self.session.board.view
        return "" if view is None or view.message is None else view.message.text

    def close(self) -> None:
        """Stop what runs; the shared worker stays."""
        self.stop()
        if self.lesson._process.worker is self._worker:
            self.lesson._process.worker = None


def runs(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")  # one that has ended may wait to be counted
    return not (status.exists() and status.read_text().rpartition(")")[2][1] == "Z")
