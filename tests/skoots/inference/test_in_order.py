"""Work goes no further ahead than it is asked for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from inference_cases import drain, make_run, settings_with

from skoots.inference.in_order import count_workers, work_in_order
from skoots.inference.label import STAGE, label

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_results_come_in_the_order_of_the_items() -> None:
    def work(item: int) -> int:
        time.sleep(0.002 * (item % 3))
        return item

    assert list(work_in_order(work, range(20), 4)) == list(range(20))


def test_who_does_not_advance_pauses_the_work() -> None:
    begun: list[int] = []
    job = work_in_order(begun.append, range(50), 3)
    next(job)
    time.sleep(0.1)
    assert len(begun) <= 1 + 3
    job.close()
    assert len(begun) <= 1 + 3


def test_a_pass_that_is_not_advanced_pauses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skoots.inference.label.count_workers", lambda _: 2)
    run = make_run(tmp_path / "a.skoots.zarr", (4, 4, 80), (4, 4, 4))
    job = label(run, run.blocks, settings_with().INFERENCE)
    next(job)  # the stage
    next(job)  # its first block
    time.sleep(0.3)
    markers = list((run.path / "state" / STAGE).glob("*.npz"))
    assert 1 <= len(markers) <= 1 + 2
    job.close()
    drain(label(run, run.blocks, settings_with().INFERENCE))
    assert len(list((run.path / "state" / STAGE).glob("*.npz"))) == 20


def test_fewer_work_at_once_where_each_holds_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    assert [count_workers(1 << n) for n in (10, 20, 24, 25, 30)] == [64, 32, 2, 1, 1]
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert count_workers(1) == 1
