"""Layers of one time point of an image, which are hidden at all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import ViewerModel

    Moment = tuple[int, int]
    """The axis of time, counted from the last one, and the time point."""


class OneTime:
    """Hides layers while the viewer shows another time than theirs.

    They have no axis of time, so napari draws them at every one, and what is painted
    there would count for another image than is seen.

    Parameters
    ----------
    viewer : ViewerModel
        Whose slider counts.
    moment : Moment or None
        Theirs; None where the image has only one.
    layers : callable
        Gives each layer and what shows it again.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        moment: Moment | None,
        layers: Callable[[], list[tuple[Any, Callable[[], None]]]],
    ) -> None:
        self.moment = moment
        self._viewer = viewer
        self._layers = layers
        self._hidden: set[Any] = set()
        viewer.dims.events.current_step.connect(self._follow)

    @property
    def words(self) -> str:
        """Why nothing can be painted at what is shown; empty where it can."""
        if not self.elsewhere or self.moment is None:
            return ""
        return (
            f"What is painted belongs to time {self.moment[1]}. Go back there to see "
            "and paint it."
        )

    @property
    def elsewhere(self) -> bool:
        """Whether another time is shown."""
        if self.moment is None:
            return False
        step, (axis, time) = self._viewer.dims.current_step, self.moment
        return -axis <= len(step) and int(step[axis]) != time

    def go(self) -> None:
        """Show the time that the layers belong to."""
        if self.elsewhere and self.moment is not None:
            axis, time = self.moment
            self._viewer.dims.set_current_step(self._viewer.dims.ndim + axis, time)

    def follow(self, moment: Moment | None) -> None:
        """Belong to another time, as the image was opened in another way."""
        self.moment = moment
        self._follow()

    def hear(self, layer: Any) -> None:
        """Keep a layer hidden that somebody shows at another time."""
        layer.events.visible.connect(self._follow)

    def close(self) -> None:
        """Follow the viewer no more."""
        self._viewer.dims.events.current_step.disconnect(self._follow)
        for layer, _ in self._layers():
            layer.events.visible.disconnect(self._follow)

    def _follow(self) -> None:
        if not self.elsewhere:
            self._show()
            return
        for layer, _ in self._layers():
            if layer.visible:
                self._hidden.add(layer)
                layer.visible = False  # napari paints nothing in a hidden layer
                self._viewer.status = self.words

    def _show(self) -> None:
        hidden, self._hidden = self._hidden, set()
        for layer, show in self._layers():
            if layer in hidden:
                show()
