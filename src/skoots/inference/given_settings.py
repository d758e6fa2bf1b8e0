"""The settings that a caller gives to a job, over those that it has already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skoots.config import Settings
from skoots.errors import SettingsError

if TYPE_CHECKING:
    from skoots.config import InferenceConfig


def inference_settings(
    base: Settings, config: Settings | Mapping[str, Any] | None
) -> InferenceConfig:
    """Give the section ``INFERENCE`` that is asked for.

    Parameters
    ----------
    base : Settings
        What holds where nothing is given, such as a model's.
    config : Settings or mapping, optional
        Settings are taken instead; a mapping such as ``{"INFERENCE": {"HOPS": 5}}``
        changes single values.

    Raises
    ------
    SettingsError
        If it is neither, or a key or a value in it cannot be used.
    """
    if config is None:
        return base.INFERENCE
    if isinstance(config, Settings):
        return config.INFERENCE
    if not isinstance(config, Mapping):
        raise SettingsError(
            f"config is {config!r}. Give Settings, or a mapping such as "
            '{"INFERENCE": {"HOPS": 5}}.'
        )
    return base.merge(config).INFERENCE
