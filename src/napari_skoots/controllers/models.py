"""Which model is applied, and on which device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_skoots.controllers.engine import EngineState
from napari_skoots.controllers.preferences import USUAL_MODEL
from napari_skoots.jobs import Job
from napari_skoots.state.views import ModelView
from skoots.events import Notice

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from napari_skoots.controllers.engine import Engine
    from skoots.events import Event
    from skoots.model.checkpoint import Checkpoint
    from skoots.model.zoo import ModelFile

AUTO = "auto"


class Models:
    """The models that have a name, and the one that was chosen, loaded in a thread.

    Parameters
    ----------
    engine : Engine
        Models are listed when it is ready.
    device : str
        On which networks run: ``auto``, ``cpu``, ``cuda:N`` or ``mps``.
    usual : str
        Name of the model that is chosen where none has been, if there is one.
    """

    listed = Signal()
    """There are others to choose from."""

    changed = Signal()
    """Another model or device was chosen, or the model is loaded now."""

    imported = Signal(str)
    """The name of a model that was copied into the user's folder."""

    failed = Signal(object)
    """An exception: a model that cannot be loaded, imported or removed."""

    def __init__(self, engine: Engine, device: str = AUTO, usual: str = "") -> None:
        self._engine = engine
        self._files: dict[str, ModelFile] = {}
        self._wanted: str | None = None
        self._digest: str | None = None
        self._loaded: dict[str, Checkpoint] = {}
        self._paces: dict[tuple[str, str], float] = {}
        self._device = device
        self._usual = usual
        self._jobs: dict[str, Job] = {}
        self._problems: dict[str, str] = {}
        engine.changed.connect(self._on_engine)
        self._on_engine()

    # ---- choosing

    @property
    def views(self) -> list[ModelView]:
        """What the panel lists."""
        return [
            ModelView(
                key=name,
                name=name,
                path=str(model.path),
                removable=not model.shipped,
                has_card=model.card is not None,
            )
            for name, model in self._files.items()
        ]

    @property
    def current(self) -> str | None:
        """The name of the model that was chosen."""
        return self._wanted

    def choose(self, name: str | None) -> None:
        """Choose a model and load it."""
        if name == self._wanted:
            return
        self._wanted = name
        self.changed.emit()
        self._load()

    def choose_digest(self, digest: str) -> None:
        """Choose the model whose file has this SHA-256, as soon as models are known."""
        self._digest = digest
        self._choose_by_digest()

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The model that was chosen, once it is loaded."""
        return self._loaded.get(self._wanted or "")

    def find(self, name: str) -> Checkpoint | None:
        """Give a model that need not be chosen; None until it is loaded."""
        if name not in self._loaded and name in self._files:
            self._read(name)
        return self._loaded.get(name)

    def trouble(self, name: str) -> str:
        """Why a model cannot be loaded; empty where nobody tried."""
        return self._problems.get(name, "")

    @property
    def facts(self) -> str:
        """Say in a line what the model was trained on."""
        model = self.checkpoint
        if model is None:
            return "Loading…" if self._wanted and not self.problem else ""
        parts = []
        if model.voxel_size is not None:
            nm = " × ".join(f"{1000 * edge:.4g}" for edge in model.voxel_size)
            parts.append(f"trained at {nm} nm")
        if model.object_diameter is not None:
            parts.append(f"objects {model.object_diameter:.3g} voxels across")
        return ", ".join(parts)

    @property
    def warning(self) -> str:
        """Say what speaks against the model; empty where nothing does."""
        model = self.checkpoint
        if model is not None and model.network.in_channels != 1:
            channels = model.network.in_channels
            return f"This model reads {channels} channels, and an image has one."
        return ""

    @property
    def problem(self) -> str:
        """Why the model that was chosen cannot be loaded; empty where nobody tried."""
        return self._problems.get(self._wanted or "", "")

    @property
    def pace(self) -> float | None:
        """Seconds per voxel that its network reads on this device, once measured."""
        return self._paces.get((self._wanted or "", self._device))

    @property
    def file(self) -> ModelFile | None:
        """The file of the model that was chosen, its card and its picture."""
        return self._files.get(self._wanted or "")

    def _choose_by_digest(self) -> None:
        if self._digest is None or not self._files:
            return
        from skoots.model.safe_file import file_digest  # noqa: PLC0415 - imports torch

        for name, model in self._files.items():
            if file_digest(model.path) == self._digest:
                self.choose(name)
        self._digest = None

    # ---- the user's own

    def import_file(self, path: Path) -> None:
        """Copy a model file into the user's folder, and choose it."""

        def start() -> Generator[Event, Any, str]:
            from skoots.model.shelf import import_model  # noqa: PLC0415 - imports torch

            yield Notice(f"Checking {path.name}")
            return import_model(path).name

        job = Job(start, f"Import {path.name}")
        job.returned.connect(self._on_imported)
        self._run("import", job)

    def remove(self) -> None:
        """Delete the model that was chosen from the user's folder."""
        from skoots.model.shelf import remove_model  # noqa: PLC0415 - imports torch

        gone = self._wanted
        if gone is None:
            return
        try:
            remove_model(gone)
        except (OSError, ValueError) as error:
            self.failed.emit(error)
            return
        self._loaded.pop(gone, None)
        self._problems.pop(gone, None)
        self._wanted = None
        self.refresh()

    def refresh(self) -> None:
        """List the models anew, and choose one if none is chosen."""
        from skoots.model.zoo import known_models  # noqa: PLC0415 - imports torch

        self._files = {model.name: model for model in known_models()}
        if self._wanted not in self._files:
            self._wanted = None
        self.listed.emit()
        self._choose_by_digest()
        if self._wanted is None and self._files:
            liked = [n for n in (self._usual, USUAL_MODEL) if n in self._files]
            self.choose(next(iter([*liked, *self._files])))

    # ---- where

    @property
    def device(self) -> str:
        """Where networks run."""
        return self._device

    def choose_device(self, name: str) -> None:
        """Run networks elsewhere."""
        if name == self._device:
            return
        self._device = name
        self.changed.emit()
        self._load()

    # ---- loading

    def _load(self) -> None:
        """Load the model and measure its pace, in a thread."""
        name, device = self._wanted, self._device
        if name is None or self._engine.state is not EngineState.READY:
            return
        if name in self._loaded and (name, device) in self._paces:
            return
        path, known = self._files[name].path, self._loaded.get(name)
        self._problems.pop(name, None)

        def start() -> Generator[Event, Any, None]:
            from skoots.inference.estimate import measure_pace  # noqa: PLC0415 - torch
            from skoots.model.zoo import load_model  # noqa: PLC0415 - imports torch

            self._loaded[name] = known or load_model(path)
            yield Notice("loaded")
            self._paces[name, device] = measure_pace(self._loaded[name], device)
            yield Notice("measured")

        job = Job(start, f"Load {name}")
        job.event.connect(self._on_news)
        job.failed.connect(lambda error: self._on_not_loaded(name, error))
        self._run("load", job)

    def _read(self, name: str) -> None:
        """Load a model without choosing it, in a thread."""
        key = f"read {name}"
        reading = key in self._jobs and self._jobs[key].running
        ready = self._engine.state is EngineState.READY
        if reading or name in self._problems or not ready:
            return
        path = self._files[name].path

        def start() -> Generator[Event, Any, None]:
            from skoots.model.zoo import load_model  # noqa: PLC0415 - imports torch

            self._loaded[name] = load_model(path)
            yield Notice("loaded")

        job = Job(start, f"Load {name}")
        job.event.connect(self._on_news)
        job.failed.connect(lambda error: self._on_not_loaded(name, error))
        self._run(key, job)

    def _run(self, key: str, job: Job) -> None:
        job.failed.connect(self._on_failed)
        self._jobs[key] = job
        job.start()

    def _on_engine(self) -> None:
        if self._engine.state is EngineState.READY:
            self.refresh()
            self._load()  # a model that was chosen before

    def _on_news(self, _event: object) -> None:
        self.changed.emit()

    def _on_imported(self, name: str) -> None:
        self.refresh()
        self.choose(name)
        self.imported.emit(name)

    def _on_not_loaded(self, name: str, error: Exception) -> None:
        if name not in self._loaded:
            self._problems[name] = str(error)
            self.changed.emit()

    def _on_failed(self, error: Exception) -> None:
        self.failed.emit(error)
