"""What every section of the settings has in common, and the types of their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NoReturn, Self

from annotated_types import Ge, Gt, Interval, MaxLen, MinLen
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from skoots.config.report import refused_values, unknown_key
from skoots.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping


def _number(value: object) -> object:
    # YAML reads a bare `yes` as true, which would count as 1.
    if isinstance(value, bool):
        raise ValueError("a truth value is no number")  # noqa: TRY004 (pydantic's way)
    return value


Int = Annotated[int, BeforeValidator(_number)]
Float = Annotated[float, BeforeValidator(_number)]

Count = Annotated[Int, Ge(0)]
"""A number of things, none included."""

Size = Annotated[Int, Ge(1)]
"""A number of things of which there must be one."""

Epoch = Annotated[Int, Ge(-1)]
"""An epoch, where -1 is before the first."""

Rate = Annotated[Float, Interval(ge=0, le=1)]
"""How often something happens: 0 never, 1 always."""

Threshold = Annotated[Float, Interval(gt=0, lt=1)]
"""A probability that splits voxels in two groups, of which neither is empty by law."""

Positive = Annotated[Float, Gt(0)]
NonNegative = Annotated[Float, Ge(0)]

Triple = tuple[Positive, Positive, Positive]
"""One positive number for each axis."""

Range = tuple[Float, Float]
"""The least and the greatest value that may be drawn."""

MAX_LEVELS = 33
"""More levels than any volume can be halved, going down and up again."""

MAX_BLOCKS = 1000
"""Blocks of one level; keeps a damaged file from building networks without end."""

Dims = Annotated[tuple[Size, ...], MinLen(1), MaxLen(MAX_LEVELS)]
Depths = Annotated[
    tuple[Annotated[Int, Interval(ge=0, le=MAX_BLOCKS)], ...], MaxLen(MAX_LEVELS)
]


def _one_is_many(value: object) -> object:
    # Old files write a lone path where the published defaults have a list.
    return (value,) if isinstance(value, str) else value


Paths = Annotated[tuple[str, ...], BeforeValidator(_one_is_many)]
"""Files or folders; a lone string is taken for a list of one."""

Keywords = tuple[str, ...]
Flags = tuple[bool, ...]


class Section(BaseModel):
    """A frozen part of the settings; its keys are spelled as in the published YAML.

    Names that do not exist and values out of bounds are refused with a
    `SettingsError` that names the key. Sections are never changed: `replace` makes
    new ones.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )

    NAME: ClassVar[str] = ""

    def __init__(self, **values: Any) -> None:
        _refuse_unknown(type(self), values)
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise refused_values(self.NAME, error) from None

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise SettingsError(
            f"Settings are frozen, so {self.NAME}.{name} cannot be set to {value!r}. "
            "Make new ones with settings.merge({...})."
        )

    def replace(self, values: Mapping[str, object]) -> Self:
        """Lay new values over the present ones and check the whole again.

        Parameters
        ----------
        values : Mapping from str to object
            The keys to change.

        Returns
        -------
        Section
            A new section; this one stays as it is.
        """
        present = {key: getattr(self, key) for key in type(self).model_fields}
        return type(self)(**{**present, **values})


def _refuse_unknown(section: type[Section], values: Mapping[str, object]) -> None:
    known = section.model_fields
    for key in values:
        if key not in known:
            raise unknown_key(section.NAME, key, values[key], {section.NAME: known})
