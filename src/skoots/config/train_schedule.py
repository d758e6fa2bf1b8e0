"""Keys of the section TRAIN that say how long and how fast is trained."""

from __future__ import annotations

from pydantic import Field

from skoots.config.section import (
    Count,
    Keywords,
    NonNegative,
    Paths,
    Positive,
    Section,
    Size,
)

Values = tuple[bool | int | float | str | tuple[float, ...] | None, ...]


class ScheduleKeys(Section):
    """The optimizer, its learning rate, the epochs and what is saved when."""

    NUM_EPOCHS: Count = Field(
        default=10000, title="Epochs", description="Epochs of the whole training."
    )
    N_WARMUP: Count = Field(
        default=1500,
        title="Warm-up",
        description="Steps over which the learning rate rises, at most half of all; "
        "one_cycle has a rise of its own.",
    )
    OPTIMIZER: str = Field(
        default="adamw",
        title="Optimizer",
        description="Optimizer: adamw, adam, adamax or sgd.",
    )
    OPTIMIZER_KEYWORD_ARGUMENTS: Keywords = Field(
        default=(),
        title="Optimizer arguments",
        description="Names of further arguments of the optimizer.",
    )
    OPTIMIZER_KEYWORD_VALUES: Values = Field(
        default=(),
        title="Optimizer values",
        description="Values of these arguments, in the order of their names.",
    )
    OPTIMIZER_EPS: NonNegative = Field(
        default=1e-8,
        title="Optimizer epsilon",
        description="Number that keeps the optimizer from dividing by zero.",
    )
    LEARNING_RATE: Positive = Field(
        default=5e-4, title="Learning rate", description="Greatest learning rate."
    )
    WEIGHT_DECAY: NonNegative = Field(
        default=1e-6, title="Weight decay", description="Pull of the weights to zero."
    )
    SCHEDULER: str = Field(
        default="cosine_annealing_warm_restarts",
        title="Scheduler",
        description="Course of the learning rate: cosine_annealing_warm_restarts, "
        "cosine, one_cycle or constant.",
    )
    SCHEDULER_T0: Size = Field(
        default=10001,
        title="Scheduler period",
        description="Epochs until the learning rate starts again.",
    )
    PRETRAINED_MODEL_PATH: Paths = Field(
        default=(),
        title="Pretrained model",
        description="Model to start from; the first one counts, none starts anew.",
    )
    LOAD_PRETRAINED_OPTIMIZER: bool = Field(
        default=False,
        title="Pretrained optimizer",
        description="Whether the optimizer goes on where the model left it.",
    )
    SAVE_PATH: str = Field(
        default="models", title="Save in", description="Folder of the finished models."
    )
    SAVE_INTERVAL: Size = Field(
        default=100, title="Save every", description="Epochs between two saved models."
    )
    VALIDATE_EPOCH_SKIP: Size = Field(
        default=10,
        title="Validate every",
        description="Epochs between two validations.",
    )
