"""Settings of the published sparse training take from the background."""

from __future__ import annotations

import torch
from scipy import ndimage

from skoots.config import get_cfg_defaults
from skoots.train.data.less_background import less_background


def _less(background: torch.Tensor, **values: float) -> torch.Tensor:
    settings = get_cfg_defaults().merge({"EXPERIMENTAL": values})
    return less_background(background, settings.EXPERIMENTAL)


def test_by_default_all_of_it_stays() -> None:
    background = torch.rand(1, 6, 7, 8, generator=torch.manual_seed(0)) > 0.5
    assert torch.equal(_less(background), background)


def test_it_is_eroded_by_so_many_voxels() -> None:
    background = torch.zeros(1, 11, 11, 11, dtype=torch.bool)
    background[0, 1:10, 2:10, 1:10] = True
    before = background.clone()
    found = _less(background, BACKGROUND_N_ERODE=2)
    cube = ndimage.binary_erosion(background[0].numpy(), torch.ones(5, 5, 5).numpy())
    assert torch.equal(found[0], torch.from_numpy(cube))
    assert torch.equal(background, before)


def test_a_share_of_the_slices_is_kept() -> None:
    background = torch.ones(1, 2, 3, 10, dtype=torch.bool)
    found = _less(background, BACKGROUND_SLICE_PERCENTAGE=0.3)
    assert found[..., :3].all()
    assert not found[..., 3:].any()
