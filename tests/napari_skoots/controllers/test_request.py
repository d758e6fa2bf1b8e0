"""A run is written into as soon as it is there, and only when it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from dataclasses import replace

import numpy as np
from session_cases import TILES, labels_of, loaded, save_image, save_model

from napari_skoots.controllers.request import Request
from napari_skoots.labels_array import ZarrLabels
from skoots.events import BlockDone, RunFinished, RunStarted
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

PAINTED = (slice(2, 6), slice(3, 9), slice(4, 12))


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    model = save_model(tmp_path / "models")
    return Request(
        source=open_source(save_image(tmp_path / "cells.tif")),
        checkpoint=loaded(model),
        out=tmp_path / "cells.skoots.zarr",
        name="cells",
        geometry={},
        device="cpu",
    )


def begun(request: Request, **how: bool) -> Any:
    usual = {"resume": False, "overwrite": False}
    return request.begin(**(usual | how))


def test_what_is_stamped_is_there_before_the_network_and_afterwards(
    request_: Request,
) -> None:
    stamped: list[Path] = []

    def stamp(run: Path) -> None:
        stamped.append(run)
        labels = ZarrLabels.of_run(run)
        labels[PAINTED] = labels.next_label()
        labels.close()

    asked = replace(request_, stamp=stamp)
    blocks = 0
    for event in begun(asked):
        if isinstance(event, RunStarted):
            assert stamped == [asked.out]
            assert blocks == 0
            assert (labels_of(asked.out)[PAINTED] > 0).all()
        blocks += isinstance(event, BlockDone)
    assert blocks >= TILES
    found = labels_of(asked.out)
    (number,) = np.unique(found[PAINTED])
    assert number > 0
    assert (found == number).sum() == found[PAINTED].size, "an object of its own"


def test_a_run_that_goes_on_is_not_stamped_again(request_: Request) -> None:
    stamped: list[Path] = []
    asked = replace(request_, stamp=stamped.append)
    job = begun(asked)
    next(event for event in job if isinstance(event, BlockDone))
    job.close()
    assert stamped == [asked.out]
    *_, last = begun(asked, resume=True)
    assert isinstance(last, RunFinished)
    assert stamped == [asked.out]


def test_where_somebody_looks_is_handed_through(request_: Request) -> None:
    """Sent points reach the engine as they do without a stamp."""
    plain, stamped = (
        _first_box(
            replace(
                request_, out=request_.out.with_name(f"{name}.skoots.zarr"), stamp=stamp
            )
        )
        for name, stamp in (("a", None), ("b", lambda run: None))
    )
    assert plain == stamped
    assert plain[2][1] == 48, "the far corner comes first"


def _first_box(request: Request) -> Any:
    job = begun(request)
    next(job)
    while True:
        event = job.send((15.0, 31.0, 47.0))
        if isinstance(event, BlockDone) and event.stage == "predict":
            job.close()
            return event.box_zyx
