"""A run folder opened again: its image, its labels, and what was chosen for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_skoots.controllers.segmenting import LEAVE, Question
from napari_skoots.layers import geometry_of, layer_geometry, source_of
from napari_skoots.layers.source import path_of
from skoots.errors import SkootsError

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

    from napari_skoots.controllers.images import Images
    from napari_skoots.controllers.model_choice import ModelChoice
    from napari_skoots.controllers.models import Models
    from napari_skoots.controllers.segmenting import Segmenting
    from napari_skoots.controllers.wishes import Wishes
    from skoots.run.folder import RunFolder
    from skoots.run.plan import ImageRecord


class Reopening:
    """Brings back what a run folder holds.

    Parameters
    ----------
    viewer : ViewerModel
        Where it is shown.
    images, models, choice, wishes, segmenting
        Are set to what the run was made with, as far as it is still there.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        images: Images,
        models: Models,
        choice: ModelChoice,
        wishes: Wishes,
        segmenting: Segmenting,
    ) -> None:
        self._viewer = viewer
        self._images = images
        self._models = models
        self._choice = choice
        self._wishes = wishes
        self._segmenting = segmenting

    def open(self, path: Path) -> str:
        """Open a run folder.

        Returns
        -------
        str
            What could not be brought back; empty if everything could.

        Raises
        ------
        RunError
            If the folder is no run, or damaged.
        """
        from napari_skoots.controllers.shown_run import (  # noqa: PLC0415 - zarr
            ShownRun,
        )
        from skoots.run.folder import RunFolder  # noqa: PLC0415 - likewise

        known = self._segmenting.find(path)
        if known is not None:
            known.show()
            self._segmenting.show(known)
            return ""
        run = RunFolder.open(path)
        layer, problem = self._find_image(run)
        if layer is None:
            geometry = layer_geometry(run.voxel_size)
        else:
            self._images.choose(str(layer.unique_id))
            self._choose_part(run)
            geometry = geometry_of(layer, self._images.axes)
        image_id = None if layer is None else str(layer.unique_id)
        opened = ShownRun(self._viewer, path, run.plan.image.name, geometry, image_id)
        self._segmenting.reopen(opened)
        self._choose_same(run, None if layer is None else path)
        if not run.finished:
            self._offer(run)
        return problem

    def _find_image(self, run: RunFolder) -> tuple[Image | None, str]:
        """Find the image among the layers, or on the disk."""
        told = run.plan.image.path
        path = None if told is None else Path(told)
        for layer in self._images.layers:
            found = path_of(layer)
            if found and path and found.resolve() == path.resolve():
                return layer, ""
        if path is None or not path.exists():
            same = self._find_same(run.plan.image)
            if path is None:
                said = "The image was in memory alone and is not there any more."
            else:
                said = f"The image is no longer at {path}. Drop it to go on."
            return same, "" if same else said
        try:
            self._images.open_file(path)
        except SkootsError as error:
            return None, str(error)
        return self._images.layer, ""

    def _find_same(self, image: ImageRecord) -> Image | None:
        """Find a layer with the voxels of the image, wherever its file is now."""
        for layer in self._images.layers:
            try:
                source = source_of(layer)
            except SkootsError:  # several channels or times
                continue
            if (
                source.shape == image.shape_zyx
                and source.signature() == image.signature
            ):
                return layer
        return None

    def _choose_part(self, run: RunFolder) -> None:
        """Choose the channel and the time point that the run is of."""
        asked = self._asked(run)
        view = self._images.view
        if view is None:
            return
        channel, time = asked.get("channel"), asked.get("time")
        if view.channels > 1 and channel is not None:
            self._images.set_channel(channel)
        elif channel is not None:
            self._choose_channel_layer(channel)
        if view.times > 1 and time is not None:
            self._images.set_time(time)

    def _choose_channel_layer(self, channel: int) -> None:
        """Choose the layer of a channel, where each has one."""
        current = self._images.layer
        for layer in self._images.layers:
            facts = layer.metadata.get("skoots", {})
            same = current is not None and path_of(layer) == path_of(current)
            if same and facts.get("channel") == channel:
                self._images.choose(str(layer.unique_id))

    def _choose_same(self, run: RunFolder, path: Path | None) -> None:
        """Let the next run be one like this; of its image, if that is there."""
        asked = self._asked(run)
        known = self._images.voxel_size
        size = asked.get("voxel_size") or (None if known else run.voxel_size)
        if path is not None and size is not None and size != known:
            self._images.set_voxel_size(size)
        self._choice.choose_digest(run.plan.model.digest)
        if path is not None:
            self._wishes.set_out(path)
        self._wishes.set(
            resample=True if asked.get("diameter") else asked.get("resample"),
            diameter=asked.get("diameter"),
            config=_set_by_hand(run),
        )

    def _offer(self, run: RunFolder) -> None:
        def go_on() -> None:
            request = self._wishes.request(whole=True)
            region = self._asked(run).get("region")
            request = replace(request, out=run.path, region=region)
            self._segmenting.start(request, resume=True)

        def join() -> None:
            self._segmenting.relabel({}, self._models.device)

        self._segmenting.ask(
            Question(
                f"{run.path.name} is not finished.",
                (("Resume", go_on), ("Finish what is done", join), LEAVE),
            )
        )

    def _asked(self, run: RunFolder) -> dict[str, Any]:
        """What was asked for when the run was made, as far as it says so."""
        record = getattr(run.plan, "request", None)
        return {} if record is None else dict(record.model_dump())


def _set_by_hand(run: RunFolder) -> dict[str, Any]:
    """Give the settings of a run that are not the model's own."""
    record, summary = run.plan.request, run.summary
    if record is None:
        return {}
    own = record.model_inference.model_dump(mode="json")
    last = run.plan.inference.model_dump(mode="json")
    if summary is not None:  # labels that were made anew since
        last |= summary["inference"]
    tiles = ("CORE", "HALO")  # which the plan has
    return {k: v for k, v in last.items() if k not in tiles and v != own.get(k)}
