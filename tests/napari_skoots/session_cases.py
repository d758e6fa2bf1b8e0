"""A session with a small real model, and a way to let its network wait.

The model is a small U-Net with random weights in a file of its own: it finds something
in noise, takes milliseconds a tile, and what it should find is what `skoots.segment`
gives without the plugin.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
from inference_cases import drain, noise, random_unet, settings_with

import skoots
from napari_skoots.jobs import Job
from skoots.model.checkpoint import Normalization, load_checkpoint, save_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

    from napari_skoots.controllers.session import Session
    from skoots._types import VoxelSize

SHAPE = (16, 32, 48)
CORE = (16, 16, 16)
"""Six tiles cover the volume."""

TILES = 6
TIMEOUT = 30_000
MODEL = "tiny"
VOXEL = (0.05, 0.02, 0.01)


def save_model(folder: Path, name: str = MODEL, **changes: Any) -> Path:
    """Write a small model that can be applied; a seed makes another one."""
    seed, core = changes.pop("seed", 0), changes.pop("core", CORE)
    path = folder / f"{name}.skoots"
    folder.mkdir(parents=True, exist_ok=True)
    values: dict[str, Any] = {
        "normalization": Normalization("volume"),
        "halo_zyx": (8, 8, 8),
        "voxel_size": VOXEL,
        "object_diameter": 10.0,
    }
    usual = {"PROBABILITY_THRESHOLD": 0.4, "SKELETON_THRESHOLD": 0.42}
    settings = settings_with(CORE=list(core), **usual)
    settings = settings.merge({"SKOOTS": {"VECTOR_SCALING": [8.0, 8.0, 8.0]}})
    save_checkpoint(path, random_unet(seed), settings, **(values | changes))
    return path


def save_image(path: Path, seed: int = 0, voxel: VoxelSize | None = VOXEL) -> Path:
    """Write noise as an ImageJ TIFF, with the voxel size of the model."""
    metadata: dict[str, Any] = {"axes": "ZYX"}
    options: dict[str, Any] = {}
    if voxel is not None:
        metadata |= {"spacing": voxel[0], "unit": "um"}
        options["resolution"] = (1 / voxel[2], 1 / voxel[1])
    tifffile.imwrite(
        path, noise(SHAPE, seed), imagej=True, metadata=metadata, **options
    )
    return path


def expected_labels(image: Path | NDArray[Any], folder: Path) -> NDArray[np.uint32]:
    """Give what the engine finds without the plugin, with the model of a folder."""
    out = folder / "expected.skoots.zarr"
    drain(skoots.segment(image, folder / f"{MODEL}.skoots", out, overwrite=True))
    return labels_of(out)


def labels_of(run: Path) -> NDArray[np.uint32]:
    """Read the labels of a run from the disk."""
    import zarr  # noqa: PLC0415 - as everything that knows runs

    return np.asarray(zarr.open_array(run / "labels/instances/0", mode="r")[...])


class Gate:
    """Lets a network through tile by tile; open when it is made."""

    def __init__(self) -> None:
        self._free = True
        self._turns = threading.Semaphore(0)
        self.waiting = threading.Event()
        self.passed = 0

    def close(self) -> None:
        """Let the next tile wait."""
        self._free = False

    def let(self, tiles: int) -> None:
        """Let some more tiles through."""
        self.waiting.clear()
        for _ in range(tiles):
            self._turns.release()

    def open(self) -> None:
        """Let everything through from now on."""
        self._free = True
        self.waiting.clear()
        self._turns.release()

    def __deepcopy__(self, memo: dict[int, Any]) -> Gate:
        return self  # the engine copies the network

    def __call__(self, *_: Any) -> None:
        if not self._free and not self._turns.acquire(blocking=False):
            self.waiting.set()
            assert self._turns.acquire(timeout=20), "nobody opened the gate"
        self.passed += 1


def put_before(session: Session, gate: Gate) -> None:
    """Put a gate before the network of the chosen model."""
    model = session.models.checkpoint
    assert model is not None
    model.network.register_forward_pre_hook(gate)


def ready(qtbot: QtBot, session: Session) -> Session:
    """Load the engine and wait until the model is loaded and timed."""
    session.engine.load()

    def is_ready() -> bool:
        return session.models.checkpoint is not None and bool(session.models.pace)

    qtbot.waitUntil(is_ready, timeout=TIMEOUT)
    idle(qtbot)
    return session


def free(qtbot: QtBot, session: Session) -> None:
    """Wait until no job of the board runs."""
    qtbot.waitUntil(lambda: not session.board.busy, timeout=TIMEOUT)


def idle(qtbot: QtBot) -> None:
    """Wait until no job runs at all."""
    qtbot.waitUntil(lambda: not Job._running, timeout=TIMEOUT)


def segment_begun(qtbot: QtBot, session: Session, gate: Gate, tiles: int) -> None:
    """Begin a run, and come back when so many tiles are done and one waits."""
    gate.close()
    session.segment()
    assert session.board.busy, session.board.view
    qtbot.waitUntil(gate.waiting.is_set, timeout=TIMEOUT)
    if tiles:
        gate.let(tiles)
        qtbot.waitUntil(gate.waiting.is_set, timeout=TIMEOUT)


def loaded(path: Path, **changes: Any) -> Any:
    """Give a model as the engine loads it, some facts changed."""
    return replace(load_checkpoint(path), **changes)


def message(session: Session) -> str:
    """Give what the footer says."""
    view = session.board.view
    if view is None or view.message is None:
        return ""
    return f"{view.message.text} {view.message.remedy}".strip()
