"""Which arguments losses and optimizers take, and whether given ones suit them.

The published settings give them as two lists, one of names and one of values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from skoots.config.report import nearest
from skoots.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Value: TypeAlias = bool | int | float | str | tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class Argument:
    """What may be given for one argument."""

    needed: bool = False
    """Whether there is no default."""

    kind: Literal["number", "count", "flag", "shares"] = "number"
    """``shares`` are two numbers of at least 0 and below 1."""

    most: float = math.inf
    """The greatest number; the least is 0."""

    def fits(self, value: Value) -> bool:
        """Tell whether a value may be given."""
        if self.kind == "flag":
            return isinstance(value, bool)
        if self.kind == "shares":
            return (
                isinstance(value, tuple)
                and len(value) == 2
                and all(0 <= share < 1 for share in value)
            )
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        whole = self.kind == "number" or float(value).is_integer()
        return whole and math.isfinite(value) and 0 <= value <= self.most

    def __str__(self) -> str:
        """Say what may be given."""
        if self.kind == "flag":
            return "true or false"
        if self.kind == "shares":
            return "two numbers of at least 0 and below 1"
        number = "a whole number" if self.kind == "count" else "a number"
        return f"{number} from 0" + (f" to {self.most:g}" * (self.most < math.inf))


_PRICES = {"alpha": Argument(needed=True), "beta": Argument(needed=True)}

LOSS_ARGUMENTS: Mapping[str, Mapping[str, Argument]] = {
    "tversky": {**_PRICES, "eps": Argument()},
    "tversky_bce": {**_PRICES, "smooth": Argument(most=1), "bce": Argument()},
    "soft_cldice": {
        "iter_": Argument(kind="count"),
        "alpha": Argument(most=1),
        "smooth": Argument(),
    },
}
"""The arguments of each loss; `skoots.train.loss` says what they mean."""

_FLAG = Argument(kind="flag")
_ADAM = {
    "betas": Argument(kind="shares"),
    "amsgrad": _FLAG,
    "foreach": _FLAG,
    "fused": _FLAG,
}

OPTIMIZER_ARGUMENTS: Mapping[str, Mapping[str, Argument]] = {
    "adamw": _ADAM,
    "adam": _ADAM,
    "adamax": {"betas": Argument(kind="shares"), "foreach": _FLAG},
    "sgd": {
        "momentum": Argument(),
        "dampening": Argument(),
        "nesterov": _FLAG,
        "foreach": _FLAG,
        "fused": _FLAG,
    },
}
"""The arguments of each optimizer, by the names of torch, that have no key."""


def named_arguments(
    key: str,
    known: Mapping[str, Argument],
    keywords: Sequence[str],
    values: Sequence[Value],
) -> dict[str, Value]:
    """Pair names with values and check both.

    Parameters
    ----------
    key : str
        What takes them, for the message, like ``TRAIN.LOSS_EMBED = 'tversky'``.
    known : Mapping from str to Argument
        What it takes.
    keywords : sequence of str
        The names.
    values : sequence
        A value for each name.

    Returns
    -------
    dict from str to value

    Raises
    ------
    SettingsError
        If there are not as many names as values, a name is not known or comes twice, a
        value does not suit its argument or a needed argument is missing.
    """
    if len(keywords) != len(values):
        raise SettingsError(
            f"{key} has {len(keywords)} names of arguments and {len(values)} values. "
            "Give both the same number."
        )
    takes = ", ".join(known)
    for place, (name, value) in enumerate(zip(keywords, values, strict=True)):
        if name not in known:
            raise SettingsError(
                f"{key} takes no argument {name!r}. The nearest is "
                f"{nearest(name, known)!r}; it takes {takes}."
            )
        if name in keywords[:place]:
            raise SettingsError(f"{key} is given {name!r} twice. Give it once.")
        if not known[name].fits(value):
            raise SettingsError(
                f"{key} is given {name} = {value!r}. Give {known[name]}."
            )
    missing = [name for name, a in known.items() if a.needed and name not in keywords]
    if missing:
        raise SettingsError(
            f"{key} needs a value for {', '.join(missing)}. It takes {takes}; given "
            f"are {', '.join(keywords) or 'none'}."
        )
    return dict(zip(keywords, values, strict=True))
