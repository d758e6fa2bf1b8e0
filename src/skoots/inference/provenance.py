"""What labels say about themselves: where they are from, and how they were made."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

import torch

from skoots._version import __version__
from skoots.config import InferenceConfig
from skoots.inference.predict import KEY as PREDICT_KEY
from skoots.inference.predict import count_number_formats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skoots.run.folder import RunFolder


def provenance(
    run: RunFolder,
    origin: Mapping[str, object],
    settings: InferenceConfig,
    device: torch.device,
    objects: int,
    seconds: float,
) -> dict[str, Any]:
    """Give the summary of a run whose labels are final.

    Parameters
    ----------
    run : RunFolder
        Whose plan says the rest.
    origin : mapping
        Where the model comes from.
    settings : InferenceConfig
        What the labels were made with.
    device : torch.device
        Where this process worked.
    objects : int
        How many there are.
    seconds : float
        That this process took.
    """
    done = run.done_blocks("predict", PREDICT_KEY)
    return {
        "objects": objects,
        "blocks": {"labelled": len(done), "total": len(run.blocks)},
        "inference": settings.model_dump(mode="json"),
        "image": run.plan.image.model_dump(mode="json"),
        "model": {
            **run.plan.model.model_dump(mode="json"),
            "provenance": dict(origin),
        },
        "normalization": run.plan.normalization.model_dump(),
        "tile_zyx": run.plan.tile_zyx,
        "halo_zyx": run.plan.halo_zyx,
        "device": str(device),
        "number_formats": count_number_formats(run, done),
        "versions": {
            "skoots": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
        "seconds": seconds,
    }


def changes(summary: Mapping[str, Any] | None, settings: InferenceConfig) -> str:
    """Say which settings are others than those of the final labels.

    Parameters
    ----------
    summary : mapping or None
        What `provenance` gave for them; None where labels are not final.
    settings : InferenceConfig
        What is asked for now.
    """
    if summary is None:
        return ""
    # settings that are newer than the labels had their default then
    before = InferenceConfig.model_validate(summary["inference"]).model_dump(
        mode="json"
    )
    return ", ".join(
        f"{name} was {before.get(name)} and is {value}"
        for name, value in settings.model_dump(mode="json").items()
        if value != before.get(name)
    )
