"""What a model is taught with: the examples of a project, as layers of a viewer.

::

    Images --> OpeningJobs --> OpenExample: PaintedLayer, Boxes, LiveSkeletons
                                    |  painted, drawn     ^
                                    v                     | skeletons
                          Counting, Watching (a thread) --+--> view

Everything is on disk as soon as it is painted or drawn, so layers can be removed and
shown again.
"""

from __future__ import annotations

import math
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_skoots.controllers.teaching.accepting import Accepting
from napari_skoots.controllers.teaching.counting import Counting
from napari_skoots.controllers.teaching.label_layers import LabelLayers
from napari_skoots.controllers.teaching.open_examples import OpenExamples
from napari_skoots.controllers.teaching.opening_jobs import OpeningJobs
from napari_skoots.controllers.teaching.place import ProjectPlace
from napari_skoots.controllers.teaching.view_of_example import view_of_example
from skoots.errors import SkootsError, StorageError, TrainingError

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_skoots.controllers.board import Board
    from napari_skoots.controllers.images import Images
    from napari_skoots.controllers.teaching.open_example import OpenExample
    from napari_skoots.state.teaching import ExampleView
    from napari_skoots.state.views import Choice
    from skoots._types import VoxelSize
    from skoots.model.checkpoint import Checkpoint
    from skoots.teach.example import Example
    from skoots.teach.project import TeachProject


class Exercise:
    """Everything that is painted, for one viewer.

    Parameters
    ----------
    viewer : ViewerModel
        Gets the layers.
    board : Board
        Runs what takes long.
    images : Images
        The image that is chosen.
    folder : Path or None
        Where projects go; beside the image else.
    """

    changed = Signal()
    """`view` is another."""

    told = Signal(object)
    """An exception for the user."""

    noted = Signal(str)
    """Something that the user should know."""

    def __init__(
        self,
        viewer: ViewerModel,
        board: Board,
        images: Images,
        folder: Path | None = None,
    ) -> None:
        self._viewer = viewer
        self._images = images
        self._place = ProjectPlace(images, folder)
        self._labels = LabelLayers(viewer, images)
        self._open = OpenExamples(viewer, images)
        self._counting = Counting(self._open)
        self._accepting = Accepting(viewer)
        self._jobs = OpeningJobs(board, images, self._place, self._open)
        self._unsized: tuple[Path, VoxelSize] | None = None
        self._watch()

    # ---- what there is

    @property
    def view(self) -> ExampleView:
        """What the tab shows."""
        return view_of_example(
            self._place,
            self._images.name,
            self._open.current,
            self._counting.painted,
            counting=self._counting.busy,
            accepting=self._accepting.on,
        )

    @property
    def project(self) -> TeachProject | None:
        """The project that is open."""
        return self._place.project

    @property
    def example(self) -> Example | None:
        """The example of the image that is chosen."""
        opened = self._open.current
        return None if opened is None else opened.example

    @property
    def layer(self) -> Labels | None:
        """The teaching layer of the image, as long as it is in the viewer."""
        opened = self._open.current
        return opened.painted.layer if opened and opened.painted.shown else None

    @property
    def label_layers(self) -> list[Choice]:
        """Labels layers that can be copied, by unique id."""
        return self._labels.choices

    def diameter(self, model: Checkpoint | None) -> float | None:
        """Give the diameter of a typical painted object, in voxels of the image."""
        from skoots.teach.size import painted_diameter  # noqa: PLC0415 - cc3d

        known, sizes = self._counting.painted, self._counting.voxel_sizes
        return painted_diameter(
            list(known.values()),
            [sizes.get(path) for path in known],
            self._images.voxel_size,
            None if model is None else model.voxel_size,
        )

    # ---- projects

    def open_project(self, path: Path | str) -> None:
        """Open a project that exists.

        Raises
        ------
        TrainingError
            If it is none; what is open stays then.
        """
        self._place.open(Path(path))
        self._follow_project()
        self._on_image()

    def set_project_place(self, path: Path | str) -> None:
        """Say where a new project goes; the one that is open is closed.

        Raises
        ------
        TrainingError
            If the name is none for a project.
        """
        self._place.choose(Path(path))
        self._follow_project()
        self.changed.emit()

    # ---- layers

    def new_layer(self) -> None:
        """Show the teaching layer and the boxes of the image; made if there are none.

        Raises
        ------
        SkootsError
            If there is no image, nothing can be written, or another job runs.
        """
        opened = self._open.current
        if opened is not None:
            self._show(opened)
            return
        source = self._images.source()
        self._jobs.add(self._project(), source)

    def copy_layer(self, key: str, everything: bool) -> None:  # noqa: FBT001 - a form's
        """Copy the objects of a Labels layer into the example of the image.

        Parameters
        ----------
        key : str
            Unique id of the layer, which stays as it is.
        everything : bool
            Whether every object of the image is in it.

        Raises
        ------
        SkootsError
            If it does not fit the image, or another job runs.
        """
        layer = self._labels.find(key)
        source = self._images.source()
        labels = self._labels.volume(layer, source.shape)
        self._jobs.copy(
            self._project(), source, labels, layer.name, everything=everything
        )

    def set_everything(self, everything: bool) -> None:  # noqa: FBT001 - a signal's
        """Make the whole image one box, or go back to the boxes that were drawn."""
        self._need().boxes.set_everything(everything)

    def draw_box(self) -> None:
        """Let the user draw a box."""
        self._accepting.end()
        opened = self._need()
        opened.time.go()
        opened.boxes.draw()

    def set_planes(self, first: int, last: int) -> None:
        """Say which planes the selected box has, both inside."""
        self._need().boxes.set_planes(first, last)

    def set_held_out(self, held_out: bool) -> None:  # noqa: FBT001 - a signal's
        """Keep the selected box from training, or no more."""
        self._need().boxes.set_held_out(held_out)

    def set_accepting(self, accepting: bool) -> None:  # noqa: FBT001 - a signal's
        """Copy objects that are clicked at, or no more."""
        if not accepting:
            self._accepting.end()
            return
        opened = self._need()
        if not opened.painted.shown:
            self._show(opened)
        opened.time.go()
        self._accepting.begin(opened)

    def set_skeletons(self, shown: bool) -> None:  # noqa: FBT001 - a signal's
        """Show skeletons that follow what is painted, or remove them."""
        opened = self._need()
        if shown == opened.skeletons.shown:
            return
        if shown:
            opened.skeletons.show()
            self._counting.count(opened)
        else:
            opened.skeletons.hide()
        self.changed.emit()

    def flush(self) -> None:
        """Store boxes and moved points now.

        Raises
        ------
        StorageError
            If that cannot be done: who trained would train on others.
        """
        with ExitStack() as steps:
            for opened in self._open.all:
                steps.callback(opened.flush)
        for opened in self._open.all:
            if opened.unstored:
                raise StorageError(
                    f"What was drawn cannot be stored in {opened.path}, so nothing can "
                    "be taught with it. Make room there, or let it be written, and try "
                    "again."
                )

    def close(self) -> None:
        """Store all, and follow the viewer no more.

        Also where Qt has deleted its objects already, or a part of it fails.
        """
        with ExitStack() as steps:  # the last one first; each is done
            steps.callback(self._jobs.drop)
            steps.callback(self._counting.close)
            steps.callback(self._accepting.close)
            steps.callback(self._images.changed.disconnect, self._on_image)
            steps.callback(self._open.close, remove=False)

    # ---- what is open

    def _project(self) -> TeachProject:
        before = self.project
        project = self._place.need()
        if before is None:
            self._counting.follow(project)
        return project

    def _follow_project(self) -> None:
        """Take the layers of the project before out of the viewer; count this one."""
        self._accepting.end()
        self._jobs.drop()
        self._open.close(remove=True)
        self._counting.follow(self.project)

    def _show(self, opened: OpenExample) -> None:
        opened.show()
        self._counting.start()
        self.changed.emit()

    def _need(self) -> OpenExample:
        opened = self._open.current
        if opened is None:
            raise TrainingError(
                "The image has no teaching layer yet. Make one, or copy a Labels layer."
            )
        return opened

    # ---- what happens

    def _watch(self) -> None:
        self._images.changed.connect(self._on_image)
        self._counting.changed.connect(self.changed)
        self._counting.failed.connect(self.told)
        self._jobs.ready.connect(self._on_ready)
        self._jobs.failed.connect(self.told)
        self._jobs.noted.connect(self.noted)
        self._accepting.changed.connect(self.changed)
        self._accepting.said.connect(self._on_said)
        self._accepting.failed.connect(self.told)
        self._open.changed.connect(self._note_voxel_size)
        self._open.changed.connect(self._end_accepting)
        self._open.changed.connect(self.changed)
        self._open.opened.connect(self._on_open)

    def _on_ready(self, opened: OpenExample) -> None:
        """Show an example that was asked for, if its image is still chosen."""
        if opened is self._open.current:
            self._show(opened)
        self._counting.start()
        self._counting.count(opened)
        self.changed.emit()

    def _on_open(self, opened: OpenExample) -> None:
        """Hear what the user draws and moves in an example."""
        opened.boxes.changed.connect(self.changed)
        opened.boxes.failed.connect(self.told)
        skeletons = opened.skeletons
        skeletons.changed.connect(self.changed)
        skeletons.dropped.connect(self._on_dropped)
        skeletons.failed.connect(self.told)
        if skeletons.damaged is not None:
            self.noted.emit(
                "The points that you moved cannot be read: their file is damaged. It "
                f"is kept as {skeletons.damaged}."
            )

    def _on_image(self) -> None:
        """Find the example of the image, if it has one in the project."""
        self._open.follow()
        self._note_voxel_size()
        self._end_accepting()
        project = self.project
        if project is not None and self._open.unknown:
            self._jobs.search(project)
        self.changed.emit()

    def _note_voxel_size(self) -> None:
        """Let what is painted have the voxel size that its image has by now."""
        opened, size = self._open.current, self._images.voxel_size
        if opened is None or size is None or _alike(size, opened.example.voxel_size):
            return
        if self._unsized == (opened.path, size):
            return  # that it cannot be stored was said
        try:
            opened.example.set_voxel_size(size)
        except SkootsError as error:
            self._unsized = opened.path, size
            self.told.emit(error)
        else:
            self._counting.count(opened)

    def _end_accepting(self) -> None:
        """Accept no more for an example that is gone, or of an image not chosen."""
        accepted, current = self._accepting.example, self._open.current
        if accepted is not current or current is None or not current.painted.shown:
            self._accepting.end()

    def _on_dropped(self, ids: list[int]) -> None:
        named = ", ".join(map(str, ids[:5]))
        self.noted.emit(
            f"More was painted of object {named}: its skeleton is made anew, without "
            "the points that you moved. Undo brings them back."
        )

    def _on_said(self, text: str) -> None:
        self._viewer.status = text
        self.noted.emit(text)


def _alike(one: VoxelSize, other: VoxelSize | None) -> bool:
    """Whether two voxel sizes differ by rounding alone."""
    return other is not None and all(map(math.isclose, one, other))
