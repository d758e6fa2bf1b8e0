"""Teach a model with a few painted objects.

A project keeps the examples of one kind of objects: images, what was painted in them,
the boxes in which everything is painted, and the models that came of it. Importing this
package costs no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skoots.teach.example import Example
    from skoots.teach.project import TeachProject
    from skoots.teach.teaching import teach

__all__ = ["Example", "TeachProject", "teach"]

_HOMES = {
    "Example": "skoots.teach.example",
    "TeachProject": "skoots.teach.project",
    "teach": "skoots.teach.teaching",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
