"""Where a network runs, and what it calculates with.

Half precision pays where the processor multiplies it in hardware and costs where it
does not; `benchmarks/number_format.py` shows which is true on a machine.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import psutil
import torch
from torch import nn

from skoots.errors import DeviceError
from skoots.model.unet import UNet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

NumberFormat: TypeAlias = Literal["float32", "bfloat16", "float16"]

_DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}


_LIMIT_FILES = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Control groups, version 2 and 1, as a process sees its own in a container."""


def choose_device(name: str = "auto") -> torch.device:
    """Give the device of this name, or the best there is.

    Parameters
    ----------
    name : str
        ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.

    Returns
    -------
    torch.device

    Raises
    ------
    DeviceError
        If there is no such device here; the message lists those that are.
    """
    here = list_devices()
    if name == "auto":
        return torch.device(here[-1] if here[-1] != "cpu" else "cpu")
    wanted = "cuda:0" if name == "cuda" else name
    if wanted not in here:
        raise DeviceError(
            f"There is no device {name!r} here. Use one of: auto, {', '.join(here)}. "
            "`skoots doctor` says why a GPU is not seen."
        )
    return torch.device(wanted)


def list_devices() -> list[str]:
    """List the devices of this machine, the best one last."""
    names = ["cpu"]
    if torch.backends.mps.is_available():
        names.append("mps")
    # the first GPU is the usual one, so it comes last
    names.extend(f"cuda:{i}" for i in reversed(range(torch.cuda.device_count())))
    return names


def total_memory(device: torch.device) -> int:
    """Give the memory that a device has in all, in bytes.

    Of the processor's memory it is what a container or a batch job may use: there the
    kernel ends a process that takes more, before any error could be caught.
    """
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return min([int(psutil.virtual_memory().total), *_control_group_limits()])


def _control_group_limits() -> Iterator[int]:
    """Yield the limits that Linux sets on this process's group, if any."""
    for path in _LIMIT_FILES:
        try:
            text = path.read_text().strip()
        except OSError:
            continue
        if text.isdigit():  # "max" is no limit
            yield int(text)


def choose_number_format(device: torch.device) -> NumberFormat:
    """Choose what pays on this device, as `benchmarks/number_format.py` shows.

    Where a processor does not multiply 16 bits, working in them takes longer.
    """
    if device.type == "cuda":
        major, _ = torch.cuda.get_device_capability(device)
        return "bfloat16" if major >= 8 else "float16" if major == 7 else "float32"
    if device.type == "cpu" and _multiplies_bfloat16():
        return "bfloat16"
    return "float32"


def bytes_per_voxel(network: nn.Module, number_format: NumberFormat) -> int:
    """Give what a network needs at its peak for each voxel that it reads.

    A U-Net holds three to four tensors of its channels at full resolution, a UNeXt ten,
    for its blocks widen them four times; in 16 bits it keeps some in float32 as well.
    On the default networks 108 bytes a voxel were measured for the U-Net in bfloat16,
    1283 for the UNeXt in float32 and 754 in bfloat16 (growth of resident memory, CPU).
    """
    first = next(network.parameters()).shape[0]
    size = _DTYPES[number_format].itemsize
    if isinstance(network, UNet):
        return int(first) * 4 * size
    return int(first) * (10 * size if size == 4 else 12 * size)


def prepare(
    network: nn.Module, device: torch.device, number_format: NumberFormat
) -> Callable[[Tensor], Tensor]:
    """Make a network ready to predict.

    Parameters
    ----------
    network : Module
        Stays as it is; a copy is moved and cast.
    device : torch.device
        Where it shall run.
    number_format : str
        What it shall calculate with: ``float32``, ``bfloat16`` or ``float16``.

    Returns
    -------
    callable
        Takes (B, C, X, Y, Z) float32 on any device and gives (B, 5, X, Y, Z) in the
        number format, on `device`.
    """
    dtype = _DTYPES[number_format]
    ready = copy.deepcopy(network).eval().to(device)
    plain = isinstance(ready, UNet)
    if isinstance(ready, UNet):
        ready.fuse()
        ready.to(dtype)
    ready.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]  # torch's types lack it

    @torch.inference_mode()
    def predict(x: Tensor) -> Tensor:
        x = x.to(device, dtype if plain else torch.float32)
        x = x.contiguous(memory_format=torch.channels_last_3d)
        # layer norm of the published network wants float32 inside: autocast knows
        mixed = not plain and dtype != torch.float32
        with torch.autocast(device.type, dtype, enabled=mixed):
            y: Tensor = ready(x)
        return y

    return predict


def _multiplies_bfloat16() -> bool:
    if not hasattr(torch.cpu, "get_capabilities"):
        # torch before 2.10 keeps these two to itself
        private = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
        return any(getattr(torch.cpu, name, bool)() for name in private)
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))
