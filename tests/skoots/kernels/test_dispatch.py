"""Who does the work."""

from __future__ import annotations

import pytest
import torch

from skoots.kernels import dispatch
from skoots.kernels.dispatch import choose_twin


@pytest.fixture(autouse=True)
def _no_override(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SKOOTS_KERNELS", raising=False)


class _Elsewhere:
    """A tensor on a device that this machine may not have."""

    def __init__(self, kind: str) -> None:
        self.device = torch.device(kind)


def test_the_cpu_runs_numba() -> None:
    assert choose_twin(torch.zeros(1), torch.zeros(1)) == "cpu"


@pytest.mark.parametrize(
    ("installed", "expected"), [(True, "triton"), (False, "reference")]
)
def test_a_gpu_runs_triton_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch, installed: bool, expected: str
) -> None:
    monkeypatch.setattr(
        dispatch, "find_spec", lambda _: object() if installed else None
    )
    assert choose_twin(_Elsewhere("cuda"), _Elsewhere("cuda")) == expected


def test_other_devices_run_the_reference() -> None:
    assert choose_twin(_Elsewhere("mps")) == "reference"
    assert choose_twin(torch.zeros(1, device="meta")) == "reference"


def test_mixed_devices_run_the_reference() -> None:
    assert choose_twin(torch.zeros(1), _Elsewhere("cuda")) == "reference"


def test_the_environment_turns_every_twin_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKOOTS_KERNELS", "reference")
    assert choose_twin(torch.zeros(1)) == "reference"
    assert choose_twin(_Elsewhere("cuda")) == "reference"
