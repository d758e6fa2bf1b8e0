"""Models that a user brings along and takes away again."""

from __future__ import annotations

import pickle
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from inference_cases import random_unet, settings_with

from skoots.errors import (
    CheckpointError,
    ModelExistsError,
    ModelNotFoundError,
    StorageError,
    UnsafeCheckpointError,
)
from skoots.model import shelf, zoo
from skoots.model.checkpoint import Normalization, load_checkpoint, save_checkpoint
from skoots.model.shelf import import_model, remove_model

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder, which is not there yet."""
    monkeypatch.setenv(zoo.FOLDER_VARIABLE, str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model with a card and a picture that somebody sent."""
    path = tmp_path / "mail" / "hair cells.skoots"
    normalization = Normalization("volume")
    save_checkpoint(path, random_unet(), settings_with(), normalization=normalization)
    path.with_suffix(".md").write_text("# Hair cells\n")
    path.with_suffix(".jpg").write_bytes(b"a picture")
    return path


def test_an_imported_model_has_a_name_a_card_and_a_picture(
    folder: Path, model: Path
) -> None:
    found = import_model(model)
    assert found == zoo.ModelFile(
        "hair cells",
        folder / "hair cells.skoots",
        folder / "hair cells.md",
        shipped=False,
        picture=folder / "hair cells.jpg",
    )
    assert zoo.user_models() == [found]
    shutil.rmtree(model.parent)
    assert zoo.load_model("hair cells").path == found.path


def test_a_model_may_be_given_another_name(folder: Path, model: Path) -> None:
    import_model(model)
    import_model(model, "mine")
    assert [m.name for m in zoo.user_models()] == ["hair cells", "mine"]
    assert (folder / "mine.md").read_text() == "# Hair cells\n"


def test_a_model_without_a_known_ending_gets_one(folder: Path, model: Path) -> None:
    plain = model.rename(model.with_suffix(".pt"))
    assert import_model(plain).path == folder / "hair cells.skoots"


@pytest.mark.usefixtures("folder")
def test_a_name_is_given_once(model: Path) -> None:
    before = import_model(model).path.stat().st_mtime_ns
    normalization = Normalization("fixed", mean=1.0, std=2.0)
    save_checkpoint(model, random_unet(), settings_with(), normalization=normalization)
    with pytest.raises(ModelExistsError, match=r"'hair cells' already, in .*another"):
        import_model(model)
    assert zoo.find_model("hair cells").stat().st_mtime_ns == before
    with pytest.raises(ModelExistsError, match="came with the package"):
        import_model(model, zoo.shipped_models()[0].name)


@pytest.mark.parametrize("name", ["../mine", "/mine", ".mine", "a/b"])
def test_a_name_stays_in_the_folder(folder: Path, model: Path, name: str) -> None:
    with pytest.raises(CheckpointError, match="name of a model"):
        import_model(model, name)
    assert not folder.exists()


@pytest.mark.usefixtures("folder")
def test_a_model_in_the_folder_is_imported_already(model: Path) -> None:
    found = import_model(model)
    assert import_model(found.path) == found


class Code:
    """What somebody could hide in a model file."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (print, ("this code ran",))


def test_what_is_no_model_leaves_nothing_behind(
    folder: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil, photo = model.with_name("evil.trch"), model.with_name("photo.trch")
    evil.write_bytes(pickle.dumps({"model_state_dict": Code()}, protocol=2))
    photo.write_bytes(b"\x89PNG" * 100)
    with pytest.raises(UnsafeCheckpointError):
        import_model(evil)
    with pytest.raises(CheckpointError):
        import_model(photo)
    with pytest.raises(ModelNotFoundError):
        import_model(model.with_name("gone.trch"))
    assert capsys.readouterr().out == ""
    assert not folder.exists()


def test_an_import_that_fails_half_way_leaves_nothing_behind(
    folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copyfile

    def full(source: Path, target: Path) -> None:
        copy(source, target)
        if source.suffix == ".skoots":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(shelf.shutil, "copyfile", full)
    with pytest.raises(StorageError, match=r"No space left.*SKOOTS_MODELS"):
        import_model(model)
    assert list(folder.iterdir()) == []


def test_a_removed_model_is_gone_with_its_card_and_picture(
    folder: Path, model: Path
) -> None:
    import_model(model)
    import_model(model, "mine")
    remove_model("hair cells")
    assert sorted(file.name for file in folder.iterdir()) == [
        "mine.jpg",
        "mine.md",
        "mine.skoots",
    ]
    assert load_checkpoint(model).name == "hair cells"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["mito-em", "no such", "../mail/hair cells"])
def test_only_the_users_models_can_be_removed(model: Path, name: str) -> None:
    import_model(model, "mine")
    with pytest.raises(ModelNotFoundError, match="only those can be removed: mine"):
        remove_model(name)
    assert len(zoo.user_models()) == 1
    assert zoo.load_model("mito-em").digest


def test_the_same_file_is_imported_once(folder: Path, model: Path) -> None:
    first = import_model(model)
    assert import_model(model) == first
    assert len(list(folder.glob("*.skoots"))) == 1
