"""The panel and the session of a viewer, tied together as long as the panel is there.

Each ``_show_*`` brings one section of the panel up to date; each ``_on_*`` hands on
what the user did. Nothing is kept here: a panel that is opened again shows the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import QEvent, QObject, QTimer

from napari_skoots.controllers.dialogs import Dialogs
from napari_skoots.controllers.engine import EngineState
from napari_skoots.controllers.progress import explain
from napari_skoots.state.views import DeviceView, Level, MessageView, Where
from skoots.errors import SkootsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from psygnal import SignalInstance

    from napari_skoots.controllers.session import Session
    from napari_skoots.widgets.panel import SkootsPanel

_LOAD_AFTER_MS = 50
"""The engine is imported when the panel has been painted."""


class Binding(QObject):
    """Shows a session in a panel.

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
        self._links: list[tuple[SignalInstance, Callable[..., None]]] = []
        self._form_built = False
        self._was_busy: bool | None = None
        self._listen()
        self._obey()
        self._show_all()
        panel.installEventFilter(self)
        QTimer.singleShot(_LOAD_AFTER_MS, session.engine.load)

    # ---- the session speaks

    def _listen(self) -> None:
        s = self._session
        for signal, slot in (
            (s.engine.changed, self._show_engine),
            (s.images.listed, self._show_layers),
            (s.images.changed, self._show_image),
            (s.models.listed, self._show_models),
            (s.models.changed, self._show_model),
            (s.models.failed, self._tell),
            (s.wishes.changed, self._show_wishes),
            (s.board.changed, self._show_job),
            (s.board.failed, self._on_job_failed),
            (s.board.freed, self._show_wishes),
            (s.segmenting.asked, self._show_question),
            (s.previewing.changed, self._show_preview),
            (s.results.changed, self._show_result),
            (s.results.measured, self._dialogs.show_table),
            (s.told, self._tell),
            (s.noted, self._note),
        ):
            signal.connect(slot)
            self._links.append((signal, slot))

    def release(self) -> None:
        """Listen no more: the panel is closed. The session goes on."""
        for signal, slot in self._links:
            signal.disconnect(slot, missing_ok=True)
        self._links.clear()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Notice that the dock was closed: the panel then has no parent any more."""
        if (
            event is not None
            and event.type() == QEvent.Type.ParentChange
            and self._panel.parent() is None
        ):
            self.release()
        return super().eventFilter(watched, event)

    def _show_all(self) -> None:
        for show in (
            self._show_layers,
            self._show_image,
            self._show_engine,
            self._show_wishes,
            self._show_job,
            self._show_question,
            self._show_preview,
            self._show_result,
        ):
            show()

    def _show_layers(self) -> None:
        images, tab = self._session.images, self._panel.segment
        tab.image.set_layers(images.choices, images.current)
        tab.where.set_boxes(self._session.wishes.boxes, self._session.wishes.box)
        tab.object_size.set_label_layers(self._session.sizing.choices, None)

    def _show_image(self) -> None:
        images, tab = self._session.images, self._panel.segment
        tab.image.set_layers(images.choices, images.current)
        tab.image.set_facts(images.view)
        tab.voxel.set_voxel_size(images.voxel_size, images.voxel_origin)

    def _show_engine(self) -> None:
        engine, footer = self._session.engine, self._panel.footer
        if engine.state is EngineState.READY:
            self._show_models()
            if self._session.board.view is None:
                footer.show_job(None)
            return
        if engine.state is EngineState.FAILED:
            said = MessageView(
                f"The engine cannot be loaded: {engine.problem}",
                "Run `skoots doctor` in a terminal: it says what to mend.",
                Level.ERROR,
            )
        else:
            said = MessageView("Loading engine…")
        if self._session.board.view is None:
            footer.show_message(said)

    def _show_models(self) -> None:
        models, engine = self._session.models, self._session.engine
        section = self._panel.segment.model
        section.set_models(models.views, models.current)
        auto = DeviceView("auto", "Best available")
        section.set_devices([auto, *engine.devices], models.device)
        section.set_device_problem(*(engine.device_problem or ("", "")))
        self._show_model()

    def _show_model(self) -> None:
        models = self._session.models
        section = self._panel.segment.model
        section.set_models(models.views, models.current)
        section.set_model_facts(models.facts, models.warning)
        checkpoint = models.checkpoint
        if checkpoint is not None:
            settings = checkpoint.config.INFERENCE
            form = self._panel.segment.settings
            if not self._form_built:
                form.set_section(type(settings))
                self._form_built = True
            form.set_values(settings.model_dump(), self._session.wishes.config)

    def _show_wishes(self) -> None:
        wishes, tab = self._session.wishes, self._panel.segment
        tab.where.set_where(wishes.where)
        tab.where.set_boxes(wishes.boxes, wishes.box)
        size = wishes.size
        tab.object_size.set_diameter(wishes.diameter, size.model)
        tab.object_size.set_offer(size.offer or None, resample=wishes.resample)
        out = wishes.out
        tab.output.set_output("" if out is None else str(out), wishes.out_note)
        self._show_actions()

    def _show_actions(self) -> None:
        wishes, board = self._session.wishes, self._session.board
        reason = wishes.blocked or ("A job is running." if board.busy else "")
        action = self._panel.segment.action
        action.set_ready(reason or None, reason or wishes.misplaced or None)
        estimate = None if reason else wishes.estimate
        action.set_estimate(estimate)

    def _show_job(self) -> None:
        view = self._session.board.view
        if view is not None:
            self._panel.footer.show_job(view)
        self._show_actions_if_turned()

    def _show_actions_if_turned(self) -> None:
        busy = self._session.board.busy
        if busy != self._was_busy:
            self._was_busy = busy
            self._show_actions()

    def _show_question(self) -> None:
        question, bar = self._session.segmenting.question, self._panel.segment.question
        if question is None:
            bar.clear()
        else:
            bar.ask(question.text, [(key, key) for key, _ in question.answers])

    def _show_preview(self) -> None:
        self._panel.segment.action.set_preview(self._session.previewing.view)

    def _show_result(self) -> None:
        self._panel.segment.result.set_result(self._session.results.view)

    # ---- what must not be missed

    def _tell(self, error: Exception) -> None:
        message = explain(error)
        if not self._session.board.busy:
            self._panel.footer.show_message(message)
        show_error(str(error) if isinstance(error, SkootsError) else message.text)

    def _note(self, text: str) -> None:
        show_info(text)

    def _on_job_failed(self, title: str, message: MessageView) -> None:
        show_error(f"{title}: {message.text}")

    # ---- the user speaks

    def _obey(self) -> None:
        s, panel, tab = self._session, self._panel, self._panel.segment
        wishes, models, images, results = s.wishes, s.models, s.images, s.results
        for signal, act in (
            (panel.files_dropped, s.open_paths),
            (panel.help_requested, self._dialogs.show_help),
            (tab.drop_zone.browse_requested, self._dialogs.browse),
            (tab.image.layer_chosen, images.choose),
            (tab.image.axes_changed, images.set_axes),
            (tab.image.channel_changed, images.set_channel),
            (tab.image.time_changed, images.set_time),
            (tab.voxel.voxel_size_changed, images.set_voxel_size),
            (tab.voxel.apply_requested, self._on_apply),
            (tab.model.model_chosen, models.choose),
            (tab.model.device_chosen, models.choose_device),
            (tab.model.import_requested, self._dialogs.import_model),
            (tab.model.remove_requested, self._dialogs.remove_model),
            (tab.model.card_requested, self._dialogs.show_card),
            (tab.model.folder_requested, self._dialogs.open_models_folder),
            (tab.object_size.diameter_changed, self._on_diameter),
            (tab.object_size.resample_toggled, self._on_resample),
            (tab.object_size.measure_requested, s.sizing.measure),
            (tab.where.where_changed, self._on_where),
            (tab.where.box_chosen, self._on_box),
            (tab.output.output_change_requested, self._dialogs.change_output),
            (tab.settings.changed, self._on_settings),
            (tab.settings.reset_requested, self._on_reset),
            (tab.action.preview_requested, s.preview),
            (tab.action.segment_requested, s.segment),
            (tab.action.preview_accepted, s.previewing.accept),
            (tab.action.preview_dismissed, s.previewing.dismiss),
            (tab.question.answered, s.segmenting.answer),
            (tab.result.table_requested, lambda: s.attempt(results.measure)),
            (tab.result.receipt_requested, self._dialogs.show_receipt),
            (tab.result.save_requested, self._dialogs.save),
            (tab.result.skeletons_toggled, self._on_skeletons),
            (tab.result.probability_toggled, self._on_probability),
            (panel.footer.pause_requested, s.board.pause),
            (panel.footer.resume_requested, s.board.resume),
            (panel.footer.cancel_requested, s.board.cancel),
        ):
            signal.connect(act)

    def _on_apply(self, size: tuple[float, float, float]) -> None:
        self._session.images.set_voxel_size(size)
        self._session.images.apply_voxel_size()

    def _on_diameter(self, diameter: float | None) -> None:
        self._session.wishes.set(diameter=diameter)

    def _on_resample(self, wanted: bool) -> None:  # noqa: FBT001 - a signal's
        self._session.wishes.set(resample=wanted)

    def _on_where(self, where: str) -> None:
        self._session.wishes.set(where=Where(where))

    def _on_box(self, key: str) -> None:
        self._session.wishes.set(box=key)

    def _on_settings(self, config: dict[str, object]) -> None:
        self._session.wishes.set(config=config)

    def _on_reset(self) -> None:
        self._session.wishes.set(config={})
        self._show_model()

    def _on_skeletons(self, shown: bool) -> None:  # noqa: FBT001 - a signal's
        self._session.results.show_skeletons(shown=shown)

    def _on_probability(self, shown: bool) -> None:  # noqa: FBT001 - a signal's
        self._session.results.show_probability(shown=shown)
