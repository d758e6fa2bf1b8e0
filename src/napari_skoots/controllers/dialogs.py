"""Windows that a panel opens: files, the card, the receipt, the keys, the table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QFileDialog, QMessageBox

from napari_skoots.controllers.keys import NOTE, SHORTCUTS
from napari_skoots.state.views import CardView
from napari_skoots.widgets.card_dialog import CardDialog
from napari_skoots.widgets.help_popup import HelpPopup
from napari_skoots.widgets.receipt_dialog import ReceiptDialog
from skoots.volume.naming import PROJECT_SUFFIX, RUN_SUFFIX

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_skoots.controllers.session import Session

_IMAGES = "Images (*.tif *.tiff *.btf *.tf8);;All files (*)"
_MODELS = "SKOOTS models (*.skoots *.trch);;All files (*)"
_PROJECTS = f"SKOOTS projects (*{PROJECT_SUFFIX})"
_LABELS = "OME-Zarr (*.ome.zarr);;Compressed TIFF (*.tif)"


class Dialogs:
    """Asks for files, and shows what does not fit into a panel.

    Parameters
    ----------
    panel : QWidget
        Gives dialogs their place and theme.
    session : Session
        What they are about.
    """

    def __init__(self, panel: QWidget, session: Session) -> None:
        self._panel = panel
        self._session = session

    def show(self, name: str) -> None:
        """Show what a command asks for: ``receipt``, ``save``, ``open``, ``help``."""
        windows = {
            "receipt": self.show_receipt,
            "save": self.save,
            "open": self.browse,
            "help": self.show_help,
        }
        windows[name]()

    def browse(self) -> None:
        """Ask for images to open."""
        files, _ = QFileDialog.getOpenFileNames(self._panel, "Open images", "", _IMAGES)
        self._session.open_paths([Path(file) for file in files])

    def browse_folder(self) -> None:
        """Ask for an OME-Zarr or a run folder to open."""
        folder = QFileDialog.getExistingDirectory(
            self._panel, "Open an OME-Zarr or a run folder"
        )
        if folder:
            self._session.open_paths([Path(folder)])

    def import_model(self) -> None:
        """Ask for a model file to copy into the user's folder."""
        file, _ = QFileDialog.getOpenFileName(
            self._panel, "Import a model", "", _MODELS
        )
        if file:
            self._session.models.import_file(Path(file))

    def remove_model(self) -> None:
        """Delete the user's own model, once that is confirmed."""
        name = self._session.models.current
        answer = QMessageBox.question(
            self._panel,
            "Remove a model",
            f"Delete the model {name} from your folder of models?",
        )
        if answer == QMessageBox.StandardButton.Yes:
            self._session.models.remove()

    def open_models_folder(self) -> None:
        """Show the user's folder of models in the program for files."""
        from skoots.model.zoo import user_folder  # noqa: PLC0415 - imports torch

        folder = user_folder()
        folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def change_output(self) -> None:
        """Ask where the run shall go."""
        out = self._session.wishes.out
        if out is None:
            return
        folder = QFileDialog.getExistingDirectory(
            self._panel, "Folder for the run", str(out.parent)
        )
        if folder:
            self._session.wishes.set_out(Path(folder) / out.name)

    def open_project(self) -> None:
        """Ask for the folder of a project to teach from."""
        exercise = self._session.teaching.exercise
        folder = QFileDialog.getExistingDirectory(
            self._panel,
            f"Open a project: a folder NAME{PROJECT_SUFFIX}",
            _beside(exercise.view.project_path),
        )
        if folder:
            self._session.attempt(lambda: exercise.open_project(Path(folder)))

    def place_project(self) -> None:
        """Ask where a project shall begin."""
        exercise = self._session.teaching.exercise
        file, _ = QFileDialog.getSaveFileName(
            self._panel,
            "New project",
            exercise.view.project_path if not exercise.view.project else "",
            _PROJECTS,
        )
        if file:
            path = Path(file.removesuffix(PROJECT_SUFFIX) + PROJECT_SUFFIX)
            self._session.attempt(lambda: exercise.set_project_place(path))

    def save(self) -> None:
        """Ask where a copy of the labels shall go, and write it."""
        opened = self._session.results.opened
        if opened is None:
            return
        stem = opened.path.name.removesuffix(RUN_SUFFIX)
        place = opened.path.with_name(f"{stem}_instances.ome.zarr")
        file, kind = QFileDialog.getSaveFileName(
            self._panel, "Save labels", str(place), _LABELS
        )
        if file:
            path = Path(file)
            if not path.suffix:
                ending = ".tif" if "TIFF" in kind else ".ome.zarr"
                path = path.with_name(path.name + ending)
            self._session.attempt(lambda: self._session.results.save(path))

    def show_card(self) -> None:
        """Show the page of the model that was chosen."""
        model = self._session.models.file
        if model is None or model.card is None:
            return
        picture = str(model.picture or "")
        text = model.card.read_text(encoding="utf-8")
        CardDialog(CardView(model.name, text, picture), self._panel).show()

    def show_receipt(self) -> None:
        """Show how the labels were made."""
        self._session.attempt(self._show_receipt)

    def _show_receipt(self) -> None:
        receipt = self._session.results.receipt
        if receipt is not None:
            ReceiptDialog(receipt, self._panel).show()

    def show_help(self) -> None:
        """Show the keys that do something."""
        HelpPopup(SHORTCUTS, NOTE, self._panel).show()

    def show_table(self, layer: Any) -> None:
        """Show the features of a layer in napari's own table."""
        viewer = self._session.viewer
        viewer.layers.selection.active = layer
        window: Any = getattr(viewer, "window", None)
        if window is not None:
            # as a tab: below the panel, a laptop's screen has no room for rows
            dock, _ = window.add_plugin_dock_widget(
                "napari", "Features table widget", tabify=True
            )
            dock.show()
            dock.raise_()


def _beside(path: str) -> str:
    return str(Path(path).parent) if path else ""
