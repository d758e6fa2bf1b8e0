"""What the network should answer."""

from __future__ import annotations

import pytest
import torch
from transform_cases import settings_for

from skoots.errors import SkeletonError
from skoots.train.transforms.targets import (
    SLICE_DEPTH,
    make_targets,
    slice_skeletons,
    thicken,
)


def two_bars() -> tuple[torch.Tensor, dict[int, torch.Tensor]]:
    """Two bars along X that touch at y = 7; skeletons in the middle of each."""
    labels = torch.zeros((20, 14, 3), dtype=torch.int32)
    labels[:, :7] = 1
    labels[:, 7:] = 2
    along = torch.arange(20.0)
    rods = {i: torch.full((20, 3), 1.0) for i in (1, 2)}
    for i, y in ((1, 3.0), (2, 10.0)):
        rods[i][:, 0], rods[i][:, 1] = along, y
    return labels, rods


def test_every_voxel_is_given_the_nearest_point_of_its_own_skeleton() -> None:
    labels, rods = two_bars()
    baked = make_targets(labels, rods, settings_for()).baked
    assert (baked[1, :, :7] == 3).all()
    assert (baked[1, :, 7:] == 10).all()


def test_disks_are_centred_on_the_skeleton() -> None:
    labels, _ = two_bars()
    mask = make_targets(
        labels,
        {1: torch.tensor([[9.0, 4, 1]]), 2: torch.tensor([[9.0, 40, 1]])},
        settings_for(),
    ).skeleton
    here = torch.nonzero(mask[0]).float()
    torch.testing.assert_close(here.mean(dim=0), torch.tensor([9.0, 4, 1]))
    assert here[here[:, 2] == 1].amax(dim=0)[0] == 12  # SKELETON_MASK_RADIUS is 3


def test_within_stops_at_the_neighbour_and_counts_long_voxels_long() -> None:
    labels, rods = two_bars()
    cfg = settings_for(
        trainer={"SKELETON_MASK": "within"}, BAKE_SKELETON_ANISOTROPY=(1.0, 1.0, 4.0)
    )
    rods[2] = rods[2] + torch.tensor([0.0, 30, 0])  # far beyond: nothing is near
    mask = make_targets(labels, rods, cfg).skeleton
    assert mask.shape == (1, 20, 14, 3)
    expected = torch.zeros(20, 14, 3)
    expected[:, :7, 1] = 1  # own plane, 3 voxels to either side; others are 4 away
    assert torch.equal(mask[0], expected)


def rods(half_widths: tuple[int, ...]) -> tuple[torch.Tensor, dict[int, torch.Tensor]]:
    """Round rods along X, side by side along Y, with their axes as skeletons."""
    edge = 2 * max(half_widths) + 3
    labels = torch.zeros((12, edge * len(half_widths), edge), dtype=torch.int64)
    y, z = torch.meshgrid(
        torch.arange(labels.shape[1]), torch.arange(edge), indexing="ij"
    )
    axes: dict[int, torch.Tensor] = {}
    for k, half_width in enumerate(half_widths):
        middle = (edge * k + edge // 2, edge // 2)
        inside = (y - middle[0]) ** 2 + (z - middle[1]) ** 2 <= half_width**2
        labels[:, inside] = 5_000_000_000 + k
        along = torch.arange(12.0)
        places = [along, torch.full((12,), middle[0]), torch.full((12,), middle[1])]
        axes[5_000_000_000 + k] = torch.stack(places, dim=1)
    return labels, axes


def test_a_share_makes_the_mask_of_thin_objects_thin() -> None:
    widths = (4, 10, 20)
    labels, axes = rods(widths)
    mask = make_targets(
        labels,
        axes,
        settings_for(
            trainer={"SKELETON_MASK": "within", "SKELETON_MASK_SHARE": 0.4},
            BAKE_SKELETON_ANISOTROPY=(1.0, 1.0, 1.0),
        ).merge({"TRAIN": {"SKELETON_MASK_RADIUS": 6}}),
    ).skeleton[0]
    found = [
        float(mask[labels == key].sum() / 12 / torch.pi) ** 0.5 for key in sorted(axes)
    ]
    # the area of a round mask gives its radius; the radius of the settings is the most
    assert found == pytest.approx([0.4 * 4, 0.4 * 10, 6], rel=0.2)


def test_an_object_of_one_voxel_keeps_a_mask() -> None:
    labels = torch.zeros((5, 5, 5), dtype=torch.int32)
    labels[2, 2, 2] = 7
    cfg = settings_for(trainer={"SKELETON_MASK": "within", "SKELETON_MASK_SHARE": 0.1})
    targets = make_targets(labels, {7: torch.tensor([[2.4, 2.0, 2.0]])}, cfg)
    assert torch.equal(targets.skeleton[0], (labels > 0).float())


def test_an_object_without_a_skeleton_is_an_error() -> None:
    labels, rods = two_bars()
    with pytest.raises(SkeletonError, match="no skeleton: 2"):
        make_targets(labels, {1: rods[1]}, settings_for())


def test_a_slice_has_skeletons_of_its_own_section() -> None:
    labels, _ = two_bars()
    section = labels[:, :, :1].contiguous()
    found = slice_skeletons(section)
    assert found.keys() == {1, 2}
    assert all((points[:, 2] == 0).all() for points in found.values())


def test_each_plane_of_a_thick_slice_points_at_itself() -> None:
    labels, _ = two_bars()
    section = labels[:, :, :1].contiguous()
    section[:3] = 0
    made = make_targets(section, slice_skeletons(section), settings_for())
    deep = thicken({"masks": section[None], "baked_skeleton": made.baked})
    assert deep["baked_skeleton"].shape == (3, 20, 14, SLICE_DEPTH)
    planes = torch.arange(SLICE_DEPTH).expand(20, 14, -1) * (deep["masks"][0] > 0)
    assert torch.equal(deep["baked_skeleton"][2], planes.float())
    assert torch.equal(deep["baked_skeleton"][:2, ..., 5], made.baked[:2, ..., 0])
