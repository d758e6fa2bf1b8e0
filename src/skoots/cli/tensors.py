"""Labels that published SKOOTS saved as tensors, turned into TIFFs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
from torch import Tensor

from skoots.errors import RunExistsError, ShapeError, StorageError
from skoots.model.safe_file import read_safely
from skoots.volume.axes import xyz_to_zyx

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_SOFTWARE = "skoots"
"""What the TIFFs of this program say of their origin."""


def convert_tensor(path: Path) -> Path:
    """Write the labels of a ``.trch`` file as a compressed TIFF beside it.

    Parameters
    ----------
    path : Path
        A tensor (X, Y, Z) or (1, X, Y, Z) of whole numbers. It is read as data alone.

    Returns
    -------
    Path
        The file of the same name that ends in ``.tif``: (Z, Y, X), uint32. One that
        this program wrote is replaced.

    Raises
    ------
    CheckpointError
        If it cannot be read, or holds more than data.
    ShapeError
        If it holds no labels.
    RunExistsError
        If the TIFF is there and somebody else's.
    StorageError
        If it cannot be written.
    """
    labels = _read_labels(path)
    out = path.with_suffix(".tif")
    if out.exists() and not _is_ours(out):
        raise RunExistsError(
            f"{out} exists and was not made by SKOOTS. Move it, or rename {path.name}."
        )
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        tifffile.imwrite(
            partial,
            labels,
            compression="zlib",
            photometric="minisblack",
            software=_SOFTWARE,
            metadata={"axes": "ZYX"},
        )
        partial.replace(out)
    except OSError as error:
        raise StorageError(
            f"Cannot write {out}: {error.strerror or error}. Make room there."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return out


def _read_labels(path: Path) -> NDArray[np.uint32]:
    tensor = read_safely(path)
    if not isinstance(tensor, Tensor):
        raise ShapeError(
            f"{path} holds {type(tensor).__name__} and no labels. --convert takes runs "
            "and the tensors of labels that the published SKOOTS saved."
        )
    single = tensor[0] if tensor.ndim == 4 and len(tensor) == 1 else tensor
    if single.ndim != 3 or single.numel() == 0 or single.is_floating_point():
        raise ShapeError(
            f"{path} holds a tensor {tuple(tensor.shape)} of {tensor.dtype}, which is "
            "no volume of labels: they are whole numbers, (X, Y, Z)."
        )
    values: NDArray[Any] = single.numpy()
    if values.min() < 0 or values.max() > np.iinfo(np.uint32).max:
        raise ShapeError(f"{path} holds ids below 0 or above 32 bits.")
    return np.ascontiguousarray(xyz_to_zyx(values).astype(np.uint32))


def _is_ours(file: Path) -> bool:
    try:
        with tifffile.TiffFile(file) as tiff:
            return str(tiff.pages.first.software) == _SOFTWARE
    except (tifffile.TiffFileError, OSError, ValueError):
        return False
