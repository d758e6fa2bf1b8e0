"""The volumes that come with the package."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from skoots.errors import SourceNotFoundError
from skoots.samples import Sample, find_sample, list_samples, sample_path
from skoots.volume.source import open_source

samples = pytest.mark.parametrize("sample", list_samples(), ids=lambda s: s.name)


VOXELS_UM = {
    "medulla": (0.01, 0.01, 0.01),
    "chloroplast": (0.04, 0.02, 0.02),
    "nuclei": None,
}


@samples
def test_a_sample_is_a_small_volume_with_its_voxel_size(sample: Sample) -> None:
    files = [sample.path, *([sample.labels] if sample.labels else [])]
    for file in files:
        with tifffile.TiffFile(file) as tiff:
            assert tiff.series[0].axes == "ZYX"
        source = open_source(file)
        assert source.voxel_size == pytest.approx(VOXELS_UM[sample.name])
    assert sum(file.stat().st_size for file in files) < 2_500_000


@pytest.mark.parametrize(
    ("name", "objects", "brighter"), [("chloroplast", 16, -20), ("nuclei", 16, 100)]
)
def test_labels_are_of_their_image_and_number_whole_objects(
    name: str, objects: int, brighter: float
) -> None:
    sample = find_sample(name)
    assert sample.labels is not None
    image, labels = tifffile.imread(sample.path), tifffile.imread(sample.labels)
    assert labels.shape == image.shape
    assert labels.dtype == np.uint16
    ids, counts = np.unique(labels[labels > 0], return_counts=True)
    assert len(ids) == objects
    assert np.median(counts) > 1000
    grey = image[labels > 0].mean(), image[labels == 0].mean()
    # chloroplasts are darker than the cells, nuclei are bright
    assert (grey[0] - grey[1]) / brighter > 1


@samples
def test_a_sample_says_where_it_is_from_and_what_was_changed(sample: Sample) -> None:
    text = sample.licence.read_text(encoding="utf-8")
    assert sample.path.name in text
    assert "https://" in text
    assert "modified" in text


@samples
def test_a_sample_is_found_by_its_name(sample: Sample) -> None:
    assert sample_path(sample.name) == sample.path


def test_an_unknown_sample_is_refused_with_the_known_names() -> None:
    with pytest.raises(SourceNotFoundError, match="medulla"):
        sample_path("cochlea")
