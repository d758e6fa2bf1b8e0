"""Teach a model with a few painted objects.

A project keeps the examples of one kind of objects: images, what was painted in them,
the boxes in which everything is painted, and the models that came of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skoots.teach.example import Example
    from skoots.teach.keeping import discard, keep
    from skoots.teach.process import Worker
    from skoots.teach.project import TeachProject
    from skoots.teach.teaching import go_on, teach
    from skoots.train.data.taught_boxes import TaughtBox

__all__ = [
    "Example",
    "TaughtBox",
    "TeachProject",
    "Worker",
    "discard",
    "go_on",
    "keep",
    "teach",
]

# Whoever starts a worker need not wait for torch.
_HOMES = {
    "Example": "skoots.teach.example",
    "TaughtBox": "skoots.train.data.taught_boxes",
    "TeachProject": "skoots.teach.project",
    "Worker": "skoots.teach.process",
    "discard": "skoots.teach.keeping",
    "go_on": "skoots.teach.teaching",
    "keep": "skoots.teach.keeping",
    "teach": "skoots.teach.teaching",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
