"""The version of the installed distribution."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("napari-skoots")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0.0.0"
