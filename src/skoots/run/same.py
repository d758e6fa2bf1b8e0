"""Whether a run that is there is the one that is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from skoots.errors import RunError
from skoots.events import Notice
from skoots.run.scale import grid_shape
from skoots.volume.voxel_size import format_voxel_size

if TYPE_CHECKING:
    from skoots._types import Shape3
    from skoots.config import InferenceConfig
    from skoots.model.checkpoint import Checkpoint
    from skoots.run.plan import RunPlan
    from skoots.run.wishes import Wishes
    from skoots.volume.source import Source


@dataclass(frozen=True, slots=True)
class _Identity:
    """What something is, whatever it is called now."""

    digest: str
    name: str = field(compare=False)

    def __str__(self) -> str:
        return f"{self.name} ({self.digest[:8]})"


def check_same(
    plan: RunPlan,
    image: Source,
    checkpoint: Checkpoint,
    settings: InferenceConfig,
    wishes: Wishes,
) -> list[Notice]:
    """Refuse to go on with a run of something else.

    Returns
    -------
    list of Notice
        What the user should know.

    Raises
    ------
    RunError
        That names what differs, both values and the way out.
    """
    then_image, then_model = plan.image, plan.model
    now_and_then: dict[str, tuple[object, object]] = {
        "image": (
            _Identity(image.signature(), image.name),
            _Identity(then_image.signature, then_image.name),
        ),
        "model": (
            _Identity(checkpoint.digest, checkpoint.name),
            _Identity(then_model.digest, then_model.name),
        ),
        **_grid_now_and_then(plan, image, checkpoint, wishes),
        "halo (Z, Y, X)": (wishes.halo_zyx or plan.halo_zyx, plan.halo_zyx),
        "tile (Z, Y, X)": (_tile(plan, wishes), plan.first_tile_zyx),
        **_settings_now_and_then(plan, checkpoint, settings, wishes),
    }
    for what, (now, then) in now_and_then.items():
        if now != then:
            raise RunError(
                f"The run was started with another {what}: {then}, now {now}. Resume "
                "with what it was started with, or start anew with overwrite=True "
                "(--overwrite)."
            )
    return _same_notices(plan, settings, wishes)


def _grid_now_and_then(
    plan: RunPlan, image: Source, checkpoint: Checkpoint, wishes: Wishes
) -> dict[str, tuple[object, object]]:
    """Pair what is said of the grid with that of the run; what nobody says stays."""
    pairs: dict[str, tuple[object, object]] = {}
    then = plan.label_voxel_size
    if image.voxel_size is not None:
        sizes = format_voxel_size(image.voxel_size), format_voxel_size(then)
        pairs["voxel size (--voxel-size)"] = sizes
    if wishes.resample is not None or wishes.diameter is not None:
        size = image.voxel_size or then
        grids = grid_shape(image.shape, size, checkpoint, wishes), plan.shape_zyx
        pairs["grid, by resample (--resample) or diameter (--diameter)"] = grids
    return pairs


def _settings_now_and_then(
    plan: RunPlan, checkpoint: Checkpoint, settings: InferenceConfig, wishes: Wishes
) -> dict[str, tuple[object, object]]:
    """Pair the settings that are fixed for a run with what it uses.

    One that the model brings is no wish, or a run that was started with another could
    be resumed only by who repeats it.
    """
    pairs: dict[str, tuple[object, object]] = {}
    for key, used in _used(plan, wishes).items():
        now = getattr(settings, key)
        sources = (plan.inference, checkpoint.config.INFERENCE)
        known = (None, used, *(getattr(source, key) for source in sources))
        pairs[_title(key)] = (used if now in known else now, used)
    return pairs


def _same_notices(
    plan: RunPlan, settings: InferenceConfig, wishes: Wishes
) -> list[Notice]:
    """Say which settings of the model are not those of the run."""
    return [
        Notice(
            f"The run was started with another {_title(key)} than the model's "
            f"{getattr(settings, key)} and goes on with it: {used}."
        )
        for key, used in _used(plan, wishes).items()
        if getattr(settings, key) not in (None, used, getattr(plan.inference, key))
    ]


def _used(plan: RunPlan, wishes: Wishes) -> dict[str, Shape3 | bool]:
    """Give what a run uses of the settings that no wish goes over."""
    used: dict[str, Shape3 | bool] = {"INVERT": plan.inference.INVERT}
    if not wishes.halo_zyx:
        used["HALO"] = plan.halo_zyx
    if not wishes.tile_zyx:
        used["CORE"] = plan.block_zyx
    return used


def _title(key: str) -> str:
    return key if key == "INVERT" else f"{key} (Z, Y, X)"


def _tile(plan: RunPlan, wishes: Wishes) -> Shape3:
    """Give the tile that is wished for; one that memory has halved is no wish."""
    if wishes.tile_zyx in (None, plan.tile_zyx):
        return plan.first_tile_zyx
    return wishes.tile_zyx
