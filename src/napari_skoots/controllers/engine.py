"""The engine, imported once per process, in a thread, after the panel is painted."""

from __future__ import annotations

import gc
import os
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_skoots.jobs import Job
from napari_skoots.state.views import DeviceView
from skoots.events import Notice

if TYPE_CHECKING:
    from collections.abc import Generator

    from skoots.events import Event


class EngineState(StrEnum):
    """How far the import is."""

    COLD = "cold"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


class Engine:
    """What is known of the engine: whether it is there, and on what it can run."""

    changed = Signal()

    def __init__(self) -> None:
        self.state = EngineState.COLD
        self.problem = ""
        """Why it could not be imported."""
        self.devices: list[DeviceView] = []
        self.device_problem: tuple[str, str] | None = None
        """Why a GPU that is here cannot be used, and the command that mends it."""
        self._job: Job | None = None

    def load(self) -> None:
        """Import it, unless that was done or is being done."""
        if self.state in (EngineState.LOADING, EngineState.READY):
            return
        self.state = EngineState.LOADING
        self._job = Job(_load, "Load the engine")
        self._job.returned.connect(self._on_loaded)
        self._job.failed.connect(self._on_failed)
        self._job.start()
        self.changed.emit()

    def _on_loaded(
        self, found: tuple[list[DeviceView], tuple[str, str] | None]
    ) -> None:
        # Python's search for garbage looks through all objects, torch's million too,
        # and holds the window for a third of a second: what is there now stays
        gc.freeze()
        self.devices, self.device_problem = found
        self.state = EngineState.READY
        self.changed.emit()

    @staticmethod
    def let_go() -> None:
        """Let garbage be found among all objects again: a viewer is closed."""
        gc.unfreeze()

    def _on_failed(self, error: Exception) -> None:
        self.problem = f"{type(error).__name__}: {error}"
        self.state = EngineState.FAILED
        self.changed.emit()


@lru_cache(1)
def the_engine() -> Engine:
    """Give the engine of this process."""
    return Engine()


def _load() -> Generator[Event, Any, tuple[list[DeviceView], tuple[str, str] | None]]:
    import torch  # noqa: PLC0415 - seconds, here in a thread

    # one core stays free for the window, or it stutters while a network runs
    torch.set_num_threads(max(1, min(torch.get_num_threads(), _cores() - 1)))
    yield Notice(f"torch {torch.__version__}")
    import skoots.inference.pipeline  # noqa: PLC0415 - imports torch and numba
    from skoots.doctor import device_problem  # noqa: PLC0415 - imports torch
    from skoots.model.devices import describe_devices  # noqa: PLC0415 - likewise

    devices = [
        DeviceView(facts.name, facts.title, facts.free_bytes, facts.total_bytes)
        for facts in describe_devices()
    ]
    yield Notice(skoots.inference.pipeline.__name__)
    found = device_problem()
    return devices, None if found is None else (found.text, found.remedy)


def _cores() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
