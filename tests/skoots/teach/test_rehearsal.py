"""What a shipped model knows is learned along, so that it is not forgotten."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile

import skoots
from skoots.events import result_of
from skoots.samples import find_sample
from skoots.teach.prepare import prepare
from skoots.teach.record import DATA, REHEARSED, read_record
from skoots.teach.rehearsal import rehearsed_sample, write_rehearsal

if TYPE_CHECKING:
    from pathlib import Path

    from skoots.teach import TeachProject


@pytest.mark.parametrize(
    ("model", "sample"),
    [("chloroplast-em", "chloroplast"), ("nuclei", "nuclei"), ("mito-em", None)],
)
def test_shipped_models_rehearse_their_labelled_samples(
    model: str, sample: str | None
) -> None:
    found = rehearsed_sample(skoots.load_model(model))
    assert (found and found.name) == sample


def test_only_the_shipped_model_itself_and_its_children_do(tmp_path: Path) -> None:
    shipped = skoots.load_model("nuclei")
    assert rehearsed_sample(None) is None
    assert rehearsed_sample(replace(shipped, digest="0" * 64)) is None
    assert shipped.path is not None
    copied = shutil.copy(shipped.path, tmp_path / "mine.skoots")
    assert rehearsed_sample(skoots.load_model(copied)) is None
    child = replace(
        shipped, name="mine", provenance={"taught": {"rehearsed": "nuclei"}}
    )
    assert rehearsed_sample(child) == find_sample("nuclei")


def test_the_sample_lies_on_the_grid_of_the_model(tmp_path: Path) -> None:
    """40 nm along each axis, of an image with 40 x 20 x 20 nm."""
    sample = find_sample("chloroplast")
    write_rehearsal(sample, skoots.load_model("chloroplast-em"), tmp_path)
    grey = tifffile.imread(tmp_path / "chloroplast.tif")
    labels = tifffile.imread(tmp_path / "chloroplast.labels.tif")
    assert grey.shape == labels.shape == (10, 240, 240)
    drawn = tifffile.imread(sample.labels)
    np.testing.assert_array_equal(np.unique(labels), np.unique(drawn))


@pytest.mark.parametrize("rehearse", [True, False])
def test_a_quarter_of_the_crops_is_rehearsed(
    project: TeachProject,
    rehearse: bool,
) -> None:
    place = result_of(prepare(project, "nuclei", rehearse=rehearse, device="cpu"))
    train = place.settings.TRAIN
    crops = train.TRAIN_SAMPLE_PER_IMAGE
    assert read_record(place.path).rehearsed == ("nuclei" if rehearse else None)
    if rehearse:
        assert train.TRAIN_DATA_DIR[1] == str(place.path / DATA / REHEARSED)
        assert crops == (15, 5)
    else:
        assert len(train.TRAIN_DATA_DIR) == 1
        assert crops == (20,)
