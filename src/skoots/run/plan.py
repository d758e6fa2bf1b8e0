"""What a run will do, fixed before a voxel is read and kept in its folder."""

# No `from __future__ import annotations`: pydantic reads them when the program runs.

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from skoots._types import Shape3, VoxelSize
from skoots.config import InferenceConfig
from skoots.config.inference import FIXED
from skoots.errors import RunError
from skoots.run.region import Region
from skoots.volume.tiling import chunk_shape


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ImageRecord(_Record):
    """Which image a run belongs to."""

    name: str
    path: str | None
    shape_zyx: Shape3
    dtype: str
    signature: str
    """Digest of the shape and of sampled voxels: the file may move, not change."""


class ModelRecord(_Record):
    """Which model a run uses."""

    name: str
    digest: str
    vector_scaling_zyx: tuple[float, float, float]
    """Length of a vector component of 1, in voxels."""

    factor: int
    """How much the network shrinks its input at its coarsest level."""


class NormalizationRecord(_Record):
    """One pair of numbers for all voxels of a run."""

    mean: float
    """What is subtracted."""

    std: float
    """What is divided by then; below 0 where light and dark are exchanged."""


class RequestRecord(_Record):
    """What the user asked for when a run was begun, as far as he said it."""

    model: str
    """The name or the path that the model is found by."""

    model_inference: InferenceConfig
    """The model's own settings: what was set by hand are those that differ."""

    model_provenance: dict[str, Any] = {}
    axes: str | None = None
    channel: int | None = None
    time: int | None = None
    voxel_size: VoxelSize | None = None
    tile_zyx: Shape3 | None = None
    halo_zyx: Shape3 | None = None
    resample: bool | None = None
    """None where the model was to decide."""

    diameter: float | None = None
    device: str = "auto"
    region: Region | None = None
    """Of the first process; others may have added theirs."""


class RunPlan(_Record):
    """Everything that decides what the network's answer is.

    Thresholds are not part of it: they are applied afterwards and may change.
    """

    format: Literal[1] = 1
    """Counts up when a run folder of before can no longer be read."""

    image: ImageRecord
    model: ModelRecord
    shape_zyx: Shape3
    """The grid that the network works on; the image's, unless resampled."""

    voxel_size: VoxelSize | None
    """Of that grid, along Z, Y, X, in micrometres; None where the image has none."""

    block_zyx: Shape3
    """What is written and marked at once; what a tile keeps, until memory is short."""

    tile_core_zyx: Shape3
    """What a tile keeps now."""

    halo_zyx: Shape3
    normalization: NormalizationRecord
    number_format: Literal["float32", "bfloat16", "float16"]
    inference: InferenceConfig
    """The settings of the run's first process."""

    request: RequestRecord | None = None
    """None in runs of before it was kept; nothing that is calculated depends on it."""

    def settle(self, settings: InferenceConfig) -> InferenceConfig:
        """Give settings with those that this run was planned with for good."""
        planned = {key: getattr(self.inference, key) for key in FIXED}
        return settings.model_copy(update=planned)

    @property
    def tile_zyx(self) -> Shape3:
        """What the network reads at once: a core and its halo on both sides."""
        return _with_halo(self.tile_core_zyx, self.halo_zyx)

    @property
    def first_tile_zyx(self) -> Shape3:
        """What the network read at once before memory was short."""
        return _with_halo(self.block_zyx, self.halo_zyx)

    @property
    def chunk_zyx(self) -> Shape3:
        """What is stored in one file; a block is whole chunks."""
        return chunk_shape(self.block_zyx)

    @property
    def label_voxel_size(self) -> VoxelSize | None:
        """Of the labels' grid, the image's, along Z, Y, X, in micrometres."""
        if self.voxel_size is None:
            return None
        pairs = zip(self.voxel_size, self.grid_step, strict=True)
        z, y, x = (size / step for size, step in pairs)
        return z, y, x

    @property
    def grid_step(self) -> tuple[float, float, float]:
        """How many voxels of the image one of the grid is long, along Z, Y, X."""
        pairs = zip(self.image.shape_zyx, self.shape_zyx, strict=True)
        z, y, x = (image / grid for image, grid in pairs)
        return z, y, x

    @property
    def resampled(self) -> bool:
        """Whether the network works on another grid than the image's."""
        return self.shape_zyx != self.image.shape_zyx

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a plan.

        Raises
        ------
        RunError
            If the file is no plan of this version.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise RunError(
                f"{path} is not the plan of a run that this version can read. Start "
                "again with overwrite=True (--overwrite)."
            ) from error


def _with_halo(core: Shape3, halo: Shape3) -> Shape3:
    z, y, x = (c + 2 * h for c, h in zip(core, halo, strict=True))
    return z, y, x
