"""Numbers in words: durations, sizes on disk, extents."""

from __future__ import annotations

_BYTES = ("B", "kB", "MB", "GB", "TB")
_THOUSANDS = ("k", "M", "G")


def clock(seconds: float) -> str:
    """Write a duration as a clock does.

    Parameters
    ----------
    seconds : float
        At least 0.

    Returns
    -------
    str
        Minutes and seconds, with hours where there are any.

    Examples
    --------
    >>> clock(68.2), clock(3723)
    ('1:08', '1:02:03')
    """
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}"


def about(seconds: float) -> str:
    """Write how long something will take, no more exactly than anybody knows.

    Parameters
    ----------
    seconds : float
        At least 0.

    Returns
    -------
    str
        One number and its unit.

    Examples
    --------
    >>> about(0.4), about(43), about(200), about(9000)
    ('a second', '45 s', '3 min', '2.5 h')
    """
    if seconds < 2:
        return "a second"
    if seconds < 10:
        return f"{seconds:.0f} s"
    if seconds < 58:
        return f"{5 * round(seconds / 5)} s"
    if seconds < 3300:
        return f"{max(1, round(seconds / 60))} min"
    return f"{seconds / 3600:.2g} h"


def size(count: float) -> str:
    """Write a number of bytes.

    Parameters
    ----------
    count : float
        Bytes.

    Returns
    -------
    str
        With a unit, powers of 1000.

    Examples
    --------
    >>> size(640), size(1.52e9), size(24e9)
    ('640 B', '1.5 GB', '24 GB')
    """
    value = float(count)
    for unit in _BYTES:
        if value < 999.5 or unit == _BYTES[-1]:
            break
        value /= 1000
    digits = 1 if value < 9.95 and unit != "B" else 0
    return f"{value:.{digits}f} {unit}"


def counted(number: int, thing: str, things: str = "") -> str:
    """Write a number with what it counts.

    Parameters
    ----------
    number : int
        How many.
    thing : str
        The singular of a noun.
    things : str
        Its plural, where that is not regular.

    Returns
    -------
    str
        With thousands set apart.

    Examples
    --------
    >>> counted(1, "object"), counted(12345, "tile"), counted(2, "box", "boxes")
    ('1 object', '12,345 tiles', '2 boxes')
    """
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"


def in_short(number: int) -> str:
    """Write a large number, no more exactly than anybody wants to know.

    Parameters
    ----------
    number : int
        At least 0.

    Returns
    -------
    str
        Two or three digits, then k, M or G for thousands, millions, milliards.

    Examples
    --------
    >>> in_short(640), in_short(12_345), in_short(1_234_567), in_short(84_000_000)
    ('640', '12 k', '1.2 M', '84 M')
    """
    value, letter = float(number), ""
    for larger in _THOUSANDS:
        if value < 999.5:
            break
        value, letter = value / 1000, larger
    digits = 1 if letter and value < 9.95 else 0
    return f"{value:.{digits}f} {letter}".strip()
