"""The model that a sample brings along, and the one that the user chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("pytestqt")
pytest.importorskip("napari")

from napari.components import ViewerModel
from session_cases import ready, save_image, save_model

from skoots.model.safe_file import file_digest
from skoots.samples import list_samples, sample_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from napari_skoots.controllers.session import Session


@pytest.fixture
def stocked(
    qtbot: QtBot, models_folder: Path, new_session: Callable[[ViewerModel], Session]
) -> Session:
    """A session with a small model under each name that a sample asks for."""
    for sample in list_samples():
        save_model(models_folder, sample.model)
    return ready(qtbot, new_session(ViewerModel()))


def test_mitochondria_are_looked_for_where_nobody_has_chosen(stocked: Session) -> None:
    assert next(iter(stocked.models.views)).name == "chloroplast-em"
    assert stocked.models.current == "mito-em"


def test_a_sample_brings_its_model(stocked: Session) -> None:
    for sample in list_samples():
        stocked.open_paths([sample.path])
        assert stocked.images.name == sample.name
        assert stocked.models.current == sample.model


def test_a_file_of_the_user_leaves_the_model_alone(
    stocked: Session, tmp_path: Path
) -> None:
    stocked.open_paths([sample_path("nuclei")])
    stocked.open_paths([save_image(tmp_path / "cells.tif")])
    assert stocked.models.current == "nuclei"


def test_what_the_user_chose_stays(stocked: Session) -> None:
    stocked.model_choice.choose("tiny")
    stocked.open_paths([sample_path("nuclei")])
    assert stocked.images.name == "nuclei"
    assert stocked.models.current == "tiny"


def test_a_sample_that_was_open_before_brings_its_model(
    qtbot: QtBot, models_folder: Path, new_session: Callable[[ViewerModel], Session]
) -> None:
    from napari_skoots.layers.opening import open_layers  # noqa: PLC0415 - napari

    save_model(models_folder, "nuclei")
    viewer = ViewerModel()
    ((data, keywords, _),) = open_layers(sample_path("nuclei"))
    viewer.add_image(data, **keywords)
    session = ready(qtbot, new_session(viewer))
    assert session.models.current == "nuclei"


def test_a_sample_whose_model_is_not_there_is_no_error(
    qtbot: QtBot, session: Session
) -> None:
    session.open_paths([sample_path("nuclei")])
    assert session.models.current == "tiny"


def test_the_model_of_a_run_that_is_opened_stays_when_models_are_listed_again(
    stocked: Session, models_folder: Path
) -> None:
    other = save_model(models_folder, "other", seed=1)
    stocked.models.refresh()
    stocked.open_paths([sample_path("nuclei")])
    stocked.model_choice.choose_digest(file_digest(other))
    assert stocked.models.current == "other"
    stocked.models.refresh()  # as after an import
    assert stocked.models.current == "other"
    stocked.open_paths([sample_path("chloroplast")])
    assert stocked.models.current == "chloroplast-em", "the run's was for its image"


def test_a_link_to_a_sample_is_that_sample(stocked: Session, tmp_path: Path) -> None:
    link = tmp_path / "mine.tif"
    try:
        link.symlink_to(sample_path("nuclei"))
    except OSError:
        pytest.skip("links may not be made here")
    stocked.open_paths([link])
    assert stocked.models.current == "nuclei"
