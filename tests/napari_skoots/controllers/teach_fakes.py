"""Stand-ins for what teaches, which write down what they are asked for.

For views that a real training gives late or by chance, and for what is handed on to
it. They take what the real classes take: a call that those would refuse fails here.
"""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any

from psygnal import Signal

from napari_skoots.controllers.teaching.comparing import Comparing
from napari_skoots.controllers.teaching.exercise import Exercise
from napari_skoots.controllers.teaching.lesson import Lesson
from napari_skoots.state.teaching import ExampleView, WishView


class Fake:
    """Answers every method that the tab calls by writing it down."""

    changed = Signal()
    stands_for: type
    methods: tuple[str, ...] = ()

    def __init__(self, diary: list[tuple[Any, ...]]) -> None:
        self.diary = diary
        self.refuses: Exception | None = None
        for name in self.methods:
            setattr(self, name, partial(self._write, name))

    def _write(self, name: str, *values: Any) -> None:
        inspect.signature(getattr(self.stands_for, name)).bind(self, *values)
        self.diary.append((name, *values))
        if self.refuses is not None:
            raise self.refuses

    def show_view(self, **fields: Any) -> None:
        """Have another view, and say so."""
        for name, value in fields.items():
            setattr(self, name, value)
        self.changed.emit()


class FakeExercise(Fake):
    """As `Exercise`."""

    stands_for = Exercise
    methods = (
        "open_project", "set_project_place", "new_layer", "copy_layer",
        "set_everything", "draw_box", "set_planes", "set_held_out", "set_accepting",
        "set_skeletons",
    )  # fmt: skip
    told = Signal(object)
    view = ExampleView()
    label_layers: tuple[tuple[str, str], ...] = (("k", "drawn"),)


class FakeLesson(Fake):
    """As `Lesson`."""

    stands_for = Lesson
    methods = (
        "choose_base", "set_seconds", "set_diameter", "set_rehearse", "train",
        "finish", "go_on",
    )  # fmt: skip
    view = None
    wish = WishView("m", 60.0)
    bases = (("m", "mito"), ("", "From scratch"))
    resume_offer = ""
    resume_answer = "Go on"


class FakeComparing(Fake):
    """As `Comparing`."""

    stands_for = Comparing
    methods = ("toggle", "show", "keep", "discard", "segment_again")
    view = None
    layers: tuple[Any, ...] = ()


class FakeTeaching:
    """All of it, with one diary."""

    def __init__(self) -> None:
        self.diary: list[tuple[Any, ...]] = []
        self.exercise = FakeExercise(self.diary)
        self.lesson = FakeLesson(self.diary)
        self.comparing = FakeComparing(self.diary)
