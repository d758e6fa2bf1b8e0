"""Labels made anew from what the network said, without network, model and image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from inference_cases import (
    CodeNetwork,
    code_model,
    drain,
    draw_boxes,
    make_run,
    noise,
    unet_model,
)

from skoots import segment
from skoots.errors import RunBusyError, RunError, SettingsError
from skoots.events import BlockDone, Notice, RunFinished, RunStarted
from skoots.inference.relabel import relabel
from skoots.run.folder import RunFolder
from skoots.run.location import locked
from skoots.run.spent import seconds_spent

if TYPE_CHECKING:
    from pathlib import Path

LOWER: dict[str, Any] = {
    "INFERENCE": {"SKELETON_THRESHOLD": 0.51, "MIN_OBJECT_VOXELS": 9}
}
TILE = {"tile_zyx": (16, 16, 16), "halo_zyx": (0, 0, 0), "device": "cpu"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.skoots.zarr"


def labels_of(path: Path) -> Any:
    return RunFolder.open(path).labels[...]


def test_other_thresholds_give_what_a_new_run_with_them_gives(
    path: Path, tmp_path: Path
) -> None:
    image, model = noise((24, 40, 40)), unet_model()
    options: dict[str, Any] = {"tile_zyx": (32, 32, 32), "device": "cpu"}
    drain(segment(image, model, path, **options))
    before = labels_of(path)
    drain(relabel(path, LOWER, device="cpu"))
    other = tmp_path / "b.skoots.zarr"
    drain(segment(image, model, other, LOWER, **options))
    np.testing.assert_array_equal(labels_of(path), labels_of(other))
    assert (labels_of(path) != before).any()
    mine, theirs = RunFolder.open(path).summary, RunFolder.open(other).summary
    assert mine is not None
    assert theirs is not None
    assert {**mine, "seconds": 0} == {**theirs, "seconds": 0}


def test_single_values_change_what_the_labels_were_made_with_last(path: Path) -> None:
    drain(segment(noise((16, 16, 16)), unet_model(), path, device="cpu"))
    drain(relabel(path, {"INFERENCE": {"HOPS": 3}}, device="cpu"))
    drain(relabel(path, {"INFERENCE": {"GROW": 2}}, device="cpu"))
    summary = RunFolder.open(path).summary
    assert summary is not None
    assert (summary["inference"]["HOPS"], summary["inference"]["GROW"]) == (3, 2)


def test_what_a_cancelled_run_predicted_is_joined_and_can_be_gone_on_with(
    path: Path,
) -> None:
    image, expected = draw_boxes((16, 16, 96), (16, 16, 24))
    model = code_model()
    job = segment(image, model, path, **TILE)
    for event in job:
        if isinstance(event, BlockDone) and event.done == 2:
            break
    job.close()
    assert not RunFolder.open(path).finished
    events, result = drain(relabel(path, device="cpu"))
    assert isinstance(events[0], RunStarted)
    assert events[-1] == result
    done = result.blocks_total
    assert 2 <= done < 6
    assert result.blocks_done_before == done
    run = RunFolder.open(path)
    assert run.finished
    found = run.labels[...]
    assert (found[..., :24] == 1).all()  # joined over the seam at 16
    assert not found[..., 16 * done :].any()
    network = model.network
    assert isinstance(network, CodeNetwork)
    calls = network.calls
    drain(segment(image, model, path, resume=True, **TILE))
    assert network.calls == calls + 6 - done
    np.testing.assert_array_equal(labels_of(path), expected)


def test_labels_that_are_final_stay_and_that_is_said(path: Path) -> None:
    _, done = drain(segment(noise((16, 16, 16)), unet_model(), path, device="cpu"))
    events, result = drain(relabel(path, device="cpu"))
    assert any("final already" in e.message for e in events if isinstance(e, Notice))
    assert not any(isinstance(e, BlockDone) for e in events)
    assert isinstance(result, RunFinished)
    assert result.objects == done.objects


def test_what_the_run_took_is_added_up_over_its_processes(path: Path) -> None:
    drain(segment(noise((16, 16, 16)), unet_model(), path, device="cpu"))
    first = seconds_spent(path)
    assert list(first) == ["segment"]
    drain(relabel(path, LOWER, device="cpu"))
    assert seconds_spent(path)["segment"] == first["segment"]
    assert seconds_spent(path)["relabel"] > 0


def test_a_run_without_a_predicted_block_is_refused(path: Path) -> None:
    make_run(path, (16, 16, 16), (16, 16, 16))
    with pytest.raises(RunError, match=r"Nothing of .* is predicted.*--resume"):
        drain(relabel(path))


def test_what_cannot_be_relabelled_is_refused_and_stays(path: Path) -> None:
    with pytest.raises(RunError, match="not a run"):
        drain(relabel(path))
    assert not path.exists()
    drain(segment(noise((16, 16, 16)), unet_model(), path, device="cpu"))
    with pytest.raises(SettingsError, match="HOPS"):
        drain(relabel(path, {"INFERENCE": {"HOP": 3}}))
    with locked(path), pytest.raises(RunBusyError):
        drain(relabel(path))
    assert RunFolder.open(path).finished
