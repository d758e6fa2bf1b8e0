"""What the user does in a Teach tab, handed on to what teaches."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from napari_skoots.controllers.teach_showing import GO_ON, TeachShowing
from napari_skoots.state.teaching import Side
from napari_skoots.widgets.teach_how import longer_than

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_skoots.controllers.dialogs import Dialogs
    from napari_skoots.controllers.session import Session
    from napari_skoots.controllers.teaching.comparing import Comparing
    from napari_skoots.controllers.teaching.exercise import Exercise
    from napari_skoots.controllers.teaching.lesson import Lesson
    from napari_skoots.controllers.teaching.teaching import Teaching
    from napari_skoots.widgets.teach_tab import TeachTab


class TeachBinding:
    """Shows what teaches in a tab, and hands on what the user does there.

    Parameters
    ----------
    tab : TeachTab
        Empty.
    session : Session
        Of the viewer in which the tab stands.
    dialogs : Dialogs
        Ask for folders.
    choose_image : callable
        Goes to where the image is chosen.
    """

    def __init__(
        self,
        tab: TeachTab,
        session: Session,
        dialogs: Dialogs,
        choose_image: Callable[[], None],
    ) -> None:
        self._tab = tab
        self._session = session
        self._showing = TeachShowing(tab, session)
        tab.source.image_requested.connect(choose_image)
        tab.source.open_requested.connect(dialogs.open_project)
        tab.source.place_requested.connect(dialogs.place_project)
        self._obey_painting(session.teaching.exercise)
        self._obey_training(session.teaching.lesson)
        self._obey_comparison(session.teaching)

    def release(self) -> None:
        """Listen no more: the tab is closed. What runs goes on."""
        self._showing.release()

    def _attempting(self, act: Callable[..., object]) -> Callable[..., None]:
        """Give what does something, and tells the user if it cannot be done."""

        def attempt(*values: Any) -> None:
            self._session.attempt(partial(act, *values))

        return attempt

    def _obey_painting(self, exercise: Exercise) -> None:
        source, objects = self._tab.source, self._tab.objects
        for signal, act in (
            (source.layer_requested, exercise.new_layer),
            (source.copy_requested, exercise.copy_layer),
            (source.everything_toggled, exercise.set_everything),
            (source.skeletons_toggled, exercise.set_skeletons),
            (objects.box_requested, exercise.draw_box),
            (objects.accepting_toggled, exercise.set_accepting),
            (objects.planes_changed, exercise.set_planes),
            (objects.held_out_toggled, exercise.set_held_out),
        ):
            signal.connect(self._attempting(act))

    def _obey_training(self, lesson: Lesson) -> None:
        how, action = self._tab.how, self._tab.action
        for signal, act in (
            (how.base_chosen, lesson.choose_base),
            (how.seconds_chosen, lesson.set_seconds),
            (how.diameter_changed, lesson.set_diameter),
            (how.rehearse_toggled, lesson.set_rehearse),
            (action.train_requested, lesson.train),
            (action.finish_requested, lesson.finish),
        ):
            signal.connect(self._attempting(act))
        self._tab.question.answered.connect(partial(self._on_answer, lesson))

    def _obey_comparison(self, teaching: Teaching) -> None:
        comparing, card = teaching.comparing, self._tab.comparison
        for signal, act in (
            (card.side_chosen, partial(_show_side, comparing)),
            (card.keep_requested, comparing.keep),
            (card.discard_requested, comparing.discard),
            (card.segment_again_requested, comparing.segment_again),
            (card.longer_requested, partial(_train_longer, teaching)),
        ):
            signal.connect(self._attempting(act))

    def _on_answer(self, lesson: Lesson, key: str) -> None:
        if key == GO_ON:
            self._session.attempt(lesson.go_on)
        else:
            self._showing.decline()


def _show_side(comparing: Comparing, side: str) -> None:
    comparing.show(Side(side))


def _train_longer(teaching: Teaching) -> None:
    teaching.comparing.discard()
    teaching.lesson.set_seconds(longer_than(teaching.lesson.wish.seconds))
    teaching.lesson.train()
