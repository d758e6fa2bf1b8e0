"""What a user may do wrong, and what the program says then.

Each refusal is one row of the table in ``docs/errors.md`` and one case here, under the
same name. All of them end with exit code 1 and one line on stderr, without a traceback.
"""

from __future__ import annotations

import ast
import pickle
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import torch
import zarr
from typer.testing import CliRunner

import skoots
from skoots import errors
from skoots.cli import app
from skoots.config import get_cfg_defaults
from skoots.model.checkpoint import Normalization, load_checkpoint, save_checkpoint
from skoots.model.unet import UNet
from skoots.run.folder import RunFolder
from skoots.run.location import locked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result

PAGE = Path(__file__).resolve().parents[2] / "docs" / "errors.md"
SHAPE = (10, 20, 20)


@dataclass(frozen=True)
class Desk:
    """A folder with an image, a model and a way to call the program."""

    folder: Path
    model: Path

    @property
    def image(self) -> Path:
        return self.folder / "cells.tif"

    @property
    def run(self) -> Path:
        return self.folder / "cells.skoots.zarr"

    def segment(self, image: Path | None = None, *words: str, **options: str) -> Result:
        named = {"model": str(self.model), "device": "cpu", "halo": "8,8,8", **options}
        pairs = [part for name, value in named.items() for part in (f"--{name}", value)]
        command = ["segment", str(image or self.image), *pairs, *words]
        return CliRunner().invoke(app, command, env={"SKOOTS_DEBUG": ""})

    def write(self, name: str, image: Any, **options: Any) -> Path:
        path = self.folder / name
        options.setdefault("photometric", "minisblack")
        tifffile.imwrite(path, image, **options)
        return path


def grey(shape: tuple[int, ...] = SHAPE, seed: int = 0) -> Any:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network with random weights that finds a few things in noise."""
    torch.manual_seed(0)
    network = UNet(1, (4, 8, 8, 8), (1, 1, 1, 1, 1)).eval()
    with torch.no_grad():
        network.head.weight *= 4
        network.head.bias[3:] = 0.5
    names: dict[str, Any] = {
        "ARCHITECTURE": "unet",
        "DIMS": [4, 8, 8, 8],
        "DEPTHS": [1, 1, 1, 1, 1],
    }
    low = {"SKELETON_THRESHOLD": 0.5, "PROBABILITY_THRESHOLD": 0.4}
    sections: dict[str, Any] = {"MODEL": names, "INFERENCE": low}
    sections["SKOOTS"] = {"VECTOR_SCALING": [4, 4, 4]}
    config = get_cfg_defaults().merge(sections)
    path = tmp_path_factory.mktemp("model") / "m.skoots"
    save_checkpoint(path, network, config, normalization=Normalization("volume"))
    return path


@pytest.fixture
def desk(tmp_path: Path, model: Path) -> Desk:
    desk = Desk(tmp_path, model)
    desk.write("cells.tif", grey())
    return desk


# ---- refusals


class Code:
    """What somebody could hide in a model file."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (print, ("this code ran",))


def not_an_image(desk: Desk) -> Result:
    path = desk.folder / "notes.tif"
    path.write_text("Tuesday: imaged the cochlea.")
    return desk.segment(path)


def truncated(desk: Desk) -> Result:
    data = desk.image.read_bytes()
    desk.image.write_bytes(data[: len(data) // 2])
    return desk.segment()


def empty(desk: Desk) -> Result:
    zarr.create_array(desk.folder / "none.zarr", shape=(0, 4, 4), dtype="u1")
    return desk.segment(desk.folder / "none.zarr")


def only_nan(desk: Desk) -> Result:
    return desk.segment(desk.write("nan.tif", np.full(SHAPE, np.nan, np.float32)))


def complex_numbers(desk: Desk) -> Result:
    return desk.segment(desk.write("waves.tif", np.ones(SHAPE, np.complex64)))


def channels(desk: Desk) -> Result:
    image = grey((10, 2, 20, 20))
    options = {"imagej": True, "metadata": {"axes": "ZCYX"}}
    return desk.segment(desk.write("two.tif", image, **options))


def several_images(desk: Desk) -> Result:
    image = desk.write("two.tif", grey((10, 20, 20)))
    tifffile.imwrite(image, grey((9, 20, 20)), append=True)
    return desk.segment(image)


def not_a_model(desk: Desk) -> Result:
    (desk.folder / "photo.trch").write_bytes(b"\x89PNG" * 100)
    return desk.segment(model=str(desk.folder / "photo.trch"))


def code_in_model(desk: Desk) -> Result:
    path = desk.folder / "evil.trch"
    path.write_bytes(pickle.dumps({"model_state_dict": Code()}, protocol=2))
    result = desk.segment(model=str(path))
    assert "this code ran" not in result.output
    return result


def twice(desk: Desk) -> Result:
    assert desk.segment().exit_code == 0
    return desk.segment()


def not_a_run(desk: Desk) -> Result:
    desk.run.mkdir()
    (desk.run / "thesis.docx").write_text("years of work")
    result = desk.segment(None, "--overwrite")
    assert (desk.run / "thesis.docx").read_text() == "years of work"
    return result


def busy(desk: Desk) -> Result:
    assert desk.segment().exit_code == 0
    with locked(desk.run):
        return desk.segment(None, "--resume")


def other_image(desk: Desk) -> Result:
    assert desk.segment().exit_code == 0
    desk.write("cells.tif", grey(seed=1))
    return desk.segment(None, "--resume")


def other_model(desk: Desk) -> Result:
    assert desk.segment().exit_code == 0
    path = desk.folder / "again.skoots"
    known = load_checkpoint(desk.model)
    save_checkpoint(
        path,
        known.network,
        known.config,
        normalization=Normalization("fixed", 0.0, 9.0),
    )
    return desk.segment(None, "--resume", model=str(path))


def other_tile(desk: Desk) -> Result:
    assert desk.segment(tile="32,32,32").exit_code == 0
    return desk.segment(None, "--resume", tile="24,32,32")


def other_core(desk: Desk) -> Result:
    assert desk.segment(set="CORE=[16,16,16]").exit_code == 0
    return desk.segment(None, "--resume", set="CORE=[32,32,32]")


def below_a_file(desk: Desk) -> Result:
    return desk.segment(out=str(desk.image / "results"))


def unfinished(desk: Desk) -> Result:
    job = skoots.segment(desk.image, str(desk.model), desk.run)
    next(job)
    job.close()
    return CliRunner().invoke(app, ["convert", str(desk.run)])


def damaged(desk: Desk) -> Result:
    assert desk.segment().exit_code == 0
    (chunk,) = (desk.run / "labels" / "instances" / "0" / "c").rglob("0/0/0")
    chunk.write_bytes(chunk.read_bytes()[:-9])
    result = CliRunner().invoke(app, ["convert", str(desk.run)])
    assert desk.segment(None, "--resume").exit_code == 0
    assert CliRunner().invoke(app, ["convert", str(desk.run)]).exit_code == 0
    return result


def other_shape(desk: Desk) -> Result:
    words = [str(desk.image), str(desk.write("b.tif", grey((10, 20, 21))))]
    return CliRunner().invoke(app, ["score", *words])


def skeletonize(path: Path) -> Result:
    return CliRunner().invoke(app, ["skeletonize", str(path)])


def image_of_labels(desk: Desk) -> Result:
    desk.write("cells.labels.tif", np.ones(SHAPE, "u2"))
    return skeletonize(desk.write("cells.tif", np.ones(SHAPE, "u1")))


REFUSALS: dict[str, tuple[type[errors.SkootsError], str, Callable[[Desk], Result]]] = {
    "missing file": (
        errors.SourceNotFoundError,
        "There is no volume at .*no.tif. Check the path",
        lambda d: d.segment(d.folder / "no.tif"),
    ),
    "not an image": (errors.SourceError, "notes.tif", not_an_image),
    "truncated TIFF": (errors.SourceError, "cells.tif", truncated),
    "empty volume": (errors.SourceError, "none.zarr", empty),
    "no finite voxel": (errors.SourceError, "no finite value", only_nan),
    "unreadable type": (errors.SourceError, "complex", complex_numbers),
    "wrong axes": (
        errors.AxesError,
        "ZYQ",
        lambda d: d.segment(axes="ZYQ"),
    ),
    "several images": (errors.AxesError, "2 images", several_images),
    "several channels": (
        errors.AxesError,
        r"from 0 to 1 with channel of open_source \(--channel\)",
        channels,
    ),
    "channel out of range": (
        errors.AxesError,
        "channel",
        lambda d: d.segment(channel="3"),
    ),
    "unknown model": (
        errors.ModelNotFoundError,
        "no-such-model",
        lambda d: d.segment(model="no-such-model"),
    ),
    "checkpoint that is none": (errors.CheckpointError, "photo.trch", not_a_model),
    "checkpoint with code in it": (
        errors.UnsafeCheckpointError,
        "evil.trch",
        code_in_model,
    ),
    "output that exists": (
        errors.RunExistsError,
        r"resume=True \(--resume\), .* overwrite=True \(--overwrite\)",
        twice,
    ),
    "output that is no run": (errors.RunError, "not a run of SKOOTS", not_a_run),
    "no write permission": (
        errors.StorageError,
        r"Nothing may be .* out \(--out\)",
        below_a_file,
    ),
    "busy run": (errors.RunBusyError, "Another job is writing", busy),
    "another image": (
        errors.RunError,
        "another image.*=True .--overwrite",
        other_image,
    ),
    "another model": (
        errors.RunError,
        "another model.*=True .--overwrite",
        other_model,
    ),
    "another tile": (errors.RunError, "another tile.*=True .--overwrite", other_tile),
    "another core or halo": (
        errors.RunError,
        r"another CORE \(Z, Y, X\): \(16, 16, 16\), now \(32.*=True .--overwrite",
        other_core,
    ),
    "tile off the grid": (
        errors.TilingError,
        "A tile of 20 voxels along Y.*multiple of 8, at least 24",
        lambda d: d.segment(tile="32,20,32"),
    ),
    "halo off the grid": (
        errors.TilingError,
        "halo of 4 voxels along Z.*multiple of 8",
        lambda d: d.segment(halo="4,8,8"),
    ),
    "unknown device": (
        errors.DeviceError,
        "There is no device 'cuda:99' here. Use one of: auto, cpu",
        lambda d: d.segment(device="cuda:99"),
    ),
    "unknown setting": (
        errors.SettingsError,
        "HOPS",
        lambda d: d.segment(None, "--set", "HOP=3"),
    ),
    "no scale to match": (
        errors.SettingsError,
        r"voxel size.* diameter \(--diameter\) instead of resample \(--resample\)",
        lambda d: d.segment(None, "--resample"),
    ),
    "unfinished run": (errors.RunError, "not finished.*=True .--resume", unfinished),
    "damaged run": (
        errors.RunError,
        r"instances.0 cannot be read in block 0\.0\.0 .*--resume.*assign does it again",
        damaged,
    ),
    "volumes of two shapes": (errors.ScoreError, "shape|voxels", other_shape),
    "no labels to skeletonize": (
        errors.TrainingError,
        r"no NAME\.labels\.tif and no NAME\.labels\.zarr",
        lambda d: skeletonize(d.folder),
    ),
    "image to skeletonize that has labels": (
        errors.TrainingError,
        r"cells\.tif is the image of cells\.labels\.tif",
        image_of_labels,
    ),
    "labels without objects": (
        errors.TrainingError,
        r"cells\.labels\.tif has no objects",
        lambda d: skeletonize(d.write("cells.labels.tif", np.zeros(SHAPE, "u2"))),
    ),
    "labels that are no ids": (
        errors.TrainingError,
        r"cells\.labels\.tif holds float32 and no ids",
        lambda d: skeletonize(d.write("cells.labels.tif", np.ones(SHAPE, "f4"))),
    ),
}


def cause_of(result: Result) -> BaseException | None:
    """Find what made the program leave."""
    error: BaseException | None = result.exception
    while error and not isinstance(error, errors.SkootsError):
        error = error.__cause__ or error.__context__
    return error


@pytest.mark.parametrize("name", REFUSALS)
def test_refused(desk: Desk, name: str) -> None:
    kind, words, act = REFUSALS[name]
    result = act(desk)
    assert result.exit_code == 1, result.output
    said = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(said) == 1
    assert re.search(words, said[0]), said[0]
    assert said[0].endswith((".", ")"))
    assert "Traceback" not in result.output
    assert type(cause_of(result)) is kind


# ---- a disk that is full, a place that may not be written


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 400 kB; needs the right to mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    if not mount("-t", "tmpfs", "-o", "size=400k", "tmpfs", str(place)):
        pytest.skip("needs the right to mount a small disk")
    yield place
    assert call("umount", str(place))


def mount(*words: str) -> bool:
    return call("mount", *words)


def call(*words: str) -> bool:
    """Run a program of the system; tell whether it is there and went well."""
    try:
        done = subprocess.run(words, check=False, capture_output=True)  # noqa: S603 - a fixture's own words
    except FileNotFoundError:
        return False
    return done.returncode == 0


def test_a_full_disk_loses_nothing(desk: Desk, small_disk: Path) -> None:
    image = desk.write("large.tif", grey((32, 64, 64)))
    options = {"tile": "32,32,32", "out": str(small_disk)}
    result = desk.segment(image, **options)
    assert result.exit_code == 1, result.output
    assert re.search(
        r"error: The disk that holds .* is full.*resume=True \(--resume", result.stderr
    )
    assert type(cause_of(result)) is errors.StorageError
    run = small_disk / "large.skoots.zarr"
    done = len(list(run.glob("state/predict/*.npz")))
    assert 0 < done < 32
    assert mount("-o", "remount,size=64m", str(small_disk))
    result = desk.segment(image, "--resume", "--json", **options)
    assert result.exit_code == 0, result.output
    assert f'"blocks_done_before": {done},' in result.stdout
    expected = desk.folder / "roomy"
    assert desk.segment(image, tile="32,32,32", out=str(expected)).exit_code == 0
    labels = RunFolder.open(expected / run.name).labels[...]
    np.testing.assert_array_equal(RunFolder.open(run).labels[...], labels)


def test_a_disk_that_will_be_full_is_said_before(desk: Desk, small_disk: Path) -> None:
    image = desk.write("large.tif", grey((64, 128, 128)))
    job = skoots.segment(image, str(desk.model), small_disk / "large.skoots.zarr")
    events = [next(job), next(job)]
    job.close()
    assert any("The run needs about 0.0 GB" in str(event) for event in events)


@pytest.mark.parametrize("words", [[], ["--resume"], ["--overwrite"]], ids=str)
def test_a_disk_that_may_only_be_read_is_named(
    desk: Desk, small_disk: Path, words: list[str]
) -> None:
    if words:
        assert desk.segment(out=str(small_disk)).exit_code == 0
    assert mount("-o", "remount,ro", str(small_disk))
    result = desk.segment(None, *words, out=str(small_disk), set="HOPS=1")
    assert result.exit_code == 1, result.output
    assert re.search("error: Nothing may be written to .*--out", result.stderr)
    assert type(cause_of(result)) is errors.StorageError


# ---- odd, and no mistake


def test_a_constant_volume_gives_no_objects(desk: Desk) -> None:
    image = desk.write("flat.tif", np.full(SHAPE, 7, np.uint8))
    result = desk.segment(image, "--json")
    assert result.exit_code == 0, result.output
    assert '"objects": 0' in result.stdout
    assert "note: Each tile of the image holds a single value" in result.stderr


def test_voxels_that_are_no_numbers_are_said(desk: Desk) -> None:
    image = grey().astype(np.float32)
    image[0, 0, :3] = np.nan, np.inf, -np.inf
    result = desk.segment(desk.write("holes.tif", image))
    assert result.exit_code == 0, result.output
    assert "note: 3 voxels are infinite or not a number" in result.stderr


@pytest.mark.parametrize("shape", [(20, 20), (1, 20, 20), (3, 5, 2), (9, 17, 25)])
def test_small_and_odd_volumes_are_segmented(
    desk: Desk, shape: tuple[int, ...]
) -> None:
    image = desk.write("odd.tif", grey(shape))
    result = desk.segment(image, tile="64,64,64")
    assert result.exit_code == 0, result.output
    labels = RunFolder.open(desk.folder / "odd.skoots.zarr").labels
    assert labels.shape == ((1, *shape) if len(shape) == 2 else shape)


def test_a_finished_run_says_so_and_ends_well(desk: Desk) -> None:
    assert desk.segment().exit_code == 0
    result = desk.segment(None, "--resume")
    assert result.exit_code == 0, result.output
    assert "is finished already" in result.stderr


# ---- the words


def said_by(module: Path) -> Iterator[tuple[int, str]]:
    """Yield a module's literals that are no docstrings, with their lines."""
    nodes = list(ast.walk(ast.parse(module.read_text(encoding="utf-8"))))
    lone = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and id(node) not in lone:
            yield node.lineno, str(node.value)


def test_the_engine_speaks_to_callers_of_python_and_of_the_shell() -> None:
    """Options stand in brackets, after the argument that they stand for."""
    # ask_again.py writes whole command lines, readme.py a page with one
    shell = {"cli", "demo.py", "doctor.py", "__main__.py", "ask_again.py", "readme.py"}
    modules = [
        path
        for path in Path(skoots.__file__).parent.rglob("*.py")
        if not shell & set(path.parts)
    ]
    assert len(modules) > 80
    bare = [
        f"{module.name}:{line}: {text}"
        for module in modules
        for line, text in said_by(module)
        if re.search(r"(?<!\()--(?=[a-z]|$)|[\"'`]skoots (segment|convert)", text)
    ]
    assert bare == []


# ---- the page


def test_the_page_has_a_row_for_each_case() -> None:
    page = PAGE.read_text(encoding="utf-8")
    _, refused, *rest = page.split("\n## ")
    rows = re.findall(r"^\| (.+?) \| `(\w+)` \|", refused, re.MULTILINE)
    assert rows == [(name, kind.__name__) for name, (kind, *_) in REFUSALS.items()]
    tests = Path(__file__).parent
    code = "".join(p.read_text(encoding="utf-8") for p in tests.rglob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", "".join(rest))
    assert len(named) > 5
    assert [name for name in named if f"def {name}(" not in code] == []
