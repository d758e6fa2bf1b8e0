"""The engine needs no screen: SKOOTS_HEADLESS=1 says that none is installed."""

from __future__ import annotations

import importlib
import os
import pkgutil
from importlib.util import find_spec

import pytest

import skoots

pytestmark = pytest.mark.skipif(
    os.environ.get("SKOOTS_HEADLESS") != "1",
    reason="needs an environment without napari and Qt; tox -e engine makes one",
)


def test_no_screen_is_installed() -> None:
    screens = ("napari", "PyQt6", "PySide6", "PyQt5", "PySide2")
    assert [name for name in screens if find_spec(name)] == []


def test_every_module_of_the_engine_imports() -> None:
    found = pkgutil.walk_packages(skoots.__path__, "skoots.")
    names = [item.name for item in found if not item.name.endswith("__main__")]
    for name in names:
        importlib.import_module(name)
    assert "skoots.inference" in names
