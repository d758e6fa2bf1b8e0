"""What a user should know of the scale of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skoots.events import ScaleNotice
from skoots.run.scale import compare, found_diameters
from skoots.volume.voxel_size import format_voxel_size

if TYPE_CHECKING:
    from skoots.events import Notice
    from skoots.model.checkpoint import Checkpoint
    from skoots.run.plan import RunPlan
    from skoots.run.wishes import Wishes
    from skoots.volume.source import Source


def scale_notices(
    image: Source, checkpoint: Checkpoint, plan: RunPlan, wishes: Wishes
) -> list[Notice]:
    """Say where the voxels may not be as large as those of the model.

    Parameters
    ----------
    image : Source
        On its own grid.
    checkpoint : Checkpoint
        The model.
    plan : RunPlan
        What was made of both.
    wishes : Wishes
        Who asked for a scale thought of it; nothing is said to him.
    """
    if wishes.resample is not None or wishes.diameter is not None:
        return []  # it was thought of
    there = checkpoint.voxel_size
    if image.voxel_size is None or there is None:
        unknown = _unknown(checkpoint)
        return [ScaleNotice(unknown)] if unknown else []
    scale = compare(checkpoint, image.voxel_size, image.shape[0])
    if scale is None or scale.fits:
        return []
    here, trained = format_voxel_size(image.voxel_size), format_voxel_size(there)
    differ = f"The image has {here}, the model was trained at {trained} (Z, Y, X)"
    if plan.resampled:
        way = (
            ": the image is resampled as it is read. resample=False (--no-resample) "
            "works on its own grid."
        )
    elif scale.possible:
        way = (
            ". Objects of another size in voxels are found badly: resample=True "
            "(--resample) works at the model's, on many more voxels."
        )
    else:
        way = (
            ", too far apart to resample. Check the voxel size (--voxel-size), or say "
            "with diameter (--diameter) how large objects are."
        )
    return [ScaleNotice(differ + way)]


def _unknown(checkpoint: Checkpoint) -> str:
    """Say what a model is made for; empty where it does not say."""
    there, found = checkpoint.voxel_size, found_diameters(checkpoint)
    knows, ways = [], []
    if there is not None:
        knows.append(f"was trained at {format_voxel_size(there)} (Z, Y, X)")
        ways.append("voxel_size (--voxel-size)")
    if found is not None:
        knows.append(f"finds objects of {found[0]:.0f} to {found[1]:.0f} voxels across")
        ways.append("diameter (--diameter)")
    if not knows:
        return ""
    return (
        "Nobody says how large objects are here, so the image is taken as it is. The "
        f"model {checkpoint.name} {' and '.join(knows)}. If yours differ, give "
        f"{' or '.join(ways)}."
    )
