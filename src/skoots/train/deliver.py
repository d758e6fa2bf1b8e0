"""Hand a trained network over as a model file that says where it comes from."""

from __future__ import annotations

import platform
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from skoots._version import __version__
from skoots.model.checkpoint import load_checkpoint, save_checkpoint, write_checkpoint
from skoots.model.halo import choose_halo, measure_rims
from skoots.model.native import HALO_ZYX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from skoots._types import Shape3
    from skoots.config import Settings
    from skoots.train.learner import Learner
    from skoots.train.project import Project
    from skoots.train.sources import Sources

_PLACES = (
    *(
        f"{part}_{what}"
        for part in ("TRAIN", "VALIDATION", "BACKGROUND")
        for what in ("DATA_DIR", "SAMPLE_PER_IMAGE", "STORE_DATA_ON_GPU")
    ),
    "SAVE_PATH",
    "PRETRAINED_MODEL_PATH",
)
"""Keys of TRAIN that name folders and files, or are lists as long as those."""


class Delivery:
    """Writes the models of a training.

    Parameters
    ----------
    project : Project
        Whose settings the models carry.
    learner : Learner
        Whose averaged weights they hold.
    sources : Sources
        What it learns from.
    """

    def __init__(self, project: Project, learner: Learner, sources: Sources) -> None:
        self._project = project
        self._learner = learner
        self._sources = sources

    def write(
        self,
        path: Path,
        step: int,
        scores: Mapping[str, float],
        halo_zyx: Shape3 | None = None,
    ) -> None:
        """Write the averaged weights as a model.

        Parameters
        ----------
        path : Path
            An old file is replaced, in one step.
        step : int
            Steps that were taken.
        scores : Mapping from str to float
            What it scored on what was held out.
        halo_zyx : tuple of int, optional
            The halo that was measured.
        """
        save_checkpoint(
            path,
            self._learner.average.network,
            _without_places(self._project.settings),
            normalization=self._sources.normalization,
            voxel_size=self._sources.voxel_size,
            object_diameter=self._sources.object_diameter,
            halo_zyx=halo_zyx,
            provenance=self._provenance(step),
            scores=scores,
        )

    def measure_halo(self, path: Path) -> Iterator[str]:
        """Measure the halo that a model needs, and write it into its file.

        It is left alone where INFERENCE.HALO says what it is, and for a network of
        several channels, which segments no volumes.

        Yields
        ------
        str
            What was found along each axis.
        """
        settings = self._project.settings
        if settings.INFERENCE.HALO is not None or settings.MODEL.IN_CHANNELS > 1:
            return
        model = load_checkpoint(path)
        effects = measure_rims(model.network, self._sources.normalised(), settings)
        halo = choose_halo(effects, model.network.factor, HALO_ZYX)
        write_checkpoint(path, replace(model, halo_zyx=halo))
        settled = [effect.settled(model.network.factor) for effect in effects]
        for axis, voxels, sure in zip("ZYX", halo, settled, strict=True):
            how = "measured" if sure else "the volumes show too little to measure it"
            yield f"halo along {axis}: {voxels} voxels ({how})"

    def _provenance(self, step: int) -> dict[str, object]:
        return {
            "data": [volume.name for volume in self._sources.training.volumes],
            "objects": self._sources.objects,
            "steps": step,
            "seed": self._project.settings.TRAINER.SEED,
            "number_format": self._learner.number_format,
            "device": str(self._learner.device),
            "threads": torch.get_num_threads(),
            "versions": {
                "skoots": __version__,
                "torch": str(torch.__version__),
                "python": platform.python_version(),
            },
        }


def _without_places(settings: Settings) -> Settings:
    """Leave out where data and models lie: a model travels, folders do not.

    Names of the volumes stay, in the provenance.
    """
    usual = type(settings.TRAIN)()
    places = {key: getattr(usual, key) for key in _PLACES}
    return settings.merge({"TRAIN": places})
