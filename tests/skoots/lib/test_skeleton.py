"""Baking, painting and reading skeletons."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skoots.errors import DeviceError, ShapeError, SkeletonError
from skoots.lib.skeleton import (
    average_baked_skeletons,
    bake_skeleton,
    index_skeleton_by_embed,
    skeleton_to_mask,
)


@pytest.fixture
def touching() -> tuple[torch.Tensor, dict[int, torch.Tensor]]:
    """Two bars that touch, one behind the other along X, each with one point.

    x    0 1 2 3 4 5 6 7
         1 1 1 1 2 2 2 2
    own    *           *
    """
    masks = torch.ones(8, 3, 3, dtype=torch.int32)
    masks[4:] = 2
    points = {1: torch.tensor([[1.0, 1, 1]]), 2: torch.tensor([[7.0, 1, 1]])}
    return masks, points


def _brute_force(
    masks: torch.Tensor, points: dict[int, torch.Tensor], anisotropy: torch.Tensor
) -> torch.Tensor:
    """Distance of each voxel to its object's skeleton, voxel by voxel."""
    distance = torch.zeros(masks.shape)
    for voxel in masks.nonzero():
        own = points[int(masks[tuple(voxel)])]
        apart = (own - voxel) * anisotropy
        distance[tuple(voxel)] = apart.square().sum(dim=1).sqrt().min()
    return distance


@given(seed=st.integers(0, 2**16), anisotropy=st.tuples(*[st.floats(0.5, 4)] * 3))
@settings(deadline=None, max_examples=25)
def test_each_voxel_gets_a_point_of_its_own_skeleton_at_the_least_distance(
    seed: int, anisotropy: tuple[float, float, float]
) -> None:
    generator = torch.Generator().manual_seed(seed)
    masks = torch.randint(0, 4, (5, 4, 6), generator=generator)
    points = {k: torch.randn(k, 3, generator=generator) * 4 + 2 for k in range(1, 4)}
    scale = torch.tensor(anisotropy)
    baked, distance = bake_skeleton(
        masks, points, anisotropy, average=False, return_distance=True
    )
    expected = _brute_force(masks, points, scale)
    torch.testing.assert_close(distance[0], expected, rtol=1e-4, atol=1e-4)
    for voxel in masks.nonzero():
        point = baked[:, *voxel]
        assert (points[int(masks[tuple(voxel)])] == point).all(dim=1).any()
        apart = ((point - voxel) * scale).norm()
        torch.testing.assert_close(apart, expected[tuple(voxel)], rtol=1e-4, atol=1e-4)
    assert (baked[:, masks == 0] == 0).all()


@pytest.mark.parametrize("average", [False, True], ids=["plain", "averaged"])
def test_defect_24_masks_may_have_a_channel_and_points_may_be_columns(
    touching: tuple[torch.Tensor, dict[int, torch.Tensor]], average: bool
) -> None:
    masks, points = touching
    expected = bake_skeleton(masks, points, average=average)
    columns = {key: rows.T for key, rows in points.items()}
    assert expected.shape == (3, 8, 3, 3)
    assert expected.dtype == torch.float32
    for mask in (
        masks[None],
        masks.to(torch.int64),
        masks.float(),
        masks.to(torch.uint16),
    ):
        assert (bake_skeleton(mask, columns, average=average) == expected).all()


def test_three_points_in_three_axes_are_read_as_rows() -> None:
    masks = torch.ones(1, 1, 3, dtype=torch.int32)
    points = torch.tensor([[0.0, 0, 0], [0, 0, 1], [0, 0, 2]])
    baked = bake_skeleton(masks, {1: points}, average=False)
    assert baked[2].flatten().tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("channel", [False, True], ids=["3D", "4D"])
def test_defect_24_a_crop_without_skeletons_is_zero(channel: bool) -> None:
    masks = torch.zeros((1, 4, 5, 6) if channel else (4, 5, 6), dtype=torch.int32)
    none = {-1: torch.empty(0, 3)}
    baked, distance = bake_skeleton(masks, none, return_distance=True)
    assert baked.shape == (3, 4, 5, 6)
    assert distance.shape == (1, 4, 5, 6)
    assert baked.dtype == torch.float32
    assert not baked.any()
    assert not bake_skeleton(masks, {}).any()


def test_defect_24_labels_without_a_skeleton_are_listed() -> None:
    masks = torch.arange(16).view(1, 4, 4)
    points = {2: torch.zeros(1, 3), 3: torch.empty(0, 3)}
    with pytest.raises(SkeletonError, match=r"14 objects .* 1, 3, 4, .* and 4 more"):
        bake_skeleton(masks, points)


def test_skeletons_of_absent_ids_are_ignored() -> None:
    masks = torch.ones(2, 2, 2, dtype=torch.int32)
    points = {1: torch.ones(1, 3), 9: torch.zeros(1, 3), -1: torch.zeros(0, 3)}
    assert (bake_skeleton(masks, points) == 1).all()


def test_defect_25_averaging_does_not_blend_objects_that_touch(
    touching: tuple[torch.Tensor, dict[int, torch.Tensor]],
) -> None:
    masks, points = touching
    baked = bake_skeleton(masks, points)
    assert baked[0, :, 1, 1].tolist() == [1.0] * 4 + [7.0] * 4


@pytest.mark.parametrize("place", [-4.0, 0.0], ids=["negative", "zero"])
def test_defect_25_averaging_counts_voxels_not_positive_values(place: float) -> None:
    masks = torch.ones(5, 5, 5, dtype=torch.int32)
    baked = bake_skeleton(masks, {1: torch.tensor([[place, place, place]])})
    assert (baked == place).all()


def test_defect_26_a_tie_gives_one_of_the_points_never_a_mixture() -> None:
    masks = torch.ones(1, 1, 3, dtype=torch.int32)
    points = torch.tensor([[5.0, -5.0, 1.0], [-5.0, 5.0, 1.0], [-5.0, -5.0, 1.0]])
    baked = bake_skeleton(masks, {1: points}, average=False)
    for z in range(3):
        assert (points == baked[:, 0, 0, z]).all(dim=1).any()


def test_defect_26_anisotropy_scales_before_squaring() -> None:
    masks = torch.zeros(8, 1, 8, dtype=torch.int32)
    masks[0, 0, 0] = 1
    # 5 voxels along X are 5 units; 2 along Z are 6, but sqrt(3) * 2 is less than 5.
    points = {1: torch.tensor([[5.0, 0, 0], [0, 0, 2]])}
    baked, distance = bake_skeleton(
        masks, points, (1.0, 1.0, 3.0), average=False, return_distance=True
    )
    assert baked[:, 0, 0, 0].tolist() == [5.0, 0.0, 0.0]
    assert distance[0, 0, 0, 0] == 5


def test_defect_27_large_coordinates_keep_every_digit() -> None:
    masks = torch.ones(3, 3, 3, dtype=torch.int32)
    point = torch.tensor([[2049.0, 257.0, 16777215.0]])
    baked = bake_skeleton(masks, {1: point})
    assert (baked == point.view(3, 1, 1, 1)).all()


@pytest.mark.parametrize("key", [2**24 + 1, 2**40 + 1, 2**62 + 1], ids=str)
@pytest.mark.parametrize("average", [False, True], ids=["plain", "averaged"])
def test_ids_that_floats_cannot_tell_apart_stay_apart(key: int, average: bool) -> None:
    masks = torch.tensor([key, key + 1]).view(2, 1, 1)
    points = {key: torch.ones(1, 3), key + 1: torch.full((1, 3), 5.0)}
    baked = bake_skeleton(masks, points, average=average)
    assert baked[0].flatten().tolist() == [1.0, 5.0]


@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3, 3)], ids=str)
def test_masks_that_are_no_single_volume_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="no single volume"):
        bake_skeleton(torch.zeros(shape, dtype=torch.int32), {})


def test_an_anisotropy_needs_three_numbers() -> None:
    with pytest.raises(ShapeError, match="has 2 entries"):
        bake_skeleton(torch.zeros(2, 2, 2, dtype=torch.int32), {}, anisotropy=(1, 1))


@pytest.mark.parametrize("device", ["cuda:99", "nonsense"])
def test_a_device_that_is_not_there_is_refused(device: str) -> None:
    with pytest.raises(DeviceError, match=f"{device}.*Use cpu"):
        bake_skeleton(torch.zeros(2, 2, 2, dtype=torch.int32), {}, device=device)
    with pytest.raises(DeviceError, match=f"{device}.*Use cpu"):
        skeleton_to_mask({}, (2, 2, 2), device=device)


def test_a_skeleton_of_another_shape_is_refused() -> None:
    masks = torch.ones(2, 2, 2, dtype=torch.int32)
    with pytest.raises(SkeletonError, match=r"object 1 .* \(4, 2\)"):
        bake_skeleton(masks, {1: torch.zeros(4, 2)})


def test_averaging_alone_takes_what_is_set() -> None:
    baked = torch.zeros(1, 3, 1, 1, 5)
    baked[0, :, 0, 0, 1] = torch.tensor([0.0, -4.0, 2.0])
    baked[0, :, 0, 0, 2] = torch.tensor([2.0, -2.0, 2.0])
    mean = average_baked_skeletons(baked)[0, :, 0, 0]
    assert mean[:, 0].tolist() == [0.0, -4.0, 2.0]
    assert mean[:, 1].tolist() == [1.0, -3.0, 2.0]
    assert mean[:, 4].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("channel", [False, True], ids=["B-X-Y-Z", "B-1-X-Y-Z"])
def test_averaging_with_masks_stays_within_objects(
    touching: tuple[torch.Tensor, dict[int, torch.Tensor]], channel: bool
) -> None:
    masks, points = touching
    baked = bake_skeleton(masks, points, average=False)
    batch = torch.stack([baked, baked * 2])
    both = torch.stack([masks, masks])
    mean = average_baked_skeletons(batch, 5, both[:, None] if channel else both)
    assert (mean == batch).all()


@pytest.mark.parametrize("size", [0, 2], ids=str)
def test_averaging_needs_a_middle(size: int) -> None:
    with pytest.raises(ShapeError, match="odd number"):
        average_baked_skeletons(torch.zeros(1, 3, 2, 2, 2), size)


@pytest.mark.parametrize("radius", [0, 3, 7, 9], ids="radius-{}".format)
def test_defect_22_disks_are_centred_on_the_point(radius: int) -> None:
    points = {1: torch.tensor([[15.0, 16.0, 2.0]])}
    mask = skeleton_to_mask(points, (31, 33, 5), radius=radius, flank_radius=2)[0]
    x, y = torch.meshgrid(torch.arange(31) - 15, torch.arange(33) - 16, indexing="ij")
    for plane, reach in ((1, 2), (2, radius), (3, 2)):
        disk = (x**2 + y**2 <= reach**2).float()
        assert (mask[:, :, plane] == disk).all()
    assert not mask[:, :, [0, 4]].any()


@pytest.mark.parametrize(
    "skeletons",
    [{}, {-1: torch.empty(0)}, {-1: torch.empty(0, 3)}, {3: torch.empty(3, 0)}],
    ids=["nothing", "minus-one-flat", "minus-one", "empty"],
)
def test_defect_23_no_skeletons_give_zeros(skeletons: dict[int, torch.Tensor]) -> None:
    mask = skeleton_to_mask(skeletons, (4, 5, 6))
    assert mask.shape == (1, 4, 5, 6)
    assert mask.dtype == torch.float32
    assert not mask.any()


def test_defect_23_the_mask_goes_where_it_is_asked_to() -> None:
    points = {1: torch.zeros(1, 3)}
    assert skeleton_to_mask(points, (2, 2, 2), device="meta").device.type == "meta"
    assert skeleton_to_mask(points, (2, 2, 2)).device == points[1].device


def test_points_outside_count_as_far_as_their_disks_reach_in() -> None:
    points = {1: torch.tensor([[-2.0, 1, 1], [1, 1, -1], [1, 30, 1], [1, 1, 1e30]])}
    mask = skeleton_to_mask(points, (4, 4, 4), radius=3, flank_radius=1)[0]
    assert mask[:, 1, 1].tolist() == [1.0, 1.0, 0.0, 0.0]
    assert mask[:, :, 0].sum() == 5  # the flank of the point below the volume
    assert not mask[:, 3, 2:].any()


def test_points_are_rounded_and_halves_go_to_the_even_voxel() -> None:
    points = {1: torch.tensor([[0.5, 1.5, 2.7]])}
    mask = skeleton_to_mask(points, (4, 4, 4), radius=0, flank_radius=0)[0]
    assert mask.nonzero().tolist() == [[0, 2, 2], [0, 2, 3]]


@pytest.mark.parametrize("shape", [(2, 2), (1, 2, 2, 2)], ids=str)
def test_a_mask_needs_three_axes(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="Give X, Y, Z"):
        skeleton_to_mask({}, shape)


def test_a_skeleton_with_nan_is_refused() -> None:
    with pytest.raises(SkeletonError, match="NaN"):
        skeleton_to_mask({1: torch.full((1, 3), torch.nan)}, (2, 2, 2))


def test_defect_11_embeddings_outside_or_nan_get_no_id() -> None:
    skeleton = torch.ones(1, 1, 2, 2, 2, dtype=torch.int32)
    embed = torch.zeros(1, 3, 1, 1, 8)
    embed[0, 1, 0, 0] = torch.tensor(
        [-0.5, -0.51, 1.5, 1.49, torch.nan, torch.inf, -torch.inf, 1e30]
    )
    ids = index_skeleton_by_embed(skeleton, embed)
    assert ids.dtype == torch.int32
    assert ids.flatten().tolist() == [1, 0, 0, 1, 0, 0, 0, 0]


def test_defect_11_every_batch_reads_its_own_skeleton() -> None:
    skeleton = torch.arange(2 * 2 * 3 * 4, dtype=torch.int32).view(2, 1, 2, 3, 4)
    grid = torch.stack(torch.meshgrid(*map(torch.arange, (2, 3, 4)), indexing="ij"))
    embed = grid.float().expand(2, -1, -1, -1, -1)
    assert (index_skeleton_by_embed(skeleton, embed) == skeleton).all()
    first = index_skeleton_by_embed(skeleton[:1], embed)
    assert (first == skeleton[:1]).all()


def test_skeleton_and_embedding_may_differ_in_extent() -> None:
    skeleton = torch.zeros(1, 1, 9, 3, 2, dtype=torch.int64)
    skeleton[0, 0, 8, 2, 1] = 2**24 + 1
    embed = torch.tensor([8.4, 1.6, 0.7]).view(1, 3, 1, 1, 1)
    assert index_skeleton_by_embed(skeleton, embed).item() == 2**24 + 1


@pytest.mark.parametrize(
    ("skeleton", "embed"),
    [
        ((1, 1, 2, 2), (1, 3, 2, 2, 2)),
        ((3, 1, 2, 2, 2), (2, 3, 2, 2, 2)),
        ((1, 1, 2, 2, 2), (1, 2, 2, 2, 2)),
    ],
    ids=["axes", "batch", "components"],
)
def test_shapes_that_do_not_fit_are_refused(
    skeleton: tuple[int, ...], embed: tuple[int, ...]
) -> None:
    with pytest.raises(ShapeError, match="cannot be read"):
        index_skeleton_by_embed(torch.zeros(skeleton), torch.zeros(embed))


@pytest.mark.parametrize(
    "dtype", [torch.uint8, torch.int8, torch.int16, torch.uint16, torch.uint32]
)
def test_ids_of_every_integer_type_are_read(dtype: torch.dtype) -> None:
    skeleton = torch.tensor([3, 0, 120]).to(dtype).view(1, 1, 1, 1, 3)
    embed = torch.zeros(2, 3, 1, 1, 2)
    embed[1, 2] = 2
    found = index_skeleton_by_embed(skeleton, embed)
    assert found.dtype == torch.int32
    assert found.flatten().tolist() == [3, 3, 120, 120]
