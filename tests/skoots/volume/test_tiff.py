"""Every kind of TIFF reads as tifffile reads it whole; damaged ones are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from skoots.errors import AxesError, SourceError
from skoots.volume.source import open_source
from skoots.volume.tiling import Span, box_slices, whole

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SHAPE = (5, 37, 41)
BOX = (Span(1, 3), Span(6, 30), Span(3, 33))
WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "without-metadata": {"metadata": None},
    "bigtiff": {"bigtiff": True},
    "big-endian": {"byteorder": ">"},
    "strips": {"rowsperstrip": 7},
    "tiles": {"tile": (16, 16)},
    "zlib": {"compression": "zlib"},
    "zlib-without-metadata": {"compression": "zlib", "metadata": None},
    "zlib-strips-of-one-row": {"compression": "zlib", "rowsperstrip": 1},
    "zlib-predictor": {"compression": "zlib", "predictor": True},
    "lzw-tiles": {"compression": "lzw", "tile": (16, 16)},
    "zstd-big-endian": {"compression": "zstd", "byteorder": ">", "rowsperstrip": 5},
    "volumetric-tiles": {"tile": (16, 16, 16), "volumetric": True},
}
DTYPES = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "f2", "f4", "f8"]


def make(dtype: str, shape: tuple[int, ...] = SHAPE) -> NDArray[Any]:
    rng = np.random.default_rng(0)
    if dtype == "f2":
        return rng.random(shape).astype("f2")
    return rng.integers(0, 2 if dtype == "?" else 100, shape).astype(dtype)


def write(path: Path, array: NDArray[Any], **options: Any) -> Path:
    tifffile.imwrite(path, array, **options)
    return path


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("way", WAYS)
def test_a_stack_reads_the_same_however_it_is_stored(
    way: str, dtype: str, tmp_path: Path
) -> None:
    if dtype == "?" and way == "zlib-predictor":
        pytest.skip("bits have no predictor")
    array = make(dtype)
    source = open_source(write(tmp_path / "cell.tif", array, **WAYS[way]))
    expected = {"?": "u1", "f2": "f4", "f8": "f4"}.get(dtype, dtype)
    assert (source.name, source.shape, source.dtype) == ("cell", SHAPE, expected)
    np.testing.assert_array_equal(source.read(whole(SHAPE)), array.astype(expected))
    part = source.read(BOX)
    assert part.dtype == source.dtype
    np.testing.assert_array_equal(part, array[box_slices(BOX)].astype(expected))


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_an_ome_tiff_reads_as_its_axes_say(
    compression: str | None, tmp_path: Path
) -> None:
    array = make("u2", (2, 3, 5, 20, 30))
    path = tmp_path / "cell.ome.tif"
    write(path, array, metadata={"axes": "CTZYX"}, compression=compression)
    source = open_source(path, channel=1, time=2)
    assert source.name == "cell"
    np.testing.assert_array_equal(source.read(whole(source.shape)), array[1, 2])


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_hyperstack_gives_the_chosen_time_and_channel(
    compression: str | None, tmp_path: Path
) -> None:
    array = make("u1", (3, 4, 2, 30, 20))
    options = {"imagej": True, "metadata": {"axes": "TZCYX"}}
    path = write(tmp_path / "a.tif", array, compression=compression, **options)
    source = open_source(path, channel=1, time=2)
    np.testing.assert_array_equal(source.read(whole(source.shape)), array[2, :, 1])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "zlib"},
        {"compression": "zlib", "tile": (16, 16)},
        {"planarconfig": "separate"},
        {"planarconfig": "separate", "compression": "zlib", "rowsperstrip": 7},
    ],
    ids=["plain", "zlib", "tiles", "planes", "compressed-planes"],
)
def test_one_colour_of_an_rgb_stack_is_read(
    options: dict[str, Any], tmp_path: Path
) -> None:
    array = make("u1", (5, 30, 20, 3))
    stored = np.moveaxis(array, -1, 1) if "planarconfig" in options else array
    path = write(tmp_path / "a.tif", stored, photometric="rgb", **options)
    source = open_source(path, channel=2)
    np.testing.assert_array_equal(source.read(whole(source.shape)), array[..., 2])
    with pytest.raises(AxesError, match=r"3 channels: .*S=3.* 0 to 2 .*--channel\)"):
        open_source(path)


@pytest.mark.parametrize(
    ("stored", "shape"),
    [((30, 20), (1, 30, 20)), ((1, 20), (1, 1, 20)), ((5, 1, 20), (5, 1, 20))],
    ids=["one-page", "one-row", "pages-of-one-row"],
)
def test_flat_images_are_volumes(
    stored: tuple[int, ...], shape: tuple[int, ...], tmp_path: Path
) -> None:
    array = make("u1", stored)
    source = open_source(write(tmp_path / "a.tif", array))
    assert source.shape == shape
    np.testing.assert_array_equal(source.read(whole(shape)), array.reshape(shape))


@pytest.mark.parametrize("way", ["plain", "without-metadata", "zlib", "tiles"])
def test_a_truncated_file_is_refused_or_complete(way: str, tmp_path: Path) -> None:
    array = make("u2")
    data = write(tmp_path / "whole.tif", array, **WAYS[way]).read_bytes()
    cut = tmp_path / "cut.tif"
    refused = 0
    for kept in [*range(0, len(data), len(data) // 23), len(data) - 1]:
        cut.write_bytes(data[:kept])
        try:
            source = open_source(cut)
        except SourceError:
            refused += 1
        else:
            np.testing.assert_array_equal(source.read(whole(SHAPE)), array)
    assert refused > 10


def test_truncation_names_the_page(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", make("u2"))
    path.write_bytes(path.read_bytes()[: 256 + 3 * 37 * 41 * 2])
    with pytest.raises(SourceError, match=r"truncated: page [34] of 5 ends at byte"):
        open_source(path)


def test_damaged_data_is_refused_when_it_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", make("u2"), compression="zlib")
    with tifffile.TiffFile(path) as file:
        offset = file.pages[2].dataoffsets[0]
    data = bytearray(path.read_bytes())
    data[offset : offset + 40] = bytes(40)
    path.write_bytes(bytes(data))
    source = open_source(path)
    with pytest.raises(SourceError, match="page 3 of 5"):
        source.read(whole(source.shape))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"hello, this is text", "is no TIFF"),
        (b"\xff\xd8\xff\xe0" + bytes(500), "is a JPEG, not a volume: convert it to"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "is a PNG, not a volume: convert it to"),
        (b"II*\x00", "is a damaged TIFF"),
    ],
    ids=["empty", "text", "jpeg", "png", "header-only"],
)
def test_what_is_no_tiff_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=rf"a\.tif {said}"):
        open_source(path)


def test_damaged_tags_are_refused_in_words_of_our_own(tmp_path: Path) -> None:
    data = write(tmp_path / "whole.tif", make("u2"), compression="zlib").read_bytes()
    path, rng = tmp_path / "a.tif", np.random.default_rng(0)
    said = set()
    for _ in range(300):
        damaged = bytearray(data)
        for at in rng.integers(0, 400, 3):
            damaged[at] = rng.integers(0, 256)
        path.write_bytes(damaged)
        try:
            open_source(path)
        except (SourceError, AxesError) as error:
            said.add(str(error))
    assert any("is a damaged TIFF" in message for message in said)
    assert not [m for m in said if "tifffile" in m or "series" in m or "()" in m]


def test_a_shape_that_the_pages_do_not_have_is_damage(tmp_path: Path) -> None:
    options = {"compression": "zlib", "metadata": {"axes": "ZYX"}}
    path = write(tmp_path / "a.tif", make("u2", (5, 20, 30)), **options)
    data = path.read_bytes()
    assert data.count(b'"shape": [5, 20, 30]') == 1
    path.write_bytes(data.replace(b'"shape": [5, 20, 30]', b'"shape": [5, 20, 31]'))
    with pytest.raises(SourceError, match=r"a\.tif is a damaged TIFF: its 5 pages"):
        open_source(path)


def test_complex_values_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", make("u1").astype("c8"))
    with pytest.raises(SourceError, match="complex64, which are no grey values"):
        open_source(path)


def test_of_several_series_the_first_is_read_and_that_is_said(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(make("u1"))
        writer.write(make("u1", (7, 10, 10)))
    source = open_source(tmp_path / "a.tif")
    assert source.shape == SHAPE
    assert source.notes == ("2 series in the file: the first is read",)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize(
    "way", ["plain", "without-metadata", "zlib", "zlib-strips-of-one-row", "lzw-tiles"]
)
def test_a_stack_written_page_by_page_is_one_volume(
    way: str, dtype: str, tmp_path: Path
) -> None:
    array = make(dtype)
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for plane in array:
            writer.write(plane, **WAYS[way])
    source = open_source(tmp_path / "a.tif")
    assert source.shape == SHAPE
    np.testing.assert_array_equal(source.read(whole(SHAPE)), array)
    np.testing.assert_array_equal(source.read(BOX), array[box_slices(BOX)])
    if way != "without-metadata":  # which tifffile takes for one series by itself
        assert source.notes == (
            "5 single pages in the file are read as the planes along Z",
        )


def test_a_stack_that_grew_by_appending_is_one_volume(tmp_path: Path) -> None:
    array = make("u2")
    for plane in array:
        write(tmp_path / "a.tif", plane, append=True)
    source = open_source(tmp_path / "a.tif")
    np.testing.assert_array_equal(source.read(whole(SHAPE)), array)


def test_colour_pages_are_planes_too(tmp_path: Path) -> None:
    array = make("u1", (4, 20, 30, 3))
    for plane in array:
        write(tmp_path / "a.tif", plane, append=True, photometric="rgb")
    source = open_source(tmp_path / "a.tif", channel=1)
    np.testing.assert_array_equal(source.read(whole(source.shape)), array[..., 1])


@pytest.mark.parametrize(
    "second",
    [make("u1", SHAPE), make("u1", (37, 90)), make("u2", (37, 41))],
    ids=["another-stack", "another-shape", "another-type"],
)
def test_images_of_which_none_is_a_thumbnail_are_refused(
    second: NDArray[Any], tmp_path: Path
) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(make("u1", SHAPE if second.ndim == 3 else (37, 41)))
        writer.write(second)
    with pytest.raises(AxesError, match=r"holds 2 images.*37 x 41, .*Save the volume"):
        open_source(tmp_path / "a.tif")


def test_planes_saved_as_channels_are_read_with_axes(tmp_path: Path) -> None:
    array = make("u1")
    path = write(tmp_path / "a.tif", array, imagej=True)  # tifffile calls them C
    with pytest.raises(AxesError, match=r'give axes="ZYX" \(--axes ZYX\) if they'):
        open_source(path)
    source = open_source(path, axes="ZYX")
    np.testing.assert_array_equal(source.read(whole(SHAPE)), array)


def test_the_real_volumes_read_with_their_voxel_size(shared_dir: Path) -> None:
    sizes = {
        "medulla_em/medulla_10nm.tif": (0.01, 0.01, 0.01),
        "mito_em/val/epfl_val.tif": (0.01, 0.01, 0.01),
        "chloroplast_em/val/wsu_val.labels.tif": (0.04, 0.02, 0.02),
        "nuclei_fluo/val/qca16.tif": None,
    }
    for name, size in sizes.items():
        source = open_source(shared_dir / "data" / name)
        assert source.voxel_size == (size and pytest.approx(size))
        first = (Span(0, 1), *whole(source.shape)[1:])
        with tifffile.TiffFile(shared_dir / "data" / name) as file:
            np.testing.assert_array_equal(source.read(first)[0], file.asarray(key=0))
