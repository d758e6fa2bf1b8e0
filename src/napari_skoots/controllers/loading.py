"""``Load model`` tied to the models of a viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_skoots.controllers.engine import EngineState
from napari_skoots.controllers.links import Links

if TYPE_CHECKING:
    from pathlib import Path

    from napari_skoots.controllers.session import Session
    from napari_skoots.widgets.load_form import LoadForm


class Loading:
    """Loads the file that the form names, once the engine is there.

    Parameters
    ----------
    form : LoadForm
        Belongs to this.
    session : Session
        Of the viewer in which the form stands.
    """

    def __init__(self, form: LoadForm, session: Session) -> None:
        self._form = form
        self._session = session
        self._waiting: Path | None = None
        form.load_requested.connect(self._on_load)
        models = session.models
        self._links = Links(
            (session.engine.changed, self._on_engine),
            (models.imported, self._on_imported),
            (models.failed, self._on_failed),
        )

    def release(self) -> None:
        """Listen no more: the form is closed."""
        self._links.release()

    def _on_load(self, path: Path) -> None:
        self._waiting = path
        self._session.engine.load()
        self._on_engine()

    def _on_engine(self) -> None:
        engine, path = self._session.engine, self._waiting
        if path is None:
            return
        if engine.state is EngineState.READY:
            self._waiting = None
            self._session.models.import_file(path)
        elif engine.state is EngineState.FAILED:
            self._form.say(f"The engine cannot be loaded: {engine.problem}")

    def _on_imported(self, name: str) -> None:
        self._form.say(f"{name} is in your folder of models, and chosen.")

    def _on_failed(self, error: Exception) -> None:
        self._form.say(str(error))
