"""An exercise on a viewer without a window, and how to wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
from napari.components import ViewerModel

from napari_skoots.controllers.board import Board
from napari_skoots.controllers.images import Images
from napari_skoots.controllers.teaching.exercise import Exercise
from napari_skoots.jobs import Job

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

SHAPE = (24, 60, 70)
TIMEOUT = 10_000


def grey(seed: int = 0, shape: tuple[int, ...] = SHAPE) -> Any:
    return np.random.default_rng(seed).integers(0, 255, shape, np.uint8)


class Taught:
    """A viewer, and an exercise in it.

    Parameters
    ----------
    qtbot : QtBot
        Waits.
    folder : Path
        For files.
    viewer : optional
        Another viewer than one without a window.
    """

    def __init__(self, qtbot: QtBot, folder: Path, viewer: Any = None) -> None:
        self.qtbot = qtbot
        self.folder = folder
        self.viewer = ViewerModel() if viewer is None else viewer
        self.board, self.images = Board(), Images(self.viewer)
        self.exercise = Exercise(self.viewer, self.board, self.images, None)
        self.told: list[Exception] = []
        self.noted: list[str] = []
        self.exercise.told.connect(self.told.append)
        self.exercise.noted.connect(self.noted.append)

    def open_image(self, name: str = "cells", seed: int = 0) -> Any:
        """Open a file with an image, as the panel does."""
        path = self.folder / f"{name}.tif"
        tifffile.imwrite(
            path,
            grey(seed),
            imagej=True,
            resolution=(1 / 0.02, 1 / 0.02),
            metadata={"axes": "ZYX", "spacing": 0.04, "unit": "um"},
        )
        (layer,) = self.images.open_file(path)
        return layer

    def new_layer(self) -> Any:
        """Make the teaching layer, and wait for it."""
        self.exercise.new_layer()
        self.qtbot.waitUntil(
            lambda: self.exercise.layer is not None or bool(self.told), timeout=TIMEOUT
        )
        assert not self.told, self.told
        self.counted()
        return self.exercise.layer

    def counted(self) -> Any:
        """Wait until everything is found and counted; give the view."""
        self.exercise.flush()
        self.exercise._counting.look()  # else it does so in a tenth of a second

        def done() -> bool:
            return not self.exercise.view.counting and not Job._running

        self.qtbot.waitUntil(done, timeout=TIMEOUT)
        return self.exercise.view

    @property
    def boxes(self) -> Any:
        """The layer of the boxes."""
        return self.viewer.layers[f"{self.images.name} boxes"]

    def draw(self, rows: tuple[float, float], columns: tuple[float, float]) -> None:
        """Draw a rectangle in the plane that is shown."""
        (top, bottom), (left, right) = rows, columns
        z = self.plane
        corners = [(z, top, left), (z, top, right), (z, bottom, right)]
        data = np.array([*corners, (z, bottom, left)], float)
        self.boxes.add(data, shape_type="rectangle")
        self.exercise.flush()

    @property
    def plane(self) -> int:
        """The plane that is shown."""
        return int(self.viewer.dims.current_step[-3])

    def go_to(self, plane: int) -> None:
        """Show another plane."""
        self.viewer.dims.set_current_step(self.viewer.dims.ndim - 3, plane)

    def close(self) -> None:
        self.exercise.close()
        self.board.close()
        self.qtbot.waitUntil(lambda: not Job._running, timeout=TIMEOUT)
