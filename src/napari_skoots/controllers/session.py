"""Everything that the plugin knows of one viewer; it outlives the panel.

::

    Images ----.                        .--> Previewing --.
    Models -----+--> Wishes --request--<                   >--> Board --> Job
    Engine ----'                        '--> Segmenting --'
                                                 |
                                        OpenRun (layer, stream)
                                                 |
                                       Results, Reopening

`Baking`, `Sizing` and `Teaching` run their jobs on the same board: a viewer has one at
a time.

The panel, when it is open, shows what these say and hands on what the user does
(`controllers.binding`). Keys and commands of napari call the session as well.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_skoots.controllers.baking import Baking
from napari_skoots.controllers.board import Board
from napari_skoots.controllers.dropped import Dropped
from napari_skoots.controllers.dropped_runs import DroppedRuns
from napari_skoots.controllers.engine import the_engine
from napari_skoots.controllers.images import Images
from napari_skoots.controllers.keys import CompareKey, bind_keys
from napari_skoots.controllers.model_choice import ModelChoice
from napari_skoots.controllers.models import Models
from napari_skoots.controllers.notifying import (
    notify,
    notify_error,
    notify_failure,
)
from napari_skoots.controllers.preferences import keep_choose_dropped, read_preferences
from napari_skoots.controllers.previewing import Previewing
from napari_skoots.controllers.reopening import Reopening
from napari_skoots.controllers.results import Results
from napari_skoots.controllers.segmenting import Segmenting
from napari_skoots.controllers.sizing import Sizing
from napari_skoots.controllers.teaching.teaching import Teaching
from napari_skoots.controllers.window import Window
from napari_skoots.controllers.wishes import Wishes
from napari_skoots.layers import camera_of, geometry_of, lies_last
from napari_skoots.state.views import Where
from skoots.errors import SkootsError
from skoots.run.layout import is_run
from skoots.volume.naming import PROJECT_SUFFIX, RUN_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from napari.components import ViewerModel
    from napari.layers import Layer
    from napari.utils.events import Event

_MODELS = (".skoots", ".trch")
_SETTLE_MS = 250
"""The view must rest so long before what depends on it is worked out anew."""


class Session:
    """The controllers of one viewer, wired to it.

    Parameters
    ----------
    viewer : ViewerModel
        Any viewer, with a window or without.
    """

    told = Signal(object)
    """An exception that came of what the user did."""

    choosing = Signal(bool)
    """Whether images that are dropped on the canvas are chosen."""

    asked_for = Signal(str)
    """What a command asks for: a window (``receipt``, ``save``, ``open``, ``help``)
    or a tab (``segment``, ``teach``)."""

    noted = Signal(str)
    """Something that the user should know."""

    _sessions: dict[int, Session] = {}  # noqa: RUF012 - one for the process

    def __init__(self, viewer: ViewerModel) -> None:
        self.viewer = viewer
        preferences = read_preferences()
        self.engine = the_engine()
        self.images = Images(viewer)
        self.models = Models(self.engine, preferences.device, preferences.model)
        self.model_choice = ModelChoice(self.images, self.models)
        self.wishes = Wishes(
            viewer, self.engine, self.images, self.models, preferences.folder
        )
        self.board = Board()
        self.segmenting = Segmenting(viewer, self.board, preferences.refresh_ms)
        self.previewing = Previewing(
            viewer, self.board, self.images, self.models, self.wishes
        )
        self.sizing = Sizing(viewer, self.board, self.images, self.models, self.wishes)
        self.baking = Baking(viewer, self.board)
        self.results = Results(viewer, self.board, self.segmenting)
        self.reopening = Reopening(
            viewer,
            self.images,
            self.models,
            self.model_choice,
            self.wishes,
            self.segmenting,
        )
        self.teaching = Teaching(
            viewer,
            self.board,
            self.engine,
            self.images,
            self.models,
            self.wishes,
            self.previewing,
            self.segmenting,
            preferences.folder,
        )
        self._compare_key = CompareKey(
            viewer,
            self.teaching.comparing,
            partial(self.attempt, self.teaching.comparing.toggle),
        )
        self.choose_dropped = preferences.choose_dropped
        self._dropped = Dropped(viewer, self.images)
        self._dropped_runs = DroppedRuns(viewer, self.segmenting, self._reopen_dropped)
        self._window = Window(viewer, self.board)
        self._settle = QTimer()
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self._on_view)
        self._watch()

    @classmethod
    def of(cls, viewer: ViewerModel) -> Session:
        """Give the session of a viewer; the same one however often it is asked for."""
        viewer = getattr(viewer, "__wrapped__", viewer)  # what napari gives a plugin
        if id(viewer) not in cls._sessions:
            cls._sessions[id(viewer)] = cls(viewer)
        return cls._sessions[id(viewer)]

    def close(self) -> None:
        """Stop what runs, after its tile; the viewer is closed."""
        self._sessions.pop(id(self.viewer), None)
        self.board.close()
        self._compare_key.close()
        self.teaching.close()
        self.engine.let_go()
        self.segmenting.close()
        self._dropped_runs.close()
        self._settle.stop()

    # ---- what the user does

    def open_paths(self, paths: Iterable[Path]) -> None:
        """Open what was dropped: images, models and run folders."""
        for path in paths:
            self.attempt(partial(self._opener(path), path))

    def preview(self) -> None:
        """Segment one tile around the cursor."""
        self.attempt(partial(self.previewing.begin, at_cursor=True))

    def preview_view(self) -> None:
        """Segment one tile in the middle of the view."""
        self.attempt(partial(self.previewing.begin, at_cursor=False))

    def segment(self) -> None:
        """Segment the part that was chosen."""
        self.attempt(lambda: self.segmenting.begin(self.wishes.request()))

    def answer(self, key: str) -> None:
        """Do what the user chose of a question."""
        self.attempt(partial(self.segmenting.answer, key))

    def set_config(self, config: dict[str, Any]) -> None:
        """Change settings; labels that are there can follow without the network."""
        self.wishes.set(config=config)
        self.segmenting.offer_relabel(self.wishes.thresholds, self.models.device)

    def set_choose_dropped(self, chosen: bool) -> None:  # noqa: FBT001 - a signal's
        """Choose images that are dropped on the canvas, or leave them alone."""
        self.choose_dropped = chosen
        self.choosing.emit(chosen)
        keep_choose_dropped(chosen=chosen)

    def attempt(self, act: Callable[[], object]) -> None:
        """Do something, and tell the user if it cannot be done."""
        try:
            act()
        except SkootsError as error:
            self.told.emit(error)

    def _opener(self, path: Path) -> Callable[[Path], object]:
        if path.is_dir() and path.name.endswith(PROJECT_SUFFIX):
            return self._open_project
        named = path.name.endswith(RUN_SUFFIX)  # also one that died before its plan
        if path.is_dir() and (named or is_run(path)):
            return self._reopen
        if path.is_file() and path.suffix.lower() in _MODELS:
            return self.models.import_file
        return self.images.open_file

    def _open_project(self, path: Path) -> None:
        self.teaching.exercise.open_project(path)
        self.asked_for.emit("teach")

    def _reopen(self, path: Path) -> None:
        problem = self.reopening.open(path)
        if problem:
            self.noted.emit(problem)

    def _reopen_dropped(self, path: Path) -> None:
        self.attempt(partial(self._reopen, path))

    # ---- what the viewer does

    def _watch(self) -> None:
        viewer = self.viewer
        self.told.connect(notify_error)
        self.models.failed.connect(notify_error)
        self.board.failed.connect(notify_failure)
        self.noted.connect(notify)
        self.teaching.exercise.told.connect(self.told)
        self.teaching.exercise.noted.connect(self.noted)
        self.images.changed.connect(self._on_image)
        self.segmenting.opened.connect(self._on_labels)
        self._window.when_gone(self.close)
        bind_keys(viewer, self.preview, self.segment)
        viewer.layers.events.inserted.connect(self._on_inserted)
        viewer.dims.events.current_step.connect(self._on_moved)
        viewer.dims.events.ndisplay.connect(self._on_moved)
        camera_of(viewer).events.connect(self._on_moved)

    def _on_image(self) -> None:
        layer, axes = self.images.layer, self.images.axes
        geometry = geometry_of(layer, axes) if layer and lies_last(axes) else None
        self.segmenting.attend(self.images.current, geometry)

    def _on_labels(self) -> None:
        """Take away the preview, which would lie over the labels that it was for."""
        self.previewing.dismiss()

    def _on_moved(self) -> None:
        self._settle.start()

    def _on_view(self) -> None:
        """Work on what is looked at first, and estimate it anew."""
        self.segmenting.look()
        self.teaching.lesson.look()
        if self.wishes.where is not Where.WHOLE:
            self.wishes.changed.emit()

    def _on_inserted(self, event: Event) -> None:
        """Follow boxes, and take an image that was dropped, if that is wanted."""
        from napari.layers import Shapes  # noqa: PLC0415 - napari loads layers late

        layer: Layer = event.value
        if isinstance(layer, Shapes):
            layer.events.data.connect(self._on_moved)
        self._dropped_runs.take(layer)
        if self.choose_dropped:
            self._dropped.take(layer)
