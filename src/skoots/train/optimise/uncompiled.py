"""Optimizers of torch without the compiler that they would import.

The first optimizer of a process imports `torch._dynamo`, and with it sympy, Triton and
a thousand modules, only to say that its methods are not to be compiled. Nothing here
compiles an optimizer, so that costs 2.7 s of a processor for nothing (torch 2.13), in
each process that teaches.
"""

from __future__ import annotations

from inspect import unwrap
from typing import Any

import torch

_METHODS = ("add_param_group", "load_state_dict", "state_dict", "zero_grad")


def uncompiled(kind: type[torch.optim.Optimizer]) -> type[torch.optim.Optimizer]:
    """Give a class that computes the same, without the wrappers of the compiler.

    Parameters
    ----------
    kind : type
        One of `torch.optim`; its argument ``differentiable`` is not for this one.

    Returns
    -------
    type
        A subclass with the same name, made here: its objects cannot be pickled, their
        `state_dict` can.
    """
    plain: dict[str, Any] = {name: unwrap(getattr(kind, name)) for name in _METHODS}
    plain["step"] = torch.no_grad()(unwrap(kind.step))
    return type(kind.__name__, (kind,), {**plain, "__module__": __name__})
