"""The settings as a whole: one frozen value made of the sections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import yaml
from pydantic import Field

from skoots.config.augmentation import AugmentationConfig
from skoots.config.augmentation_extra import AugmentationExtraConfig
from skoots.config.experimental import ExperimentalConfig
from skoots.config.geometry import SkootsConfig
from skoots.config.inference import InferenceConfig
from skoots.config.network import ModelConfig
from skoots.config.report import unknown_key, unknown_section
from skoots.config.section import Section
from skoots.config.settings_file import PathLike, read_settings_file
from skoots.config.system import SystemConfig
from skoots.config.train import TrainConfig
from skoots.config.trainer import TrainerConfig
from skoots.errors import SettingsError


class Settings(Section):
    """All settings, by the names of the published YAML.

    A value of this class never changes; `merge` and `merge_from_file` give new ones.

    Examples
    --------
    >>> settings = get_cfg_defaults().merge({"INFERENCE": {"HOPS": 5}})
    >>> settings.INFERENCE.HOPS
    5
    >>> settings.SKOOTS.VECTOR_SCALING
    (60.0, 60.0, 12.0)
    """

    SYSTEM: SystemConfig = Field(
        default=SystemConfig(), title="System", description="The machine that trains."
    )
    MODEL: ModelConfig = Field(
        default=ModelConfig(), title="Model", description="Which network, how large."
    )
    TRAIN: TrainConfig = Field(
        default=TrainConfig(), title="Training", description="How a model is trained."
    )
    TRAINER: TrainerConfig = Field(
        default=TrainerConfig(),
        title="Trainer",
        description="How a training runs, beyond TRAIN.",
    )
    AUGMENTATION: AugmentationConfig = Field(
        default=AugmentationConfig(),
        title="Augmentation",
        description="How training crops are varied.",
    )
    AUGMENTATION_EXTRA: AugmentationExtraConfig = Field(
        default=AugmentationExtraConfig(),
        title="Augmentation, extra",
        description="Variation beyond the published one.",
    )
    SKOOTS: SkootsConfig = Field(
        default=SkootsConfig(), title="SKOOTS", description="Scale of the vectors."
    )
    EXPERIMENTAL: ExperimentalConfig = Field(
        default=ExperimentalConfig(),
        title="Experimental",
        description="Training on sparse labels.",
    )
    INFERENCE: InferenceConfig = Field(
        default=InferenceConfig(),
        title="Inference",
        description="How a trained network becomes instance labels.",
    )

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Self:
        """Make settings from nested plain data; what is absent takes its default.

        Parameters
        ----------
        values : Mapping from str to Mapping
            The sections, each a mapping from its keys to values.

        Returns
        -------
        Settings
            Checked field by field; `validate_cfg` checks fields against each other.

        Raises
        ------
        SettingsError
            If a section or a key does not exist or a value is out of bounds.
        """
        return cls().merge(values)

    def merge(self, values: Mapping[str, object]) -> Self:
        """Lay nested values over the present ones.

        Parameters
        ----------
        values : Mapping from str to Mapping
            The sections to change, each a mapping from keys to new values.

        Returns
        -------
        Settings
            New settings; these stay as they are.

        Raises
        ------
        SettingsError
            If a section or a key does not exist or a value is out of bounds.
        """
        changed: dict[str, object] = {}
        for name, new in values.items():
            if name not in type(self).model_fields:
                raise unknown_section(name, type(self).model_fields)
            section: Section = getattr(self, name)
            changed[name] = section.replace(_checked_keys(name, new))
        return self.replace(changed)

    def merge_from_file(self, path: PathLike) -> Self:
        """Lay a YAML file over the present values.

        Parameters
        ----------
        path : str or PathLike
            A settings file of this or of published SKOOTS.

        Returns
        -------
        Settings
            New settings; these stay as they are.

        Raises
        ------
        SettingsError
            If the file is missing, is no YAML or holds something that is no setting.
        """
        try:
            return self.merge(read_settings_file(path))
        except SettingsError as error:
            raise SettingsError(f"In the settings file {path}: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """Give the settings as nested plain data: mappings, lists, numbers, text."""
        return self.model_dump(mode="json")

    def to_yaml(self) -> str:
        """Give the settings as the text of a settings file."""
        return yaml.safe_dump(self.to_dict(), sort_keys=False)


def get_cfg_defaults() -> Settings:
    """Give the settings that hold where a file says nothing.

    Returns
    -------
    Settings
        The published defaults, and the documented inference protocol.
    """
    return Settings()


KEYS: Mapping[str, tuple[str, ...]] = {
    name: tuple(type(getattr(Settings(), name)).model_fields)
    for name in Settings.model_fields
}
"""The keys of every section."""


def _checked_keys(section: str, values: object) -> Mapping[str, object]:
    if values is None:  # a section that a file names and leaves empty
        return {}
    if not isinstance(values, Mapping):
        raise SettingsError(
            f"The section {section} holds {values!r}. Give it keys, "
            f"like {section}.{KEYS[section][0]}."
        )
    for key in values:
        if key not in KEYS[section]:
            raise unknown_key(section, key, values[key], KEYS)
    return values
