"""Read what a user types behind an option; a wrong value is a usage error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from skoots.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from skoots._types import Shape3, VoxelSize

Debug: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--debug",
        envvar="SKOOTS_DEBUG",
        show_envvar=True,
        help="Show the traceback of an error.",
    ),
]
"""The option ``--debug``, which every command has."""

OpenRegion: TypeAlias = tuple[tuple[int | None, int | None], ...]
"""Start and stop along Z, Y, X; None where the volume's own border is meant."""

Region: TypeAlias = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""Start and stop along Z, Y, X, in voxels."""


def parse_shape(text: str | None, option: str, least: int = 1) -> Shape3 | None:
    """Read three whole numbers.

    Examples
    --------
    >>> parse_shape("16,256,256", "--tile")
    (16, 256, 256)
    """
    if text is None:
        return None
    try:
        z, y, x = (int(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is not three whole numbers Z,Y,X such as 16,256,256.",
            param_hint=option,
        ) from error
    if min(z, y, x) < least:
        raise typer.BadParameter(
            f"{text!r} holds a number below {least}.", param_hint=option
        )
    return z, y, x


def parse_voxel_size(text: str | None, option: str) -> VoxelSize | None:
    """Read the three edges of a voxel, in micrometres.

    Examples
    --------
    >>> parse_voxel_size("0.05,0.01,0.01", "--voxel-size")
    (0.05, 0.01, 0.01)
    """
    if text is None:
        return None
    hint = f"{text!r} is not three lengths Z,Y,X in micrometres, such as 0.05,0.01,0.01"
    try:
        z, y, x = (float(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"{hint}.", param_hint=option) from error
    if not all(0 < edge < float("inf") for edge in (z, y, x)):
        raise typer.BadParameter(f"{hint}, all above 0.", param_hint=option)
    return z, y, x


def parse_region(text: str | None, option: str) -> OpenRegion | None:
    """Read a box; a side that is left out is the volume's own.

    Examples
    --------
    >>> parse_region("0:16,:,64:", "--region")
    ((0, 16), (None, None), (64, None))
    """
    if text is None:
        return None
    try:
        spans = tuple(_parse_span(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is not a box z0:z1,y0:y1,x0:x1 such as 0:16,100:400,100:400.",
            param_hint=option,
        ) from error
    if len(spans) != 3:
        raise typer.BadParameter(
            f"{text!r} has {len(spans)} axes; give Z, Y and X.", param_hint=option
        )
    return spans


def _parse_span(text: str) -> tuple[int | None, int | None]:
    start, stop = (int(side) if side.strip() else None for side in text.split(":"))
    if min(start or 0, stop or 0) < 0 or (stop is not None and stop <= (start or 0)):
        raise ValueError(text)
    return start, stop


def close_region(region: OpenRegion, shape_zyx: Shape3) -> Region:
    """Fill the sides of a region that were left out.

    Examples
    --------
    >>> close_region(((0, 16), (None, None), (64, None)), (32, 48, 96))
    ((0, 16), (0, 48), (64, 96))
    """
    z, y, x = (
        (start or 0, size if stop is None else stop)
        for (start, stop), size in zip(region, shape_zyx, strict=True)
    )
    return z, y, x


def read_inference_values(
    file: Path | None, assignments: Sequence[str]
) -> Mapping[str, Any]:
    """Collect the values that change the section ``INFERENCE``.

    Parameters
    ----------
    file : path or None
        A YAML file: the section itself, or whole settings that hold one.
    assignments : sequence of str
        ``KEY=VALUE``, each value read as YAML; they go over those of the file.

    Raises
    ------
    SettingsError
        If the file cannot be read.
    """
    values = {} if file is None else _read_section(file)
    for text in assignments:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise typer.BadParameter(
                f"{text!r} is not KEY=VALUE, such as HOPS=2.", param_hint="--set"
            )
        values[key.strip().upper().removeprefix("INFERENCE.")] = _parse_yaml(
            value, f"--set {key}"
        )
    return values


def _read_section(file: Path) -> dict[str, Any]:
    from skoots.config.settings_file import (  # noqa: PLC0415 - keeps --help fast
        read_settings_file,
    )

    try:
        content = read_settings_file(file)
    except SettingsError as error:
        raise SettingsError(f"In the settings file {file}: {error}") from error
    section = content.get("INFERENCE", content)
    if not isinstance(section, dict):
        raise SettingsError(
            f"{file} holds no settings. Write one 'KEY: value' a line, "
            "such as 'HOPS: 2'."
        )
    return dict(section)


def _parse_yaml(text: str, where: str) -> Any:
    import yaml  # noqa: PLC0415 - keeps `skoots --help` fast

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SettingsError(f"{where} is not YAML: {error}") from error
