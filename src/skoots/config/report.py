"""How settings are refused: which key, which value, which remedy."""

from __future__ import annotations

from difflib import get_close_matches
from reprlib import repr as shortened
from typing import TYPE_CHECKING

from skoots.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails


def nearest(name: str, known: Iterable[str], cutoff: float = 0.0) -> str | None:
    """Find the known name that looks most like a given one, whatever its case.

    Parameters
    ----------
    name : str
        What somebody wrote.
    known : Iterable of str
        What could have been meant.
    cutoff : float
        Least similarity, 0 to 1; with 0 there is an answer unless `known` is empty.

    Returns
    -------
    str or None
        The nearest known name as it is spelled in `known`.

    Examples
    --------
    >>> nearest("vector_scale", ["NOTES", "VECTOR_SCALING"])
    'VECTOR_SCALING'
    """
    spelled = {candidate.upper(): candidate for candidate in known}
    close = get_close_matches(name.upper(), spelled, n=1, cutoff=cutoff)
    return spelled[close[0]] if close else None


def unknown_section(name: object, sections: Iterable[str]) -> SettingsError:
    """Refuse a section that does not exist.

    Parameters
    ----------
    name : object
        The section as it was written.
    sections : Iterable of str
        The sections that exist.

    Returns
    -------
    SettingsError
        Names the section and the nearest one, to be raised by the caller.
    """
    known = list(sections)
    return SettingsError(
        f"There is no section {name!r} in the settings. The nearest is "
        f"{nearest(str(name), known)}; the sections are {', '.join(known)}."
    )


def unknown_key(
    section: str, key: object, value: object, sections: Mapping[str, Collection[str]]
) -> SettingsError:
    """Refuse a key that its section does not have.

    A key of another section is taken for misplaced, any other for misspelled.

    Parameters
    ----------
    section : str
        Where the key was written.
    key : object
        The key as it was written.
    value : object
        What it was set to.
    sections : Mapping from str to Collection of str
        The keys of every section; at least those of `section`.

    Returns
    -------
    SettingsError
        Names the key and the nearest known one, to be raised by the caller.
    """
    homes = [name for name, keys in sections.items() if key in keys]
    home, meant = section, nearest(str(key), sections[section])
    if homes:
        home, meant = homes[0], str(key)
    return SettingsError(
        f"The settings have no key {_dotted(section, key)} "
        f"(set to {shortened(value)}). The "
        f"nearest known key is {_dotted(home, meant)}."
    )


def refused_values(section: str, error: ValidationError) -> SettingsError:
    """Tell in one message which values of a section are refused.

    Parameters
    ----------
    section : str
        Name of the section, empty for the settings as a whole.
    error : ValidationError
        What pydantic found.

    Returns
    -------
    SettingsError
        One sentence a value, to be raised by the caller.
    """
    return SettingsError(
        " ".join(_refused(section, item) for item in error.errors(include_url=False))
    )


def _refused(section: str, item: ErrorDetails) -> str:
    location, reason = item["loc"], item["msg"].removeprefix("Value error, ")
    if item["type"] == "missing":  # of a list that is too short
        location, reason = location[:-1], "it has too few entries"
    return (
        f"{_place(section, location)} = {shortened(item['input'])} cannot be used: "
        f"{reason.rstrip('.')}."
    )


def _dotted(section: str, key: object) -> str:
    return f"{section}.{key}".lstrip(".")


def _place(section: str, location: tuple[int | str, ...]) -> str:
    parts = (f"[{at}]" if isinstance(at, int) else f".{at}" for at in location)
    return f"{section}{''.join(parts)}".lstrip(".")
