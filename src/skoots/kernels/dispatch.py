"""Choose between a reference and its fast twins, in one place."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor

_LOADING = Lock()

Twin: TypeAlias = Literal["reference", "cpu", "triton"]
"""Who does the work: plain torch, numba, or Triton."""

_PACKAGE: dict[str, tuple[Twin, str]] = {
    "cpu": ("cpu", "numba"),
    "cuda": ("triton", "triton"),
}


def choose_twin(*tensors: Tensor) -> Twin:
    """Name the implementation that may run on these tensors.

    `SKOOTS_KERNELS=reference` turns every fast twin off, for debugging.

    Parameters
    ----------
    tensors : Tensor
        All on one device; on several devices only the reference may judge.

    Returns
    -------
    twin : {"reference", "cpu", "triton"}
        ``"reference"`` too where the package that a twin needs is not installed.

    Examples
    --------
    >>> import torch
    >>> choose_twin(torch.zeros(1, device="meta"))
    'reference'
    """
    if os.environ.get("SKOOTS_KERNELS") == "reference":
        return "reference"
    kinds = {tensor.device.type for tensor in tensors}
    twin, package = _PACKAGE.get(kinds.pop(), ("reference", "torch"))
    if kinds or find_spec(package) is None:
        return "reference"
    if twin == "triton":
        load_triton()
    return twin


def load_triton() -> None:
    """Load Triton such that it keeps to its own copy of LLVM.

    Where a window is drawn by the processor (Mesa, common on a server's screen),
    another LLVM is in the process, and Triton 3.7, which would take functions from it,
    ends the process with a segmentation fault. Does nothing once Triton is loaded, and
    where the system cannot do it.
    """
    deep = getattr(os, "RTLD_DEEPBIND", None)  # Linux with the GNU library
    if deep is None or "triton" in sys.modules:
        return
    with _LOADING:  # the flags are those of all threads
        before = sys.getdlopenflags()
        sys.setdlopenflags(os.RTLD_NOW | deep)
        try:
            import_module("triton")
        finally:
            sys.setdlopenflags(before)
