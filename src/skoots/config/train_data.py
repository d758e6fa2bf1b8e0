"""Keys of the section TRAIN that say what is trained on."""

from __future__ import annotations

from pydantic import Field

from skoots.config.section import Count, Flags, Paths, Section, Size

Samples = tuple[Size, ...]


class DataKeys(Section):
    """Folders of volumes, how often each is sampled, and where the data lives."""

    TRAIN_DATA_DIR: Paths = Field(
        default=(), title="Training data", description="Folders of training volumes."
    )
    TRAIN_SAMPLE_PER_IMAGE: Samples = Field(
        default=(),
        title="Training samples",
        description="Crops per volume and epoch, one number for each folder; "
        "none: one each.",
    )
    TRAIN_STORE_DATA_ON_GPU: Flags = Field(
        default=(),
        title="Training data on the GPU",
        description="Whether each folder is held on the GPU; none: no.",
    )
    TRAIN_BATCH_SIZE: Size = Field(
        default=1, title="Batch size", description="Crops in a training step."
    )
    VALIDATION_DATA_DIR: Paths = Field(
        default=(), title="Validation data", description="Folders of held-out volumes."
    )
    VALIDATION_SAMPLE_PER_IMAGE: Samples = Field(
        default=(),
        title="Validation samples",
        description="Crops per volume and validation, one number for each folder; "
        "none: one each.",
    )
    VALIDATION_STORE_DATA_ON_GPU: Flags = Field(
        default=(),
        title="Validation data on the GPU",
        description="Whether each folder is held on the GPU; none: no.",
    )
    VALIDATION_BATCH_SIZE: Size = Field(
        default=1,
        title="Validation batch size",
        description="Published, not used: crops are validated one by one.",
    )
    BACKGROUND_DATA_DIR: Paths = Field(
        default=(),
        title="Background data",
        description="Folders of volumes that hold no object.",
    )
    BACKGROUND_SAMPLE_PER_IMAGE: Samples = Field(
        default=(),
        title="Background samples",
        description="Crops per volume and epoch, one number for each folder; "
        "none: one each.",
    )
    BACKGROUND_STORE_DATA_ON_GPU: Flags = Field(
        default=(),
        title="Background data on the GPU",
        description="Whether each folder is held on the GPU; none: no.",
    )
    STORE_DATA_ON_GPU: Flags = Field(
        default=(),
        title="Data on the GPU",
        description="Published, never used.",
    )
    TRANSFORM_DEVICE: str = Field(
        default="default",
        title="Transform device",
        description="Device on which crops are varied; default: the training device if "
        "the data is stored there, else the processor.",
    )
    DATALOADER_OUTPUT_DEVICE: str = Field(
        default="default",
        title="Output device",
        description="Published, not used: crops go to the training device.",
    )
    DATALOADER_NUM_WORKERS: Count = Field(
        default=0,
        title="Workers",
        description="Threads that prepare crops; 0: one beside a GPU, else none.",
    )
    DATALOADER_PREFETCH_FACTOR: Count = Field(
        default=0,
        title="Prefetch",
        description="Crops that a worker prepares ahead; 0: two.",
    )
