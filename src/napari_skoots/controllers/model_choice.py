"""Which model the panel chooses by itself, and what the user chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_skoots.controllers.preferences import keep_model
from napari_skoots.layers.source import path_of
from skoots.samples import sample_at

if TYPE_CHECKING:
    from napari_skoots.controllers.images import Images
    from napari_skoots.controllers.models import Models


class ModelChoice:
    """A sample brings the model that is made for it, until the user chooses one.

    Parameters
    ----------
    images : Images
        Which image is chosen.
    models : Models
        Where the model is chosen.
    """

    def __init__(self, images: Images, models: Models) -> None:
        self._images = images
        self._models = models
        self._image: str | None = None
        self._left_to_us = True
        self._due = False  # whether a model is still to be proposed for the image
        images.changed.connect(self._on_image)
        models.listed.connect(self._propose)
        models.imported.connect(self._on_own)
        self._on_image()

    def choose(self, name: str) -> None:
        """Take the model that the user chose, now and when the panel is opened next."""
        self._on_own(name)
        self._models.choose(name)

    def choose_digest(self, digest: str) -> None:
        """Take the model of a run that is opened, which nobody chose for good."""
        self._due = False
        self._models.choose_digest(digest)

    def _on_own(self, name: str) -> None:
        self._left_to_us = False
        keep_model(name)

    def _on_image(self) -> None:
        if self._images.current != self._image:
            self._image = self._images.current
            self._due = True
            self._propose()

    def _propose(self) -> None:
        layer = self._images.layer
        sample = None if layer is None else sample_at(path_of(layer))
        if sample is None or not (self._due and self._left_to_us):
            return
        if sample.model in {model.key for model in self._models.views}:
            self._due = False
            self._models.choose(sample.model)
