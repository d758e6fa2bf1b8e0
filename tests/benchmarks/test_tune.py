"""Tuning finds the settings that a model should have had, and ships them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from annotated import Annotated
from inference_cases import code_model, draw_boxes, unet_model
from shifted import read_annotated, shifted
from tune import Copy, tune, write_tuned

import skoots
from skoots.model.checkpoint import load_checkpoint
from skoots.validate.scores import score

if TYPE_CHECKING:
    from pathlib import Path

SHAPE, BOX = (12, 20, 20), (6, 5, 5)


def answered(folder: Path, **inference: object) -> tuple[object, list[Copy]]:
    """A volume of touching boxes that a network has answered without a mistake."""
    image, labels = draw_boxes(SHAPE, BOX)
    model = code_model(inference=inference)
    for _ in skoots.segment(image, model, folder / "a.skoots.zarr"):
        pass
    return model, [Copy("boxes", folder / "a.skoots.zarr", labels)]


def test_a_wrong_setting_is_found_and_others_stay(tmp_path: Path) -> None:
    least = 400  # every object has 150 voxels
    model, copies = answered(tmp_path, MIN_OBJECT_VOXELS=least)
    chosen, found = tune(model, copies, ["HOPS", "MIN_OBJECT_VOXELS"])
    assert chosen["MIN_OBJECT_VOXELS"] <= 150
    assert chosen["HOPS"] == 1  # nothing is gained by another one
    assert [scores.panoptic_quality for scores in found] == [1.0]


def test_settings_that_were_not_asked_for_are_not_changed(tmp_path: Path) -> None:
    model, copies = answered(tmp_path, MIN_OBJECT_VOXELS=400)
    chosen, found = tune(model, copies, ["HOPS"])
    assert chosen["MIN_OBJECT_VOXELS"] == 400
    assert found[0].panoptic_quality == 0


def test_the_tuned_model_is_written_with_its_settings_and_scores(
    tmp_path: Path,
) -> None:
    _, labels = draw_boxes(SHAPE, BOX)
    scores = score(labels, labels)
    model = unet_model(voxel_size=(0.1, 0.1, 0.1), inference={"HOPS": 7})
    write_tuned(model, ["x/cells.tif"], [scores], tmp_path / "b.skoots")
    back = load_checkpoint(tmp_path / "b.skoots")
    assert back.config.INFERENCE.HOPS == 7
    assert back.provenance["tuned_on"] == ["cells"]
    assert back.scores["f1_50"] == 1
    assert back.voxel_size == (0.1, 0.1, 0.1)


# ---- the copies that settings are tuned on


@pytest.fixture
def plain() -> Annotated:
    """Objects of 20 voxels across, in 32 planes."""
    labels = np.zeros((32, 64, 64), np.uint32)
    for k, y in enumerate((4, 36)):
        labels[6:26, y : y + 20, 8:28] = 2 * k + 1
        labels[6:26, y : y + 20, 32:52] = 2 * k + 2
    grey = np.random.default_rng(0).normal(100, 5, labels.shape) + 40 * (labels > 0)
    return Annotated(grey.astype(np.float32), labels, (0.02, 0.02, 0.02))


def test_copies_keep_objects_where_their_image_shows_them(plain: Annotated) -> None:
    copies = dict(shifted(plain))
    assert len(copies) == 13
    for name, copy in copies.items():
        assert copy.image.shape == copy.labels.shape, name
        assert len(np.unique(copy.labels)) == 5, name
        inside = (
            copy.image[copy.labels > 0].mean() - copy.image[copy.labels == 0].mean()
        )
        assert abs(inside) > 20, name
        assert (inside < 0) == (name == "light and dark exchanged"), name


def test_voxels_grow_where_they_are_averaged(plain: Annotated) -> None:
    copies = dict(shifted(plain))
    extent = np.array(plain.image.shape) * plain.voxel_size[0]  # type: ignore[index]  # it has one
    for name in ("voxels of 2 x 2 x 2", "planes in pairs"):
        size = copies[name].voxel_size
        assert size is not None
        found = np.array(copies[name].image.shape) * size
        np.testing.assert_allclose(found, extent, rtol=0.03)


def test_objects_change_their_size_and_voxels_do_not(plain: Annotated) -> None:
    """Or an engine that knows voxel sizes would undo it."""
    copies = dict(shifted(plain))
    for name, zoom in (("objects 0.8 as large", 0.8), ("objects 1.25 as large", 1.25)):
        assert copies[name].voxel_size == plain.voxel_size
        expected = np.array(plain.image.shape) * zoom
        np.testing.assert_allclose(copies[name].image.shape, expected, atol=1)


def test_a_stack_of_few_slices_keeps_them(plain: Annotated) -> None:
    flat = replace_volume(plain, slice(10, 20), (0.04, 0.02, 0.02))
    copies = dict(shifted(flat))
    assert copies["objects 1.25 as large"].image.shape == (10, 80, 80)
    assert "planes in pairs" not in copies


def replace_volume(
    plain: Annotated, planes: slice, size: tuple[float, float, float]
) -> Annotated:
    """Some planes of a volume, with other voxels."""
    return plain._replace(
        image=plain.image[planes], labels=plain.labels[planes], voxel_size=size
    )


def test_columns_are_a_part_of_a_volume(tmp_path: Path, plain: Annotated) -> None:
    tifffile.imwrite(tmp_path / "a.tif", plain.image)
    tifffile.imwrite(tmp_path / "a.labels.tif", plain.labels.astype(np.uint16))
    part = read_annotated(tmp_path / "a.tif", "8:28")
    np.testing.assert_array_equal(part.image, plain.image[..., 8:28])
    np.testing.assert_array_equal(part.labels, plain.labels[..., 8:28])
    assert part.image.dtype == np.float32


def test_a_coarser_voxel_has_the_label_of_most_of_those_that_it_was(
    plain: Annotated,
) -> None:
    labels = plain.labels.copy()
    labels[6:8, 4:6, 8:10] = 0  # a corner of the first object ...
    labels[7, 5, 9] = 1  # ... but for the voxel in its middle
    copy = dict(shifted(plain._replace(labels=labels)))["voxels of 2 x 2 x 2"]
    assert copy.labels[3, 2, 4] == 0
    assert copy.labels[4, 3, 5] == 1


def test_a_volume_without_objects_has_no_coarser_copies(plain: Annotated) -> None:
    copies = dict(shifted(plain._replace(labels=np.zeros_like(plain.labels))))
    assert "as it is" in copies
    assert "planes in pairs" not in copies
