"""A converted run is the same labels, whole or not there at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from inference_cases import drain, make_run

from skoots.errors import RunError, RunExistsError, StorageError
from skoots.events import BlockDone, StageStarted
from skoots.inference import labels_tiff
from skoots.inference.convert import export_tiff
from skoots.run.plan import ImageRecord
from skoots.volume.source import open_source
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from pathlib import Path


SHAPE = (21, 18, 19)
VOXEL = (0.05, 0.01, 0.0125)


def make_labels(folder: Path, *, finished: bool = True) -> tuple[Path, np.ndarray]:
    """A run of blocks of 8 voxels with ids beyond 16 bits."""
    image = ImageRecord(
        name="cells",
        path=str(folder / "cells.tif"),
        shape_zyx=SHAPE,
        dtype="uint8",
        signature="",
    )
    path, block = folder / "cells.skoots.zarr", (8, 8, 8)
    run = make_run(path, SHAPE, block, image=image, voxel_size=VOXEL)
    labels = np.random.default_rng(0).integers(0, 2**32 - 1, SHAPE, dtype=np.uint32)
    run.labels[:] = labels
    if finished:
        run.write_summary({"objects": 3})
    return run.path, labels


@pytest.mark.parametrize("slab_bytes", [1, 1 << 11, 1 << 26])
def test_the_file_keeps_ids_and_voxel_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slab_bytes: int
) -> None:
    monkeypatch.setattr(labels_tiff, "SLAB_BYTES", slab_bytes)
    run, labels = make_labels(tmp_path)
    _, file = drain(export_tiff(run))
    assert file == tmp_path / "cells_instances.tif"
    source = open_source(file)
    assert source.dtype == np.uint32
    assert source.voxel_size == pytest.approx(VOXEL)
    np.testing.assert_array_equal(source.read(whole(SHAPE)), labels)


def test_the_file_is_one_compressed_ome_image(tmp_path: Path) -> None:
    run, _ = make_labels(tmp_path)
    _, file = drain(export_tiff(run))
    with tifffile.TiffFile(file) as tiff:
        assert tiff.is_ome
        assert not tiff.is_bigtiff
        assert [(s.shape, s.axes) for s in tiff.series] == [(SHAPE, "ZYX")]
        assert tiff.pages[0].compression == tifffile.COMPRESSION.ADOBE_DEFLATE


def test_a_volume_beyond_32_bit_offsets_becomes_a_bigtiff(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels_tiff, "CLASSIC_LIMIT", 1000)
    run, labels = make_labels(tmp_path)
    _, file = drain(export_tiff(run))
    with tifffile.TiffFile(file) as tiff:
        assert tiff.is_bigtiff
        np.testing.assert_array_equal(tiff.asarray(), labels)


def test_events_count_the_slabs(tmp_path: Path) -> None:
    run, _ = make_labels(tmp_path)
    events, _ = drain(export_tiff(run))
    start, *blocks = events
    assert start == StageStarted("convert", 0, 3)
    assert [b.done for b in blocks if isinstance(b, BlockDone)] == [1, 2, 3]


def test_a_stopped_conversion_leaves_nothing(tmp_path: Path) -> None:
    run, _ = make_labels(tmp_path)
    events = export_tiff(run, tmp_path / "out" / "labels.tif")
    next(events)
    next(events)
    assert len(list((tmp_path / "out").iterdir())) == 1
    events.close()
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_gets_the_default_name(tmp_path: Path) -> None:
    run, _ = make_labels(tmp_path)
    (tmp_path / "out").mkdir()
    _, file = drain(export_tiff(run, tmp_path / "out"))
    assert file == tmp_path / "out" / "cells_instances.tif"


def test_a_file_is_replaced_only_on_request(tmp_path: Path) -> None:
    run, labels = make_labels(tmp_path)
    file = tmp_path / "cells_instances.tif"
    file.write_text("mine")
    with pytest.raises(RunExistsError, match="--overwrite"):
        drain(export_tiff(run))
    assert file.read_text() == "mine"
    drain(export_tiff(run, overwrite=True))
    np.testing.assert_array_equal(tifffile.imread(file), labels)


@pytest.mark.parametrize(
    "name",
    [
        "cells.labels.tif",
        "CELLS.LABELS.TIF",
        "cells.skeletons.tif",
        "a.background.tiff",
    ],
)
def test_a_name_that_training_reads_is_refused(tmp_path: Path, name: str) -> None:
    run, _ = make_labels(tmp_path)
    with pytest.raises(RunError, match="Training would take"):
        drain(export_tiff(run, tmp_path / name, overwrite=True))


def test_an_image_is_never_replaced(tmp_path: Path) -> None:
    run, _ = make_labels(tmp_path)
    (tmp_path / "other.tif").touch()
    (tmp_path / "other.labels.tif").touch()
    for name in ("cells.tif", "other.tif"):
        with pytest.raises(RunError, match="name of an image"):
            drain(export_tiff(run, tmp_path / name, overwrite=True))


def test_a_name_that_is_no_tiff_is_refused(tmp_path: Path) -> None:
    run, _ = make_labels(tmp_path)
    with pytest.raises(RunError, match=r"end in \.tif"):
        drain(export_tiff(run, tmp_path / "cells.png"))


def test_an_unfinished_run_is_refused(tmp_path: Path) -> None:
    run, _ = make_labels(tmp_path, finished=False)
    with pytest.raises(RunError, match="--resume"):
        drain(export_tiff(run))


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not a run"):
        drain(export_tiff(tmp_path))
    with pytest.raises(RunError, match="There is no run"):
        drain(export_tiff(tmp_path / "a.skoots.zarr"))


def test_a_disk_that_refuses_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    run, _ = make_labels(tmp_path)
    monkeypatch.setattr(tifffile.TiffWriter, "write", refuse)
    with pytest.raises(StorageError, match="No space left on device"):
        drain(export_tiff(run))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cells.skoots.zarr"]


def test_a_file_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "plain.tif").touch()
    with pytest.raises(RunError, match=r"plain\.tif is a file.*NAME\.skoots\.zarr"):
        drain(export_tiff(tmp_path / "plain.tif"))
