"""The section TRAIN: data, losses, schedule and machine of a training run."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from skoots.config.train_data import DataKeys
from skoots.config.train_losses import LossKeys
from skoots.config.train_schedule import ScheduleKeys


class TrainConfig(DataKeys, LossKeys, ScheduleKeys):
    """Everything a training run reads beside the network and the augmentation."""

    NAME: ClassVar[str] = "TRAIN"

    TARGET: str = Field(
        default="skoots", title="Target", description="What is learned; skoots alone."
    )
    DISTRIBUTED: bool = Field(
        default=True,
        title="Distributed",
        description="Published, not used: torchrun starts several processes.",
    )
    MIXED_PRECISION: bool = Field(
        default=True,
        title="Mixed precision",
        description="Whether the network computes in 16 bits where that is faster.",
    )
    CUDNN_BENCHMARK: bool = Field(
        default=True,
        title="cuDNN benchmark",
        description="Whether cuDNN looks for its fastest convolutions.",
    )
    AUTOGRAD_PROFILE: bool = Field(
        default=False,
        title="Autograd profile",
        description="Published, not used: profile with torch.profiler.",
    )
    AUTOGRAD_EMIT_NVTX: bool = Field(
        default=False,
        title="Autograd NVTX",
        description="Published, not used: profile with torch.profiler.",
    )
    AUTOGRAD_DETECT_ANOMALY: bool = Field(
        default=False,
        title="Autograd anomalies",
        description="Whether the gradients are searched for anomalies.",
    )
