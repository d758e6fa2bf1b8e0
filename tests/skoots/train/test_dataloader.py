"""The documented data sets: what an item is, and what a data set can do."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import torch
from torch.utils.data import DataLoader
from volume_cases import SHAPE, grey, set_age, two_bars, write_boxes, write_pair

from skoots.config import get_cfg_defaults
from skoots.errors import (
    DeviceError,
    ShapeError,
    SourceNotFoundError,
    TrainingError,
)
from skoots.train import dataloader
from skoots.train.data.lazy_volume import LazyVolume
from skoots.train.dataloader import (
    BackgroundDataset,
    MultiDataset,
    dataset,
    skeleton_colate,
)
from skoots.train.merged_transform import TransformFromCfg

if TYPE_CHECKING:
    from pathlib import Path

XYZ = (12, 15, 6)


def to_xyz(array: Any) -> Any:
    return np.moveaxis(array, -3, -1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_pair(tmp_path / "train")
    return tmp_path / "train"


@pytest.fixture
def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing fits into memory."""
    monkeypatch.setattr(dataloader, "memory_budget", lambda: 0)


# ---- an item


def test_an_item_is_what_the_documentation_says(folder: Path) -> None:
    item = dataset(str(folder))[0]
    assert list(item) == [
        "image",
        "masks",
        "skeletons",
        "baked_skeleton",
        "skele_masks",
    ]
    np.testing.assert_array_equal(item["image"], to_xyz(grey())[None])
    np.testing.assert_array_equal(item["masks"], to_xyz(two_bars())[None])
    assert item["masks"].dtype == torch.int32
    assert list(item["skeletons"]) == [3, 7]
    for key, points in item["skeletons"].items():
        assert points.dtype == torch.float32
        x, y, z = points.round().long().T
        assert (item["masks"][0, x, y, z] == key).all()
    assert item["baked_skeleton"] is None
    assert item["skele_masks"] is None


@pytest.mark.parametrize("store", ["tif", "zarr"])
@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("uint8", torch.uint8),
        ("uint16", torch.int32),
        ("int16", torch.int32),
        ("uint32", torch.int64),
        ("float32", torch.float32),
        ("float64", torch.float32),
    ],
)
def test_grey_values_are_those_of_the_file(
    tmp_path: Path, dtype: str, expected: torch.dtype, store: str
) -> None:
    image = grey(dtype=dtype)
    write_pair(tmp_path / "d", image=image, store=store)
    found = dataset(tmp_path / "d")[0]["image"]
    assert found.dtype == expected
    np.testing.assert_allclose(found[0], to_xyz(image).astype(found.numpy().dtype))


@pytest.mark.parametrize(
    ("dtype", "top", "expected"),
    [
        ("uint8", 255, torch.int32),
        ("int16", 32767, torch.int32),
        ("uint32", 2**31 - 1, torch.int32),
        ("uint32", 2**32 - 1, torch.int64),
        ("uint64", 2**63 - 1, torch.int64),
    ],
)
def test_ids_are_those_of_the_file(
    tmp_path: Path, dtype: str, top: int, expected: torch.dtype
) -> None:
    labels = two_bars(dtype=dtype)
    labels[labels == 7] = top
    write_pair(tmp_path / "d", labels=labels, store="zarr")
    item = dataset(tmp_path / "d")[0]
    assert item["masks"].dtype == expected
    assert item["masks"].unique().tolist() == [0, 3, top]
    assert list(item["skeletons"]) == [3, top]


def test_each_channel_is_there(tmp_path: Path) -> None:
    image = grey((*SHAPE, 3))
    write_pair(tmp_path / "d")
    tifffile.imwrite(tmp_path / "d" / "cells.tif", image, photometric="rgb")
    found = dataset(tmp_path / "d")[0]["image"]
    np.testing.assert_array_equal(found, to_xyz(np.moveaxis(image, -1, 0)))


def test_each_image_is_sampled_so_many_times_folder_by_folder(tmp_path: Path) -> None:
    for k, name in enumerate(("b/z", "b/y", "a/x")):
        part, stem = name.split("/")
        write_pair(tmp_path / part, stem, image=np.full(SHAPE, k, np.uint8))
    data = dataset([tmp_path / "b", tmp_path / "a"], sample_per_image=2)
    assert len(data) == 6
    assert [int(item["image"][0, 0, 0, 0]) for item in data] == [1, 1, 0, 0, 2, 2]
    assert int(data[-1]["image"].max()) == 2
    assert [volume.name for volume in data.volumes] == ["y", "z", "x"]
    with pytest.raises(IndexError, match="no sample 6: there are 6"):
        data[6]


def test_padding_changes_neither_shapes_nor_statistics(folder: Path) -> None:
    plain, padded = dataset(folder, pad_size=0), dataset(folder, pad_size=50)
    assert plain[0]["image"].shape == padded[0]["image"].shape == (1, *XYZ)
    assert plain.mean() == padded.mean()
    assert plain.numel() == padded.numel()


def test_a_transform_takes_and_gives_an_item_and_changes_no_volume(
    folder: Path,
) -> None:
    def invert(item: dict[str, Any]) -> dict[str, Any]:
        item["skeletons"].clear()
        return {**item, "image": 255 - item["image"], "depth": "all"}

    data = dataset(folder, transforms=invert)
    for _ in range(2):
        item = data[0]
        np.testing.assert_array_equal(item["image"][0], 255 - to_xyz(grey()))
        assert item["depth"] == "all"
    assert list(data.skeletons[0]) == [3, 7]


def test_our_transform_is_handed_random_numbers_padding_and_intensity(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[dict[str, Any]] = []

    def record(self: object, item: Any, **extra: Any) -> Any:
        handed.append(extra)
        return item

    monkeypatch.setattr(TransformFromCfg, "__call__", record)
    data = dataset(folder, TransformFromCfg(get_cfg_defaults()), pad_size=7)
    rng = np.random.default_rng(0)
    data.sample(0, rng)
    assert handed[0]["rng"] is rng
    assert handed[0]["pad_size"] == 7
    assert handed[0]["intensity"] is data.volumes[0].intensity
    assert handed[0]["intensity"].mean == pytest.approx(grey().mean())


def test_crops_of_a_seed_are_the_same(folder: Path) -> None:
    crop = {"CROP_WIDTH": 8, "CROP_HEIGHT": 8, "CROP_DEPTH": 4}
    cfg = get_cfg_defaults().merge({"AUGMENTATION": crop})
    data = dataset(folder, TransformFromCfg(cfg))
    one, two = (data.sample(0, np.random.default_rng(5)) for _ in range(2))
    assert one["image"].shape == (1, 8, 8, 4)
    assert one["baked_skeleton"].shape == (3, 8, 8, 4)
    assert torch.equal(one["image"], two["image"])


# ---- skeletons

INSIDE = {3: torch.tensor([[1.0, 2, 1]]), 7: torch.tensor([[7.0, 2, 1]])}
"""A point in each of `two_bars`, along X, Y, Z."""


def test_skeletons_are_made_and_saved_and_made_again_when_older(folder: Path) -> None:
    path = folder / "cells.skeletons.trch"
    dataset(folder)
    made = torch.load(path, weights_only=True)
    torch.save(INSIDE, path)
    assert dataset(folder)[0]["skeletons"][3].tolist() == [[1, 2, 1]]
    set_age(path, 60)
    assert torch.equal(dataset(folder)[0]["skeletons"][3], made[3])
    assert torch.equal(torch.load(path, weights_only=True)[3], made[3])


@pytest.mark.parametrize("name", ["cells.labels.tif.skeletons.trch", "cells.skeletons"])
def test_skeletons_of_other_published_names_are_read(folder: Path, name: str) -> None:
    if name.endswith(".trch"):
        torch.save(INSIDE, folder / name)
    else:
        volume = np.zeros(SHAPE, np.uint8)
        volume[1, 1, 2], volume[1, 7, 2] = 3, 7
        tifffile.imwrite(folder / f"{name}.tif", volume, photometric="minisblack")
    assert dataset(folder)[0]["skeletons"][3].tolist() == [[1, 2, 1]]
    assert not (folder / "cells.skeletons.trch").exists()


def test_what_is_odd_is_logged_with_its_count(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    labels = two_bars()
    labels[:, 2] = 0
    labels[:, :, 6:9] = 0
    write_pair(tmp_path / "d", labels=labels)
    for _ in range(2):  # with skeletons that are made, and that are read
        caplog.clear()
        with caplog.at_level(logging.WARNING, logger="skoots"):
            data = dataset(tmp_path / "d")
        (message,) = caplog.messages
        assert message.startswith("2 of 2 objects in cells.labels.tif are in several")
        assert data.volumes[0].notices == (message,)


# ---- sparse labels


def test_only_boxes_that_are_not_held_out_teach_background(folder: Path) -> None:
    write_boxes(folder, ([0, 0, 0], [6, 6, 15], False), ([0, 0, 10], [6, 12, 15], True))
    data = dataset(folder)
    item = data[0]
    labels = two_bars()
    labels[:, :, 10:] = 0
    known = np.zeros(SHAPE, bool)
    known[:, :6, :10] = True
    np.testing.assert_array_equal(item["masks"][0], to_xyz(labels))
    assert item["background"].dtype == torch.bool
    np.testing.assert_array_equal(item["background"][0], to_xyz(known & (labels == 0)))
    (volume,) = data.volumes
    assert volume.sparse
    assert [box.held_out for box in volume.boxes] == [False, True]


def test_an_object_that_is_wholly_held_out_is_none(folder: Path) -> None:
    write_boxes(folder, ([0, 6, 0], [6, 12, 15], True), ([0, 0, 0], [1, 1, 1], False))
    assert list(dataset(folder)[0]["skeletons"]) == [3]


@pytest.mark.parametrize("budget", [1 << 30, 0], ids=["in memory", "on disk"])
def test_no_skeleton_tells_what_is_in_a_held_out_box(
    folder: Path, monkeypatch: pytest.MonkeyPatch, budget: int
) -> None:
    monkeypatch.setattr(dataloader, "memory_budget", lambda: budget)
    points = {
        3: [[2, 3, 3], [2.4, 6.4, 3], [2, 6.6, 3], [2, 9, 3], [2.6, 9, 3]],
        7: [[8, 9, 4], [7, 5, 3]],
    }
    skeletons = {key: torch.tensor(rows) for key, rows in points.items()}
    torch.save(skeletons, folder / "cells.skeletons.trch")
    write_boxes(folder, ([0, 0, 7], [6, 3, 15], True), ([0, 7, 3], [6, 10, 15], True))
    left = dataset(folder)[0]["skeletons"]
    assert torch.equal(left[3], skeletons[3][[0, 1, 4]])
    # The last sheet of 7 that is not held out, at the place closest to its skeleton.
    assert left[7].tolist() == [[7, 2, 3]]


def test_a_published_background_is_known(folder: Path) -> None:
    said = np.zeros(SHAPE, np.uint8)
    said[:, 0] = 200
    said[:, 1:3] = 1
    tifffile.imwrite(folder / "cells.background.tif", said, photometric="minisblack")
    found = dataset(folder)[0]["background"][0]
    np.testing.assert_array_equal(found, to_xyz((said > 0) & (two_bars() == 0)))


def test_a_background_of_another_shape_is_refused(folder: Path) -> None:
    other = np.zeros((6, 12, 14), np.uint8)
    tifffile.imwrite(folder / "cells.background.tif", other, photometric="minisblack")
    with pytest.raises(TrainingError, match=r"cells\.background\.tif has the shape"):
        dataset(folder)


def test_sparse_labels_without_known_background_are_said(folder: Path) -> None:
    write_boxes(folder, ([0, 0, 0], [6, 12, 2], True))
    (notice,) = dataset(folder).volumes[0].notices
    assert notice == (
        "cells.boxes.json has no box to learn from: no background is known there"
    )


# ---- volumes that do not fit into memory


@pytest.mark.usefixtures("no_memory")
@pytest.mark.parametrize("store", ["tif", "zarr"])
def test_a_volume_on_disk_gives_the_same(tmp_path: Path, store: str) -> None:
    image = grey(dtype="uint16")
    write_pair(tmp_path / "d", image=image, store=store)
    write_boxes(
        tmp_path / "d", ([0, 0, 0], [6, 6, 15], False), ([0, 6, 0], [6, 12, 15], True)
    )
    lazy = dataset(tmp_path / "d")
    item = lazy[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataloader, "memory_budget", lambda: 1 << 30)
        held = dataset(tmp_path / "d")
    for key in ("image", "masks", "background"):
        assert isinstance(item[key], LazyVolume)
        assert item[key].dtype == held[0][key].dtype
        assert torch.equal(item[key].load(), held[0][key])
    assert list(item["skeletons"]) == list(held[0]["skeletons"]) == [3]
    assert lazy.sum(with_invert=True) == held.sum(with_invert=True)
    assert lazy.std() == pytest.approx(held.std())
    assert lazy.to("cpu") is lazy
    with pytest.raises(TrainingError, match="read from the disk part by part"):
        lazy.map(torch.neg, "image")


@pytest.mark.usefixtures("no_memory")
def test_a_volume_on_disk_is_cropped_like_one_in_memory(tmp_path: Path) -> None:
    write_pair(tmp_path / "d", store="zarr")
    crop = {"CROP_WIDTH": 8, "CROP_HEIGHT": 8, "CROP_DEPTH": 4}
    cfg = get_cfg_defaults().merge({"AUGMENTATION": crop})
    crops = []
    for budget in (0, 1 << 30):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dataloader, "memory_budget", lambda budget=budget: budget)
            data = dataset(tmp_path / "d", TransformFromCfg(cfg))
        crops.append(data.sample(0, np.random.default_rng(1)))
    assert torch.equal(crops[0]["masks"], crops[1]["masks"])
    torch.testing.assert_close(crops[0]["image"], crops[1]["image"])


# ---- devices, changes, statistics


def test_each_way_to_a_device_gives_the_data_set(folder: Path) -> None:
    data = dataset(folder)
    assert data.to("cpu") is data.cpu() is data.pin_memory() is data
    many = MultiDataset(data)
    assert many.to("cpu") is many.cpu() is many.pin_memory() is many


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_device_that_is_not_there_is_refused_at_once(folder: Path) -> None:
    with pytest.raises(DeviceError, match="cuda"):
        dataset(folder, device="cuda:0")
    with pytest.raises(DeviceError, match="cuda"):
        dataset(folder).cuda()


def test_items_and_volumes_go_to_their_devices(folder: Path) -> None:
    item = dataset(folder, device="meta")[0]
    assert item["image"].device.type == "meta"
    assert item["skeletons"][3].device.type == "meta"
    data = dataset(folder).to("meta")
    assert data.masks[0].device.type == "meta"
    assert data.skeletons[0][3].device.type == "meta"


def test_map_changes_what_is_held(folder: Path) -> None:
    write_boxes(folder, ([0, 0, 0], [6, 12, 15], False))
    data = dataset(folder)
    assert data.map(lambda image: image.float() + 1000, "image") is data
    assert data.mean() == pytest.approx(1000 + grey().mean())
    assert data.volumes[0].intensity.mean == pytest.approx(1000 + grey().mean())
    data.map(torch.neg, ["masks"]).map(torch.logical_not, "background")
    assert data[0]["masks"].min() == -7
    assert not data[0]["background"][0, 0, 0, 0]
    data.map(lambda skeletons: {3: skeletons[3] + 1}, "skeletons")
    assert list(data[0]["skeletons"]) == [3]


def test_map_changes_everything_or_nothing(folder: Path) -> None:
    def fail_for_masks(volume: torch.Tensor) -> torch.Tensor:
        if volume.dtype == torch.int32:
            raise ValueError("no masks")
        return volume + 1

    one = dataset(folder)
    for data in (one, MultiDataset(MultiDataset(BackgroundDataset(folder)), one)):
        before = data.sum()
        with pytest.raises(ValueError, match="no masks"):
            data.map(fail_for_masks, ["image", "masks"])
        assert data.sum() == before


def test_a_transform_may_change_what_it_is_handed(folder: Path) -> None:
    def spoil(item: dict[str, Any]) -> dict[str, Any]:
        for volume in (item["image"], item["masks"], *item["skeletons"].values()):
            volume.zero_()
        item["skeletons"].clear()
        return item

    write_boxes(folder, ([0, 0, 0], [6, 12, 15], False))
    for transform in (spoil, None):
        data = dataset(folder, transform)
        before = data.sum()
        item = data[0]
        item["image"].zero_()
        item["background"].zero_()
        item["masks"].zero_()
        assert data.sum() == before > 0
        assert data.masks[0].any()
        assert data.volumes[0].background.any()
        assert all(points.any() for points in data.skeletons[0].values())
        assert list(data.skeletons[0]) == [3, 7]


def test_the_masks_of_background_take_no_memory_on_any_device(folder: Path) -> None:
    data = BackgroundDataset(folder).to("meta")
    assert data.masks[0].shape == (1, *XYZ)
    assert data.volumes[0].bytes_held == 4 + grey().nbytes


def test_a_data_set_says_what_it_is(folder: Path) -> None:
    data = dataset(folder, sample_per_image=5)
    assert repr(data) == "dataset(1 volumes, sample_per_image=5, device='cpu')"
    assert repr(MultiDataset(data, BackgroundDataset(folder))) == (
        f"MultiDataset({data!r}, "
        "BackgroundDataset(1 volumes, sample_per_image=1, device='cpu'))"
    )


def test_map_leaves_alone_what_is_not_there_and_refuses_what_never_is(
    folder: Path,
) -> None:
    def fail(_: object) -> None:
        raise AssertionError("nothing is held")

    data = MultiDataset(dataset(folder), BackgroundDataset(folder))
    data.datasets[0].map(fail, ["background", "skele_masks"])
    data.datasets[1].map(fail, ["masks", "skeletons", "background"])
    with pytest.raises(
        TrainingError, match=r"no 'baked'. Use one of: image, masks, background, skele"
    ):
        data.map(fail, ["image", "baked"])


@pytest.mark.parametrize(
    ("dtype", "mirror"), [("uint8", 255), ("uint16", 65535), ("float32", None)]
)
def test_statistics_count_each_voxel_once_and_inverted_ones_once_more(
    tmp_path: Path, dtype: str, mirror: int | None
) -> None:
    images = [grey(dtype=dtype), grey((3, 4, 5), dtype, seed=1)]
    for name, image in zip("ab", images, strict=True):
        labels = np.ones(image.shape, np.uint8)
        write_pair(tmp_path / "d", name, image=image, labels=labels)
    one = dataset(tmp_path / "d", sample_per_image=1)
    flat = np.concatenate([i.ravel() for i in images]).astype(np.float64)
    for data, values in (
        (one, flat),
        (dataset(tmp_path / "d", sample_per_image=9), flat),
        (MultiDataset(one, one), np.tile(flat, 2)),
    ):
        assert data.sum() == pytest.approx(values.sum())
        assert data.numel() == values.size
        assert data.mean() == pytest.approx(values.mean())
        assert data.std() == pytest.approx(values.std())
        assert data.subtract_square_sum(3) == pytest.approx(((values - 3) ** 2).sum())
    tops = [
        float(i.min()) + float(i.max()) if mirror is None else mirror for i in images
    ]
    other = [top - i.astype(np.float64) for top, i in zip(tops, images, strict=True)]
    both = np.concatenate([flat, *(o.ravel() for o in other)])
    assert one.sum(with_invert=True) == pytest.approx(both.sum())
    assert one.numel(with_invert=True) == both.size
    assert one.mean(with_invert=True) == pytest.approx(both.mean())
    assert one.std(with_invert=True) == pytest.approx(both.std())


# ---- several data sets, images alone, batches


def test_data_sets_are_joined_one_after_the_other(tmp_path: Path) -> None:
    for k, name in enumerate("ab"):
        write_pair(tmp_path / name, image=np.full(SHAPE, k, np.uint8))
    first = dataset(tmp_path / "a", sample_per_image=100)
    second = dataset(tmp_path / "b")
    merged = MultiDataset(first, second)
    assert len(merged) == 101
    assert int(merged[99]["image"].max()) == 0
    assert int(merged[100]["image"].max()) == int(merged[-1]["image"].max()) == 1
    assert len(merged.volumes) == 2
    assert len(MultiDataset(merged, second)) == 102
    assert merged.mean() == 0.5
    with pytest.raises(IndexError, match="no sample 101"):
        merged[101]


def test_images_alone_make_background(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "dark.tif", grey(), photometric="minisblack")
    data = BackgroundDataset(tmp_path, sample_per_image=3)
    assert len(data) == 3
    item = data[2]
    np.testing.assert_array_equal(item["image"][0], to_xyz(grey()))
    assert item["masks"].shape == (1, *XYZ)
    assert not item["masks"].any()
    assert item["skeletons"] == {}
    assert data.mean() == pytest.approx(grey().mean())
    assert not list(tmp_path.glob("*.trch"))


def test_samples_are_joined_to_a_batch_by_torch(folder: Path) -> None:
    def targets(item: dict[str, Any]) -> dict[str, Any]:
        shape = item["masks"].shape[1:]
        made = {"baked_skeleton": torch.zeros(3, *shape), "skele_masks": item["masks"]}
        return {**item, **made}

    data = dataset(folder, targets, sample_per_image=2)
    (batch,) = DataLoader(data, batch_size=2, collate_fn=skeleton_colate)
    images, masks, skeletons, skele_masks, baked = batch
    assert images.shape == masks.shape == skele_masks.shape == (2, 1, *XYZ)
    assert baked.shape == (2, 3, *XYZ)
    assert [list(part) for part in skeletons] == [[3, 7], [3, 7]]


def test_a_batch_without_targets_says_so_and_leaves_its_samples(folder: Path) -> None:
    items = [dataset(folder)[0]]
    assert skeleton_colate(items)[3:] == ([None], [None])
    assert "image" in items[0]
    other = {**items[0], "image": items[0]["image"][:, 1:]}
    with pytest.raises(ShapeError, match="are no batch"):
        skeleton_colate([items[0], other])


def crops_of_two_epochs(loader: DataLoader[Any], seed: int) -> list[bytes]:
    torch.manual_seed(seed)
    return [
        image.numpy().tobytes() for _ in range(2) for batch in loader for image in batch
    ]


def images_of(items: list[dict[str, Any]]) -> torch.Tensor:
    return torch.stack([item["image"] for item in items])


@pytest.mark.parametrize("kept", [False, True], ids=["new workers", "kept workers"])
def test_no_worker_repeats_crops_of_another_or_of_an_epoch_before(
    folder: Path, *, kept: bool
) -> None:
    crop = {"CROP_WIDTH": 4, "CROP_HEIGHT": 4, "CROP_DEPTH": 4}
    cfg = get_cfg_defaults().merge({"AUGMENTATION": crop})
    found = []
    for seed in (0, 0, 1):
        loader = DataLoader(
            MultiDataset(dataset(folder, TransformFromCfg(cfg), sample_per_image=6)),
            batch_size=1,
            num_workers=2,
            persistent_workers=kept,
            collate_fn=images_of,
        )
        found.append(crops_of_two_epochs(loader, seed))
    assert len(set(found[0])) == len(found[0]) == 12
    assert found[0] == found[1]
    assert not set(found[0]) & set(found[2])


# ---- what is refused


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.zeros(SHAPE, np.uint8), r"cells\.labels\.tif has no objects"),
        (np.ones(SHAPE, np.float32), r"cells\.labels\.tif holds float32 and no ids"),
        (np.ones((6, 12, 14), np.uint8), r"cells\.tif has the shape \(6, 12, 15\) and"),
    ],
    ids=["no objects", "float", "other shape"],
)
def test_labels_that_cannot_be_learnt_from_are_refused(
    tmp_path: Path, labels: np.ndarray, words: str
) -> None:
    write_pair(tmp_path / "d", labels=labels)
    with pytest.raises(TrainingError, match=words):
        dataset(tmp_path / "d")


def test_what_cannot_be_sampled_is_refused(folder: Path) -> None:
    for wrong in (0, [2], 2.5, True, "2"):
        with pytest.raises(TrainingError, match="Give whole numbers"):
            dataset(folder, sample_per_image=wrong)  # type: ignore[arg-type]  # what a user may write
    assert len(dataset(folder, sample_per_image=np.int64(3))) == 3
    with pytest.raises(SourceNotFoundError, match="There is no folder"):
        dataset(folder / "nowhere")
    (folder / "cells.labels.tif").unlink()
    with pytest.raises(TrainingError, match="holds no labelled image"):
        dataset(folder)


def test_real_mitochondria_are_a_data_set(shared_dir: Path, tmp_path: Path) -> None:
    source = shared_dir / "data" / "mito_em" / "val"
    for path in source.glob("epfl_val*.tif"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (volume,) = dataset(tmp_path).volumes
    assert volume.voxel_size == (0.01, 0.01, 0.01)
    assert len(volume.skeletons) == 12
    assert volume.image.shape == (1, 384, 512, 16)
