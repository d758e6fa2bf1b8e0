"""Models by name."""

from __future__ import annotations

from pathlib import Path

import pytest

import skoots
from skoots.config import Settings
from skoots.errors import ModelNotFoundError
from skoots.model import zoo
from skoots.model.build import build_network
from skoots.model.checkpoint import Normalization, save_checkpoint

UNET = {"ARCHITECTURE": "unet", "DIMS": [4, 6], "DEPTHS": [1]}


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder with the model ``mine``, its card, and a file that is none."""
    settings = Settings.from_dict({"MODEL": UNET})
    save_checkpoint(
        tmp_path / "mine.skoots",
        build_network(settings),
        settings,
        normalization=Normalization("volume"),
    )
    (tmp_path / "mine.md").write_text("# Mine\n")
    (tmp_path / "notes.txt").write_text("")
    monkeypatch.setenv(zoo.FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


def test_the_users_models_are_listed(shelf: Path) -> None:
    expected = zoo.ModelFile(
        "mine", shelf / "mine.skoots", shelf / "mine.md", shipped=False
    )
    assert zoo.user_models() == [expected]
    assert expected in zoo.known_models()


@pytest.mark.parametrize("name", ["mine", "mine.skoots"])
def test_a_model_is_found_by_its_name(shelf: Path, name: str) -> None:
    assert zoo.find_model(name) == shelf / "mine.skoots"
    assert zoo.load_model(name).name == "mine"


def test_a_model_is_found_by_its_path(shelf: Path) -> None:
    assert zoo.load_model(shelf / "mine.skoots").name == "mine"
    assert zoo.load_model(str(shelf / "mine.skoots")).name == "mine"


def test_the_package_hands_out_the_loader() -> None:
    assert skoots.load_model is zoo.load_model


@pytest.mark.usefixtures("shelf")
def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelNotFoundError, match=r"'mime'.*mine.*nearest name is mine"):
        zoo.load_model("mime")


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("path", ["nofile.trch", "mime.skoots", "models/mime"])
def test_of_a_path_it_is_said_that_there_is_no_such_file(path: str) -> None:
    with pytest.raises(ModelNotFoundError) as error:
        zoo.load_model(path)
    assert str(error.value).startswith(f"There is no model file {path}.")
    assert "nearest" not in str(error.value)


def test_a_shipped_model_hides_a_users_of_its_name(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = zoo.ModelFile("mine", shelf / "other.skoots", None, shipped=True)
    monkeypatch.setattr(zoo, "shipped_models", lambda: [shipped])
    assert zoo.known_models() == [shipped]


def test_without_any_model_the_error_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(zoo.FOLDER_VARIABLE, str(tmp_path / "nowhere"))
    monkeypatch.setattr(zoo, "shipped_models", list)
    with pytest.raises(ModelNotFoundError, match="No models are installed"):
        zoo.load_model("mine")


def test_every_shipped_model_loads_and_has_a_card_and_a_picture() -> None:
    for model in zoo.shipped_models():
        assert model.card is not None, model.name
        assert model.picture is not None, model.name
        assert model.picture.stat().st_size < 150_000
        assert zoo.load_model(model.name).digest
        assert model.path.stat().st_size < 6_000_000


@pytest.mark.parametrize(
    ("platform", "variable"),
    [("linux", "XDG_DATA_HOME"), ("win32", "LOCALAPPDATA")],
)
def test_the_users_folder_is_where_the_platform_keeps_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, variable: str
) -> None:
    monkeypatch.delenv(zoo.FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert zoo.user_folder() == tmp_path / "skoots" / "models"


def test_the_users_folder_on_a_mac(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(zoo.FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr("sys.platform", "darwin")
    folder = zoo.user_folder()
    assert folder.parts[-4:] == ("Library", "Application Support", "skoots", "models")
    assert folder.is_relative_to(Path.home())
