"""Which settings a job uses: the model's, or what a caller says instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skoots.config import Settings
from skoots.errors import SettingsError

if TYPE_CHECKING:
    from skoots.config import InferenceConfig
    from skoots.model.checkpoint import Checkpoint


def choose_settings(
    checkpoint: Checkpoint, config: Settings | Mapping[str, Any] | None
) -> InferenceConfig:
    """Give the section ``INFERENCE`` that a job uses.

    Parameters
    ----------
    checkpoint : Checkpoint
        Whose settings hold where nothing else is said.
    config : Settings or mapping, optional
        Whose section is used instead; a mapping such as ``{"INFERENCE": {"HOPS": 5}}``
        changes single values.

    Raises
    ------
    SettingsError
        If it is neither, or a value cannot be used.
    """
    if config is None:
        return checkpoint.config.INFERENCE
    if isinstance(config, Settings):
        return config.INFERENCE
    if not isinstance(config, Mapping):
        raise SettingsError(
            f"config is {config!r}. Give Settings, or a mapping such as "
            '{"INFERENCE": {"HOPS": 5}}.'
        )
    return checkpoint.config.merge(config).INFERENCE
