"""The form of ``Bake skeletons`` and what bakes, tied together while the form is there.

The job is the board's: a form that is closed and opened again shows how far it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_skoots.controllers.docked import Docked
from napari_skoots.controllers.progress import explain
from napari_skoots.layers import axes_of, voxel_size_of
from napari_skoots.layers.source import path_of
from skoots.errors import SkootsError
from skoots.train.data.pairs import skeletons_path
from skoots.volume.naming import RUN_SUFFIX

if TYPE_CHECKING:
    from pathlib import Path

    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_skoots.controllers.baking import Baking
    from napari_skoots.controllers.board import Board
    from napari_skoots.state.baking import BakeWish
    from napari_skoots.widgets.bake_panel import BakePanel
    from skoots._types import VoxelSize

_BUSY = "A job is running. Wait for it, or cancel it."


class BakeBinding(Docked):
    """Offers the labels of a viewer in a form, and shows the job that runs.

    Parameters
    ----------
    panel : BakePanel
        Empty; owns the binding.
    viewer : ViewerModel
        Whose Labels layers are offered.
    baking : Baking
        Does what the user asks for.
    board : Board
        Runs the jobs of the viewer.
    """

    def __init__(
        self, panel: BakePanel, viewer: ViewerModel, baking: Baking, board: Board
    ) -> None:
        super().__init__(panel)
        self._panel = panel
        self._baking = baking
        self._board = board
        self._chosen: str | None = None
        events = viewer.layers.events
        self._emitters = (events.inserted, events.removed, events.reordered)
        for emitter in self._emitters:
            emitter.connect(self._on_layers)
        board.changed.connect(self._on_job)
        panel.form.layer_chosen.connect(self._choose)
        panel.form.bake_requested.connect(self._on_bake)
        panel.footer.cancel_requested.connect(board.cancel)
        panel.footer.pause_requested.connect(board.pause)
        panel.footer.resume_requested.connect(board.resume)
        self._on_layers()
        self._on_job()

    def release(self) -> None:
        """Listen no more: the form is closed. The job goes on."""
        for emitter in self._emitters:
            emitter.disconnect(self._on_layers)
        for layer in self._baking.labels:
            layer.events.name.disconnect(self._on_layers)
        self._board.changed.disconnect(self._on_job, missing_ok=True)

    # ---- layers

    def _on_layers(self) -> None:
        labels = self._baking.labels
        keys = [str(layer.unique_id) for layer in labels]
        before = self._chosen
        if self._chosen not in keys:
            self._chosen = keys[-1] if keys else None
        for layer in labels:  # napari connects what is connected once
            layer.events.name.connect(self._on_layers)
        names = [(str(layer.unique_id), layer.name) for layer in labels]
        self._panel.form.set_layers(names, self._chosen)
        if self._chosen and self._chosen != before:
            self._choose(self._chosen)
        self._show_ready()

    def _choose(self, key: str) -> None:
        layer = self._baking.find(key)
        if layer is None:
            return
        self._chosen = key
        size = voxel_size_of(layer, axes_of(layer))
        self._panel.form.set_voxel_size(
            size or _proportions(layer), physical=size is not None
        )
        self._panel.form.set_path(_place_beside(layer))

    # ---- the job

    def _on_bake(self, wish: BakeWish) -> None:
        try:
            self._baking.begin(wish)
        except SkootsError as error:
            self._panel.footer.show_message(explain(error))

    def _on_job(self) -> None:
        self._panel.footer.show_job(self._board.view)
        self._show_ready()

    def _show_ready(self) -> None:
        self._panel.form.set_ready(_BUSY if self._board.busy else None)


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
