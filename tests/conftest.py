"""Fixtures shared by every test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run; `--hypothesis-profile=default` looks for other ones.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder with real data and checkpoints; tests that need it skip without it."""
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("SKOOTS_SHARED", default))
    if not folder.is_dir():
        pytest.skip("needs the shared data folder; set SKOOTS_SHARED to use one")
    return folder


@pytest.fixture
def kernel_device() -> str:
    """A device on which Triton kernels run: a GPU, or the CPU under the interpreter."""
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        return "cuda"
    if os.environ.get("TRITON_INTERPRET") == "1":
        return "cpu"
    pytest.skip("needs a GPU or TRITON_INTERPRET=1")
