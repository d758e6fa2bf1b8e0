"""Several processes that train one network, as ``torchrun`` starts them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import distributed

from skoots.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator


T = TypeVar("T")

_PATIENCE = timedelta(days=1)
"""While the first process makes skeletons or segments held-out volumes, all wait."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """One process among all that train together."""

    rank: int = 0
    world: int = 1
    local: int = 0
    """Its number on this machine: the GPU that it takes."""

    @property
    def leads(self) -> bool:
        """Tell whether this process writes files and speaks."""
        return self.rank == 0

    def device(self, name: str) -> str:
        """Give the device of this process.

        Parameters
        ----------
        name : str
            What the user asked for.

        Raises
        ------
        DeviceError
            If one GPU is named for several processes.
        """
        if self.world == 1:
            return name
        if name.startswith("cuda:"):
            raise DeviceError(
                f"device {name!r} (--device) is one GPU, and {self.world} processes "
                "train together. Use auto, cuda or cpu."
            )
        if name == "cpu" or not torch.cuda.is_available():
            return "cpu"
        return f"cuda:{self.local}"

    def barrier(self) -> None:
        """Wait for the others."""
        if self.world > 1:
            distributed.barrier()

    def same(self, value: T) -> T:
        """Give all processes the value of the first one."""
        if self.world == 1:
            return value
        values = [value]
        distributed.broadcast_object_list(values, src=0)
        return values[0]

    def agree(self, yes: bool) -> bool:  # noqa: FBT001 - the one thing to agree on
        """Tell whether any of the processes says yes."""
        if self.world == 1:
            return yes
        said = torch.tensor([float(yes)])
        if distributed.get_backend() == "nccl":
            said = said.to(f"cuda:{self.local}")
        distributed.all_reduce(said, op=distributed.ReduceOp.MAX)
        return bool(said.item())


@contextmanager
def joined(device: str) -> Iterator[Ranks]:
    """Join the other processes that ``torchrun`` started, if it did.

    Parameters
    ----------
    device : str
        What the user asked for; ``cpu`` joins by gloo, a GPU by NCCL.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1 or not distributed.is_available():
        yield Ranks()
        return
    ranks = Ranks(int(os.environ["RANK"]), world, int(os.environ["LOCAL_RANK"]))
    # Torch imports it with the first wrapped network, and its functions then keep the
    # group until the interpreter ends: a thread that is not ready by then aborts.
    import_module("torch.distributed.nn.functional")
    on_gpu = ranks.device(device) != "cpu"
    if on_gpu:
        torch.cuda.set_device(ranks.local)
    distributed.init_process_group(
        "nccl" if on_gpu else "gloo",
        timeout=_PATIENCE,
        device_id=torch.device("cuda", ranks.local) if on_gpu else None,
    )
    try:
        yield ranks
    finally:
        distributed.destroy_process_group()
