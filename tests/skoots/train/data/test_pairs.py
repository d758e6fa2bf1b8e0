"""Which files of a folder belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from skoots.errors import SourceNotFoundError, TrainingError
from skoots.train.data.pairs import find_images, find_labels, find_pairs

if TYPE_CHECKING:
    from pathlib import Path


def touch(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        path = folder / name
        if path.suffix == ".zarr":
            path.mkdir()
        else:
            path.touch()
    return folder


def test_pairs_are_sorted_within_each_folder_and_folders_stay_in_order(
    tmp_path: Path,
) -> None:
    first = touch(tmp_path / "z", "b.tif", "b.labels.tif", "a.tif", "a.labels.tif")
    second = touch(tmp_path / "a", "c.zarr", "c.labels.ome.zarr")
    assert [p.name for p in find_pairs([first, str(second)])] == ["a", "b", "c"]
    (pair,) = find_pairs(second)
    assert pair.image == second / "c.zarr"
    assert pair.labels == second / "c.labels.ome.zarr"
    assert pair.beside(".boxes.json") == second / "c.boxes.json"


def test_files_that_belong_to_an_image_are_no_images(tmp_path: Path) -> None:
    folder = touch(
        tmp_path / "d",
        "a.ome.tif",
        "a.labels.tiff",
        "a.skeletons.tif",
        "a.skeletons.trch",
        "a.background.tif",
        "a.skeleton_mask.tif",
        "a_instance_mask.tif",
        "a_instances.tif",
        "a.skoots.zarr",
        "a_skoots_vectors.zarr",
        "._a.tif",
        "notes.txt",
    )
    (pair,) = find_pairs(folder)
    assert pair.name == "a"
    assert find_images(folder) == [folder / "a.ome.tif"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a.tif"], "holds no labelled image"),
        (
            ["a.tif", "a_labels.tif"],
            r"Found a\.tif and a_labels\.tif: rename the labels to a\.labels\.tif",
        ),
        (["a-b.ome.tif", "a-b-Mask.tiff"], r"rename the labels to a-b\.labels\.tiff"),
        (["b.tif", "b.labels.tif", "c.tif", "c_seg.tif"], r"rename .* c\.labels\.tif"),
        (["a.tif", "b.tif", "b.labels.tif"], r"a\.tif has no labels. Put a\.labels"),
        (["a.tif", "a.labels.tif", "b.labels.tif"], r"b\.labels\.tif has no image"),
        (["a.tif", "a.zarr", "a.labels.tif"], "are both called a"),
    ],
    ids=[
        "no labels at all",
        "other name",
        "mask",
        "one of two",
        "image alone",
        "labels alone",
        "two images",
    ],
)
def test_what_does_not_belong_together_is_refused(
    tmp_path: Path, names: list[str], words: str
) -> None:
    with pytest.raises(TrainingError, match=words):
        find_pairs(touch(tmp_path / "d", *names))


def test_images_whose_names_are_alike_are_not_taken_for_labels(tmp_path: Path) -> None:
    folder = touch(tmp_path / "d", "a.tif", "a2_labels.tif", "a_2.tif", "a_stem.tif")
    with pytest.raises(TrainingError) as caught:
        find_pairs(folder)
    assert "rename" not in str(caught.value)


def test_a_folder_that_is_missing_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match=r"There is no folder .*nowhere"):
        find_pairs(tmp_path / "nowhere")
    with pytest.raises(TrainingError, match="holds no image"):
        find_images(tmp_path)


def test_labels_are_a_file_or_those_of_a_folder(tmp_path: Path) -> None:
    folder = touch(tmp_path / "d", "a.labels.tif", "a.tif", "b.labels.zarr", "c_m.tif")
    found = find_labels(folder)
    assert [p.name for p in found] == ["a.labels.tif", "b.labels.zarr"]
    assert find_labels(folder, "_m") == [folder / "c_m.tif"]
    assert find_labels(folder / "a.tif") == [folder / "a.tif"]
    assert find_labels(folder / "b.labels.zarr") == [folder / "b.labels.zarr"]
    with pytest.raises(TrainingError, match=r"no NAME\.masks\.tif"):
        find_labels(folder, ".masks")
    with pytest.raises(SourceNotFoundError, match="There are no labels at"):
        find_labels(tmp_path / "nowhere")
