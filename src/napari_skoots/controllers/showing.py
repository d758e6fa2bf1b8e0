"""What a session says, shown in the panel.

Each ``_show_*`` brings one section up to date from what the session knows. Nothing is
kept here: a panel that is opened again shows the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_skoots.controllers.engine import EngineState
from napari_skoots.controllers.links import Links
from napari_skoots.state.views import DeviceView

if TYPE_CHECKING:
    from napari_skoots.controllers.session import Session
    from napari_skoots.widgets.panel import SkootsPanel


class Showing:
    """Keeps a panel up to date until it is released.

    Parameters
    ----------
    panel : SkootsPanel
        Empty.
    session : Session
        What it shows.
    """

    def __init__(self, panel: SkootsPanel, session: Session) -> None:
        self._panel = panel
        self._session = session
        self._form_built = False
        self._was_busy: bool | None = None
        self._links = self._listen()
        self._show_all()

    def _listen(self) -> Links:
        s = self._session
        return Links(
            (s.engine.changed, self._show_engine),
            (s.images.listed, self._show_layers),
            (s.images.changed, self._show_image),
            (s.models.listed, self._show_models),
            (s.models.changed, self.show_model),
            (s.wishes.changed, self._show_wishes),
            (s.board.changed, self._show_actions_if_turned),
            (s.board.freed, self._show_wishes),
            (s.segmenting.asked, self._show_question),
            (s.previewing.changed, self._show_preview),
            (s.results.changed, self._show_result),
            (s.sizing.ring.changed, self._panel.segment.object_size.set_ring),
            (s.choosing, self._panel.segment.drop_zone.set_canvas),
        )

    def release(self) -> None:
        """Listen no more: the panel is closed. The session goes on."""
        self._links.release()

    def _show_all(self) -> None:
        self._panel.segment.drop_zone.set_canvas(self._session.choose_dropped)
        for show in (
            self._show_layers,
            self._show_image,
            self._show_engine,
            self._show_wishes,
            self._show_question,
            self._show_preview,
            self._show_result,
        ):
            show()

    def _show_layers(self) -> None:
        images, tab = self._session.images, self._panel.segment
        tab.image.set_layers(images.choices, images.current)
        tab.object_size.set_label_layers(self._session.sizing.choices, None)

    def _show_image(self) -> None:
        images, tab = self._session.images, self._panel.segment
        tab.image.set_layers(images.choices, images.current)
        tab.image.set_facts(images.view)
        tab.voxel.set_voxel_size(
            images.voxel_size, images.voxel_origin, applied=images.voxel_applied
        )

    def _show_engine(self) -> None:
        if self._session.engine.state is EngineState.READY:
            self._show_models()
        self._show_actions()

    def _show_models(self) -> None:
        models, engine = self._session.models, self._session.engine
        section = self._panel.segment.model
        section.set_models(models.views, models.current)
        auto = DeviceView("auto", "Best available")
        section.set_devices([auto, *engine.devices], models.device)
        section.set_device_problem(*(engine.device_problem or ("", "")))
        self.show_model()

    def show_model(self) -> None:
        """Show what is known of the model, and its settings."""
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
        hint = size.hint if self._session.images.layer else ""
        tab.object_size.set_hint(hint)
        advice = size.advice(resampled=wishes.resamples)
        tab.object_size.set_offer(
            f"{size.offer} {advice}".strip() or None,
            resample=wishes.resamples,
            possible=size.scale is None or size.scale.possible,
        )
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
