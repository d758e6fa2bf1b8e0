"""A folder stands for its images; each image has one place for its run."""

from __future__ import annotations

from pathlib import Path

import pytest

from skoots.cli.images import list_images, plan_runs
from skoots.errors import RunError, SourceNotFoundError

RESULTS = (
    "a.labels.tif",
    "a.LABELS.TIFF",
    "a.skeletons.tif",
    "a_instances.tif",
    "a_instance_mask.tif",
    "a.skoots.zarr",
    "a.skeletons.trch",
    ".hidden.tif",
    "notes.txt",
)


def test_a_folder_gives_its_images_sorted(tmp_path: Path) -> None:
    for name in ("b.tif", "A.TIF", "c.ome.tiff", "d.zarr", *RESULTS):
        (tmp_path / name).touch()
    names = [path.name for path in list_images([tmp_path])]
    assert names == ["A.TIF", "b.tif", "c.ome.tiff", "d.zarr"]


def test_a_named_file_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.labels.tif"
    assert list_images([path]) == [path]


@pytest.mark.parametrize("inside", ["zarr.json", ".zarray", ".zgroup"])
def test_a_zarr_is_an_image_and_no_folder(tmp_path: Path, inside: str) -> None:
    (tmp_path / inside).touch()
    assert list_images([tmp_path]) == [tmp_path]


def test_a_folder_without_images_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.labels.tif").touch()
    with pytest.raises(SourceNotFoundError, match="holds no image"):
        list_images([tmp_path])


def test_runs_lie_beside_their_images_or_where_asked() -> None:
    images = [Path("a/x.tif"), Path("b/y.zarr/raw/0")]
    assert plan_runs(images, None) == [
        Path("a/x.skoots.zarr"),
        Path("b/y_raw_0.skoots.zarr"),
    ]
    assert plan_runs(images, Path("o")) == [
        Path("o/x.skoots.zarr"),
        Path("o/y_raw_0.skoots.zarr"),
    ]


def test_two_images_cannot_share_a_run() -> None:
    with pytest.raises(RunError, match=r"a/x\.tif and b/x\.tif would share"):
        plan_runs([Path("a/x.tif"), Path("b/x.tif")], Path("o"))
