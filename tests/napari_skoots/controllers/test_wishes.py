"""What is wanted of the next run, and why it cannot begin."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import torch

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from inference_cases import settings_with
from napari.components import ViewerModel
from session_cases import SHAPE, TIMEOUT, VOXEL, idle, save_image, save_model

from napari_skoots.controllers.engine import EngineState
from napari_skoots.controllers.size import sizes
from napari_skoots.state.views import Where
from skoots.errors import RunError
from skoots.model.checkpoint import Normalization, save_checkpoint
from skoots.model.unet import UNet
from skoots.run.scale import grid_shape
from skoots.run.wishes import Wishes as EngineWishes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from napari_skoots.controllers.session import Session


def add(session: Session, *shape: int, **keywords: Any) -> Any:
    data = np.zeros(shape or SHAPE, np.uint8)
    return session.viewer.add_image(data, contrast_limits=(0, 1), **keywords)


def box(session: Session, *corners: tuple[float, float]) -> Any:
    low, high = corners
    drawn = np.array([low, (low[0], high[1]), high, (high[0], low[1])])
    shapes = session.viewer.add_shapes([drawn])
    session.wishes.set(where=Where.BOX, box=str(shapes.unique_id))
    return shapes


# ---- what blocks a run


def test_each_thing_that_is_missing_is_said_in_turn(
    qtbot: QtBot,
    new_session: Callable[[Any], Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = new_session(ViewerModel())
    wishes, engine = session.wishes, session.engine
    assert wishes.blocked == "Choose an image first."
    add(session)
    monkeypatch.setattr(engine, "state", EngineState.LOADING)
    assert wishes.blocked == "Loading the engine…"
    monkeypatch.setattr(engine, "state", EngineState.FAILED)
    monkeypatch.setattr(engine, "problem", "ImportError: no torch")
    assert wishes.blocked == "The engine cannot be loaded: ImportError: no torch"
    monkeypatch.undo()
    engine.load()
    qtbot.waitUntil(lambda: engine.state is EngineState.READY, timeout=TIMEOUT)
    idle(qtbot)


def test_a_model_has_to_be_chosen_and_loaded(qtbot: QtBot, session: Session) -> None:
    add(session)
    assert session.wishes.blocked == ""
    session.models.choose(None)
    assert session.wishes.blocked == "Choose a model first."
    session.models._loaded.clear()
    session.models.choose("tiny")
    assert session.wishes.blocked == "Loading the model…"
    qtbot.waitUntil(lambda: not session.wishes.blocked, timeout=TIMEOUT)


def test_a_request_that_is_blocked_says_why(session: Session) -> None:
    with pytest.raises(RunError, match="Choose an image first"):
        session.wishes.request()


def test_what_blocks_is_told_when_somebody_presses_the_key(session: Session) -> None:
    told: list[Exception] = []
    session.told.connect(told.append)
    session.segment()
    session.preview()
    assert [str(error) for error in told] == ["Choose an image first."] * 2


# ---- which part


def test_the_view_the_box_or_all_of_it_is_meant(session: Session) -> None:
    layer = add(session)
    wishes = session.wishes
    session.viewer.dims.set_current_step(0, 5)
    layer.corner_pixels = np.array([[5, 2, 3], [5, 20, 30]])
    assert wishes.where is Where.VIEW
    assert wishes.region == ((5, 6), (2, 21), (3, 31))
    wishes.set(where=Where.WHOLE)
    assert wishes.region is None
    box(session, (4, 8), (11, 23))
    assert wishes.region == ((0, 16), (4, 12), (8, 24))
    assert wishes.request().region == wishes.region
    assert wishes.request(whole=True).region is None


def test_a_box_that_is_missing_beside_or_gone_is_said(session: Session) -> None:
    add(session)
    session.wishes.set(where=Where.BOX)
    assert "Draw a rectangle" in session.wishes.misplaced
    shapes = box(session, (-20, -20), (-10, -10))
    assert "Draw a rectangle" in session.wishes.misplaced
    shapes.data = []
    assert "Draw a rectangle" in session.wishes.misplaced
    session.viewer.layers.remove(shapes)
    assert "Draw a rectangle" in session.wishes.misplaced
    assert session.wishes.estimate is None


def test_the_only_layer_of_boxes_is_taken_without_being_chosen(
    session: Session,
) -> None:
    """A list of one shows it as chosen, so it has to be."""
    add(session)
    drawn = np.array([(4, 8), (4, 23), (11, 23), (11, 8)])
    session.viewer.add_shapes([drawn])
    session.wishes.set(where=Where.BOX)
    assert session.wishes.region == ((0, 16), (4, 12), (8, 24))


def test_a_view_of_nothing_is_said(session: Session) -> None:
    add(session)
    add(session, translate=(500, 0, 0))
    session.viewer.dims.set_point(0, 505)
    assert "Nothing of the image is in the view" in session.wishes.misplaced


# ---- how large


@pytest.mark.parametrize(
    ("here", "typed", "expected"),
    [
        pytest.param(None, None, None, id="nothing known"),
        pytest.param(VOXEL, None, None, id="as trained"),
        pytest.param((0.05, 0.02, 0.0149), None, None, id="1.49 times smaller"),
        pytest.param((0.05, 0.02, 0.0151), None, "1.5 times smaller", id="1.51 times"),
        pytest.param((0.05, 0.02, 0.0067), None, None, id="1.49 times larger"),
        pytest.param(
            (0.05, 0.02, 0.005), None, "2.0 times larger", id="twice as large"
        ),
        pytest.param(VOXEL, 30.0, "3.0 times larger", id="typed"),
        pytest.param(None, 15.0, None, id="typed, and just within"),
        pytest.param((0.05, 0.02, 0.005), 10.0, None, id="typed above expected"),
    ],
)
def test_resampling_is_offered_above_one_and_a_half(
    session: Session, here: Any, typed: float | None, expected: str | None
) -> None:
    """The model knows objects of 10 voxels of 10 nm."""
    size = sizes(session.models.checkpoint, here, typed)
    assert (expected or "") in size.offer
    assert bool(size.offer) == (expected is not None)


def test_sizes_that_the_model_is_made_for_are_no_reason_to_resample(
    session: Session,
) -> None:
    model = session.models.checkpoint
    wide = replace(
        model, config=model.config.merge({"TRAINER": {"SCALE_RANGE": [0.33, 1.25]}})
    )
    assert not sizes(wide, (0.05, 0.02, 0.03), None).offer
    assert "3.2 times smaller" in sizes(wide, (0.05, 0.02, 0.032), None).offer
    assert "1.4 times larger" in sizes(wide, (0.05, 0.02, 0.007), None).offer


def test_resampling_is_asked_of_the_engine_as_it_was_wished(session: Session) -> None:
    add(session, scale=(0.05, 0.02, 0.005), units=("um", "um", "um"))
    wishes = session.wishes
    assert wishes.request().wish == {}
    assert wishes.resamples  # as the engine will
    wishes.set(resample=True)
    assert wishes.request().wish == {"resample": True}
    wishes.set(diameter=20.0)
    assert wishes.request().wish == {"diameter": 20.0}
    wishes.set(resample=False)
    assert wishes.request().wish == {"resample": False}
    wishes.set(diameter=None)
    assert wishes.request().wish == {"resample": False}
    assert not wishes.resamples


@pytest.mark.parametrize(
    ("typed", "resamples"), [(4.0, False), (6.0, True), (10.0, False), (30.0, True)]
)
def test_a_size_that_was_typed_resamples_where_it_helps(
    session: Session, typed: float, resamples: bool
) -> None:
    """The model knows objects of 10 voxels; the voxel size says twice as many."""
    add(session, scale=(0.05, 0.02, 0.005), units=("um", "um", "um"))
    session.wishes.set(diameter=typed)
    assert session.wishes.resamples == resamples
    expected = {"diameter": typed} if resamples else {"resample": False}
    assert session.wishes.request().wish == expected


def test_another_image_is_resampled_as_it_needs(
    session: Session, tmp_path: Path
) -> None:
    add(session, scale=(0.05, 0.02, 0.005), units=("um", "um", "um"))
    session.wishes.set(resample=False)
    session.open_paths([save_image(tmp_path / "cells.tif", voxel=(0.05, 0.02, 0.005))])
    assert session.wishes.resamples


def test_planes_at_another_distance_are_said(session: Session) -> None:
    model = session.models.checkpoint
    assert "2.0 times farther apart" in sizes(model, (0.1, 0.02, 0.01), None).offer
    assert "2.0 times nearer" in sizes(model, (0.025, 0.02, 0.01), None).offer
    assert not sizes(model, (0.06, 0.02, 0.01), None).offer
    assert "2.0 times farther apart" in sizes(model, (0.1, 0.02, 0.01), 10.0).offer
    assert not sizes(model, (0.1, 0.02, 0.01), None, planes=1).offer


@pytest.mark.parametrize("typed", [None, 4.0, 6.0, 10.0, 30.0])
@pytest.mark.parametrize(
    "voxel",
    [VOXEL, (0.1, 0.02, 0.01), (0.05, 0.02, 0.005), (0.5, 0.08, 0.04), (1, 0.02, 0.01)],
)
def test_the_panel_knows_what_the_engine_will_do(
    session: Session, voxel: Any, typed: float | None
) -> None:
    """The box is ticked where the grid is another, and a reason stands beside it."""
    add(session, scale=voxel, units=("um", "um", "um"))
    wishes = session.wishes
    wishes.set(diameter=typed)
    request = wishes.request()
    asked = EngineWishes(**request.wish)
    extent = request.source.shape
    shape = grid_shape(extent, request.source.voxel_size, request.checkpoint, asked)
    assert (shape != extent) == wishes.resamples
    assert bool(wishes.size.offer) >= wishes.resamples
    assert np.prod(shape) <= 10 * np.prod(extent)  # and rounding


def test_without_a_voxel_size_it_is_said_what_the_model_finds(
    session: Session,
) -> None:
    model = session.models.checkpoint
    model = replace(
        model, config=model.config.merge({"TRAINER": {"SCALE_RANGE": [0.5, 2.0]}})
    )
    unknown = sizes(model, None, None)
    assert "objects of 5 to 20 voxels across" in unknown.hint
    assert not unknown.offer
    assert not sizes(model, None, 12.0).hint, "the user has said it"
    assert not sizes(model, VOXEL, None).hint, "the file has"


def test_a_model_without_objects_says_its_voxels(session: Session) -> None:
    model = replace(session.models.checkpoint, object_diameter=None)
    assert "50 × 20 × 10 nm" in sizes(model, None, None).hint
    assert not sizes(model, VOXEL, None).hint
    assert not sizes(replace(model, voxel_size=None), None, None).hint


@pytest.mark.parametrize(
    ("here", "typed", "words"),
    [
        ((0.05, 0.02, 0.005), None, "is resampled as it is read"),
        ((0.25, 0.1, 0.05), None, "125 times as many voxels"),
        ((5.0, 2.0, 1.0), None, "too far apart to resample"),
        (VOXEL, 1.0, "1000 times as many voxels"),
        (VOXEL, 0.5, "too far apart to resample"),
        (VOXEL, None, ""),
    ],
)
def test_it_is_said_what_follows_from_another_size(
    session: Session, here: Any, typed: float | None, words: str
) -> None:
    size = sizes(session.models.checkpoint, here, typed)
    resampled = size.scale is not None and size.scale.by_itself
    assert words in size.advice(resampled=resampled)
    assert bool(size.advice(resampled=resampled)) == bool(words)
    assert " 0 voxels" not in size.offer


def test_switched_off_it_is_said_what_that_costs(session: Session) -> None:
    size = sizes(session.models.checkpoint, (0.05, 0.02, 0.005), None)
    assert "found badly" in size.advice(resampled=False)


def test_a_wish_to_resample_does_not_outlive_what_it_was_about(
    session: Session,
) -> None:
    layer = add(session, scale=(0.05, 0.02, 0.005), units=("um", "um", "um"))
    session.wishes.set(resample=True)
    layer.scale, layer.units = (1, 1, 1), ("pixel",) * 3
    assert session.images.voxel_size is None
    assert not session.wishes.resamples
    assert session.wishes.request().wish == {"resample": False}


def test_a_model_that_is_not_loaded_offers_nothing() -> None:
    size = sizes(None, VOXEL, 12.0)
    assert (size.here, size.factor, size.offer) == (12.0, None, "")


# ---- where to


def test_a_run_goes_beside_its_image(session: Session, tmp_path: Path) -> None:
    session.open_paths([save_image(tmp_path / "cells.tif")])
    assert session.wishes.out == tmp_path / "cells.skoots.zarr"
    assert session.wishes.out_note == ""


def test_a_run_of_an_image_in_memory_goes_to_the_users_data(
    session: Session, tmp_path: Path
) -> None:
    add(session, name="a/b: c")
    out = session.wishes.out
    assert out == tmp_path / "data" / "skoots" / "runs" / "a_b_ c.skoots.zarr"
    assert "in memory" in session.wishes.out_note


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid"), reason="of POSIX")
def test_where_nothing_can_be_written_it_goes_to_the_users_data(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    session.open_paths([save_image(folder / "cells.tif")])
    real = os.access
    # root, as in a container, may write everywhere
    monkeypatch.setattr(
        os, "access", lambda path, mode: path != folder and real(path, mode)
    )
    out = session.wishes.out
    assert out == tmp_path / "data" / "skoots" / "runs" / "cells.skoots.zarr"
    assert "Nothing can be written beside" in session.wishes.out_note


def test_the_name_tells_channel_and_time(session: Session) -> None:
    add(session, 5, 2, *SHAPE, name="cells", axis_labels=("t", "c", "z", "y", "x"))
    session.images.set_channel(1)
    session.images.set_time(3)
    out = session.wishes.out
    assert out is not None
    assert out.name == "cells-channel1-time3.skoots.zarr"


def test_channels_that_are_layers_have_runs_of_their_own(
    session: Session, tmp_path: Path
) -> None:
    """Else the second channel would be told to go on with the run of the first."""
    path = tmp_path / "cells.tif"
    volume = np.zeros((8, 2, 16, 16), np.uint8)
    tifffile.imwrite(path, volume, imagej=True, metadata={"axes": "ZCYX"})
    session.open_paths([path])
    outs = []
    for layer in session.images.layers:
        session.images.choose(str(layer.unique_id))
        outs.append(session.wishes.out)
    names = [f"cells-channel{channel}.skoots.zarr" for channel in (0, 1)]
    assert outs == [tmp_path / name for name in names]


def test_a_place_that_was_chosen_stays_until_another_volume_is(
    session: Session, tmp_path: Path
) -> None:
    layer = add(session, 2, *SHAPE, name="cells")
    place = tmp_path / "elsewhere" / "cells.skoots.zarr"
    session.wishes.set_out(place)
    session.images.set_voxel_size((1, 1, 1))
    session.images.apply_voxel_size()
    layer.name = "renamed"
    assert session.wishes.out == place
    assert session.wishes.out_note == ""
    session.images.set_channel(1)
    assert session.wishes.out != place


# ---- what it costs


def test_the_estimate_counts_the_tiles_of_the_part(session: Session) -> None:
    add(session)
    session.wishes.set(where=Where.WHOLE)
    whole = session.wishes.estimate
    assert whole is not None
    assert whole.tiles == 6
    assert whole.seconds is not None
    assert whole.seconds > 0
    assert "float" in whole.detail
    box(session, (0, 0), (10, 10))
    part = session.wishes.estimate
    assert part is not None
    assert part.tiles == 1
    assert part.bytes_on_disk < whole.bytes_on_disk


def test_settings_for_afterwards_are_those_of_the_model_and_the_users(
    qtbot: QtBot, session: Session, models_folder: Path
) -> None:
    session.set_config({"HOPS": 4, "CORE": [8, 8, 8]})
    thresholds = session.wishes.thresholds
    assert (thresholds["HOPS"], thresholds["PROBABILITY_THRESHOLD"]) == (4, 0.4)
    assert not {"CORE", "HALO", "INVERT"} & set(thresholds)


def test_a_misspelt_wish_is_an_error(session: Session) -> None:
    with pytest.raises(AttributeError, match="diametre"):
        session.wishes.set(diametre=3)


def test_a_model_of_several_channels_blocks_a_run(
    qtbot: QtBot, session: Session, models_folder: Path
) -> None:
    """The engine would refuse it; the panel says so before."""
    torch.manual_seed(0)
    network = UNet(2, (4, 8, 8, 8), (1, 1, 1, 1, 1)).eval()
    settings = settings_with().merge({"MODEL": {"IN_CHANNELS": 2}})
    path = save_model(models_folder)
    save_checkpoint(
        path.with_name("two.skoots"), network, settings,
        normalization=Normalization("volume"), halo_zyx=(8, 8, 8),
    )  # fmt: skip
    add(session)
    session.models.refresh()
    session.models.choose("two")
    qtbot.waitUntil(lambda: session.models.checkpoint is not None, timeout=TIMEOUT)
    assert "2 channels" in session.models.warning
    assert "2 channels" in session.wishes.blocked
    idle(qtbot)


def test_a_layer_to_draw_the_box_in_is_made_where_there_is_none(
    session: Session,
) -> None:
    image = add(session)
    session.wishes.choose_where(Where.BOX)
    session.wishes.choose_where(Where.BOX)
    (drawn,) = [layer for layer in session.viewer.layers if layer is not image]
    assert drawn.mode == "add_rectangle"
    drawn.add(np.array([(3, 4, 8), (3, 4, 23), (3, 11, 23), (3, 11, 8)]))
    assert session.wishes.region == ((0, 16), (4, 12), (8, 24))
