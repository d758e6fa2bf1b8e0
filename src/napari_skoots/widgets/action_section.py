"""Preview and Segment, and what they will cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Signal
from qtpy.QtWidgets import QGridLayout, QSizePolicy, QWidget

from napari_skoots.widgets import wording
from napari_skoots.widgets.buttons import button, emphasise, tell
from napari_skoots.widgets.explain import allow
from napari_skoots.widgets.rows import GAP, side_by_side
from napari_skoots.widgets.texts import Line

if TYPE_CHECKING:
    from napari_skoots.state.views import EstimateView, PreviewView


class ActionSection(QWidget):
    """Two buttons, and under them one line: what hinders, what it costs, or a preview.

    The line has the height of a button, so that nothing moves when buttons come.
    """

    preview_requested = Signal()
    segment_requested = Signal()
    preview_accepted = Signal()
    preview_dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._estimate: EstimateView | None = None
        self._note = ""
        self._preview_view: PreviewView | None = None
        self._reason: str | None = None
        self._build_buttons()
        self._line = Line()
        self._accept = button(
            "Keep", "Copy the preview into a Labels layer that you can edit."
        )
        self._dismiss = button("Dismiss", "Remove the preview.")
        tell(self._accept, self.preview_accepted)
        tell(self._dismiss, self.preview_dismissed)
        self._build_layout()
        self.set_ready("Loading…", "Loading…")

    def _build_buttons(self) -> None:
        self._preview = button(
            "Preview",
            "Segment one tile in the middle of the view; with Shift+Space, around the "
            "cursor.",
        )
        self._segment = button(
            "Segment",
            "Segment what is chosen under Where. Labels appear tile by tile.",
        )
        emphasise(self._segment)
        tell(self._preview, self.preview_requested)
        tell(self._segment, self.segment_requested)

    def _build_layout(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        for place, each in enumerate((self._preview, self._segment)):
            each.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            grid.addWidget(each, 0, place)
            grid.setColumnStretch(place, 1)
        self._below = side_by_side((self._line, self._accept, self._dismiss))
        grid.addWidget(self._below, 1, 0, 1, 2)

    def event(self, a0: QEvent | None) -> bool:
        """Give the line the height of a button when the style is known."""
        kinds = (QEvent.Type.Polish, QEvent.Type.FontChange, QEvent.Type.StyleChange)
        if a0 is not None and a0.type() in kinds:
            for each in (self._below, self._accept):
                each.ensurePolished()
            # napari pads every widget by a pixel, the holder of the line too.
            self._below.setFixedHeight(self._accept.sizeHint().height() + 2)
        return super().event(a0)

    def set_ready(self, preview: str | None, segment: str | None) -> None:
        """Say what can be done now.

        Parameters
        ----------
        preview : str or None
            Why no preview can be made; None where one can.
        segment : str or None
            Why nothing can be segmented; None where it can.
        """
        allow(self._preview, preview)
        allow(self._segment, segment)
        self._reason = segment
        self._write()

    def set_estimate(self, estimate: EstimateView | None, note: str = "") -> None:
        """Say what a run will cost.

        Parameters
        ----------
        estimate : EstimateView or None
            None where nobody knows.
        note : str
            Said instead where there is no estimate, such as ``Measuring…``.
        """
        self._estimate, self._note = estimate, note
        self._write()

    def set_preview(self, preview: PreviewView | None) -> None:
        """Offer to keep a preview, or stop offering."""
        self._preview_view = preview
        self._write()

    def _write(self) -> None:
        asking = self._preview_view is not None
        self._accept.setVisible(asking)
        self._dismiss.setVisible(asking)
        self._line.set_text(*self._words())

    def _words(self) -> tuple[str, str]:
        if self._preview_view is not None:
            found = wording.counted(self._preview_view.objects, "object")
            return f"Preview: {found}", f"in {self._preview_view.seconds:.1f} s"
        if self._reason is not None:
            return self._reason, ""
        if self._estimate is None:
            return self._note, ""
        return estimate_text(self._estimate), self._estimate.detail


def estimate_text(estimate: EstimateView) -> str:
    """Put an estimate into one line.

    Parameters
    ----------
    estimate : EstimateView
        What a run will cost.

    Returns
    -------
    str
        Tiles, time, space on disk.
    """
    parts = [wording.counted(estimate.tiles, "tile")]
    if estimate.seconds is not None:
        parts.append(f"about {wording.about(estimate.seconds)}")
    parts.append(f"{wording.size(estimate.bytes_on_disk)} on disk")
    return ", ".join(parts)
