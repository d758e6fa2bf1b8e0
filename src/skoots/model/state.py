"""Weights by their names: cleaned, halved for the disk, fitted into a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

import torch

from skoots.errors import CheckpointError

if TYPE_CHECKING:
    from torch import nn

    from skoots.model.contents import State

Network = TypeVar("Network", bound="nn.Module")

WRAPPERS = frozenset({"module", "_orig_mod"})
"""Parts of a name that parallel training and compilation put in."""

_RUNNING = ("running_mean", "running_var")
_LISTED = 3


def clean_state(raw: object) -> State:
    """Bring weights into the one form that networks are loaded from.

    Parameters
    ----------
    raw : object
        A mapping from names to tensors, of any float type, with or without the parts
        of names that wrappers leave.

    Returns
    -------
    dict from str to Tensor
        Copies: float32 where they were floats, on the CPU, names without wrappers.

    Raises
    ------
    CheckpointError
        If it is no such mapping, or weights are not finite.
    """
    if not isinstance(raw, Mapping) or not raw:
        raise CheckpointError("There are no weights in it.")
    state: State = {}
    for name, value in raw.items():
        if not isinstance(value, torch.Tensor):
            raise CheckpointError(
                f"The weight {name} is no tensor but {type(value).__name__}."
            )
        state[clean_name(str(name))] = _clean(str(name), value)
    return state


def half_state(network: nn.Module) -> State:
    """Give the weights of a network in the size in which they are stored.

    Running statistics stay float32, since variances may be too small or too large for
    float16; so do weights that float16 cannot hold.

    Parameters
    ----------
    network : Module
        Any network.

    Returns
    -------
    dict from str to Tensor
        Copies on the CPU, names without wrappers.
    """
    return {
        name: value if name.endswith(_RUNNING) else _halved(value)
        for name, value in clean_state(network.state_dict()).items()
    }


def fit(network: Network, state: State) -> Network:
    """Give a network its weights, and every weight its place.

    Parameters
    ----------
    network : Module
        May be on the ``meta`` device: the weights are taken over, not copied.
    state : dict from str to Tensor
        Weights as `clean_state` gives them.

    Returns
    -------
    Module
        The same network, in evaluation mode.

    Raises
    ------
    CheckpointError
        If weights are missing, left over or of another shape.
    """
    wanted = network.state_dict()
    _refuse(
        "lacks weights of the network", [name for name in wanted if name not in state]
    )
    _refuse(
        "has weights without a place", [name for name in state if name not in wanted]
    )
    _refuse(
        "has weights of another shape",
        [
            f"{name} {tuple(state[name].shape)} instead of {tuple(value.shape)}"
            for name, value in wanted.items()
            if state[name].shape != value.shape
        ],
    )
    network.load_state_dict(state, assign=True)
    return network.eval()


def _refuse(what: str, names: list[str]) -> None:
    if names:
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        raise CheckpointError(
            f"It {what}: {', '.join(names[:_LISTED])}{more}. The weights do not "
            "belong to the section MODEL of the settings."
        )


def clean_name(name: str) -> str:
    """Give the name of a weight without what wrappers put in."""
    return ".".join(part for part in name.split(".") if part not in WRAPPERS)


def _clean(name: str, value: torch.Tensor) -> torch.Tensor:
    if not value.is_floating_point():
        return value.detach().cpu().clone()
    whole = value.detach().to("cpu", torch.float32, copy=True).contiguous()
    if not whole.isfinite().all():
        raise CheckpointError(
            f"The weight {name} is not finite: the training went wrong. "
            "Use a model from before that."
        )
    return whole


def _halved(value: torch.Tensor) -> torch.Tensor:
    if not value.is_floating_point():
        return value
    half = value.to(torch.float16)
    return half if half.isfinite().all() else value
