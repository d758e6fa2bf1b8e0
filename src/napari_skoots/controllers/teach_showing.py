"""What teaches, shown in a Teach tab.

As in `controllers.showing`: each ``_show_*`` brings sections up to date from what is
known, and a tab that is opened again shows the same. Only a question that was declined
is remembered, for as long as the tab is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_skoots.controllers.links import Links

if TYPE_CHECKING:
    from napari_skoots.controllers.session import Session
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
        self._teaching = session.teaching
        self._declined = ""
        self._running = False
        self._seen = (False, False, False)
        self._links = Links(
            (self._teaching.exercise.changed, self._show_example),
            (self._teaching.lesson.changed, self._show_lesson),
            (self._teaching.comparing.changed, self._show_comparison),
            (session.board.began, self._on_began),
            (session.board.freed, self._on_freed),
        )
        self._show_example()
        self._show_comparison()

    def release(self) -> None:
        """Listen no more: the tab is closed. What runs goes on."""
        self._links.release()

    def decline(self) -> None:
        """Ask no more about the training that was interrupted."""
        self._declined = self._teaching.lesson.resume_offer
        self._show_question()

    # ---- sections

    def _show_example(self) -> None:
        exercise = self._teaching.exercise
        view = exercise.view
        self._tab.source.set_example(view)
        self._tab.source.set_label_layers(exercise.label_layers)
        self._tab.objects.set_example(view)
        self._show_lesson()  # what is painted decides what can be learned

    def _show_lesson(self) -> None:
        lesson, comparing = self._teaching.lesson, self._teaching.comparing
        wish = lesson.wish  # it is measured anew each time
        self._tab.how.set_bases(lesson.bases, wish.base)
        self._tab.how.set_wish(wish)
        self._tab.lesson.set_lesson(lesson.view)
        self._follow(lesson.view, compared=comparing.view is not None)
        self._show_question()
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
        self._tab.comparison.set_comparison(self._teaching.comparing.view)
        self._show_lesson()

    def _show_question(self) -> None:
        offer, bar = self._teaching.lesson.resume_offer, self._tab.question
        if offer != self._declined:
            self._declined = ""
        waits = self._running or self._teaching.comparing.view is not None
        if offer and not self._declined and not waits:
            go_on = self._teaching.lesson.resume_answer
            bar.ask(offer, [(GO_ON, go_on), (NOT_NOW, "Not now")])
        else:
            bar.clear()

    def _on_began(self, _title: str) -> None:
        self._show_action()

    def _on_freed(self) -> None:
        self._show_action()

    def _show_action(self, wish: WishView | None = None) -> None:
        lesson, action = self._teaching.lesson, self._tab.action
        view, example = lesson.view, self._teaching.exercise.view
        running = view is not None and view.running
        action.set_running(
            running=running, finishing=view is not None and view.finishing
        )
        wish = wish or lesson.wish
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
