"""Weights of convolutions in eight bits, for models that are shipped.

Each output channel has a scale of its own, so that its largest weight is 127. A file is
half as large as with float16, and what a weight is off by, at most 1/254 of the largest
of its channel, is about what the 16 bits lose with which networks are run on processors
(bfloat16: 1/256 of the weight).

*Source:* per-channel symmetric weights as in Krishnamoorthi, "Quantizing deep
convolutional networks for efficient inference: a whitepaper" (2018).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from skoots.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from skoots.model.contents import State

SCALE = ":scale"
"""Ends the name under which the scales of a weight are stored."""

_MOST = 127
_LEAST = torch.finfo(torch.float32).tiny


def pack(state: State) -> State:
    """Turn weights of several axes into int8 and scales; leave all others.

    Parameters
    ----------
    state : dict from str to Tensor
        Weights by their names.

    Returns
    -------
    dict from str to Tensor
        With the scales, (output channels,) float32, of ``NAME`` as ``NAME:scale``.
    """
    packed: State = {}
    for name, value in state.items():
        if value.ndim < 2 or not value.is_floating_point():
            packed[name] = value
            continue
        rows = value.float().flatten(1)
        scale = (rows.abs().amax(dim=1) / _MOST).clamp(min=_LEAST)
        whole = (rows / scale[:, None]).round().to(torch.int8)
        packed[name], packed[name + SCALE] = whole.view(value.shape), scale
    return packed


def unpack(state: Mapping[str, Tensor]) -> State:
    """Turn what `pack` gave back into float32 weights.

    Raises
    ------
    CheckpointError
        If scales do not fit their weight, or a weight of eight bits has none.
    """
    found: State = {}
    lost = [
        n for n in state if n.endswith(SCALE) and n.removesuffix(SCALE) not in state
    ]
    if lost:
        raise CheckpointError(f"The scales {lost[0]} have no weight.")
    for name, value in state.items():
        if name.endswith(SCALE):
            continue
        scale = state.get(name + SCALE)
        if scale is not None:
            found[name] = _scaled(name, value, scale)
        elif value.dtype == torch.int8:
            raise CheckpointError(f"The weight {name} of eight bits has no scales.")
        else:
            found[name] = value
    return found


def _scaled(name: str, value: Tensor, scale: Tensor) -> Tensor:
    fit = value.ndim > 1 and scale.shape == value.shape[:1]
    if value.dtype != torch.int8 or not fit:
        raise CheckpointError(
            f"The weight {name} {tuple(value.shape)} and its scales "
            f"{tuple(scale.shape)} do not belong together."
        )
    shape = (-1, *[1] * (value.ndim - 1))
    weight = value.float() * scale.float().view(shape)
    if not weight.isfinite().all():
        raise CheckpointError(f"The scales of the weight {name} are too large.")
    return weight
