"""The section SYSTEM: the machine that trains."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from skoots.config.section import Count, Section


class SystemConfig(Section):
    """How much of the machine a training run may take."""

    NAME: ClassVar[str] = "SYSTEM"

    NUM_GPUS: Count = Field(
        default=2,
        title="GPUs",
        description="Published, not used: torchrun starts a process a GPU.",
    )
    NUM_CPUS: Count = Field(
        default=1, title="CPUs", description="Published, not used: see TRAINER.THREADS."
    )
