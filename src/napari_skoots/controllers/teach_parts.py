"""What the Teach tab needs of those who teach, whoever they are.

They say what they show in frozen views and raise `SkootsError` for the user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari.layers import Layer
    from psygnal import SignalInstance

    from napari_skoots.state.teaching import (
        ComparisonView,
        ExampleView,
        LessonView,
        Side,
        WishView,
    )
    from napari_skoots.state.views import Choice


class ExercisePart(Protocol):
    """What is painted in the image that is chosen."""

    @property
    def changed(self) -> SignalInstance: ...  # noqa: D102 - the name says it
    @property
    def view(self) -> ExampleView: ...  # noqa: D102 - the name says it
    @property
    def label_layers(self) -> Sequence[Choice]: ...  # noqa: D102 - can be copied

    def open_project(self, path: Path) -> object: ...  # noqa: D102
    def set_project_place(self, path: Path) -> object: ...  # noqa: D102
    def new_layer(self) -> object: ...  # noqa: D102
    def copy_layer(self, key: str, everything: bool) -> object: ...  # noqa: D102, FBT001
    def set_everything(self, everything: bool) -> object: ...  # noqa: D102, FBT001
    def draw_box(self) -> object: ...  # noqa: D102
    def set_planes(self, first: int, last: int) -> object: ...  # noqa: D102
    def set_held_out(self, held_out: bool) -> object: ...  # noqa: D102, FBT001
    def set_accepting(self, accepting: bool) -> object: ...  # noqa: D102, FBT001
    def set_skeletons(self, shown: bool) -> object: ...  # noqa: D102, FBT001


class LessonPart(Protocol):
    """A training: what is wished, and the one that runs."""

    @property
    def changed(self) -> SignalInstance: ...  # noqa: D102 - the name says it
    @property
    def view(self) -> LessonView | None: ...  # noqa: D102 - the name says it
    @property
    def wish(self) -> WishView: ...  # noqa: D102 - the name says it
    @property
    def bases(self) -> Sequence[Choice]: ...  # noqa: D102 - models to start from
    @property
    def resume_offer(self) -> str: ...  # noqa: D102 - a question, or empty

    def choose_base(self, key: str) -> object: ...  # noqa: D102
    def set_seconds(self, seconds: float) -> object: ...  # noqa: D102
    def set_diameter(self, diameter: float | None) -> object: ...  # noqa: D102
    def train(self) -> object: ...  # noqa: D102
    def finish(self) -> object: ...  # noqa: D102
    def go_on(self) -> object: ...  # noqa: D102


class ComparingPart(Protocol):
    """Before and after, until it is kept or discarded."""

    @property
    def changed(self) -> SignalInstance: ...  # noqa: D102 - the name says it
    @property
    def view(self) -> ComparisonView | None: ...  # noqa: D102 - the name says it
    @property
    def layers(self) -> Sequence[Layer]:
        """The layers that are compared: `B` switches between them."""

    def toggle(self) -> object: ...  # noqa: D102
    def show(self, side: Side) -> object: ...  # noqa: D102
    def keep(self, name: str) -> object: ...  # noqa: D102
    def discard(self) -> object: ...  # noqa: D102
    def segment_again(self) -> object: ...  # noqa: D102


class Teaching(Protocol):
    """All of it, of one session."""

    @property
    def exercise(self) -> ExercisePart: ...  # noqa: D102 - the name says it
    @property
    def lesson(self) -> LessonPart: ...  # noqa: D102 - the name says it
    @property
    def comparing(self) -> ComparingPart: ...  # noqa: D102 - the name says it


def teaching_of(session: object) -> Teaching | None:
    """Give what teaches in a session; None where nothing does.

    A session imports what teaches: it cannot be named here.
    """
    teaching: Teaching | None = getattr(session, "teaching", None)
    return teaching
