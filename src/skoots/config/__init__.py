"""Settings of the engine: one frozen model for file, checkpoint, CLI and form."""

from __future__ import annotations

from skoots.config.augmentation import AugmentationConfig
from skoots.config.experimental import ExperimentalConfig
from skoots.config.geometry import SkootsConfig
from skoots.config.inference import InferenceConfig
from skoots.config.network import ModelConfig
from skoots.config.section import Section
from skoots.config.settings import Settings, get_cfg_defaults
from skoots.config.system import SystemConfig
from skoots.config.train import TrainConfig
from skoots.config.validate import validate_cfg

__all__ = [
    "AugmentationConfig",
    "ExperimentalConfig",
    "InferenceConfig",
    "ModelConfig",
    "Section",
    "Settings",
    "SkootsConfig",
    "SystemConfig",
    "TrainConfig",
    "get_cfg_defaults",
    "validate_cfg",
]
