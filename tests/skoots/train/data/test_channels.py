"""Images with several channels, and files that do not say which axis is which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr
from volume_cases import SHAPE, grey

from skoots.errors import AxesError
from skoots.train.data.channels import open_channels
from skoots.volume.tiling import whole

if TYPE_CHECKING:
    from pathlib import Path

PLAIN: dict[str, Any] = {"photometric": "minisblack"}


@pytest.mark.parametrize(
    ("axis", "count", "options"),
    [
        (0, 1, PLAIN),
        (1, 2, {**PLAIN, "imagej": True, "metadata": {"axes": "ZCYX"}}),
        (0, 2, {**PLAIN, "ome": True, "metadata": {"axes": "CZYX"}}),
        (3, 3, {"photometric": "rgb"}),
        (3, 2, PLAIN),
        (0, 4, PLAIN),
    ],
    ids=["one", "ImageJ", "OME", "colours", "unnamed last", "unnamed first"],
)
def test_every_channel_of_a_tiff_is_read(
    tmp_path: Path, axis: int, count: int, options: dict[str, Any]
) -> None:
    image = grey((count, *SHAPE))
    path = tmp_path / "cells.tif"
    stored = image[0] if count == 1 else np.moveaxis(image, 0, axis)
    tifffile.imwrite(path, np.ascontiguousarray(stored), **options)
    channels = open_channels(path, SHAPE)
    assert channels.shape_zyx == SHAPE
    np.testing.assert_array_equal(channels.read(whole(SHAPE)), image)
    if count > 1:
        np.testing.assert_array_equal(
            channels.read(whole(SHAPE), slice(1, 2)), image[1:2]
        )


def test_planes_that_were_saved_as_times_are_planes_where_the_labels_say_so(
    tmp_path: Path,
) -> None:
    path = tmp_path / "cells.tif"
    tifffile.imwrite(path, grey(), imagej=True, metadata={"axes": "TYX"})
    np.testing.assert_array_equal(
        open_channels(path, SHAPE).read(whole(SHAPE))[0], grey()
    )
    with pytest.raises(AxesError, match="6 time points"):
        open_channels(path)


def test_axes_that_fit_no_labels_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "cells.zarr"
    zarr.save_array(path, grey((2, *SHAPE)))
    with pytest.raises(AxesError, match="4 axes without names"):
        open_channels(path, (1, 2, 3))
