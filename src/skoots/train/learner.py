"""A network that learns: one step of gradient descent, and what it must remember."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from skoots.errors import TrainingError
from skoots.model.build import build_network
from skoots.train.epochs import torch_seed
from skoots.train.objective import Objective
from skoots.train.optimise.average import WeightAverage
from skoots.train.optimise.number_format import autocast
from skoots.train.optimise.optimizer import make_optimizer
from skoots.train.optimise.pretrained import load_pretrained, load_pretrained_optimizer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import Tensor

    from skoots.config import Settings
    from skoots.model.precision import NumberFormat
    from skoots.model.unet import UNet
    from skoots.model.unext import UNeXT
    from skoots.train.batch import Batch
    from skoots.train.objective import Losses
    from skoots.train.ranks import Ranks

PATIENCE = 20
"""Steps in a row that may give no number before the training stops."""

NAMES = ("loss", "embedding", "probability", "skeleton")


class Raw(nn.Module):
    """A network as training wants it: the five channels before their activation."""

    def __init__(self, network: UNet | UNeXT) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Give the five channels, (B, 5, X, Y, Z), before their activation."""
        return self.network.raw(x)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a step."""

    values: tuple[float, float, float, float]
    """The sum that was minimised, and its parts by `NAMES`."""

    skipped: bool
    """Whether loss or gradient was no number, so that nothing was changed."""


class Learner:
    """A network, its optimizer and the average of its weights.

    Parameters
    ----------
    settings : Settings
        Which network, which losses, which optimizer.
    device : torch.device
        Where it learns.
    ranks : Ranks
        This process among those that learn the same.
    """

    def __init__(self, settings: Settings, device: torch.device, ranks: Ranks) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.TRAINER.SEED)
            network = build_network(settings)
        self.network = network.to(device)
        self.network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]  # torch's types lack it
        self.average = self._fresh_average(settings)
        self.optimizer = make_optimizer(self.network, settings)
        self.device = device
        self.number_format: NumberFormat = "float32"
        self._settings = settings
        self._objective = Objective.from_settings(settings)
        self._searched = settings.TRAIN.AUTOGRAD_DETECT_ANOMALY
        self._ranks = ranks
        self._module = self._wrapped()
        self._in_a_row = 0

    def start_from_pretrained(self) -> tuple[str, ...]:
        """Take the weights of the model that the settings name; say what was done."""
        notes = load_pretrained(self.network, self._settings)
        self.average = self._fresh_average(self._settings)
        note = load_pretrained_optimizer(self.optimizer, self.network, self._settings)
        return (*notes, note) if note else notes

    @property
    def objective(self) -> Objective:
        """What is minimised."""
        return self._objective

    def sigma(self, epoch: int) -> tuple[float, float, float]:
        """Give how far a vector may miss in an epoch, in voxels along X, Y, Z."""
        objective = self._objective
        width = objective.sigma(epoch).clamp_min(objective.sigma_floor)
        x, y, z = (float(voxels) for voxels in width)
        return x, y, z

    def step(self, batch: Batch, epoch: int, step: int, rate: float) -> Outcome:
        """Learn from a batch.

        Parameters
        ----------
        batch : Batch
            On any device.
        epoch, step : int
            Counted from 0.
        rate : float
            The learning rate.

        Raises
        ------
        TrainingError
            If too many steps in a row gave no number, the batch does not fit into the
            GPU's memory, or the network cannot be compiled.
        """
        self._set_mode(epoch)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        before = [buffer.clone() for buffer in self.network.buffers()]
        self.optimizer.zero_grad(set_to_none=True)
        with (
            self._seeded(step),
            torch.autograd.set_detect_anomaly(self._searched),
            self._explained(),
        ):
            losses = self._losses(batch.to(self.device), epoch)
            losses.total.backward()  # type: ignore[no-untyped-call]  # torch has no type here
        skipped = self._ranks.agree(not self._finite(losses.total))
        if skipped:
            # What went in is in the running statistics already: put the old ones back.
            for buffer, old in zip(self.network.buffers(), before, strict=True):
                buffer.copy_(old)
            self._count_skipped(step)
        else:
            self._in_a_row = 0
            self.optimizer.step()
            self.average.update(self.network)
        parts = (losses.total, losses.embedding, losses.probability, losses.skeleton)
        a, b, c, d = (float(part.detach()) for part in parts)
        return Outcome((a, b, c, d), skipped)

    def state_dict(self) -> dict[str, Any]:
        """Give all that `load_state_dict` needs to go on, as plain data."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "number_format": self.number_format,
            "in_a_row": self._in_a_row,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.number_format = state["number_format"]
        self._in_a_row = state["in_a_row"]

    def _set_mode(self, epoch: int) -> None:
        """Let the normalisation learn or, late in a training, fix it.

        While it learns, the gradient is that of batch normalisation, and a batch that
        is far from all others is corrected within limits (`skoots.model.renorm`). The
        model that is delivered has one mean and deviation for all, the averaged ones:
        fixed, they are all that the weights have to work with.
        """
        self.network.train()
        fixed_from = self._settings.TRAINER.FREEZE_NORM_EPOCH
        if fixed_from is None or epoch < fixed_from:
            return
        for module in self.network.modules():
            if isinstance(module, nn.BatchNorm3d):
                module.eval()
        buffers = zip(
            self.network.buffers(), self.average.network.buffers(), strict=True
        )
        for buffer, averaged in buffers:
            buffer.copy_(averaged)

    def _fresh_average(self, settings: Settings) -> WeightAverage:
        return WeightAverage(self.network, settings.TRAINER.EMA_DECAY)

    @contextmanager
    def _seeded(self, step: int) -> Iterator[None]:
        """Let the network draw the same in this step, whatever came before."""
        if self._settings.MODEL.DROP_PATH_RATE == 0:
            yield
            return
        seed = torch_seed(self._settings.TRAINER.SEED, step, self._ranks.rank)
        where = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=where):
            torch.manual_seed(seed)
            yield

    def _wrapped(self) -> nn.Module:
        module: nn.Module = Raw(self.network)
        if self._ranks.world > 1:
            # A term that has not started yet leaves its head without a gradient.
            module = DistributedDataParallel(module, find_unused_parameters=True)
        if self._settings.MODEL.COMPILE:
            module.compile()
        return module

    def _losses(self, batch: Batch, epoch: int) -> Losses:
        image = batch.image.contiguous(memory_format=torch.channels_last_3d)
        with autocast(self.device, self.number_format):
            raw = self._module(image)
        return self._objective(raw, batch, epoch)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Say what to do where memory runs out or nothing can be compiled."""
        try:
            yield
        except torch.OutOfMemoryError as error:
            raise TrainingError(
                f"A step does not fit into the memory of {self.device}. Use smaller "
                "AUGMENTATION.CROP_..., or a smaller TRAIN.TRAIN_BATCH_SIZE."
            ) from error
        except RuntimeError as error:
            if not self._settings.MODEL.COMPILE or "compil" not in str(error).lower():
                raise
            raise TrainingError(
                "The network cannot be compiled here "
                f"({str(error).strip().splitlines()[0]}). Set MODEL.COMPILE to false, "
                "or install a C++ compiler."
            ) from error

    def _finite(self, loss: Tensor) -> bool:
        limit = self._settings.TRAINER.GRADIENT_CLIP or float("inf")
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), limit)
        return bool(torch.isfinite(loss)) and bool(torch.isfinite(norm))

    def _count_skipped(self, step: int) -> None:
        self._in_a_row += 1
        if self._in_a_row >= PATIENCE:
            raise TrainingError(
                f"The loss was no number {PATIENCE} steps in a row, the last one step "
                f"{step}. Use a TRAIN.LEARNING_RATE below "
                f"{self._settings.TRAIN.LEARNING_RATE}, and look for NaN in the images."
            )
