"""What the tests share: no widget may be left behind, and a diary of signals."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import QCoreApplication, QEvent, QObject
from qtpy.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Diary = list[tuple[str, tuple[Any, ...]]]


def _top_level() -> set[QWidget]:
    return set(QApplication.topLevelWidgets())


def _delete_what_is_due() -> None:
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QCoreApplication.processEvents()


@pytest.fixture(autouse=True)
def _no_widget_is_left_behind(qapp: QApplication) -> Iterator[None]:
    """A widget without a parent that nobody deletes stays for ever."""
    before = _top_level()
    yield
    _delete_what_is_due()
    left = _top_level() - before
    assert not left, f"left behind: {[type(widget).__name__ for widget in left]}"


@pytest.fixture
def shown(qtbot: Any) -> Iterator[Callable[[QWidget], QWidget]]:
    """Show a widget as wide as the narrowest panel, and delete it in the end."""
    made: list[QWidget] = []

    def show(widget: QWidget, width: int = 300, height: int = 500) -> QWidget:
        made.append(widget)
        widget.resize(width, height)
        widget.show()
        qtbot.waitExposed(widget)
        return widget

    yield show
    for widget in made:
        widget.close()
        widget.deleteLater()


@pytest.fixture
def listen() -> Callable[[QObject], Diary]:
    """Write down all signals of our own classes: their name and values."""

    def start(source: QObject) -> Diary:
        diary: Diary = []
        for name in _own_signals(type(source)):
            getattr(source, name).connect(_writer(diary, name))
        return diary

    return start


def _writer(diary: Diary, name: str) -> Callable[..., None]:
    def write(*values: Any) -> None:
        diary.append((name, values))

    return write


def _own_signals(kind: type) -> list[str]:
    """Names of the signals that classes of the plugin define, not those of Qt."""
    own = [each for each in kind.__mro__ if each.__module__.startswith("napari_skoots")]
    return [
        name
        for each in own
        for name, value in vars(each).items()
        if type(value).__name__ in {"pyqtSignal", "Signal"}
    ]
