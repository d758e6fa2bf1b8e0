"""The volumes that come with the package."""

from __future__ import annotations

import pytest
import tifffile

from skoots.errors import SourceNotFoundError
from skoots.samples import Sample, list_samples, sample_path

samples = pytest.mark.parametrize("sample", list_samples(), ids=lambda s: s.name)


@samples
def test_a_sample_is_a_small_volume_with_its_voxel_size(sample: Sample) -> None:
    with tifffile.TiffFile(sample.path) as tiff:
        numerator, denominator = tiff.pages.first.tags["XResolution"].value
        assert tiff.series[0].axes == "ZYX"
        assert tiff.imagej_metadata is not None
        assert tiff.imagej_metadata["unit"] == "um"
        assert tiff.imagej_metadata["spacing"] == pytest.approx(0.01)
        assert denominator / numerator == pytest.approx(0.01)
    assert sample.path.stat().st_size < 3_000_000


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
