"""Use less of what sparse labels call background, as the published settings ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skoots.lib.morphology import binary_erosion

if TYPE_CHECKING:
    from torch import Tensor

    from skoots.config.experimental import ExperimentalConfig


def less_background(background: Tensor, settings: ExperimentalConfig) -> Tensor:
    """Erode a background and keep its first slices.

    Parameters
    ----------
    background : Tensor, (1, X, Y, Z), bool
        What is surely background; stays as it is.
    settings : ExperimentalConfig
        Voxels of erosion (BACKGROUND_N_ERODE) and the share of slices along Z that are
        kept, from the first on (BACKGROUND_SLICE_PERCENTAGE).

    Returns
    -------
    Tensor, (1, X, Y, Z), bool
    """
    kept = background.clone()
    for _ in range(round(settings.BACKGROUND_N_ERODE)):
        kept = binary_erosion(kept[None].float())[0] > 0
    slices = round(settings.BACKGROUND_SLICE_PERCENTAGE * kept.shape[-1])
    kept[..., slices:] = False
    return kept
