"""The form of ``Load model``: a file, and what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from magicgui.types import FileDialogMode
from magicgui.widgets import Container, FileEdit, Label, PushButton
from psygnal import Signal

_FILES = "SKOOTS models (*.skoots *.trch)"
_HINT = "A .skoots file, or a .trch file of the published SKOOTS."


class LoadForm(Container[Any]):
    """Asks for a model file; setters in, signals out."""

    load_requested = Signal(object)
    """The file's path."""

    def __init__(self) -> None:
        self._file = FileEdit(
            label="File",
            mode=FileDialogMode.EXISTING_FILE,
            filter=_FILES,
            nullable=True,
            tooltip="It is checked, copied into your folder of models and chosen.",
        )
        self._said = Label(label="", value=_HINT)
        self._button = PushButton(text="Load model")
        super().__init__(widgets=[self._file, self._said, self._button])
        self._file.changed.connect(self._on_file)
        self._button.changed.connect(self._on_load)
        self._said.native.setWordWrap(True)
        self._on_file()

    def say(self, text: str) -> None:
        """Say what came of it."""
        self._said.value = text

    def _path(self) -> Path | None:
        value = self._file.value
        if isinstance(value, tuple) or not value or str(value) == ".":
            return None
        return Path(value)

    def _on_file(self) -> None:
        chosen = self._path() is not None
        self._button.enabled = chosen
        self._button.tooltip = "" if chosen else "Choose a file first."
        if not chosen:
            self.say(_HINT)

    def _on_load(self) -> None:
        path = self._path()
        if path is not None:
            self.say(f"Checking {path.name}…")
            self.load_requested.emit(path)
