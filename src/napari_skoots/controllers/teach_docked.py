"""The dock of ``Train on labels``, tied to the session while it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer

from napari_skoots.controllers.dialogs import Dialogs
from napari_skoots.controllers.docked import Docked
from napari_skoots.controllers.footing import Footing
from napari_skoots.controllers.teach_binding import TeachBinding
from napari_skoots.controllers.window import bring_panel

if TYPE_CHECKING:
    from napari_skoots.controllers.session import Session
    from napari_skoots.widgets.teach_panel import TeachPanel

_LOAD_AFTER_MS = 50
"""The engine is imported when the panel has been painted."""


class TeachDocked(Docked):
    """Shows what teaches in a dock of its own.

    Parameters
    ----------
    panel : TeachPanel
        Empty; owns the binding.
    session : Session
        Of the viewer in which the panel stands.
    """

    def __init__(self, panel: TeachPanel, session: Session) -> None:
        super().__init__(panel)
        self._session = session
        self._dialogs = Dialogs(panel, session)  # Qt holds no methods
        self._footing = Footing(panel.footer, session)
        self._teaching = TeachBinding(
            panel.teach, session, self._dialogs, self._choose_image
        )

    def begin(self) -> None:
        """Import the engine, now that there is something to see."""
        QTimer.singleShot(_LOAD_AFTER_MS, self._session.engine.load)

    def release(self) -> None:
        """Listen no more: the dock is closed. What runs goes on."""
        self._footing.release()
        self._teaching.release()

    def _choose_image(self) -> None:
        """Go to the panel, where the image is chosen."""
        bring_panel(self._session.viewer)
        self._session.asked_for.emit("segment")
