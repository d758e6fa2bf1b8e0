"""The SKOOTS engine: headless 3D instance segmentation.

Importing this package costs no torch; what needs it is resolved on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skoots.inference.pipeline import segment
    from skoots.model.zoo import load_model

__all__ = ["__version__", "load_model", "segment"]

_HOMES = {
    "load_model": "skoots.model.zoo",
    "segment": "skoots.inference.pipeline",
    "__version__": "skoots._version",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
