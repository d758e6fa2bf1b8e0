"""From a volume to a training sample."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transform_cases import labels_at, make_balls, settings_for

from skoots.errors import SettingsError, TrainingError
from skoots.train.merged_transform import BackgroundTransformFromCfg, TransformFromCfg
from skoots.train.transforms.intensity import Intensity

EVERYTHING: dict[str, Any] = {
    "extra": {
        "PERMUTE_RATE": 0.5,
        "ROTATION_RATE": 0.5,
        "GAMMA_RATE": 0.5,
        "SHADE_RATE": 0.5,
        "BLUR_RATE": 0.5,
        "CROPS": [(48, 40, 1, 0.2), (24, 24, 24, 0.2)],
    },
    "trainer": {"OBJECT_RATE": 0.8, "CENTRE_JITTER": 5.0},
    "FLIP_RATE": 0.5,
    "BRIGHTNESS_RATE": 0.5,
    "NOISE_RATE": 0.5,
    "CONTRAST_RATE": 0.5,
    "AFFINE_RATE": 0.6,
    "ELASTIC_RATE": 0.5,
}

STEPS: dict[str, dict[str, Any]] = {
    "crop": {},
    "flips": {"FLIP_RATE": 1.0},
    "axis order": {"extra": {"PERMUTE_RATE": 1.0}},
    "affine": {"AFFINE_RATE": 1.0},
    "rotation": {"extra": {"ROTATION_RATE": 1.0}},
    "elastic": {"ELASTIC_RATE": 1.0},
    "together": {
        "FLIP_RATE": 0.5,
        "AFFINE_RATE": 1.0,
        "ELASTIC_RATE": 1.0,
        "extra": {"PERMUTE_RATE": 0.5, "ROTATION_RATE": 1.0},
    },
}
EACH_STEP = pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())


@pytest.fixture(scope="module")
def balls() -> dict[str, Any]:
    return make_balls()


@EACH_STEP
@given(seed=st.integers(0, 2**16))
@settings(deadline=None, max_examples=12)
def test_a_skeleton_stays_inside_its_object(
    balls: dict[str, Any], step: dict[str, Any], seed: int
) -> None:
    sample = TransformFromCfg(settings_for(**step), seed=seed)(balls)
    labels = sample["masks"][0]
    assert sample["skeletons"].keys() == {int(i) for i in labels.unique() if i > 0}
    for name, points in sample["skeletons"].items():
        assert set(labels_at(labels, points)) <= {name}


def middles_apart(
    sample: dict[str, Any], crop: tuple[int, int, int]
) -> list[torch.Tensor]:
    """How far apart labels and points of each object are that the crop shows whole."""
    gaps = []
    for name, points in sample["skeletons"].items():
        here = torch.nonzero(sample["masks"][0] == name).float()
        whole = (here.amin(0) > 0) & (here.amax(0) + 1 < torch.tensor(crop))
        if whole.all():
            gaps.append(here.mean(dim=0) - points.mean(dim=0))
    return gaps


@EACH_STEP
def test_centroids_of_labels_and_points_agree_to_a_tenth_of_a_voxel(
    step: dict[str, Any],
) -> None:
    # The points of a ball are all its voxels, so both clouds have one middle. Single
    # balls differ by more: a row of voxels may be met twice, and where a bend is wide
    # there are more voxels than points. Half a voxel off would show in the mean.
    volume = make_balls((90, 90, 60), count=90, radius=5.3)
    labels = volume["masks"][0]
    volume["skeletons"] = {
        int(i): torch.nonzero(labels == i).float() for i in labels.unique() if i > 0
    }
    # a shift by less than half a voxel moves points and no labels: shift further
    further = {**step, "ELASTIC_GRID_MAGNITUDE": (0.05, 0.05, 0.05)}
    cfg, gaps = settings_for((64, 60, 40), **further), []
    for seed in range(5):
        sample = TransformFromCfg(cfg, seed=seed)(volume)
        gaps += middles_apart(sample, (64, 60, 40))
    assert len(gaps) > 50
    assert torch.stack(gaps).mean(dim=0).abs().max() < 0.05
    assert torch.stack(gaps).abs().median() < (0.2 if "ELASTIC_RATE" in step else 0.1)


@pytest.mark.parametrize("axis", range(3))
def test_defect_32_flips_are_exact(balls: dict[str, Any], axis: int) -> None:
    cfg = settings_for((80, 70, 40))
    plain = TransformFromCfg(cfg, seed=0)(balls, pad_size=0)
    often = cfg.merge({"AUGMENTATION": {"FLIP_RATE": 0.5}})
    for seed in range(60):  # until only this axis is flipped
        flipped = TransformFromCfg(often, seed=seed)(balls, pad_size=0)
        if torch.equal(flipped["image"], plain["image"].flip(axis + 1)):
            break
    else:
        pytest.fail("no seed flips this axis alone")
    assert torch.equal(flipped["masks"], plain["masks"].flip(axis + 1))
    for name, points in plain["skeletons"].items():
        mirrored = points.clone()
        mirrored[:, axis] = plain["masks"].shape[axis + 1] - 1 - points[:, axis]
        assert torch.equal(flipped["skeletons"][name], mirrored)


def test_a_plain_crop_is_cut_out_as_it_is(balls: dict[str, Any]) -> None:
    transform = TransformFromCfg(
        settings_for((20, 18, 9), **EVERYTHING), seed=3
    ).plain()
    sample = transform(balls)
    values = Intensity.of(balls["image"].numpy())
    grey = sample["image"] * values.std + values.mean
    windows = (
        balls["image"][0].float().unfold(0, 20, 1).unfold(1, 18, 1).unfold(2, 9, 1)
    )
    gaps = (windows - grey[0]).abs().amax(dim=(3, 4, 5))
    x, y, z = np.unravel_index(int(gaps.argmin()), gaps.shape)
    assert gaps[x, y, z] < 1e-3
    cut = balls["masks"][:, x : x + 20, y : y + 18, z : z + 9]
    assert torch.equal(sample["masks"], cut)
    assert sample["background"].equal(cut == 0)
    name, points = next(iter(sample["skeletons"].items()))
    moved = balls["skeletons"][name] - torch.tensor([x, y, z])
    assert torch.equal(points, moved.float())


@given(seed=st.integers(0, 2**16))
@settings(deadline=None, max_examples=25)
def test_a_sample_has_the_shapes_and_types_it_should(
    balls: dict[str, Any], seed: int
) -> None:
    sample = TransformFromCfg(settings_for(**EVERYTHING), seed=seed)(balls)
    shape = tuple(sample["image"].shape[1:])
    assert shape in {(40, 36, 16), (48, 40, 8), (24, 24, 24)}
    kinds = {
        k: (tuple(v.shape), v.dtype) for k, v in sample.items() if k != "skeletons"
    }
    assert kinds == {
        "image": ((1, *shape), torch.float32),
        "masks": ((1, *shape), torch.int32),
        "baked_skeleton": ((3, *shape), torch.float32),
        "skele_masks": ((1, *shape), torch.float32),
        "background": ((1, *shape), torch.bool),
    }
    assert torch.isfinite(sample["image"]).all()
    assert not (sample["background"] & (sample["masks"] > 0)).any()
    assert (sample["baked_skeleton"][:, sample["masks"][0] == 0] == 0).all()


def same(one: dict[str, Any], two: dict[str, Any]) -> bool:
    assert one.keys() == two.keys()
    points = one["skeletons"].keys() == two["skeletons"].keys() and all(
        torch.equal(p, two["skeletons"][i]) for i, p in one["skeletons"].items()
    )
    return points and all(
        torch.equal(v, two[k]) for k, v in one.items() if k != "skeletons"
    )


def test_one_seed_gives_one_row_of_samples(balls: dict[str, Any]) -> None:
    cfg = settings_for(**EVERYTHING)
    one, two = TransformFromCfg(cfg, seed=5), TransformFromCfg(cfg, seed=5)
    rows = [(one(balls), two(balls)) for _ in range(8)]
    assert all(same(a, b) for a, b in rows)
    assert not same(rows[0][0], rows[1][0])
    assert not same(rows[0][0], TransformFromCfg(cfg, seed=6)(balls))


def test_random_numbers_may_come_from_the_caller(balls: dict[str, Any]) -> None:
    transform = TransformFromCfg(settings_for(**EVERYTHING), seed=5)
    one, two = (transform(balls, rng=np.random.default_rng(9)) for _ in range(2))
    assert same(one, two)


def test_the_volume_is_never_changed(balls: dict[str, Any]) -> None:
    before = copy.deepcopy(balls)
    transform = TransformFromCfg(settings_for(**EVERYTHING), seed=0)
    transform.pre_fn(lambda volume: {**volume, "image": volume["image"].float()})
    for _ in range(8):
        transform(balls)
    assert balls["baked_skeleton"] is None
    assert torch.equal(balls["image"], before["image"])
    assert torch.equal(balls["masks"], before["masks"])
    for name, points in before["skeletons"].items():
        assert torch.equal(balls["skeletons"][name], points)


class Recorder:
    """A volume that is read piece by piece, and remembers how much was read."""

    def __init__(self, values: torch.Tensor) -> None:
        self.values, self.shape, self.read = values, tuple(values.shape), []

    def __getitem__(self, key: tuple[slice, ...]) -> torch.Tensor:
        assert all(isinstance(part, slice) for part in key)
        piece = self.values[key]
        self.read.append(piece.numel())
        return piece


def test_only_the_final_crop_is_read(balls: dict[str, Any]) -> None:
    lazy = {
        **balls,
        "image": Recorder(balls["image"]),
        "masks": Recorder(balls["masks"]),
    }
    cfg = settings_for((20, 20, 10), AFFINE_RATE=1.0, AFFINE_SCALE=(1.0, 1.0))
    values = Intensity.of(balls["image"].numpy())
    for seed in range(10):
        one = TransformFromCfg(cfg, seed=seed)(lazy, intensity=values)
        assert same(one, TransformFromCfg(cfg, seed=seed)(balls))
    most = (20 * 2**0.5 * 1.2 + 2) ** 2 * 11  # turned by 45 degrees and sheared
    for key in ("image", "masks"):
        assert len(lazy[key].read) == 10  # once a sample
        assert max(lazy[key].read) <= most


def test_beyond_the_volume_nothing_is_known(balls: dict[str, Any]) -> None:
    cfg = settings_for((100, 70, 40))
    sample = TransformFromCfg(cfg, seed=0)(balls)
    known = sample["background"] | (sample["masks"] > 0)
    assert known.sum() == 80 * 70 * 40
    assert known[0, 10:90].all()
    assert torch.equal(sample["image"][0, 9], sample["image"][0, 11])  # reflected


def test_of_sparse_labels_only_what_is_sure_is_background(
    balls: dict[str, Any],
) -> None:
    background = torch.zeros_like(balls["masks"], dtype=torch.bool)
    background[:, 30:50, 30:50, 10:30] = True
    sparse = {**balls, "background": background}
    cfg = settings_for(AFFINE_RATE=1.0, trainer={"OBJECT_RATE": 0.0})
    for seed in range(10):
        sample = TransformFromCfg(cfg, seed=seed)(sparse)
        sure = sample["background"]
        assert (sample["masks"][sure] == 0).all()
        assert (sure | (sample["masks"] > 0)).any()
        assert not (sure | (sample["masks"] > 0)).all()


def test_a_volume_is_normalised_by_itself(balls: dict[str, Any]) -> None:
    cfg = settings_for((80, 70, 40), extra={"INVERT_RATE": 1.0})
    sample = TransformFromCfg(cfg, seed=0)(balls, pad_size=0)
    assert float(sample["image"].mean()) == pytest.approx(0, abs=1e-4)
    assert float(sample["image"].std()) == pytest.approx(1, abs=1e-4)
    upright = TransformFromCfg(cfg, seed=0).plain()(balls, pad_size=0)
    torch.testing.assert_close(sample["image"], -upright["image"])


def test_a_dataset_is_normalised_alike(balls: dict[str, Any]) -> None:
    cfg = settings_for((80, 70, 40), trainer={"NORMALIZATION": "dataset"})
    transform = TransformFromCfg(cfg)
    assert transform.set_dataset_mean(10).set_dataset_std(4) is transform
    sample = transform(balls, pad_size=0)
    torch.testing.assert_close(sample["image"], (balls["image"].float() - 10) / 4)


def test_a_dataset_without_statistics_is_an_error(balls: dict[str, Any]) -> None:
    transform = TransformFromCfg(settings_for(trainer={"NORMALIZATION": "dataset"}))
    with pytest.raises(TrainingError, match="Call set_dataset_mean"):
        transform(balls)


def test_white_may_be_told(balls: dict[str, Any]) -> None:
    cfg = settings_for((80, 70, 40), extra={"INVERT_RATE": 1.0})
    values = Intensity.of(balls["image"].numpy())
    sample = TransformFromCfg(cfg, scale=200.0)(balls, pad_size=0)
    inverted = 200 - balls["image"].float()
    expected = (inverted - (200 - values.mean)) / values.std
    torch.testing.assert_close(sample["image"], expected, rtol=1e-4, atol=1e-4)


def test_a_single_slice_is_repeated_and_has_its_own_skeletons(
    balls: dict[str, Any],
) -> None:
    sample = TransformFromCfg(settings_for((40, 36, 1)), seed=0)(balls)
    assert sample["masks"].shape == (1, 40, 36, 8)
    assert torch.equal(sample["masks"][..., 0], sample["masks"][..., 7])
    objects = sample["masks"][0] > 0
    planes = torch.arange(8.0).expand(40, 36, -1)
    assert torch.equal(sample["baked_skeleton"][2][objects], planes[objects])


def test_several_channels_go_one_way(balls: dict[str, Any]) -> None:
    two = {**balls, "image": torch.cat([balls["image"], 2 * (balls["image"] // 2)])}
    cfg = settings_for(ELASTIC_RATE=1.0)
    both, one = (TransformFromCfg(cfg, seed=1)(v) for v in (two, balls))
    assert both["image"].shape == (2, 40, 36, 16)
    assert torch.equal(both["masks"], one["masks"])


def test_hooks_come_first_and_last(balls: dict[str, Any]) -> None:
    transform = TransformFromCfg(settings_for())
    transform.pre_fn(lambda v: {**v, "image": v["image"] * 0})
    transform.post_fn(lambda s: {"image": s["image"], "shown": True})
    sample = transform(balls)
    assert sample.keys() == {"image", "shown"}
    assert (sample["image"] == sample["image"][0, 0, 0, 0]).all()


def test_a_volume_of_background_needs_its_image_only() -> None:
    volume = make_balls()
    cfg = settings_for((100, 70, 40), **EVERYTHING)
    transform = BackgroundTransformFromCfg(cfg, seed=0).plain()
    sample = transform({"image": volume["image"]})
    assert sample["image"].shape == (1, 100, 70, 40)
    assert sample["background"].sum() == 80 * 70 * 40
    assert not sample["masks"].any()
    assert not sample["baked_skeleton"].any()
    assert not sample["skele_masks"].any()
    assert sample["skeletons"] == {}


def test_a_single_slice_of_background_is_as_deep_as_one_of_objects() -> None:
    cfg = settings_for((40, 36, 1))
    sample = BackgroundTransformFromCfg(cfg)({"image": make_balls()["image"]})
    assert sample["image"].shape == sample["masks"].shape == (1, 40, 36, 8)


def test_a_volume_without_labels_is_an_error(balls: dict[str, Any]) -> None:
    with pytest.raises(TrainingError, match="no masks and no skeletons"):
        TransformFromCfg(settings_for())({"image": balls["image"]})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"AFFINE_SCALE": (0.0, 1.0)}, "AFFINE_SCALE starts at 0. Start above 0"),
        ({"AFFINE_SHEAR": (-89.0, 0.0)}, "reaches 89 degrees. Stay below 80"),
        ({"extra": {"CROPS": [(8, 8, 8, 0.7), (4, 4, 4, 0.7)]}}, "add up to 1.4"),
    ],
    ids=["scale", "shear", "crops"],
)
def test_settings_that_break_a_crop_are_refused(
    change: dict[str, Any], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        TransformFromCfg(settings_for(**change))
