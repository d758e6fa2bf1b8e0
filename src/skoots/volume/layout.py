"""Say which axis of an array is which, and which one image of many is meant.

An axis has one of six letters: T time, C channel, Z plane, Y row, X column, S sample
(the colours of an RGB image). A volume has Z, Y and X only, so of T, C and S one
position is chosen; axes of length 1 need no choice, and a missing Z is one plane.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from skoots.errors import AxesError, SourceError, UnnamedAxesError
from skoots.volume.axes import order_zyx

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.volume.tiling import Box

KNOWN = "TCZYXS"
UNNAMED = "QI"
"""Letters that tifffile gives to an axis of which a file says nothing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a user said about the axes of a file."""

    axes: str | None = None
    """One letter for each dimension of the array, such as ``TCZYX``."""

    channel: int | None = None
    """Which position along C or S, from 0."""

    time: int | None = None
    """Which position along T, from 0."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a volume lies in an array with more, fewer or other axes."""

    letters: str
    """A letter for each axis of the array."""

    fixed: tuple[int | None, ...]
    """The position that is read along an axis; None for Z, Y and X."""

    shape: Shape3
    """Extent of the volume along Z, Y, X."""

    def index(self, box: Box) -> tuple[int | slice, ...]:
        """Give what to index the array with to read a box."""
        spans = dict(zip("ZYX", box, strict=True))
        return tuple(
            spans[letter].slice if position is None else position
            for letter, position in zip(self.letters, self.fixed, strict=True)
        )

    def arrange(self, part: NDArray[Any]) -> NDArray[Any]:
        """Bring what was read into the order Z, Y, X."""
        pairs = zip(self.letters, self.fixed, strict=True)
        kept = "".join(letter for letter, position in pairs if position is None)
        return order_zyx(part, kept)


def make_layout(
    letters: str | None, shape: tuple[int, ...], choice: Choice, name: str
) -> Layout:
    """Find the volume in an array.

    Parameters
    ----------
    letters : str or None
        What the file says about its axes, one letter each; None if it says nothing.
    shape : tuple of int
        Extent of the array along all its axes.
    choice : Choice
        What the user says; it goes before what the file says.
    name : str
        Name of the volume, for messages.

    Raises
    ------
    AxesError
        If letters do not fit, or one image of several has to be chosen.
    SourceError
        If an axis has no extent.
    """
    if choice.axes is not None:
        letters = _take_letters(choice.axes.upper(), letters, shape, name)
    elif letters is None:
        letters = _guess_letters(shape, name)
    else:
        letters = _name_unnamed(letters, shape)
    if 0 in shape:
        raise SourceError(
            f"{name} is empty: its axes are {_listed(letters, shape)}. "
            "Use a volume with at least one voxel."
        )
    _check_meaning(letters, shape, name)
    fixed = _fix(letters, shape, choice, name)
    sizes = dict(zip(letters, shape, strict=True))
    return Layout(
        letters, fixed, (sizes.get("Z", 1), sizes.get("Y", 1), sizes.get("X", 1))
    )


def _take_letters(
    axes: str, told: str | None, shape: tuple[int, ...], name: str
) -> str:
    """Use a user's letters, which may leave out axes of length 1."""
    shown = _shown(told or "Q" * len(shape), shape)
    if len(axes) == len(shown) < len(shape):
        given = dict(zip(shown, axes, strict=True))
        _check_letters(axes, tuple(shape[k] for k in shown), name)
        return "".join(given.get(k, "Q") for k in range(len(shape)))
    return _check_letters(axes, shape, name)


def _check_letters(axes: str, shape: tuple[int, ...], name: str) -> str:
    if len(axes) != len(shape):
        raise AxesError(
            f"The axes {axes} name {len(axes)} dimensions, but {name} has "
            f"{len(shape)}: {' x '.join(map(str, shape))}. Give one letter for each; "
            "those of length 1 may all be left out."
        )
    wrong = sorted(set(axes) - set(KNOWN))
    if wrong or len(set(axes)) < len(axes) or not {"Y", "X"} <= set(axes):
        raise AxesError(
            f"The axes {axes} cannot be used for {name}. Use each of the letters "
            f"{' '.join(KNOWN)} at most once, with Y and X among them."
        )
    return axes


def _guess_letters(shape: tuple[int, ...], name: str) -> str:
    """Name axes of which nothing is known; leading ones of length 1 do not count."""
    if 2 <= len(shape) <= 3:
        return "ZYX"[-len(shape) :]
    extra = len(shape) - 3
    if extra > 0 and all(length == 1 for length in shape[:extra]):
        return "Q" * extra + "ZYX"
    raise UnnamedAxesError(
        f"{name} has {len(shape)} axes without names: "
        f"{' x '.join(map(str, shape))}. Name them with axes of open_source (--axes), "
        "such as CZYX.",
        *_unnamed("?" * len(shape), shape),
    )


def _name_unnamed(letters: str, shape: tuple[int, ...]) -> str:
    """Take the only unnamed axis of a stack for Z, if there is no other Z."""
    sizes = list(zip(letters, shape, strict=True))
    if any(letter == "Z" and length > 1 for letter, length in sizes):
        return letters
    places = [k for k, (a, n) in enumerate(sizes) if a in UNNAMED and n > 1]
    if len(places) != 1:
        return letters
    named = ["Q" if letter == "Z" else letter for letter in letters]
    named[places[0]] = "Z"
    return "".join(named)


def _check_meaning(letters: str, shape: tuple[int, ...], name: str) -> None:
    long = [a for a, n in zip(letters, shape, strict=True) if n > 1 or a in "ZYX"]
    if set(long) <= set(KNOWN) and len(set(long)) == len(long):
        return
    raise UnnamedAxesError(
        f"{name} has axes that are no volume's: {_listed(letters, shape)}. Name "
        f"{'them' if len(shape) > 1 else 'it'} with axes of open_source (--axes), one "
        f"letter of {' '.join(KNOWN)} for each.",
        *_unnamed(letters, shape),
    )


def _fix(
    letters: str, shape: tuple[int, ...], choice: Choice, name: str
) -> tuple[int | None, ...]:
    """Choose a position along every axis that a volume does not have."""
    sizes = {a: n for a, n in zip(letters, shape, strict=True) if n > 1}
    if "C" in sizes and "S" in sizes:
        raise AxesError(
            f"{name} has both channels and colours: {_listed(letters, shape)}. "
            "Save one of them as a file of its own."
        )
    colour = "S" if "S" in sizes else "C"
    chosen = {
        "T": _position("time", choice.time, sizes.get("T", 1), letters, shape, name),
        colour: _position(
            "channel", choice.channel, sizes.get(colour, 1), letters, shape, name
        ),
    }
    return tuple(
        None if a in "ZYX" else (chosen.get(a, 0) if n > 1 else 0)
        for a, n in zip(letters, shape, strict=True)
    )


def _position(
    flag: str,
    wanted: int | None,
    length: int,
    letters: str,
    shape: tuple[int, ...],
    name: str,
) -> int:
    noun = {"time": "time points", "channel": "channels"}[flag]
    if wanted is None and length == 1:
        return 0
    if wanted is None:
        raise AxesError(
            f"{name} has {length} {noun}: {_listed(letters, shape)}. Choose one from 0 "
            f"to {length - 1} with {flag} of open_source (--{flag})"
            f"{_planes_hint(flag, letters, shape)}."
        )
    if not 0 <= wanted < length:
        raise AxesError(
            f"{name} has no {flag} {wanted}: {_listed(letters, shape)}. "
            f"Choose one from 0 to {length - 1} with {flag} of open_source (--{flag})."
        )
    return wanted


def _planes_hint(flag: str, letters: str, shape: tuple[int, ...]) -> str:
    """Say how to read a stack whose planes were saved as time points or channels."""
    shown = [letters[k] for k in _shown(letters, shape)]
    if "Z" in shown or "S" in shown:
        return ""
    axes = "".join(shown).replace("T" if flag == "time" else "C", "Z")
    given = f'axes="{axes}" (--axes {axes})'
    return f", or give {given} if they are the planes of one volume"


def _shown(letters: str, shape: tuple[int, ...]) -> list[int]:
    """Give the axes that a viewer shows: those longer than 1, rows and columns."""
    pairs = enumerate(zip(letters, shape, strict=True))
    return [k for k, (letter, length) in pairs if length != 1 or letter in "YX"]


def _unnamed(letters: str, shape: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """Give the letters of the axes that a viewer shows, and their lengths."""
    shown = [k for k, n in enumerate(shape) if n > 1] or list(range(len(shape)))
    named = "".join(letters[k] if letters[k] in KNOWN else "?" for k in shown)
    return named, tuple(shape[k] for k in shown)


def _listed(letters: str, shape: tuple[int, ...]) -> str:
    return ", ".join(f"{letters[k]}={shape[k]}" for k in _shown(letters, shape))
