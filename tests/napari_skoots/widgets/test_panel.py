"""The panel as a whole: narrow, scrolling, reachable by keyboard, and cheap to make."""

from __future__ import annotations

import subprocess
import sys
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QSlider,
    QTabBar,
    QWidget,
)

from napari_skoots.state.teaching import (
    BoxView,
    ComparisonView,
    ExampleView,
    LessonView,
    ScoreView,
    Side,
    WishView,
)
from napari_skoots.state.views import (
    CardView,
    ImageView,
    JobState,
    JobView,
    MessageView,
    ModelView,
    ReceiptView,
    ResultView,
)
from napari_skoots.widgets.card_dialog import CardDialog
from napari_skoots.widgets.help_popup import HelpPopup
from napari_skoots.widgets.number_fields import Whole
from napari_skoots.widgets.panel import SkootsPanel
from napari_skoots.widgets.receipt_dialog import ReceiptDialog
from skoots.config.inference import InferenceConfig

if TYPE_CHECKING:
    from pathlib import Path

CONTROLS = (QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox, QSlider)
NARROW, LOW = 300, 600
"""What the panel has on a laptop of 1280 x 720 pixels."""

LONG = (
    "a rather long sentence about something that went wrong with /data/a/b/c.tif " * 3
)


@pytest.fixture
def panel(shown: Any) -> SkootsPanel:
    made: SkootsPanel = shown(SkootsPanel(), NARROW, LOW)
    return made


def fill(panel: SkootsPanel) -> None:
    """Show as much as there can be, all of it long."""
    tab = panel.segment
    tab.image.set_layers([("a", LONG)], "a")
    tab.image.set_facts(
        ImageView(
            "TZCYX", (40, 180, 3, 20480, 20480), "uint16", 3, 1, 40, 7, problem=LONG
        )
    )
    tab.voxel.set_voxel_size((0.05, 0.0101, 0.0101), LONG)
    tab.model.set_models([ModelView("m", LONG)], "m")
    tab.model.set_model_facts(LONG, LONG)
    tab.model.set_device_problem(LONG, "pip install torch")
    tab.object_size.set_diameter(123.4, 32.0)
    tab.object_size.set_offer(LONG)
    tab.output.set_output(f"/data/{LONG}", LONG)
    tab.settings.set_section(InferenceConfig)
    tab.settings.set_open(True)
    tab.result.set_result(ResultView(LONG, 1204))
    panel.footer.show_job(
        JobView("1", LONG, JobState.RUNNING, LONG, 1, 2, message=MessageView(LONG))
    )


def fill_teach(panel: SkootsPanel, *, improved: bool = True, kept: str = "") -> None:
    """Show as much of the Teach tab as there can be, all of it long."""
    tab = panel.teach
    panel.tabs.setCurrentWidget(tab)
    example = ExampleView(
        LONG, LONG, 12, LONG, LONG, True, True, 12_345, 1_234, 10**10,
        LONG, (LONG, LONG), LONG, BoxView(1_234, 10_000, 20_000, 30_000), True, True,
    )  # fmt: skip
    tab.source.set_example(example)
    tab.source.set_label_layers([("l", LONG)])
    tab.objects.set_example(example)
    tab.how.set_bases([("m", LONG)], "m")
    tab.how.set_wish(WishView("m", 60, 1234.5, 2345.6, 32, LONG, LONG))
    curve = ((1.0, 12.345), (7000.0, 0.1))
    tab.lesson.set_lesson(
        LessonView(True, "", 7e3, 8e3, 10**6, curve, curve, 1.0, 0.1, LONG, True)
    )
    score = ScoreView(0.5, 1_234, 2_345, 3_456)
    tab.comparison.set_comparison(
        ComparisonView(score, score, improved, Side.AFTER, LONG, kept, LONG)
    )
    tab.action.set_ready(LONG)


def drag(target: QWidget, paths: list[str]) -> bool:
    """Drag files over a widget and let go, as Qt tells it; whether they are taken."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(path) for path in paths])
    buttons = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    action = Qt.DropAction.CopyAction
    with warnings.catch_warnings():
        # Newer Qt takes fractions of pixels here, which PyQt6 does not know yet.
        warnings.simplefilter("ignore", DeprecationWarning)
        enter = QDragEnterEvent(QPoint(5, 5), action, mime, *buttons)
    QApplication.sendEvent(target, enter)
    drop = QDropEvent(QPointF(5, 5), action, mime, *buttons)
    QApplication.sendEvent(target, drop)
    return enter.isAccepted() and drop.isAccepted()


def test_it_fits_into_300_pixels_whatever_it_shows(
    panel: SkootsPanel, qtbot: Any
) -> None:
    fill(panel)
    qtbot.wait(1)
    assert panel.minimumSizeHint().width() <= NARROW
    area = panel.segment.area
    content = area.widget()
    assert content is not None
    assert content.minimumSizeHint().width() <= area.viewport().width()


def test_buttons_and_footer_are_on_the_screen_whatever_it_shows(
    panel: SkootsPanel, qtbot: Any
) -> None:
    fill(panel)
    qtbot.wait(1)
    assert panel.height() == LOW
    for part in (panel.footer, panel.segment.action):
        bottom = part.mapTo(panel, QPoint(0, part.height())).y()
        assert bottom <= LOW
        assert part.isVisible()
    bar = panel.segment.area.verticalScrollBar()
    assert bar is not None
    assert bar.maximum() > 0


STATES = {"improved": (True, ""), "worse": (False, ""), "kept": (True, LONG)}


@pytest.mark.parametrize("state", STATES)
def test_the_teach_tab_fits_into_300_pixels_whatever_it_shows(
    panel: SkootsPanel, qtbot: Any, state: str
) -> None:
    improved, kept = STATES[state]
    fill_teach(panel, improved=improved, kept=kept)
    qtbot.wait(1)
    assert panel.minimumSizeHint().width() <= NARROW
    area = panel.teach.area
    content = area.widget()
    assert content is not None
    assert content.minimumSizeHint().width() <= area.viewport().width()


@pytest.mark.parametrize("state", STATES)
def test_what_teaches_can_be_reached_in_a_low_window(
    panel: SkootsPanel, qtbot: Any, state: str
) -> None:
    improved, kept = STATES[state]
    fill_teach(panel, improved=improved, kept=kept)
    before, after, name = ScoreView(0.3, 1, 9, 14), ScoreView(0.7, 7, 9, 10), "cells"
    panel.teach.comparison.set_comparison(
        ComparisonView(before, after, improved, Side.AFTER, name, kept and name)
    )
    panel.resize(NARROW, 500)
    panel.teach.action.set_ready(None)
    qtbot.wait(20)
    assert panel.height() == 500
    for part in (panel.teach.comparison, panel.footer):
        assert part.mapTo(panel, QPoint(0, part.height())).y() <= 500
        assert part.mapTo(panel, QPoint(0, 0)).y() >= panel.tabs.tabBar().height()
    assert panel.teach.area.height() > 40
    bar = panel.teach.area.verticalScrollBar()
    assert bar is not None
    assert bar.maximum() > 0


def test_curves_scroll_into_view_when_a_training_begins(
    panel: SkootsPanel, qtbot: Any
) -> None:
    fill_teach(panel)
    panel.teach.comparison.set_comparison(None)
    curve = panel.teach.lesson.curve
    viewport = panel.teach.area.viewport()

    def seen() -> bool:
        top = curve.mapTo(viewport, QPoint(0, 0)).y()
        return top >= 0 and top + curve.height() <= viewport.height()

    panel.resize(NARROW, 900)
    panel.teach.lesson.set_lesson(LessonView(running=True))
    qtbot.wait(20)
    assert not seen()
    panel.teach.show_lesson()
    qtbot.waitUntil(seen, timeout=2000)


def test_only_what_waits_for_an_answer_has_buttons(panel: SkootsPanel) -> None:
    tab = panel.teach
    panel.tabs.setCurrentWidget(tab)
    assert tab.action.isVisible()
    tab.question.ask("Go on?", [("y", "Go on"), ("n", "Not now")])
    assert not tab.action.isVisible()
    tab.question.clear()
    assert tab.action.isVisible()
    score = ScoreView(0.5, 1, 2, 3)
    comparison = ComparisonView(score, score, True, Side.AFTER, "mine")
    tab.comparison.set_comparison(comparison)
    assert not tab.action.isVisible()
    tab.comparison.set_comparison(replace(comparison, kept="mine"))
    assert tab.action.isVisible()


def test_a_question_takes_the_place_of_the_buttons(panel: SkootsPanel) -> None:
    panel.segment.question.ask("Go on?", [("y", "Yes"), ("n", "No")])
    assert panel.segment.question.isVisible()
    assert not panel.segment.action.isVisible()
    panel.segment.question.clear()
    assert panel.segment.action.isVisible()


def test_controls_keep_their_width_when_the_scroll_bar_comes(
    panel: SkootsPanel, qtbot: Any
) -> None:
    panel.resize(NARROW, 900)
    qtbot.wait(1)
    before = panel.segment.drop_zone.width()
    panel.resize(NARROW, LOW - 100)
    fill(panel)
    qtbot.wait(20)
    assert panel.segment.drop_zone.width() == before


def test_every_control_has_a_tooltip_and_a_name(panel: SkootsPanel) -> None:
    panel.segment.settings.set_section(InferenceConfig)
    ours = [
        control
        for kind in CONTROLS
        for control in panel.findChildren(kind)
        if not control.objectName().startswith("qt_")
        and not isinstance(control.parentWidget(), QTabBar)  # Qt's arrows
        and control.focusPolicy() != Qt.FocusPolicy.NoFocus
    ]
    assert len(ours) > 30
    for control in ours:
        assert control.toolTip(), control.accessibleName()
        assert control.accessibleName(), control.toolTip()


def test_tab_walks_from_top_to_bottom(panel: SkootsPanel) -> None:
    fill(panel)
    tab = panel.segment
    order: list[QWidget] = []
    widget = panel.nextInFocusChain()
    while widget is not None and widget is not panel:
        order.append(widget)
        widget = widget.nextInFocusChain()
    sections = (
        tab.drop_zone,
        tab.image,
        tab.voxel,
        tab.model,
        tab.object_size,
        tab.where,
        tab.output,
        tab.settings,
        tab.result,
        tab.action,
        panel.footer,
    )
    first = [
        min(place for place, each in enumerate(order) if section.isAncestorOf(each))
        for section in sections
    ]
    assert first == sorted(first)


def test_tab_walks_through_what_teaches_from_top_to_bottom(panel: SkootsPanel) -> None:
    fill_teach(panel)
    tab = panel.teach
    tab.question.ask("Go on?", [("y", "Go on"), ("n", "Not now")])
    order: list[QWidget] = []
    widget = panel.nextInFocusChain()
    while widget is not None and widget is not panel:
        order.append(widget)
        widget = widget.nextInFocusChain()
    sections = (
        panel.segment.action, tab.source, tab.objects, tab.how, tab.comparison,
        tab.action, panel.footer,
    )  # fmt: skip
    first = [
        min(place for place, each in enumerate(order) if section.isAncestorOf(each))
        for section in sections
    ]
    assert first == sorted(first)


@pytest.mark.parametrize("part", ["panel", "drop_zone", "footer"])
def test_files_are_dropped_anywhere_and_told_once(
    panel: SkootsPanel, listen: Any, part: str, tmp_path: Path
) -> None:
    target = {
        "panel": panel,
        "drop_zone": panel.segment.drop_zone,
        "footer": panel.footer,
    }[part]
    diary = listen(panel)
    paths = [tmp_path / "a.tif", tmp_path / "b.trch"]
    assert drag(target, [str(path) for path in paths])
    assert diary == [("files_dropped", (paths,))]


def test_text_that_is_dragged_over_is_left_alone(
    panel: SkootsPanel, listen: Any
) -> None:
    diary = listen(panel)
    assert not drag(panel, [])
    assert diary == []


def test_the_wheel_scrolls_and_changes_no_value_in_passing(
    panel: SkootsPanel, qtbot: Any
) -> None:
    panel.segment.image.set_facts(
        ImageView("CZYX", (3, 8, 8, 8), "uint8", channels=3, channel=1)
    )
    (channel,) = [
        box for box in panel.findChildren(Whole) if box.accessibleName() == "Channel"
    ]
    panel.setFocus()
    turn = QWheelEvent(
        QPointF(5, 5),
        QPointF(channel.mapToGlobal(QPoint(5, 5))),
        QPoint(0, 0),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(channel, turn)
    assert channel.value() == 1


def test_dialogs_show_and_copy(panel: SkootsPanel, qtbot: Any, qapp: Any) -> None:
    receipt = ReceiptDialog(
        ReceiptView((("Model", "mito-em"),), "text", "skoots segment", "import skoots"),
        panel,
    )
    card = CardDialog(CardView("mito-em", "# mito-em\nFor mitochondria."), panel)
    keys = HelpPopup([("M", "New label")], "And more.", panel)
    for dialog in (receipt, card, keys):
        dialog.show()
    for text, copied in (
        ("As command line", "skoots segment"),
        ("As Python", "import skoots"),
        ("As text", "text"),
    ):
        (found,) = [
            b for b in receipt.findChildren(QAbstractButton) if b.text() == text
        ]
        qtbot.mouseClick(found, Qt.MouseButton.LeftButton)
        assert qapp.clipboard().text() == copied
    for dialog in (receipt, card, keys):
        dialog.close()


def test_the_panel_needs_neither_torch_nor_the_settings() -> None:
    script = (
        "import sys, napari_skoots.widgets.panel;"
        "slow = {'torch', 'zarr', 'pydantic', 'napari', 'skoots.inference'};"
        "print(*sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
