"""The panel and the session of a viewer, tied together while the panel is there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer

from napari_skoots.controllers.dialogs import Dialogs
from napari_skoots.controllers.docked import Docked
from napari_skoots.controllers.footing import Footing
from napari_skoots.controllers.showing import Showing
from napari_skoots.controllers.teach_binding import TeachBinding
from napari_skoots.state.views import Where

if TYPE_CHECKING:
    from napari_skoots.controllers.session import Session
    from napari_skoots.widgets.panel import SkootsPanel

_LOAD_AFTER_MS = 50
"""The engine is imported when the panel has been painted."""


class Binding(Docked):
    """Shows a session in a panel, and hands on what the user does there.

    Parameters
    ----------
    panel : SkootsPanel
        Empty; owns the binding.
    session : Session
        Of the viewer in which the panel stands.
    """

    def __init__(self, panel: SkootsPanel, session: Session) -> None:
        super().__init__(panel)
        self._panel = panel
        self._session = session
        self._dialogs = Dialogs(panel, session)
        self._showing = Showing(panel, session)
        self._footing = Footing(panel.footer, session)
        self._teaching = TeachBinding(
            panel.teach, session, self._dialogs, self._to_segment
        )
        session.results.measured.connect(self._dialogs.show_table)
        session.asked_for.connect(self._on_asked)
        self._obey()

    def begin(self) -> None:
        """Import the engine, now that there is something to see."""
        QTimer.singleShot(_LOAD_AFTER_MS, self._session.engine.load)

    def release(self) -> None:
        """Listen no more: the panel is closed. The session goes on."""
        for part in (self._showing, self._footing, self._teaching):
            part.release()
        session, dialogs = self._session, self._dialogs
        session.results.measured.disconnect(dialogs.show_table, missing_ok=True)
        session.asked_for.disconnect(self._on_asked, missing_ok=True)

    def _on_asked(self, name: str) -> None:
        """Show what a command asks for: a tab, or a window."""
        tabs = {"segment": self._panel.segment, "teach": self._panel.teach}
        if name in tabs:
            self._panel.tabs.setCurrentWidget(tabs[name])
        else:
            self._dialogs.show(name)

    def _to_segment(self) -> None:
        self._on_asked("segment")

    def _obey(self) -> None:
        s, panel, tab = self._session, self._panel, self._panel.segment
        models, images, results = s.models, s.images, s.results
        for signal, act in (
            (panel.files_dropped, s.open_paths),
            (panel.help_requested, self._dialogs.show_help),
            (tab.drop_zone.browse_requested, self._dialogs.browse),
            (tab.drop_zone.folder_requested, self._dialogs.browse_folder),
            (tab.drop_zone.canvas_toggled, s.set_choose_dropped),
            (tab.image.layer_chosen, images.choose),
            (tab.image.axes_changed, images.set_axes),
            (tab.image.channel_changed, images.set_channel),
            (tab.image.time_changed, images.set_time),
            (tab.voxel.voxel_size_changed, images.set_voxel_size),
            (tab.voxel.apply_requested, self._on_apply),
            (tab.model.model_chosen, s.model_choice.choose),
            (tab.model.device_chosen, models.choose_device),
            (tab.model.import_requested, self._dialogs.import_model),
            (tab.model.remove_requested, self._dialogs.remove_model),
            (tab.model.card_requested, self._dialogs.show_card),
            (tab.model.folder_requested, self._dialogs.open_models_folder),
            (tab.object_size.diameter_changed, self._on_diameter),
            (tab.object_size.resample_toggled, self._on_resample),
            (tab.object_size.ring_toggled, s.sizing.show_ring),
            (tab.object_size.measure_requested, self._on_measure),
            (tab.where.where_changed, self._on_where),
            (tab.where.box_chosen, self._on_box),
            (tab.output.output_change_requested, self._dialogs.change_output),
            (tab.settings.changed, s.set_config),
            (tab.settings.reset_requested, self._on_reset),
            (tab.action.preview_requested, s.preview_view),
            (tab.action.segment_requested, s.segment),
            (tab.action.preview_accepted, s.previewing.accept),
            (tab.action.preview_dismissed, s.previewing.dismiss),
            (tab.question.answered, s.answer),
            (tab.result.table_requested, lambda: s.attempt(results.measure)),
            (tab.result.receipt_requested, self._dialogs.show_receipt),
            (tab.result.save_requested, self._dialogs.save),
            (tab.result.skeletons_toggled, self._on_skeletons),
            (tab.result.probability_toggled, self._on_probability),
        ):
            signal.connect(act)

    def _on_apply(self, size: tuple[float, float, float]) -> None:
        self._session.images.set_voxel_size(size)
        self._session.images.apply_voxel_size()

    def _on_diameter(self, diameter: float | None) -> None:
        self._session.wishes.set(diameter=diameter)

    def _on_measure(self, key: str) -> None:
        self._session.attempt(partial(self._session.sizing.measure, key))

    def _on_resample(self, wanted: bool) -> None:  # noqa: FBT001 - a signal's
        self._session.wishes.set(resample=wanted)

    def _on_where(self, where: str) -> None:
        self._session.wishes.choose_where(Where(where))

    def _on_box(self, key: str) -> None:
        self._session.wishes.set(box=key)

    def _on_reset(self) -> None:
        self._session.set_config({})
        self._showing.show_model()

    def _on_skeletons(self, shown: bool) -> None:  # noqa: FBT001 - a signal's
        show = self._session.results.show_skeletons
        self._session.attempt(partial(show, shown=shown))

    def _on_probability(self, shown: bool) -> None:  # noqa: FBT001 - a signal's
        show = self._session.results.show_probability
        self._session.attempt(partial(show, shown=shown))
