"""Skeletons of any Labels layer, as layers and as a file that training reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_skoots.controllers.baked_layers import BakedLayers
from napari_skoots.controllers.engine import the_engine
from napari_skoots.controllers.progress import Progress, explain
from napari_skoots.jobs import Job
from napari_skoots.layers import axes_of, source_of, voxel_size_of
from napari_skoots.layers.source import is_overlay, path_of
from napari_skoots.state.views import JobState, Level, MessageView
from skoots.errors import SkootsError
from skoots.events import Notice
from skoots.train.data.pairs import skeletons_path
from skoots.volume.naming import RUN_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from napari.components import ViewerModel
    from napari.layers import Labels
    from qtpy.QtWidgets import QWidget

    from napari_skoots.state.baking import BakeWish
    from napari_skoots.state.views import JobView
    from napari_skoots.widgets.bake_panel import BakePanel
    from skoots._types import VoxelSize
    from skoots.events import Event
    from skoots.train.bake_labels import Baked
    from skoots.volume.source import Source


_BUSY = "Skeletons are being made. Wait for them, or cancel."


class Baking:
    """Connects the panel, the layers of a viewer and one job.

    A job is bound to the layer that it began with: the panel may be closed, and the
    layer removed, while it runs.

    Parameters
    ----------
    viewer : ViewerModel
        Whose Labels layers are offered.
    panel : BakePanel
        Belongs to this.
    """

    def __init__(self, viewer: ViewerModel, panel: BakePanel) -> None:
        self._viewer = viewer
        self._panel: BakePanel | None = panel
        self._chosen: str | None = None
        self._job: Job | None = None
        self._progress: Progress | None = None
        for emitter in (viewer.layers.events.inserted, viewer.layers.events.removed):
            emitter.connect(self._on_layers)
        panel.form.layer_chosen.connect(self._choose)
        panel.form.bake_requested.connect(self._on_bake)
        panel.footer.cancel_requested.connect(self.cancel)
        # by a function: it keeps this object alive as long as the panel
        panel.destroyed.connect(lambda: self._on_destroyed())  # noqa: PLW0108 - above
        self._on_layers()

    @property
    def job(self) -> Job | None:
        """The job that runs."""
        return self._job

    @property
    def view(self) -> JobView | None:
        """The job that runs, or how the last one ended; None before the first."""
        return None if self._progress is None else self._progress.view

    def cancel(self) -> None:
        """Stop the job; no layer is added then."""
        if self._job and self._progress:
            self._job.cancel()
            self._turn(JobState.CANCELLING)

    # ---- layers

    def _labels(self) -> list[Labels]:
        from napari.layers import Labels  # noqa: PLC0415 - napari loads layers late

        return [
            layer
            for layer in self._viewer.layers
            if isinstance(layer, Labels) and not is_overlay(layer)
        ]

    def _on_layers(self) -> None:
        if self._panel is None:
            return
        labels = self._labels()
        keys = [str(layer.unique_id) for layer in labels]
        before = self._chosen
        if self._chosen not in keys:
            self._chosen = keys[-1] if keys else None
        names = [(str(layer.unique_id), layer.name) for layer in labels]
        for layer in labels:
            layer.events.name.connect(self._on_layers)
        self._panel.form.set_layers(names, self._chosen)
        if self._chosen and self._chosen != before:
            self._choose(self._chosen)

    def _choose(self, key: str) -> None:
        layer = self._layer_of(key)
        if layer is None or self._panel is None:
            return
        self._chosen = key
        size = voxel_size_of(layer, axes_of(layer))
        self._panel.form.set_voxel_size(
            size or _proportions(layer), physical=size is not None
        )
        self._panel.form.set_path(_place_beside(layer))

    def _layer_of(self, key: str) -> Labels | None:
        found = (layer for layer in self._labels() if str(layer.unique_id) == key)
        return next(found, None)

    # ---- the job

    def _on_bake(self, wish: BakeWish) -> None:
        layer = self._layer_of(wish.layer)
        if layer is None or self._job is not None:
            return
        title = f"Skeletons of {layer.name}"
        self._progress = Progress(title, title, pausable=False)
        try:
            shown = _shown_of(layer, self._viewer)
            source = source_of(layer, channel=shown.get("C"), time=shown.get("T"))
        except SkootsError as error:
            self._turn(JobState.FAILED, explain(error))
            return
        the_engine().load()  # so that a core stays free for the window
        job = Job(lambda: _bake(source, wish), title)
        result = BakedLayers(self._viewer, layer, self._window())
        # by functions: they keep this object alive as long as the job, methods do not
        job.event.connect(lambda event: self._on_event(event))  # noqa: PLW0108 - above
        job.returned.connect(lambda baked: self._on_returned(result, baked))
        job.failed.connect(lambda error: self._turn(JobState.FAILED, explain(error)))
        job.stopped.connect(lambda: self._turn(JobState.CANCELLED))
        job.ended.connect(lambda: self._on_ended())  # noqa: PLW0108 - likewise
        self._job = job
        job.start()
        self._show()

    def _window(self) -> QWidget | None:
        """Give the viewer's window; None where the panel stands alone."""
        window = None if self._panel is None else self._panel.window()
        return None if window is self._panel else window

    def _on_event(self, event: Event) -> None:
        if self._progress:
            self._progress.hear(event)
            self._show()

    def _on_returned(self, result: BakedLayers, baked: Baked) -> None:
        result.show(baked)
        before = self._progress.view.message if self._progress else None
        said = result.words(baked)
        if before is not None:
            said = f"{said} {before.text}"
        level = Level.INFO if before is None else before.level
        self._turn(JobState.DONE, MessageView(said, level=level))

    def _on_ended(self) -> None:
        self._job = None
        self._show()

    def _turn(self, state: JobState, message: MessageView | None = None) -> None:
        if self._progress:
            self._progress.turn(state, message)
            self._show()

    def _show(self) -> None:
        if self._panel is None:
            return
        self._panel.footer.show_job(self.view)
        self._panel.form.set_ready(_BUSY if self._job else None)

    def _on_destroyed(self) -> None:
        self._panel = None


def _bake(source: Source, wish: BakeWish) -> Generator[Event, Any, Baked]:
    from skoots.train.bake_labels import bake_labels  # noqa: PLC0415 - imports torch
    from skoots.train.data.skeleton_files import (  # noqa: PLC0415 - likewise
        save_skeletons,
    )

    baked = yield from bake_labels(
        source, voxel_size=wish.voxel_size, arrows=wish.arrows, distance=wish.distance
    )
    if wish.save is not None:
        try:
            save_skeletons(wish.save, baked.points)
        except SkootsError as error:  # they can still be looked at
            yield Notice(str(error))
    return baked


def _place_beside(layer: Labels) -> Path | None:
    """Give where training finds the skeletons of a layer, if it is from a file."""
    path = path_of(layer)
    if path is None or any(part.endswith(RUN_SUFFIX) for part in path.parts):
        return None
    return skeletons_path(path)


def _proportions(layer: Labels) -> VoxelSize:
    """Give the scale of a layer along Z, Y, X, whatever its unit."""
    letters = axes_of(layer)
    wide = float(layer.scale[letters.index("X")])
    z, y, x = (
        float(layer.scale[letters.index(a)]) if a in letters else wide for a in "ZYX"
    )
    return z, y, x


def _shown_of(layer: Labels, viewer: ViewerModel) -> dict[str, int]:
    """Say which channel and time of a layer is shown, where there are several."""
    letters = axes_of(layer)
    steps = viewer.dims.current_step[-layer.ndim :]
    pairs = zip(letters, steps, strict=True)
    return {letter: int(step) for letter, step in pairs if letter in "CT"}
