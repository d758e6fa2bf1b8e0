"""Items of data sets: plain dictionaries of tensors, and of dictionaries of tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from torch import Tensor

from skoots.lib.objects import to_device

if TYPE_CHECKING:
    import torch

Item: TypeAlias = dict[str, Any]
"""One sample, by the documented keys."""


def as_they_are(item: Item) -> Item:
    """Change nothing."""
    return item


def copied(value: Any) -> Any:
    """Give the same, with tensors of its own; what is read from disk stays there."""
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {key: copied(part) for key, part in value.items()}
    return value


def sent(value: Any, device: str | torch.device) -> Any:
    """Give the same with all tensors on a device."""
    if isinstance(value, Tensor):
        return to_device(value, device)
    if isinstance(value, dict):
        return {key: sent(part, device) for key, part in value.items()}
    return value
