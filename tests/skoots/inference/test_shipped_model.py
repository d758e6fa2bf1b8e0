"""With a real model the tiles are all but invisible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from inference_cases import drain

import skoots
from skoots.inference.skeleton_mask import threshold_byte
from skoots.model.zoo import load_model, shipped_models
from skoots.run.folder import RunFolder
from skoots.samples import list_samples, sample_path
from skoots.validate.scores import score
from skoots.volume.source import open_source
from skoots.volume.tiling import Span, whole

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def share_that_agrees(one: NDArray[np.uint32], other: NDArray[np.uint32]) -> float:
    """Give the share of foreground that lies in the same objects in both."""
    fore = (one > 0) | (other > 0)
    pairs, counts = np.unique(
        np.stack([one[fore], other[fore]]), axis=1, return_counts=True
    )
    agreed = 0
    for label in np.unique(pairs[0][pairs[0] > 0]):
        here = pairs[0] == label
        best = np.argmax(counts * here)
        agreed += int(counts[best]) if pairs[1][best] else 0
    return agreed / int(fore.sum())


SAMPLES = {sample.model: sample for sample in list_samples()}


def test_each_sample_has_a_model_and_each_model_a_sample() -> None:
    assert set(SAMPLES) == {model.name for model in shipped_models()}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_shipped_model_is_small_and_says_what_it_is(name: str) -> None:
    shipped = next(model for model in shipped_models() if model.name == name)
    assert shipped.path.stat().st_size < 6_000_000
    assert shipped.card is not None
    assert shipped.picture is not None
    model = load_model(name)
    assert model.object_diameter is not None
    assert model.scores["panoptic_quality"] > 0
    assert not model.config.TRAIN.TRAIN_DATA_DIR, "a folder of the machine it is from"


@pytest.mark.parametrize("name", [name for name in SAMPLES if SAMPLES[name].labels])
def test_a_shipped_model_finds_the_objects_of_its_sample(
    tmp_path: Path, name: str
) -> None:
    """Lower bounds, far below what the cards say, that a broken file would miss."""
    sample = SAMPLES[name]
    assert sample.labels is not None
    drain(skoots.segment(sample.path, name, tmp_path / "run"))
    found = open_source(tmp_path / "run" / "labels" / "instances" / "0")
    assert score(found, open_source(sample.labels)).f1_50 > 0.5


def test_other_tiles_give_the_same_objects(tmp_path: Path) -> None:
    sample = open_source(sample_path("medulla"))
    image = sample.read((Span(0, 40), Span(0, 160), Span(0, 160)))
    model = load_model("mito-em")
    found, fore = [], []
    for name, tile in (("small", (64, 160, 160)), ("large", (96, 224, 224))):
        job = skoots.segment(image, model, tmp_path / name, tile_zyx=tile)
        _, result = drain(job)
        assert result.objects > 3
        run = RunFolder.open(tmp_path / name)
        found.append(run.labels[...])
        least = threshold_byte(model.config.INFERENCE.PROBABILITY_THRESHOLD)
        fore.append(run.read("probability", whole(run.plan.shape_zyx)) > least)
    either, both = fore[0] | fore[1], fore[0] & fore[1]
    assert both.sum() / either.sum() > 0.995
    assert share_that_agrees(*found) > 0.995
