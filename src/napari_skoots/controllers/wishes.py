"""What the user wants of the next run, and whether it can begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_skoots.controllers.engine import EngineState
from napari_skoots.controllers.output import run_path
from napari_skoots.controllers.request import Request
from napari_skoots.controllers.size import Size, sizes
from napari_skoots.layers import box_region, geometry_of, view_centre, view_region
from napari_skoots.layers.source import is_overlay, path_of
from napari_skoots.state.views import EstimateView, Where
from skoots.config.inference import FIXED
from skoots.errors import RunError, SkootsError

if TYPE_CHECKING:
    from pathlib import Path

    from napari.components import ViewerModel
    from napari.layers import Shapes

    from napari_skoots.controllers.engine import Engine
    from napari_skoots.controllers.images import Images
    from napari_skoots.controllers.models import Models
    from napari_skoots.state.views import Choice
    from skoots.run.region import Region


class Wishes:
    """Everything that was chosen for the next run.

    Parameters
    ----------
    viewer : ViewerModel
        Whose view and boxes say which part is meant.
    engine : Engine
        Has to be ready.
    images, models
        What was chosen there is part of it.
    folder : Path, optional
        Where runs go; beside the image else.
    """

    changed = Signal()

    def __init__(
        self,
        viewer: ViewerModel,
        engine: Engine,
        images: Images,
        models: Models,
        folder: Path | None = None,
    ) -> None:
        self._viewer = viewer
        self._engine = engine
        self._images = images
        self._models = models
        self._folder = folder
        self._out: Path | None = None
        self._out_of: tuple[object, ...] = ()
        self.where = Where.VIEW
        self._box: str | None = None
        self.diameter: float | None = None
        self._sized: str | None = None
        self.resample: bool | None = None
        self._before: tuple[str | None, float | None, bool | None] | None = None
        self.config: dict[str, Any] = {}
        images.changed.connect(self._on_image)
        for controller in (models, engine):
            controller.changed.connect(self._on_other)

    def set(self, **values: Any) -> None:
        """Change some of the wishes.

        Parameters
        ----------
        **values
            Of ``where``, ``box``, ``diameter``, ``resample``, ``config``.
        """
        for name, value in values.items():
            if name not in ("where", "box", "diameter", "resample", "config"):
                raise AttributeError(name)
            setattr(self, name, value)
        if values.keys() & {"diameter", "resample"}:
            self._before = None  # the user's own
        self.changed.emit()

    def set_for_model(self, diameter: float | None, resample: bool | None) -> None:  # noqa: FBT001 - as `resample`
        """Say how large objects are for the chosen model, until another one is chosen.

        Parameters
        ----------
        diameter : float or None
            In voxels of the image; None where the model says.
        resample : bool or None
            Whether to resample; None where it helps.
        """
        if self._before is None:
            self._before = self._models.current, self.diameter, self.resample
        else:
            self._before = self._models.current, *self._before[1:]
        self.diameter, self.resample = diameter, resample
        self.changed.emit()

    # ---- which part

    @property
    def boxes(self) -> list[Choice]:
        """The layers that a box can be drawn in, by unique id."""
        return [(str(layer.unique_id), layer.name) for layer in self._shapes()]

    @property
    def box(self) -> str | None:
        """The layer whose box is meant: the chosen one, else the last."""
        keys = [key for key, _ in self.boxes]
        if self._box in keys:
            return self._box
        return keys[-1] if keys else None

    @box.setter
    def box(self, key: str | None) -> None:
        self._box = key

    @property
    def region(self) -> Region | None:
        """The part of the image that is meant; None is all of it.

        Raises
        ------
        RunError
            If the view or the box holds nothing of the image.
        """
        layer = self._images.layer
        if layer is None or self.where is Where.WHOLE:
            return None
        axes, shape = self._images.axes, self._images.source().shape
        if self.where is Where.VIEW:
            region = view_region(self._viewer, layer, axes, shape)
            if region is None:
                raise RunError(
                    "Nothing of the image is in the view. Move the view, or choose the "
                    "whole volume."
                )
            return region
        box = self.box
        shapes = next((s for s in self._shapes() if str(s.unique_id) == box), None)
        region = shapes and box_region(shapes, layer, axes, shape)
        if region is None:
            raise RunError("Draw a rectangle on the image: it is the box.")
        return region

    def choose_where(self, where: Where) -> None:
        """Choose which part is meant; a layer to draw the box in is made if need be."""
        image = self._images.layer
        if where is Where.BOX and image is not None and not self._shapes():
            from napari.layers import Shapes  # noqa: PLC0415 - napari loads layers late

            geometry = geometry_of(image, self._images.axes)
            layer = Shapes(ndim=3, name="Box", face_color="transparent", **geometry)
            self._viewer.add_layer(layer)
            layer.mode = "add_rectangle"
        self.set(where=where)

    # ---- how large

    @property
    def size(self) -> Size:
        """Diameters of objects, here and where the model was trained."""
        images = self._images
        planes = images.planes
        return sizes(self._models.checkpoint, images.voxel_size, self.diameter, planes)

    @property
    def resamples(self) -> bool:
        """Whether the image is resampled: as the user said, else where it helps."""
        scale = self.size.scale
        if scale is None or not scale.possible:
            return False
        return scale.by_itself if self.resample is None else self.resample

    @property
    def _wish(self) -> dict[str, object]:
        """What was chosen, in the words of ``skoots.segment``."""
        if self.diameter is None:
            return {} if self.resample is None else {"resample": self.resamples}
        return {"diameter": self.diameter} if self.resamples else {"resample": False}

    # ---- where to

    @property
    def out(self) -> Path | None:
        """The run folder; None without an image."""
        layer = self._images.layer
        if self._out is not None or layer is None:
            return self._out
        return run_path(path_of(layer), self._name(), self._folder)

    @property
    def out_note(self) -> str:
        """Say why the run does not go beside the image, if it does not."""
        layer, out = self._images.layer, self.out
        path = None if layer is None else path_of(layer)
        if out is None or self._out is not None or self._folder is not None:
            return ""
        if path is None:
            return "The image is in memory alone: give it a folder to keep."
        if out.parent == path.parent:
            return ""
        return f"Nothing can be written beside the image; kept in {out.parent}."

    def set_out(self, path: Path | None) -> None:
        """Let the run go elsewhere, or (None) where it goes by itself."""
        self._out, self._out_of = path, self._chosen
        self.changed.emit()

    def _name(self) -> str:
        """Name the run after the image, its channel and its time point."""
        name = self._images.name
        parts = self._images.choice
        return "-".join([name, *(f"{key}{value}" for key, value in parts.items())])

    # ---- all of it

    @property
    def blocked(self) -> str:
        """Why no run can begin, and what to do; empty where one can."""
        view = self._images.view
        if view is None:
            return "Choose an image first."
        if view.problem:
            return view.problem
        return self._unready

    @property
    def _unready(self) -> str:
        """Why engine or model cannot be used yet."""
        if self._engine.state is EngineState.FAILED:
            return f"The engine cannot be loaded: {self._engine.problem}"
        if self._engine.state is not EngineState.READY:
            return "Loading the engine…"
        if self._models.current is None:
            return "Choose a model first."
        if self._models.checkpoint is None:
            return self._models.problem or "Loading the model…"
        return self._models.warning

    @property
    def misplaced(self) -> str:
        """Why the part that was chosen cannot be segmented; empty where it can."""
        try:
            _ = self.region
        except SkootsError as error:
            return str(error)
        return ""

    def request(self, *, whole: bool = False) -> Request:
        """Give the run that is asked for.

        Parameters
        ----------
        whole : bool
            Whether it is of the whole image, whatever part was chosen.

        Raises
        ------
        SkootsError
            If something is missing, or the view or the box holds nothing.
        """
        layer, checkpoint, out = self._images.layer, self._models.checkpoint, self.out
        if self.blocked or layer is None or checkpoint is None or out is None:
            raise RunError(self.blocked)
        return Request(
            source=self._images.source(),
            checkpoint=checkpoint,
            out=out,
            name=self._name(),
            geometry=geometry_of(layer, self._images.axes),
            image_id=str(layer.unique_id),
            region=None if whole else self.region,
            point=view_centre(
                self._viewer, layer, self._images.axes, self._images.source().shape
            ),
            config=dict(self.config),
            device=self._models.device,
            wish=self._wish,
        )

    @property
    def estimate(self) -> EstimateView | None:
        """What the run would cost; None as long as it cannot begin."""
        try:
            request = self.request()
            from skoots.inference.estimate import estimate  # noqa: PLC0415 - torch

            found = estimate(
                request.source,
                request.checkpoint,
                request.settings,
                region=request.region,
                device=request.device,
                pace=self._models.pace,
                **request.wish,
            )
        except SkootsError:
            return None
        tile = " x ".join(map(str, found.tile_zyx))
        return EstimateView(
            found.tiles,
            found.seconds,
            found.bytes_on_disk,
            f"Tiles of {tile} voxels (Z, Y, X), {found.number_format}",
        )

    @property
    def thresholds(self) -> dict[str, Any]:
        """All settings of ``INFERENCE`` that are applied after the network."""
        model = self._models.checkpoint
        usual = {} if model is None else model.config.INFERENCE.model_dump()
        every = {**usual, **self.config}
        return {name: every[name] for name in every if name not in FIXED}

    # ---- others

    def _shapes(self) -> list[Shapes]:
        from napari.layers import Shapes  # noqa: PLC0415 - napari loads layers late

        layers = self._viewer.layers
        return [i for i in layers if isinstance(i, Shapes) and not is_overlay(i)]

    @property
    def _chosen(self) -> tuple[object, ...]:
        return self._images.current, self._images.choice

    def _on_image(self) -> None:
        if self._chosen != self._out_of:  # a place is chosen for one volume
            self._out = None
        if self._images.current != self._sized:  # and a size for the objects of one
            self._sized, self.diameter = self._images.current, None
            self.resample = self._before = None
        self.changed.emit()

    def _on_other(self) -> None:
        if self._before is not None and self._before[0] != self._models.current:
            _, self.diameter, self.resample = self._before
            self._before = None
        self.changed.emit()
