"""Skeletons of any Labels layer, as layers and as a file that training reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_skoots.controllers.baked_layers import BakedLayers
from napari_skoots.controllers.board import done
from napari_skoots.controllers.engine import the_engine
from napari_skoots.jobs import Job
from napari_skoots.layers import axes_of, source_of
from napari_skoots.layers.source import is_overlay
from skoots.errors import RunError, SkootsError
from skoots.events import Notice

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_skoots.controllers.board import Board
    from napari_skoots.state.baking import BakeWish
    from skoots.events import Event
    from skoots.train.bake_labels import Baked
    from skoots.volume.source import Source


class Baking:
    """Makes skeletons of labels in a job of the board.

    The job is bound to the layer that it began with: the form may be closed, and the
    layer removed, while it runs.

    Parameters
    ----------
    viewer : ViewerModel
        Whose labels are baked, and which gets the layers.
    board : Board
        Runs the job.
    """

    def __init__(self, viewer: ViewerModel, board: Board) -> None:
        self._viewer = viewer
        self._board = board

    @property
    def labels(self) -> list[Labels]:
        """The layers that can be baked."""
        from napari.layers import Labels  # noqa: PLC0415 - napari loads layers late

        layers = self._viewer.layers
        return [i for i in layers if isinstance(i, Labels) and not is_overlay(i)]

    def find(self, key: str) -> Labels | None:
        """Give the layer of a unique id, as long as it is there."""
        found = (layer for layer in self.labels if str(layer.unique_id) == key)
        return next(found, None)

    def begin(self, wish: BakeWish) -> None:
        """Bake the labels of a layer.

        Raises
        ------
        SkootsError
            If the layer is gone, its data are no labels of a volume, or a job runs.
        """
        layer = self.find(wish.layer)
        if layer is None:
            raise RunError("The Labels layer is gone. Choose another one.")
        shown = _shown_of(layer, self._viewer)
        source = source_of(layer, channel=shown.get("C"), time=shown.get("T"))
        the_engine().load()  # so that a core stays free for the window
        job = Job(lambda: _bake(source, wish), f"Skeletons of {layer.name}")
        result = BakedLayers(self._viewer, layer)
        job.returned.connect(lambda baked: self._on_returned(result, baked))
        self._board.run(job, pausable=False, kept="No layer is added.")

    def _on_returned(self, result: BakedLayers, baked: Baked) -> None:
        result.show(baked)
        view = self._board.view
        before = None if view is None else view.message
        self._board.tell(done(result.words(baked), before))


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


def _shown_of(layer: Labels, viewer: ViewerModel) -> dict[str, int]:
    """Say which channel and time of a layer is shown, where there are several."""
    letters = axes_of(layer)
    steps = viewer.dims.current_step[-layer.ndim :]
    pairs = zip(letters, steps, strict=True)
    return {letter: int(step) for letter, step in pairs if letter in "CT"}
