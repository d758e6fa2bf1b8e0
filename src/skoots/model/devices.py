"""Which devices there are to run on, in words and with the memory that is free."""

from __future__ import annotations

from dataclasses import dataclass

import psutil
import torch

from skoots.model.precision import list_devices, total_memory


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """A device that a network can run on."""

    name: str
    """What `choose_device` knows it by, such as ``cuda:0``."""

    title: str
    """What a person calls it, such as ``NVIDIA H100`` or ``Processor, 8 threads``."""

    total_bytes: int
    """Its memory in all; of the processor's, what this process may use."""

    free_bytes: int
    """What of it nobody uses now."""


def describe_devices() -> list[DeviceFacts]:
    """Describe the devices of this machine, the one that ``auto`` takes first.

    The first call opens each GPU, as a run on it would: that takes a moment and some
    of its memory.

    Examples
    --------
    >>> describe_devices()[-1].name
    'cpu'
    """
    return [_describe(torch.device(name)) for name in reversed(list_devices())]


def describe_device(name: str) -> DeviceFacts:
    """Describe one device, for a display that is refreshed while it works.

    Parameters
    ----------
    name : str
        ``cpu``, ``cuda:N`` or ``mps``, as events tell it.
    """
    return _describe(torch.device(name))


def _describe(device: torch.device) -> DeviceFacts:
    total = total_memory(device)
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return DeviceFacts(
            str(device), torch.cuda.get_device_name(device), total, int(free)
        )
    if device.type == "mps":
        total = int(torch.mps.recommended_max_memory())
        used = int(torch.mps.driver_allocated_memory())
        return DeviceFacts("mps", "Apple GPU", total, max(0, total - used))
    threads = torch.get_num_threads()
    title = f"Processor, {threads} thread{'s' if threads > 1 else ''}"
    # in a container less may be allowed than the machine has free
    free = min(int(psutil.virtual_memory().available), total)
    return DeviceFacts("cpu", title, total, free)
