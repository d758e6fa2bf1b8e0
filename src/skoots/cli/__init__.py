"""The command ``skoots``."""

from __future__ import annotations

from skoots.cli.app import app, main

__all__ = ["app", "main"]
