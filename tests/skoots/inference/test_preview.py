"""A preview shows what a run would give, around one point and in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import fastremap
import numpy as np
import pytest
import torch
from inference_cases import (
    CodeNetwork,
    code_model,
    drain,
    draw_boxes,
    noise,
    settings_with,
    unet_model,
)

import skoots
from skoots.errors import CheckpointError, SettingsError
from skoots.events import BlockDone, Notice, StageStarted, result_of
from skoots.inference import preview as module
from skoots.inference.preview import preview
from skoots.model.checkpoint import Normalization
from skoots.model.zoo import shipped_models
from skoots.run.folder import RunFolder
from skoots.samples import sample_path
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from skoots._types import Shape3
    from skoots.inference.preview import Preview

SHAPE = (24, 40, 48)
BOX = (5, 6, 7)
HALO = (8, 8, 8)


def cut(array: NDArray[Any], shown: Preview) -> NDArray[Any]:
    z, y, x = (slice(*pair) for pair in shown.box_zyx)
    return array[z, y, x]


def assert_same_objects(shown: Preview, labels: NDArray[np.uint32]) -> None:
    """Fail unless the preview parts the voxels as the labels of the whole do."""
    mine, _ = fastremap.renumber(shown.labels.copy(), preserve_zero=True)
    theirs, _ = fastremap.renumber(cut(labels, shown).copy(), preserve_zero=True)
    np.testing.assert_array_equal(mine, theirs)
    assert shown.objects == theirs.max()


@pytest.mark.parametrize(
    "point",
    [(12, 20, 24), (0, 0, 0), (23, 39, 47), (-9, 500, 24.4), (5.5, 0, 47)],
    ids=str,
)
def test_it_labels_a_box_at_the_point_as_the_whole_is_labelled(
    point: tuple[float, float, float],
) -> None:
    image, labels = draw_boxes(SHAPE, BOX)
    shown = result_of(
        preview(image, code_model(halo_zyx=HALO), point, size_zyx=(8, 16, 16))
    )
    assert_same_objects(shown, labels)
    held = [min(max(p, 0), n - 1) for p, n in zip(point, SHAPE, strict=True)]
    assert all(a <= p < b for p, (a, b) in zip(held, shown.box_zyx, strict=True))
    assert all(a % 8 == 0 for a, _ in shown.box_zyx)


@pytest.mark.parametrize("shape", [(1, 40, 48), (1, 1, 3), (24, 1, 48)], ids=str)
def test_a_flat_image_is_shown_whole(shape: Shape3) -> None:
    image, labels = draw_boxes(shape, BOX)
    shown = result_of(preview(image, code_model(halo_zyx=HALO), (0, 0, 1)))
    assert shown.labels.shape == shape
    assert_same_objects(shown, labels)


def test_on_the_sample_it_agrees_with_a_whole_run(tmp_path: Path) -> None:
    if not shipped_models():
        pytest.skip("no model is shipped")
    sample = sample_path("medulla")
    drain(skoots.segment(sample, "mito-em", tmp_path / "run"))
    whole = RunFolder.open(tmp_path / "run").labels[...]
    shown = result_of(preview(sample, "mito-em", (32, 112, 112), size_zyx=(32, 96, 96)))
    theirs = cut(whole, shown)
    assert shown.objects > 3
    assert np.mean((shown.labels > 0) == (theirs > 0)) > 0.995
    fore = (shown.labels > 0) | (theirs > 0)
    pairs = np.stack([shown.labels[fore], theirs[fore]])
    _, counts = np.unique(pairs, axis=1, return_counts=True)
    largest = np.sort(counts)[::-1][: shown.objects]
    assert largest.sum() / fore.sum() > 0.98  # one partner for each object


def test_the_image_is_normalised_as_a_whole() -> None:
    """A dark corner is no brighter in a preview than in a run."""
    image = noise((16, 32, 32)).astype(np.float32)
    image[:, :16, :16] /= 50
    model = unet_model()
    shown = result_of(preview(image, model, (8, 4, 4), size_zyx=(8, 8, 8)))
    fixed = unet_model(
        normalization=Normalization("fixed", float(image.mean()), float(image.std()))
    )
    same = result_of(preview(image, fixed, (8, 4, 4), size_zyx=(8, 8, 8)))
    assert shown.probability.std() > 0
    np.testing.assert_allclose(
        shown.probability.astype(int), same.probability.astype(int), atol=1
    )


def test_a_second_preview_of_an_image_does_not_read_it_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image, model = noise((16, 32, 32), seed=4), unet_model()
    first = result_of(preview(image, model, (8, 8, 8), size_zyx=(8, 8, 8)))

    def refuse(*_: object) -> None:
        raise AssertionError("it was read again")

    monkeypatch.setattr(module, "normalization_of", refuse)
    again = result_of(preview(image.copy(), model, (8, 8, 8), size_zyx=(8, 8, 8)))
    np.testing.assert_array_equal(again.labels, first.labels)
    with pytest.raises(AssertionError, match="read again"):
        result_of(preview(image + 1, model, (8, 8, 8), size_zyx=(8, 8, 8)))


def test_at_another_scale_labels_come_back_on_the_images_grid() -> None:
    image = noise((16, 32, 32))
    model = unet_model(
        voxel_size=(0.02, 0.02, 0.02), inference={"PROBABILITY_THRESHOLD": 0.1}
    )
    source = open_source(image, voxel_size=(0.02, 0.01, 0.01))
    job = preview(source, model, (8, 16, 16), size_zyx=(8, 16, 16), resample=True)
    shown = result_of(job)
    assert shown.box_zyx == ((8, 16), (16, 32), (16, 32))
    assert shown.labels.shape == shown.probability.shape == (8, 16, 16)
    # a voxel of the network's grid covers two by two of the image's
    even = shown.probability[:, ::2, ::2]
    np.testing.assert_array_equal(even, shown.probability[:, 1::2, 1::2])
    half = preview(source, unet_model(object_diameter=5.0), (8, 16, 16), diameter=10.0)
    assert result_of(half).labels.shape == (16, 32, 32)


def test_what_is_small_is_dropped_unless_the_box_cuts_it() -> None:
    """Of rods along X the first is whole; the second goes on beyond the box."""
    image, labels = draw_boxes((8, 16, 64), (8, 8, 32))
    model = code_model(inference={"MIN_OBJECT_VOXELS": 3000})
    whole = result_of(preview(image, model, (4, 4, 4), size_zyx=(8, 16, 64)))
    assert whole.objects == 0
    part = result_of(preview(image, model, (4, 4, 40), size_zyx=(8, 16, 24)))
    assert part.box_zyx[2] == (32, 56)
    np.testing.assert_array_equal(part.labels > 0, cut(labels, part) > 0)
    large = {"INFERENCE": {"MIN_OBJECT_VOXELS": 2000}}
    assert (
        result_of(preview(image, model, (4, 4, 4), large, size_zyx=(8, 16, 64))).objects
        == 4
    )


def test_a_box_that_does_not_fit_into_memory_is_asked_in_parts() -> None:
    image, labels = draw_boxes(SHAPE, BOX)
    network = CodeNetwork()
    network.largest_call = 32 * 32 * 32
    model = code_model(network=network, halo_zyx=HALO)
    events, shown = drain(preview(image, model, (12, 20, 24), size_zyx=SHAPE))
    assert_same_objects(shown, labels)
    notes = [e.message for e in events if isinstance(e, Notice)]
    assert any("out of memory" in note for note in notes)
    done = [e for e in events if isinstance(e, BlockDone)]
    assert done[-1].done == done[-1].total > 1


def test_it_stops_when_it_is_closed() -> None:
    network = CodeNetwork()
    image, _ = draw_boxes(SHAPE, BOX)
    job = preview(image, code_model(network=network), (0, 0, 0))
    assert isinstance(next(job), StageStarted)
    job.close()
    assert network.calls == 0


def test_it_takes_as_long_as_is_wished_where_the_pace_is_known() -> None:
    image = np.zeros((64, 256, 256), np.uint8)
    model = code_model(halo_zyx=HALO)
    slow = result_of(preview(image, model, (32, 128, 128), pace=1e-4))
    fast = result_of(preview(image, model, (32, 128, 128), pace=1e-6))
    assert slow.labels.size < fast.labels.size
    assert fast.pace is None  # nothing was asked of an image of one value
    image[:] = noise(image.shape)
    pace = result_of(preview(image, code_model(), (0, 0, 0))).pace
    assert pace is not None
    assert pace > 0


@pytest.mark.parametrize("point", [(1, 2), (1, 2, float("nan"))], ids=str)
def test_a_point_that_is_none_is_refused(point: tuple[float, ...]) -> None:
    with pytest.raises(SettingsError, match="point_zyx"):
        next(preview(noise((8, 8, 8)), code_model(), point))


def test_a_model_of_several_channels_is_refused_before_any_work() -> None:
    network = CodeNetwork()
    network.in_channels = 2
    with pytest.raises(CheckpointError, match="channels"):
        next(preview(noise((8, 8, 8)), code_model(network=network), (0, 0, 0)))


def test_settings_of_the_caller_hold() -> None:
    image, _ = draw_boxes(SHAPE, BOX)
    model = code_model()
    none = settings_with(MIN_SKELETON_VOXELS=2)
    assert result_of(preview(image, model, (12, 20, 24), none)).objects == 0
    assert result_of(preview(image, model, (12, 20, 24))).objects > 0


def test_the_network_is_left_as_it_is() -> None:
    model = unet_model()
    before = torch.nn.utils.parameters_to_vector(model.network.parameters()).clone()
    result_of(preview(noise((8, 16, 16)), model, (0, 0, 0)))
    after = torch.nn.utils.parameters_to_vector(model.network.parameters())
    assert torch.equal(before, after)
