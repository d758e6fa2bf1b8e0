"""Model files of our own form: one dictionary of plain data and tensors.

==================  ===========================================================
key                 value
==================  ===========================================================
format, version     ``skoots-model`` and the number of this form
settings            all settings, nested
state               weights in float16, or in eight bits with scales (form 2);
                    running statistics in float32
normalization       kind, mean, std
voxel_size          Z, Y, X in micrometres, of the training data, or none
object_diameter     voxels across a typical object of the training data, or none
halo                voxels along Z, Y, X around a tile that the model needs
provenance, scores  whatever is worth keeping, as plain data
==================  ===========================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from skoots.config import Settings
from skoots.errors import CheckpointError, SettingsError
from skoots.model.contents import Contents, Normalization
from skoots.model.eight_bits import SCALE, unpack
from skoots.model.state import clean_state

if TYPE_CHECKING:
    from skoots._types import Shape3, VoxelSize
    from skoots.model.contents import State

FORMAT = "skoots-model"
VERSION, VERSION_EIGHT_BITS = 1, 2

HALO_ZYX = (16, 32, 32)
"""Voxels around a tile that our networks need, unless their settings say otherwise."""


def is_native(payload: Mapping[str, object]) -> bool:
    """Tell whether a file's contents are of our own form."""
    return payload.get("format") == FORMAT


def read_native(payload: Mapping[str, Any]) -> Contents:
    """Read a model file of our own form.

    Parameters
    ----------
    payload : Mapping from str to object
        What the file holds.

    Returns
    -------
    Contents
        Its settings, its weights in float32 and what is known about them.

    Raises
    ------
    CheckpointError
        If the form is newer than this engine, a part is missing or not as it should, or
        a setting does not exist here or is out of bounds.
    """
    if payload.get("version") not in {VERSION, VERSION_EIGHT_BITS}:
        raise CheckpointError(
            f"It is of form {payload.get('version')!r}; this version of skoots reads "
            f"forms {VERSION} and {VERSION_EIGHT_BITS}. Update skoots."
        )
    try:
        return Contents(
            config=_settings(payload["settings"]),
            state=unpack(clean_state(payload["state"])),
            normalization=Normalization(**payload["normalization"]),
            published=False,
            halo_zyx=cast("Shape3", _three(payload["halo"], int)),
            voxel_size=cast("VoxelSize | None", _three(payload["voxel_size"], float)),
            object_diameter=_maybe_float(payload["object_diameter"]),
            provenance=dict(payload["provenance"]),
            scores={str(key): float(x) for key, x in payload["scores"].items()},
        )
    except KeyError as error:
        raise CheckpointError(f"It lacks its part {error}.") from error
    except CheckpointError:
        raise
    except (TypeError, AttributeError, ValueError) as error:
        raise CheckpointError(f"A part of it is not as it should: {error}.") from error


def to_native(contents: Contents, half: State) -> dict[str, object]:
    """Lay out a model as the dictionary that is written.

    Parameters
    ----------
    contents : Contents
        The model.
    half : dict from str to Tensor
        Its weights in the size in which they are stored; scales among them say that
        they are of eight bits.

    Returns
    -------
    dict from str to object
        Plain data and tensors.

    Raises
    ------
    CheckpointError
        If provenance or scores hold something else than plain data.
    """
    normalization = contents.normalization
    return {
        "format": FORMAT,
        "version": VERSION_EIGHT_BITS if _has_scales(half) else VERSION,
        "settings": contents.config.to_dict(),
        "state": half,
        "normalization": {
            "kind": normalization.kind,
            "mean": float(normalization.mean),
            "std": float(normalization.std),
        },
        "voxel_size": plain("voxel_size", contents.voxel_size),
        "object_diameter": plain("object_diameter", contents.object_diameter),
        "halo": plain("halo", contents.halo_zyx),
        "provenance": plain("provenance", contents.provenance),
        "scores": plain("scores", contents.scores),
    }


def _has_scales(state: State) -> bool:
    return any(name.endswith(SCALE) for name in state)


def plain(place: str, value: object) -> object:
    """Turn numbers and containers of any library into those of the language.

    Parameters
    ----------
    place : str
        What the value is, for the message.
    value : object
        Plain data; scalars of numpy and torch count as numbers.

    Returns
    -------
    object
        Dictionaries, lists, text, numbers, truth values or none.

    Raises
    ------
    CheckpointError
        If it holds something else.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(f"{place}.{key}", x) for key, x in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(place, x) for x in value]
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "ndim", None) == 0:
        value = item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise CheckpointError(
        f"{place} holds {type(value).__name__}; a model file keeps numbers, text and "
        "lists. Turn it into one of these."
    )


def _settings(values: Mapping[str, object]) -> Settings:
    try:
        return Settings.from_dict(values)
    except SettingsError as error:
        raise CheckpointError(
            f"Its settings are not all known here. {error} If a newer version of "
            "skoots saved it, update skoots."
        ) from error


def _three(values: object, number: type[float]) -> tuple[float, ...] | None:
    if values is None:
        return None
    if not isinstance(values, (list, tuple)) or len(values) != 3:
        raise CheckpointError(f"{values!r} are not three numbers for Z, Y, X.")
    return tuple(number(value) for value in values)


def _maybe_float(value: Any) -> float | None:
    return None if value is None else float(value)
