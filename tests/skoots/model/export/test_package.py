"""A package that another program can read, and that loses nothing of a model."""

from __future__ import annotations

import io
import sys
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
import yaml

from skoots.config import Settings
from skoots.errors import (
    CheckpointError,
    ExportError,
    MissingPackageError,
    ModelExistsError,
    ModelNotFoundError,
    StorageError,
)
from skoots.model.build import build_network
from skoots.model.checkpoint import (
    Checkpoint,
    Normalization,
    load_checkpoint,
    save_checkpoint,
)
from skoots.model.export import (
    attachment,
    check_bioimageio,
    export_bioimageio,
    extra,
    package,
)
from skoots.model.export.names import check_name
from skoots.volume.axes import vectors_to_zyx, xyz_to_zyx, zyx_to_xyz

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# a DeprecationWarning in torch 2.13, a FutureWarning in 2.15
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.load`")

UNET = {"ARCHITECTURE": "unet", "DIMS": [4, 6, 8], "DEPTHS": [1, 1, 1]}
UNEXT = {"DIMS": [4, 6, 4], "DEPTHS": [1, 1, 1], "OUT_CHANNELS": 4, "KERNEL_SIZE": 3}

WHO: dict[str, Any] = {"authors": ["Ann Example; Institute"], "license": "cc-by-4.0"}


@pytest.fixture(autouse=True)
def _untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave bioimageio.core out; `test_check.py` has it."""
    # here, for it takes a second to import, also where only other tests are run
    pytest.importorskip("bioimageio.spec", reason="needs the extra share")
    monkeypatch.setattr(package, "can_check", lambda: False)


def make_model(
    path: Path, model: dict[str, object] = UNET, *, invert: bool = False, **facts: Any
) -> Path:
    torch.manual_seed(0)
    inference = {"HOPS": 3, "INVERT": invert}
    settings = Settings.from_dict({"MODEL": model, "INFERENCE": inference})
    network = build_network(settings)
    channels = network.in_channels
    network.train()(torch.rand(2, channels, 8, 8, 8))  # moves running statistics
    facts = {
        "normalization": Normalization("volume"),
        "halo_zyx": (4, 8, 8),
        "voxel_size": (0.05, 0.01, 0.01),
        "scores": {"f1_50": 0.75},
    } | facts
    save_checkpoint(path, network, settings, **facts)
    return path


def described(file: Path) -> Any:
    with zipfile.ZipFile(file) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".yaml"))
        return yaml.safe_load(archive.read(name))


def array(file: Path, name: str) -> NDArray[Any]:
    with zipfile.ZipFile(file) as archive:
        return np.load(io.BytesIO(archive.read(name)))


def torchscript(file: Path) -> Any:
    with zipfile.ZipFile(file) as archive:
        return torch.jit.load(io.BytesIO(archive.read("weights.torchscript.pt")))


def attached(file: Path, to: Path) -> Checkpoint:
    name = described(file)["config"]["skoots"]["model"]
    with zipfile.ZipFile(file) as archive:
        return load_checkpoint(archive.extract(name, to))


def ask(checkpoint: Checkpoint, image: NDArray[np.float32]) -> NDArray[np.float32]:
    with torch.no_grad():
        said = checkpoint.network(torch.from_numpy(zyx_to_xyz(image))[None, None])[0]
    return torch.cat((vectors_to_zyx(said[:3]), xyz_to_zyx(said[3:]))).numpy()


@pytest.mark.parametrize("model", [UNET, UNEXT], ids=["unet", "unext"])
def test_the_attached_model_and_the_torchscript_say_the_same(
    model: dict[str, object], tmp_path: Path
) -> None:
    source = make_model(tmp_path / "my cells.skoots", model)
    file = export_bioimageio(source, tmp_path / "out" / "cells.zip", **WHO)
    inside = attached(file, tmp_path / "there")
    assert inside.digest == load_checkpoint(source).digest
    assert inside.config.INFERENCE.HOPS == 3
    image = np.random.default_rng(0).normal(size=(12, 16, 20)).astype(np.float32)
    with torch.no_grad():
        said = torchscript(file)(torch.from_numpy(image)[None, None])[0].numpy()
    np.testing.assert_allclose(said, ask(inside, image), atol=1e-5)


def test_a_published_model_can_be_shared(shared_dir: Path, tmp_path: Path) -> None:
    source = shared_dir / "compat" / "tiny_pypi.trch"
    file = export_bioimageio(source, tmp_path / "tiny.zip", **WHO)
    inside = attached(file, tmp_path / "there")
    assert inside.published
    shape = array(file, "test_input.npy").shape[2:]
    said = array(file, "test_output.npy")[0]
    assert said.shape == (5, *shape)
    with zipfile.ZipFile(file) as archive:
        assert archive.read("tiny_pypi.trch") == source.read_bytes()


def test_what_is_known_of_the_model_stands_in_the_description(tmp_path: Path) -> None:
    source = make_model(tmp_path / "cells.skoots")
    cite = ["Ann, Cells, doi:10.1234/abc"]
    file = export_bioimageio(source, tmp_path / "cells.zip", cite=cite, **WHO)
    rdf = described(file)
    (image,), (answer,) = rdf["inputs"], rdf["outputs"]
    spaces = [axis for axis in image["axes"] if axis["type"] == "space"]
    assert [axis["id"] for axis in spaces] == ["z", "y", "x"]
    assert [axis["size"] for axis in spaces] == [
        {"min": 12, "step": 4},  # something is left without the halo on both sides
        {"min": 20, "step": 4},
        {"min": 20, "step": 4},
    ]
    assert [axis["scale"] for axis in spaces] == [50, 10, 10]
    assert {axis["unit"] for axis in spaces} == {"nanometer"}
    assert [axis.get("halo") for axis in answer["axes"]] == [None, None, 4, 8, 8]
    assert answer["axes"][1]["channel_names"][:3] == [
        "vector_z",
        "vector_y",
        "vector_x",
    ]
    assert rdf["license"] == "CC-BY-4.0"
    assert rdf["authors"] == [{"name": "Ann Example", "affiliation": "Institute"}]
    dois = [entry["doi"] for entry in rdf["cite"]]
    assert dois == ["10.1101/2023.05.05.539611", "10.1234/abc"]
    assert rdf["config"]["skoots"]["inference"]["HOPS"] == 3
    assert rdf["format_version"].startswith("0.5.")


def test_without_halo_and_voxel_size_there_is_neither(tmp_path: Path) -> None:
    facts = {"halo_zyx": (0, 0, 0), "voxel_size": None}
    source = make_model(tmp_path / "cells.skoots", **facts)
    rdf = described(export_bioimageio(source, tmp_path / "cells.zip", **WHO))
    axes = [*rdf["inputs"][0]["axes"], *rdf["outputs"][0]["axes"]]
    assert not any({"halo", "unit"} & set(axis) for axis in axes)


def test_voxels_of_parts_of_a_nanometre_are_whole_picometres(tmp_path: Path) -> None:
    source = make_model(tmp_path / "cells.skoots", voxel_size=(0.03, 0.0046, 0.0046))
    rdf = described(export_bioimageio(source, tmp_path / "cells.zip", **WHO))
    spaces = rdf["inputs"][0]["axes"][2:]
    assert [axis["scale"] for axis in spaces] == [30000, 4600, 4600]
    assert {axis["unit"] for axis in spaces} == {"picometer"}


@pytest.mark.parametrize("invert", [False, True], ids=["", "inverted"])
@pytest.mark.parametrize(
    ("how", "step"),
    [
        (Normalization("volume"), "zero_mean_unit_variance"),
        (Normalization("fixed", 3000.0, 250.0), "fixed_zero_mean_unit_variance"),
        (Normalization("divide"), "scale_linear"),
    ],
    ids=["volume", "fixed", "divide"],
)
def test_the_test_image_is_normalised_as_the_description_says(
    how: Normalization, step: str, invert: bool, tmp_path: Path
) -> None:
    cells = tmp_path / "cells.skoots"
    source = make_model(cells, normalization=how, invert=invert)
    file = export_bioimageio(source, tmp_path / "cells.zip", **WHO)
    (tensor,) = described(file)["inputs"]
    steps = [p for p in tensor["preprocessing"] if p["id"] != "ensure_dtype"]
    assert steps[0]["id"] == step
    grey = image = array(file, "test_input.npy")
    assert str(image.dtype) == tensor["data"]["type"]
    for kwargs in (one["kwargs"] for one in steps):
        if "gain" in kwargs:
            grey = grey * kwargs["gain"] + kwargs["offset"]
        else:
            mean, std = kwargs.get("mean", image.mean()), kwargs.get("std", image.std())
            grey = (grey - mean) / std
    light = np.corrcoef(image.ravel(), grey.ravel())[0, 1]
    assert light == pytest.approx(-1 if invert else 1)
    # neither black nor the same everywhere, or the comparison would say nothing
    assert 0.1 < grey.std() < 10
    found = ask(load_checkpoint(source), grey[0, 0].astype(np.float32))
    np.testing.assert_allclose(array(file, "test_output.npy")[0], found, atol=1e-4)


def test_a_shipped_model_is_tried_on_the_sample_that_it_is_made_for(
    tmp_path: Path,
) -> None:
    file = export_bioimageio("nuclei", tmp_path / "nuclei.zip", **WHO)
    with zipfile.ZipFile(file) as archive:
        assert "test_image_NUCLEI_LICENSE.txt" in archive.namelist()
        assert "mouse embryo" in archive.read("README.md").decode()


def test_a_test_image_may_be_larger_than_the_sample(tmp_path: Path) -> None:
    source = make_model(tmp_path / "cells.skoots", halo_zyx=(36, 4, 4))
    file = export_bioimageio(source, tmp_path / "cells.zip", **WHO)
    assert array(file, "test_input.npy").shape == (1, 1, 76, 16, 20)


def test_a_model_in_memory_is_saved_first(tmp_path: Path) -> None:
    loaded = load_checkpoint(make_model(tmp_path / "cells.skoots"))
    (tmp_path / "cells.skoots").unlink()
    for number, model in enumerate([loaded, replace(loaded, path=None)]):
        file = export_bioimageio(model, tmp_path / f"{number}.zip", **WHO)
        inside = attached(file, tmp_path / str(number))
        assert inside.name == "cells"
        assert dict(inside.scores) == {"f1_50": 0.75}
        assert inside.halo_zyx == (4, 8, 8)


def test_card_and_picture_come_along_without_what_stays_behind(tmp_path: Path) -> None:
    source = make_model(tmp_path / "cells.skoots")
    card = (
        "# cells\n\n![them](cells.jpg)\nSee [a page](../docs/x.md), [w](https://w.x)."
    )
    source.with_suffix(".md").write_text(card)
    source.with_suffix(".jpg").write_bytes(b"a picture")
    file = export_bioimageio(source, tmp_path / "cells.zip", **WHO)
    with zipfile.ZipFile(file) as archive:
        text = archive.read("README.md").decode()
        assert archive.read("cover.jpg") == b"a picture"
    assert "### cells\n\nSee a page, [w](https://w.x)." in text
    assert "| f1_50 | 0.75 |" in text


def test_a_model_without_card_is_described_and_drawn(tmp_path: Path) -> None:
    source = make_model(tmp_path / "cells.skoots", scores={})
    file = export_bioimageio(source, tmp_path / "c.zip", description="Cells.", **WHO)
    with zipfile.ZipFile(file) as archive:
        text = archive.read("README.md").decode()
        cover = archive.read("cover.png")
        notice = archive.read("test_image_MEDULLA_LICENSE.txt").decode()
    assert text.startswith("# cells\n\nCells.\n")
    assert "holds no scores" in text
    assert cover.startswith(b"\x89PNG")
    assert "Creative Commons" in notice


def test_a_package_is_replaced_only_on_request(tmp_path: Path) -> None:
    source = make_model(tmp_path / "cells.skoots")
    file = tmp_path / "cells.zip"
    file.write_text("mine")
    with pytest.raises(ModelExistsError, match="--overwrite"):
        export_bioimageio(source, file, **WHO)
    assert file.read_text() == "mine"
    export_bioimageio(source, file, overwrite=True, **WHO)
    assert described(file)["name"] == "SKOOTS cells"


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"out": "cells.tar"}, ExportError, "end in .zip"),
        ({"model": "no-such"}, ModelNotFoundError, "no-such"),
        ({"license": "ours"}, ExportError, "SPDX"),
        ({"authors": []}, ExportError, "--author"),
        ({"authors": ["Ann; 0000-0000-0000-0000"]}, ExportError, "orcid"),
    ],
    ids=["ending", "model", "licence", "authors", "orcid"],
)
def test_refused_and_nothing_is_left(
    changes: dict[str, Any], error: type[Exception], says: str, tmp_path: Path
) -> None:
    source = make_model(tmp_path / "cells.skoots")
    words = {"model": source, "out": "cells.zip"} | WHO | changes
    place = tmp_path / "out" / words.pop("out")
    with pytest.raises(error, match=says):
        export_bioimageio(words.pop("model"), place, **words)
    assert not place.exists()
    assert not place.parent.exists() or list(place.parent.iterdir()) == []


def test_a_network_of_two_channels_is_refused(tmp_path: Path) -> None:
    source = make_model(tmp_path / "two.skoots", UNET | {"IN_CHANNELS": 2})
    with pytest.raises(CheckpointError, match="2 channels"):
        export_bioimageio(source, tmp_path / "two.zip", **WHO)


@pytest.mark.parametrize(
    "name",
    ["rdf.yaml", "my_model.yaml", "Weights.torchscript.pt", "readme.MD", "cover.png"],
)
def test_a_model_may_not_be_called_as_another_file_of_the_package(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_model(tmp_path / "cells.skoots").rename(tmp_path / name)
    # said before anything is loaded
    monkeypatch.setattr(attachment, "load_checkpoint", None)
    with pytest.raises(ExportError, match=rf"called {name}.*another one"):
        export_bioimageio(source, tmp_path / "out" / "cells.zip", **WHO)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("picture", ["jpg", "png"])
def test_names_of_all_files_of_a_package_are_kept_for_it(
    picture: str, tmp_path: Path
) -> None:
    source = make_model(tmp_path / "cells.skoots")
    source.with_suffix(f".{picture}").write_bytes(b"a picture")
    file = export_bioimageio(source, tmp_path / "cells.zip", **WHO)
    with zipfile.ZipFile(file) as archive:
        own = set(archive.namelist()) - {"cells.skoots"}
    assert len(own) == 7
    for name in own:
        with pytest.raises(ExportError, match="a file of its own"):
            check_name(name)
    check_name("cells.skoots")


def test_a_card_of_another_encoding_is_named_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_model(tmp_path / "cells.skoots")
    card = source.with_suffix(".md")
    card.write_bytes("# Zellen für Zürich".encode("latin-1"))
    monkeypatch.setattr(attachment, "load_checkpoint", None)
    with pytest.raises(ExportError, match=r"cells\.md is no text in UTF-8.*Save it"):
        export_bioimageio(source, tmp_path / "cells.zip", **WHO)
    assert not (tmp_path / "cells.zip").exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    source = make_model(tmp_path / "cells.skoots")
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        export_bioimageio(source, tmp_path / "file" / "cells.zip", **WHO)


def test_a_missing_extra_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bioimageio.spec", None)
    with pytest.raises(MissingPackageError, match=r"'\.\[share\]'"):
        export_bioimageio("mito-em", tmp_path / "m.zip", **WHO)
    monkeypatch.setitem(sys.modules, "bioimageio.core", None)
    with pytest.raises(MissingPackageError, match=r"'\.\[share-check\]'"):
        check_bioimageio(tmp_path / "m.zip")
    assert not extra.can_check()


def test_versions_that_do_not_go_together_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = extra.need_spec()
    monkeypatch.setattr(spec, "__version__", "0.5.12.0")
    monkeypatch.setattr(extra.pydantic, "VERSION", "2.14.3")
    with pytest.raises(MissingPackageError, match=r"pydantic<2\.14"):
        extra.need_spec()
    monkeypatch.setattr(extra.pydantic, "VERSION", "2.13.5")
    assert extra.need_spec() is spec
