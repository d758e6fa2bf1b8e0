"""Which model, and where it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QMenu, QWidget

from napari_skoots.state.views import Level, MessageView
from napari_skoots.widgets import wording
from napari_skoots.widgets.buttons import CopyButton, button, tell
from napari_skoots.widgets.choices import Choices
from napari_skoots.widgets.explain import allow
from napari_skoots.widgets.message_line import MessageLine
from napari_skoots.widgets.rows import Section
from napari_skoots.widgets.texts import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtCore import SignalInstance

    from napari_skoots.state.views import DeviceView, ModelView


class ModelSection(Section):
    """Chooses a model and a device; asks for models to be added and removed."""

    model_chosen = Signal(str)
    card_requested = Signal()
    import_requested = Signal()
    folder_requested = Signal()
    remove_requested = Signal()
    device_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models: dict[str, ModelView] = {}
        self._choice = Choices("The model that is used.", "Model", "No model")
        self._choice.chosen.connect(self._on_chosen)
        self._card = button(
            "About", "What the model was trained on, its scores and its limits."
        )
        tell(self._card, self.card_requested)
        self._build_menu()
        self.add_row("Model", self._choice, self._more)
        self._facts = Note()
        self.add_row("", self._facts, self._card)
        self._warning = MessageLine()
        self.add_row("", self._warning)
        self._build_devices()
        self.set_models([], None)
        self.set_model_facts("", "")
        self.set_device_problem("", "")

    def _build_menu(self) -> None:
        self._more = button("More ▾", "Add models, or remove one.", "More about models")
        self._menu = QMenu(self._more)
        self._menu.setToolTipsVisible(True)
        self._add_action("Add a model file…", self.import_requested)
        self._add_action("Open my folder of models", self.folder_requested)
        self._remove = self._add_action("Remove this model…", self.remove_requested)
        self._more.setMenu(self._menu)

    def _add_action(self, text: str, signal: SignalInstance) -> QAction:
        action = QAction(text, self._menu)

        def emit() -> None:
            signal.emit()

        action.triggered.connect(emit)
        self._menu.addAction(action)
        return action

    def _build_devices(self) -> None:
        self._devices = Choices(
            "The processor that runs the network.", "Device", "Looking for devices…"
        )
        self._devices.chosen.connect(self.device_chosen)
        self.add_row("Device", self._devices)
        self._problem = MessageLine()
        self._command = CopyButton(
            "Copy command", "Copy the command that mends it, to paste in a terminal."
        )
        self._problem.add_button(self._command)
        self.add_row("", self._problem)

    def set_models(self, models: Sequence[ModelView], current: str | None) -> None:
        """Show the models.

        Parameters
        ----------
        models : Sequence of ModelView
            In the order to be listed.
        current : str or None
            The key of the chosen one.
        """
        self._models = {model.key: model for model in models}
        names = [(model.key, model.name) for model in models]
        tips = {model.key: model.path for model in models}
        self._choice.set_choices(names, current, tips)
        self._follow()

    def _on_chosen(self, key: str) -> None:
        self._follow()
        self.model_chosen.emit(key)

    def _follow(self) -> None:
        model = self._models.get(self._choice.current() or "")
        reason = None
        if model is None:
            reason = "Choose a model first."
        elif not model.has_card:
            reason = "This model came without a description."
        allow(self._card, reason)
        removable = model is not None and model.removable
        self._remove.setEnabled(removable)
        self._remove.setToolTip(
            "Only models that you added can be removed." if not removable else ""
        )

    def set_model_facts(self, text: str, warning: str) -> None:
        """Say what the chosen model is for.

        Parameters
        ----------
        text : str
            A line or two, such as ``trained at 10 nm, objects of 32 voxels``.
        warning : str
            What to beware of with the chosen image; empty for nothing.
        """
        self._facts.setText(text)
        message = MessageView(warning, level=Level.WARNING) if warning else None
        self._warning.show_message(message)

    def set_devices(self, devices: Sequence[DeviceView], current: str | None) -> None:
        """Show what can run the network, with the memory that is free.

        Parameters
        ----------
        devices : Sequence of DeviceView
            In the order to be listed.
        current : str or None
            The key of the chosen one.
        """
        names = [(device.key, _device_text(device)) for device in devices]
        tips = {device.key: _device_tip(device) for device in devices}
        self._devices.set_choices(names, current, tips)

    def set_device_problem(self, text: str, command: str) -> None:
        """Say why a GPU cannot be used.

        Parameters
        ----------
        text : str
            In plain language; empty for no problem.
        command : str
            What mends it; empty where no command does.
        """
        self._command.set_copied(command)
        self._command.setVisible(bool(command))
        message = MessageView(text, remedy=command, level=Level.INFO) if text else None
        self._problem.show_message(message)


def _device_text(device: DeviceView) -> str:
    if device.free_bytes is None:
        return device.title
    return f"{device.title}, {wording.size(device.free_bytes)} free"


def _device_tip(device: DeviceView) -> str:
    if device.free_bytes is None or device.total_bytes is None:
        return device.title
    free, total = wording.size(device.free_bytes), wording.size(device.total_bytes)
    return f"{device.title} ({device.key}): {free} of {total} memory free"
