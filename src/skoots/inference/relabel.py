"""Make the labels of a run anew from what the network said, without the network.

Neither the image nor the model file is needed. A run that was cancelled has its blocks
joined and gets final labels of what it predicted; it can be gone on with afterwards.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skoots.config import InferenceConfig, get_cfg_defaults
from skoots.errors import RunError
from skoots.events import Notice, RunFinished
from skoots.inference.given_settings import inference_settings
from skoots.inference.pipeline import derive_labels, run_started
from skoots.inference.predict import KEY as PREDICT_KEY
from skoots.inference.provenance import changes, provenance
from skoots.inference.pyramid import refresh
from skoots.model.precision import choose_device
from skoots.run.folder import RunFolder
from skoots.run.location import locked
from skoots.run.opening import clean
from skoots.run.spent import timed

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from os import PathLike

    import torch

    from skoots.config import Settings
    from skoots.events import Event


def relabel(
    run: str | PathLike[str],
    config: Settings | Mapping[str, Any] | None = None,
    *,
    device: str = "auto",
) -> Generator[Event, Any, RunFinished]:
    """Make the labels of all predicted blocks anew.

    Parameters
    ----------
    run : path
        The run folder ``NAME.skoots.zarr``.
    config : Settings or mapping, optional
        Whose section ``INFERENCE`` is used; a mapping such as
        ``{"INFERENCE": {"SKELETON_THRESHOLD": 0.6}}`` changes single values of what the
        labels were made with last. Only what depends on a change is done again.
    device : str
        Where vectors are followed: ``auto``, ``cpu``, ``cuda:N`` or ``mps``.

    Yields
    ------
    RunStarted, StageStarted, BlockDone, Notice, RunFinished

    Returns
    -------
    RunFinished

    Raises
    ------
    RunError
        If there is no run, none of its blocks is predicted, or it is damaged.
    RunBusyError
        If another process is writing it.
    SettingsError
        If a setting is not known or cannot be used.
    DeviceError
        If there is no such device, or memory is too short.
    StorageError
        If the disk is full or nothing may be written there.
    """
    started = time.monotonic()
    path = Path(run)
    where = choose_device(device)
    settings = _settings(RunFolder.open(path), config)
    with locked(path):
        folder = RunFolder.open(path)  # another process may have been there
        clean(folder)
        blocks = len(folder.done_blocks("predict", PREDICT_KEY))
        if not blocks:
            raise RunError(
                f"Nothing of {path} is predicted yet, so there is nothing to label. "
                "Segment the image with resume=True (--resume) first."
            )
        tile = folder.plan.tile_zyx
        yield run_started(folder, blocks, blocks, where)
        if _is_final(folder, settings, blocks):
            yield Notice(f"The labels of {path} are final already.")
            yield from refresh(folder)  # what somebody painted since
            objects = int(folder.summary["objects"]) if folder.summary else 0
        else:
            with timed(path, "relabel"):
                objects = yield from _derive(folder, settings, where, started)
    seconds = round(time.monotonic() - started, 3)
    result = RunFinished(path, tile, blocks, blocks, seconds, objects)
    yield result
    return result


def _is_final(run: RunFolder, settings: InferenceConfig, blocks: int) -> bool:
    """Whether all that is predicted is labelled with these settings."""
    summary = run.summary
    if summary is None or changes(summary, settings):
        return False
    return bool(summary["blocks"]["labelled"] == blocks)


def _derive(
    run: RunFolder, settings: InferenceConfig, device: torch.device, started: float
) -> Generator[Event, Any, int]:
    request, summary = run.plan.request, run.summary
    origin = request.model_provenance if request else _origin(summary)
    objects = yield from derive_labels(run, settings, device)
    seconds = round(time.monotonic() - started, 3)
    run.write_summary(provenance(run, origin, settings, device, objects, seconds))
    return objects


def _settings(
    run: RunFolder, config: Settings | Mapping[str, Any] | None
) -> InferenceConfig:
    """Give what the labels were made with last, changed as is asked."""
    last = run.plan.inference
    if run.summary is not None:
        last = InferenceConfig.model_validate(run.summary["inference"])
    base = get_cfg_defaults().model_copy(update={"INFERENCE": last})
    return run.plan.settle(inference_settings(base, config))


def _origin(summary: Mapping[str, Any] | None) -> Mapping[str, object]:
    """Give where the model is from, as the labels of before say it."""
    found = summary["model"].get("provenance", {}) if summary else {}
    return found if isinstance(found, dict) else {}
