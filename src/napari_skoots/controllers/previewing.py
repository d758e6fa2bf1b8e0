"""A look at what a model finds around the cursor, before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_skoots.controllers.board import done
from napari_skoots.jobs import Job
from napari_skoots.layers import point_under_cursor, shifted, view_centre
from napari_skoots.layers.source import FACTS
from napari_skoots.state.views import PreviewView
from skoots.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_skoots.controllers.board import Board
    from napari_skoots.controllers.images import Images
    from napari_skoots.controllers.models import Models
    from napari_skoots.controllers.request import Request
    from napari_skoots.controllers.wishes import Wishes
    from skoots.events import Event
    from skoots.inference.preview import Preview

NAME = "SKOOTS preview"


class Previewing:
    """One preview at a time; the next takes the place of the one before.

    Parameters
    ----------
    viewer : ViewerModel
        Whose cursor and view say where.
    board : Board
        Runs the job.
    images, models, wishes
        What was chosen.
    """

    changed = Signal()

    def __init__(
        self,
        viewer: ViewerModel,
        board: Board,
        images: Images,
        models: Models,
        wishes: Wishes,
    ) -> None:
        self._viewer = viewer
        self._board = board
        self._images = images
        self._models = models
        self._wishes = wishes
        self._layer: Labels | None = None
        self._kept = 0
        self.view: PreviewView | None = None
        viewer.layers.events.removed.connect(self._on_removed)

    def begin(self, *, at_cursor: bool) -> None:
        """Segment one tile around the cursor, or around the middle of the view.

        Parameters
        ----------
        at_cursor : bool
            Whether the cursor says where, as long as it is on the image.

        Raises
        ------
        SkootsError
            If something is missing, a job runs, or the image is out of view.
        """
        layer = self._images.layer
        request = self._wishes.request(whole=True)
        where = point_under_cursor if at_cursor else view_centre
        shape = request.source.shape
        point = layer and where(self._viewer, layer, self._images.axes, shape)
        if point is None:
            raise RunError("Nothing of the image is in the view. Move the view.")
        pace = self._models.pace

        def start() -> Generator[Event, Any, Preview]:
            from skoots.inference.preview import preview  # noqa: PLC0415 - torch

            return preview(
                request.source,
                request.checkpoint,
                point,
                request.settings,
                device=request.device,
                pace=pace,
                **request.wish,
            )

        job = Job(start, f"Preview of {request.name}")
        job.returned.connect(lambda found: self._on_returned(request, found))
        self._board.run(job, pausable=False, kept="Nothing is changed.")

    def accept(self) -> None:
        """Keep the preview as a layer like any other."""
        layer = self._layer
        if layer is None:
            return
        self._kept += 1
        layer.name = f"{layer.metadata[FACTS]['of']} preview {self._kept}"
        layer.metadata.pop(FACTS)
        self._forget()

    def dismiss(self) -> None:
        """Remove the preview."""
        layer = self._layer
        self._forget()
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def _on_returned(self, request: Request, found: Preview) -> None:
        from napari.layers import Labels  # noqa: PLC0415 - napari loads layers late

        self.dismiss()
        start = [bounds[0] for bounds in found.box_zyx]
        layer = Labels(
            found.labels,
            name=NAME,
            metadata={FACTS: {"overlay": True, "of": request.name}},
            **shifted(request.geometry, start),
        )
        active = self._viewer.layers.selection.active
        self._viewer.add_layer(layer)
        self._viewer.layers.selection.active = active or layer
        self._layer = layer
        self.view = PreviewView(found.objects, found.seconds)
        said = f"{found.objects} objects in {found.seconds:.1f} s."
        view = self._board.view
        self._board.tell(done(said, None if view is None else view.message))
        self.changed.emit()

    def _on_removed(self) -> None:
        if self._layer is not None and self._layer not in self._viewer.layers:
            self._forget()

    def _forget(self) -> None:
        self._layer, self.view = None, None
        self.changed.emit()
