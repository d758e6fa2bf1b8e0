"""What teaches, shown in a Teach tab.

As in `controllers.showing`: each ``_show_*`` brings sections up to date from what is
known, and a tab that is opened again shows the same. Only a question that was declined
is remembered, for as long as the tab is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_skoots.controllers.teach_parts import teaching_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from psygnal import SignalInstance

    from napari_skoots.controllers.session import Session
    from napari_skoots.controllers.teach_parts import Teaching
    from napari_skoots.state.teaching import ExampleView, LessonView, WishView
    from napari_skoots.widgets.teach_tab import TeachTab

GO_ON, NOT_NOW = "go on", "not now"
"""Answers to the offer to go on with a training that was interrupted."""

_NO_LAYER = "Not ready yet: begin with a teaching layer."
_ABOVE = "Not ready yet: the next step stands above."


class TeachShowing:
    """Keeps a Teach tab up to date until it is released.

    Parameters
    ----------
    tab : TeachTab
        Empty.
    session : Session
        What it shows.
    """

    def __init__(self, tab: TeachTab, session: Session) -> None:
        self._tab = tab
        self._session = session
        self._declined = ""
        self._running = False
        self._seen = (False, False, False)
        self._links: list[tuple[SignalInstance, Callable[..., None]]] = []
        teaching = teaching_of(session)
        if teaching is not None:
            self._listen(teaching)
            self._show_example()
            self._show_comparison()

    def _listen(self, teaching: Teaching) -> None:
        for signal, slot in (
            (teaching.exercise.changed, self._show_example),
            (teaching.lesson.changed, self._show_lesson),
            (teaching.comparing.changed, self._show_comparison),
            (self._session.board.began, self._on_began),
            (self._session.board.freed, self._on_freed),
        ):
            signal.connect(slot)
            self._links.append((signal, slot))

    def release(self) -> None:
        """Listen no more: the tab is closed. What runs goes on."""
        for signal, slot in self._links:
            signal.disconnect(slot, missing_ok=True)
        self._links.clear()

    def decline(self) -> None:
        """Ask no more about the training that was interrupted."""
        teaching = teaching_of(self._session)
        if teaching is not None:
            self._declined = teaching.lesson.resume_offer
            self._show_question(teaching)

    # ---- sections

    def _show_example(self) -> None:
        teaching = teaching_of(self._session)
        if teaching is None:
            return
        view = teaching.exercise.view
        self._tab.source.set_example(view)
        self._tab.source.set_label_layers(teaching.exercise.label_layers)
        self._tab.objects.set_example(view)
        self._show_lesson()  # what is painted decides what can be learned

    def _show_lesson(self) -> None:
        teaching = teaching_of(self._session)
        if teaching is None:
            return
        lesson = teaching.lesson
        wish = lesson.wish  # it is measured anew each time
        self._tab.how.set_bases(lesson.bases, wish.base)
        self._tab.how.set_wish(wish)
        self._tab.lesson.set_lesson(lesson.view)
        self._follow(lesson.view, compared=teaching.comparing.view is not None)
        self._show_question(teaching)
        self._show_action(wish)

    def _follow(self, view: LessonView | None, *, compared: bool) -> None:
        """Bring the curves into view when training begins, alarms, and is compared."""
        self._running = view is not None and view.running
        seen = (self._running, compared, view is not None and bool(view.alarm))
        if any(
            now and not before for now, before in zip(seen, self._seen, strict=True)
        ):
            self._tab.show_lesson()
        self._seen = seen

    def _show_comparison(self) -> None:
        teaching = teaching_of(self._session)
        if teaching is not None:
            self._tab.comparison.set_comparison(teaching.comparing.view)
            self._show_lesson()

    def _show_question(self, teaching: Teaching) -> None:
        lesson, bar = teaching.lesson, self._tab.question
        offer = lesson.resume_offer
        if offer != self._declined:
            self._declined = ""
        waits = self._running or teaching.comparing.view is not None
        if offer and not self._declined and not waits:
            bar.ask(offer, [(GO_ON, "Go on"), (NOT_NOW, "Not now")])
        else:
            bar.clear()

    def _on_began(self, _title: str) -> None:
        self._show_action()

    def _on_freed(self) -> None:
        self._show_action()

    def _show_action(self, wish: WishView | None = None) -> None:
        teaching = teaching_of(self._session)
        if teaching is None:
            return
        view, action = teaching.lesson.view, self._tab.action
        running = view is not None and view.running
        action.set_running(
            running=running, finishing=view is not None and view.finishing
        )
        wish, example = wish or teaching.lesson.wish, teaching.exercise.view
        busy = "A job is running." if self._session.board.busy else ""
        reason = wish.blocked or busy
        action.set_ready(reason or None, _note(wish, example))


def _note(wish: WishView, example: ExampleView) -> str:
    """Say where the next step stands, so that nothing is said twice."""
    if not wish.blocked or not example.image:
        return ""
    if not example.layer:
        return _NO_LAYER
    return _ABOVE if wish.blocked == example.problem else ""
