"""What can be done with labels: a table, a receipt, a copy, the run's other arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_skoots.controllers.board import done
from napari_skoots.jobs import Job
from napari_skoots.state.views import MessageView, ReceiptView, ResultView

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from napari.components import ViewerModel

    from napari_skoots.controllers.board import Board
    from napari_skoots.controllers.segmenting import Segmenting
    from napari_skoots.controllers.shown_run import ShownRun
    from skoots.events import Event
    from skoots.validate.measure import ObjectTable


class Results:
    """The run that is open, once something of it is done.

    Parameters
    ----------
    viewer : ViewerModel
        Shows the labels.
    board : Board
        Runs the jobs.
    segmenting : Segmenting
        Says which run is open.
    """

    changed = Signal()
    measured = Signal(object)
    """The labels layer, whose features are the table now."""

    def __init__(
        self, viewer: ViewerModel, board: Board, segmenting: Segmenting
    ) -> None:
        self._viewer = viewer
        self._board = board
        self._segmenting = segmenting
        for signal in (segmenting.settled, board.freed):
            signal.connect(self._on_change)
        segmenting.opened.connect(self._on_opened)

    @property
    def opened(self) -> ShownRun | None:
        """The run that is open."""
        return self._segmenting.current

    @property
    def view(self) -> ResultView | None:
        """What the panel shows; None while nothing is done."""
        opened = self.opened
        if opened is None or self._board.busy:
            return None
        summary = opened.run.summary
        return ResultView(
            title=opened.layer.name,
            objects=None if summary is None else int(summary["objects"]),
            final=summary is not None,
            has_skeletons=summary is not None,
            skeletons_shown=opened.overlays.skeletons_shown,
            probability_shown=opened.overlays.probability_shown,
            path=str(opened.path),
        )

    # ---- table

    def measure(self) -> None:
        """Count the voxels of every object, and give the layer the table."""
        opened = self.opened
        if opened is None:
            return
        opened.check()

        def start() -> Generator[Event, Any, ObjectTable]:
            from skoots.validate.measure import measure_objects  # noqa: PLC0415 - cc3d

            return measure_objects(opened.labels, opened.run.voxel_size)

        job = Job(start, f"Measure {opened.name}")
        job.returned.connect(lambda table: self._on_measured(opened, table))
        self._board.run(job, kept="No table is made.")

    def _on_measured(self, opened: ShownRun, table: ObjectTable) -> None:
        import pandas as pd  # noqa: PLC0415 - napari brings it, and slowly

        columns: dict[str, Any] = {"index": table.ids, "voxels": table.voxels}
        if table.volume_um3 is not None:
            columns["volume_um3"] = table.volume_um3
        for axis, letter in enumerate("zyx"):
            columns[letter] = table.centroid_zyx[:, axis].round(1)
        columns["at_face"] = table.at_face
        opened.layer.features = pd.DataFrame(columns)
        view = self._board.view
        said = f"{len(table.ids)} objects measured."
        self._board.tell(done(said, None if view is None else view.message))
        opened.show()  # somebody may have removed it
        self.measured.emit(opened.layer)

    def new_label(self) -> None:
        """Choose a label that is not used yet for painting."""
        if self.opened is not None:
            self.opened.layer.selected_label = self.opened.labels.next_label()

    # ---- receipt

    @property
    def receipt(self) -> ReceiptView | None:
        """How the labels were made.

        Raises
        ------
        SkootsError
            If the run folder is damaged or gone.
        """
        from skoots.run.receipt import receipt_of  # noqa: PLC0415 - on use

        opened = self.opened
        if opened is None:
            return None
        receipt = receipt_of(opened.path)
        return ReceiptView(
            receipt.rows, receipt.text, receipt.command_line, receipt.python
        )

    # ---- a copy

    def save(self, path: Path) -> None:
        """Write the labels as TIFF, or as OME-Zarr if the name says so."""
        opened = self.opened
        if opened is None:
            return
        opened.check()

        def start() -> Generator[Event, Any, Path]:
            return _copy(opened, path)

        job = Job(start, f"Save {path.name}")
        job.returned.connect(
            lambda written: self._board.tell(MessageView(f"Saved {written}"))
        )
        self._board.run(job, kept="Nothing is written.")

    # ---- the run's other arrays

    def show_skeletons(self, *, shown: bool) -> None:
        """Show the skeletons as points, or remove them.

        Raises
        ------
        RunError
            If the run folder is gone, or a job runs.
        """
        opened = self._checked(asked=shown)
        if opened is not None:
            opened.overlays.show_skeletons(self._board, shown=shown)

    def show_probability(self, *, shown: bool) -> None:
        """Show the network's probability as an image, or remove it.

        Raises
        ------
        RunError
            If the run folder is gone.
        """
        opened = self._checked(asked=shown)
        if opened is not None:
            opened.overlays.show_probability(shown=shown)

    def _checked(self, *, asked: bool) -> ShownRun | None:
        """Give the open run; if something of it is asked for, its folder is there."""
        if self.opened is not None and asked:
            self.changed.emit()  # a tick that cannot be kept goes
            self.opened.check()
        return self.opened

    def _on_opened(self, opened: ShownRun) -> None:
        opened.overlays.changed.connect(self._on_change, unique=True)
        self.changed.emit()

    def _on_change(self, *_: object) -> None:
        self.changed.emit()


def _copy(opened: ShownRun, path: Path) -> Generator[Event, Any, Path]:
    """Write labels plane by plane, or chunk by chunk; an old file is replaced."""
    from skoots.inference.labels_ome_zarr import (  # noqa: PLC0415 - imports torch
        write_labels_ome_zarr,
    )
    from skoots.inference.labels_tiff import write_labels_tiff  # noqa: PLC0415 - likewise
    from skoots.inference.pyramid import refresh_levels  # noqa: PLC0415 - likewise

    yield from refresh_levels(opened.path)  # the run's own copy shows strokes as well
    labels, size = opened.labels, opened.run.voxel_size
    tiff = path.suffix.lower() in (".tif", ".tiff")
    write = write_labels_tiff if tiff else write_labels_ome_zarr
    return (yield from write(labels, path, size, name=opened.name, overwrite=True))
