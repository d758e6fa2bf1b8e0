"""The architecture of a published network, read off the shapes of its weights."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from skoots.errors import CheckpointError

if TYPE_CHECKING:
    from skoots.model.contents import State


def infer_unext(state: State) -> dict[str, object]:
    """Read the section MODEL off a bare state dict.

    Parameters
    ----------
    state : dict from str to Tensor
        Weights as `clean_state` gives them.

    Returns
    -------
    dict from str to object
        Values of the section MODEL. The activation leaves no trace in the weights; it
        is the published default, gelu.

    Raises
    ------
    CheckpointError
        If the weights are not those of a published network.
    """
    down, up = _width(state, "down_norms"), _width(state, "up_norms")
    depths = [_depth(state, f"down_stages.{i}") for i in range(len(down))]
    depths += [_depth(state, f"up_stages.{i}") for i in range(len(up))]
    scaled = any(re.search(r"_stages\.\d+\.\d+\.gamma$", name) for name in state)
    return {
        "ARCHITECTURE": "bism_unext",
        "IN_CHANNELS": _shape(state, "init_stage.0.weight")[1],
        "OUT_CHANNELS": _shape(state, "out_conv.weight")[0],
        "DIMS": (*down, *up),
        "DEPTHS": tuple(depths),
        "KERNEL_SIZE": _shape(state, "init_stage.1.dwconv.weight")[-1],
        "LAYER_SCALE_INIT_VALUE": 1.0 if scaled else 0.0,
        "ACTIVATION": "gelu",
    }


def _shape(state: State, name: str) -> tuple[int, ...]:
    weight = state.get(f"backbone.{name}")
    if weight is None or weight.ndim != 5:
        raise CheckpointError(
            f"It holds weights, but those of a published SKOOTS network have a "
            f"'backbone.{name}' of five axes. Give a model of SKOOTS."
        )
    return tuple(weight.shape)


def _width(state: State, norms: str) -> tuple[int, ...]:
    names = [
        name for name in state if re.fullmatch(rf"backbone\.{norms}\.\d+\.weight", name)
    ]
    found = {
        int(name.split(".")[2]): len(state[name]) for name in names if state[name].ndim
    }
    return tuple(found[i] for i in sorted(found))


def _depth(state: State, stage: str) -> int:
    block = re.compile(rf"backbone\.{re.escape(stage)}\.\d+\.dwconv\.weight")
    return sum(block.fullmatch(name) is not None for name in state)
