"""One control for one setting, by the type that the model declares."""

from __future__ import annotations

from contextlib import suppress
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args, get_origin

from annotated_types import Ge, Gt, Interval, Le, Lt
from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QCheckBox, QComboBox, QLineEdit

from napari_skoots.widgets.explain import explain
from napari_skoots.widgets.number_fields import Number, Whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic.fields import FieldInfo
    from qtpy.QtWidgets import QWidget

AUTOMATIC = "automatic"
_LARGEST = 1_000_000
_BEYOND = 1e-4
"""How near a field goes to a bound that is itself not allowed."""


class SettingField(Protocol):
    """What a form needs of a control."""

    @property
    def widget(self) -> QWidget:
        """The control."""

    def value(self) -> Any:
        """Give the value; None where it is left to the program."""

    def show(self, value: Any) -> None:
        """Set the value without saying so."""


class _Flag:
    def __init__(self, told: Callable[[], None]) -> None:
        self.widget = QCheckBox()
        self.widget.clicked.connect(told)

    def value(self) -> bool:
        return self.widget.isChecked()

    def show(self, value: Any) -> None:
        self.widget.setChecked(bool(value))


class _Pick:
    def __init__(self, values: tuple[Any, ...], told: Callable[[], None]) -> None:
        self._values = values
        self.widget = QComboBox()
        self.widget.addItems([str(value) for value in values])
        self.widget.activated.connect(told)

    def value(self) -> Any:
        return self._values[self.widget.currentIndex()]

    def show(self, value: Any) -> None:
        self.widget.setCurrentIndex(self._values.index(value))


class _Amount:
    def __init__(
        self, box: Number | Whole, field: FieldInfo, told: Callable[[], None]
    ) -> None:
        self.widget = box
        whole = isinstance(box, Whole)
        least, most = _bounds(field, 1 if whole else _BEYOND)
        if isinstance(box, Whole):
            box.setRange(int(least), int(most))
        else:
            box.setRange(least, most)
        box.valueChanged.connect(told)

    def value(self) -> int | float:
        return self.widget.value()

    def show(self, value: Any) -> None:
        self.widget.show_value(value)


class _Extents:
    """Three numbers in one line, or none."""

    def __init__(self, told: Callable[[], None]) -> None:
        self._value: tuple[int, ...] | None = None
        self._told = told
        self.widget = QLineEdit()
        self.widget.setPlaceholderText(AUTOMATIC)
        self.widget.setAcceptDrops(False)
        self.widget.editingFinished.connect(self._on_edited)

    def value(self) -> tuple[int, ...] | None:
        return self._value

    def show(self, value: Any) -> None:
        shown = None if value is None else tuple(value)
        # The same leaves what is being typed.
        if shown != self._value:
            self._value = shown
            self._write()

    def _write(self) -> None:
        with QSignalBlocker(self.widget):
            self.widget.setText("×".join(map(str, self._value or ())))

    def _on_edited(self) -> None:
        before = self._value
        with suppress(ValueError):
            self._value = _extents(self.widget.text())
        self._write()
        if self._value != before:
            self._told()


def _extents(text: str) -> tuple[int, ...] | None:
    words = text.lower().replace("×", " ").replace("x", " ").replace(",", " ").split()
    if not words or words == [AUTOMATIC]:
        return None
    numbers = tuple(int(word) for word in words)
    if len(numbers) != 3 or min(numbers) < 0:
        raise ValueError(text)
    return numbers


def field_for(name: str, field: FieldInfo, told: Callable[[], None]) -> SettingField:
    """Make the control of a setting.

    Parameters
    ----------
    name : str
        Its key.
    field : FieldInfo
        What the model says of it: type, bounds, title, description.
    told : Callable
        Called without values when the user has changed it.

    Returns
    -------
    SettingField
        A control, with its description as tooltip.

    Raises
    ------
    TypeError
        For a type that no form of ours has.
    """
    # Signals bring values, of which `told` wants none.
    made = _made(name, field, lambda *_: told())
    explain(made.widget, field.description or name, field.title or name)
    return made


def _made(name: str, field: FieldInfo, told: Callable[..., None]) -> SettingField:
    kind = field.annotation
    parts = get_args(kind)
    if kind is bool:
        return _Flag(told)
    if get_origin(kind) is Literal:
        return _Pick(parts, told)
    if NoneType in parts:
        return _Extents(told)
    if kind is int:
        return _Amount(Whole("", ""), field, told)
    if kind is float:
        return _Amount(Number("", ""), field, told)
    raise TypeError(f"No field shows {name}, which is {kind}. Add one here.")


def _bounds(field: FieldInfo, beyond: float) -> tuple[float, float]:
    least, most = 0.0, float(_LARGEST)
    for rule in _rules(field):
        if isinstance(rule, Ge):
            least = max(least, float(rule.ge))  # type: ignore[arg-type] # a number
        elif isinstance(rule, Gt):
            least = max(least, float(rule.gt) + beyond)  # type: ignore[arg-type] # too
        elif isinstance(rule, Le):
            most = min(most, float(rule.le))  # type: ignore[arg-type] # too
        elif isinstance(rule, Lt):
            most = min(most, float(rule.lt) - beyond)  # type: ignore[arg-type] # too
    return least, most


def _rules(field: FieldInfo) -> Iterator[Any]:
    for rule in field.metadata:
        if isinstance(rule, Interval):
            yield from rule
        else:
            yield rule
