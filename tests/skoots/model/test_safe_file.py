"""A checkpoint is data, never code."""

from __future__ import annotations

import errno
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from skoots.errors import (
    CheckpointError,
    ModelNotFoundError,
    StorageError,
    UnsafeCheckpointError,
)
from skoots.model.safe_file import read_safely, write_safely


class Harm:
    """Unpickling this makes a file: proof that code ran."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.proof,)


class SystemHarm(Harm):
    """The same by way of the shell."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.proof}'",)


@pytest.mark.parametrize("harm", [Harm, SystemHarm])
@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("container", ["zip", "legacy", "pickle"])
def test_code_is_refused_by_name_and_does_not_run(
    tmp_path: Path, harm: type[Harm], protocol: int, container: str
) -> None:
    path, proof = tmp_path / "model.trch", tmp_path / "proof"
    payload = {"model_state_dict": {"w": torch.zeros(3)}, "cfg": harm(proof)}
    if container == "pickle":
        path.write_bytes(pickle.dumps(harm(proof), protocol=protocol))
    else:
        zipped = container == "zip"
        torch.save(
            payload,
            path,
            pickle_protocol=protocol,
            _use_new_zipfile_serialization=zipped,
        )
    with pytest.raises(UnsafeCheckpointError, match=r"system|touch|pathlib|getattr"):
        read_safely(path)
    assert not proof.exists()


def test_the_harm_is_real(tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    pickle.loads(pickle.dumps(Harm(proof)))  # noqa: S301 (what the reader must not do)
    assert proof.exists()


@pytest.mark.parametrize(
    ("value", "named"),
    [
        pytest.param(torch.nn.Linear(2, 2), r"torch\.nn", id="whole module"),
        pytest.param({"a": np.zeros(3)}, "numpy", id="numpy array"),
        pytest.param({"a": Path("x")}, "pathlib", id="path"),
    ],
)
def test_every_class_but_data_is_named(
    tmp_path: Path, value: object, named: str
) -> None:
    torch.save(value, tmp_path / "model.trch")
    with pytest.raises(UnsafeCheckpointError, match=named):
        read_safely(tmp_path / "model.trch")


def test_data_is_read(tmp_path: Path) -> None:
    payload = {"a": [1, 2.5, "x", None, True], "b": (torch.arange(3), {"c": set()})}
    torch.save(payload, tmp_path / "model.trch")
    read = read_safely(tmp_path / "model.trch")
    assert isinstance(read, dict)
    assert read["a"] == payload["a"]
    assert torch.equal(read["b"][0], torch.arange(3))


def write_text(path: Path) -> None:
    path.write_text("hello, world\n")


def write_nothing(path: Path) -> None:
    path.write_bytes(b"")


def write_tiff(path: Path) -> None:
    tifffile.imwrite(path, np.zeros((4, 5, 6), np.uint8), photometric="minisblack")


def write_other_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/readme.txt", "hello")


def write_truncated(path: Path) -> None:
    torch.save({"a": torch.zeros(1000)}, path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def write_new_protocol(path: Path) -> None:
    torch.save({"a": torch.zeros(3)}, path, pickle_protocol=4)


def make_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    "write",
    [
        write_text,
        write_nothing,
        write_tiff,
        write_other_zip,
        write_truncated,
        write_new_protocol,
        make_folder,
    ],
    ids=lambda write: write.__name__,
)
def test_what_is_no_model_file_is_refused(tmp_path: Path, write: Any) -> None:
    path = tmp_path / "model.trch"
    write(path)
    with pytest.raises(CheckpointError, match=r"model\.trch") as error:
        read_safely(path)
    assert not isinstance(error.value, UnsafeCheckpointError)
    assert "weights_only" not in str(error.value)


def test_a_missing_file_is_a_missing_model(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=r"none\.trch"):
        read_safely(tmp_path / "none.trch")


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    damage=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4
    ),
    kept=st.floats(0, 1),
    zipped=st.booleans(),
)
@example(damage=[(0.0, 0)], kept=1.0, zipped=True)  # an archive without its beginning
def test_damaged_bytes_never_surprise(
    tmp_path: Path, damage: list[tuple[float, int]], kept: float, zipped: bool
) -> None:
    # places are fractions of the file: its length varies from one save to the next
    path = tmp_path / "model.trch"
    payload = {"a": torch.zeros(3), "b": [1, "x"]}
    torch.save(payload, path, _use_new_zipfile_serialization=zipped)
    content = bytearray(path.read_bytes())
    for place, value in damage:
        content[int(place * (len(content) - 1))] = value
    path.write_bytes(content[: max(1, int(kept * len(content)))])
    try:
        read_safely(path)
    except CheckpointError as error:
        assert "model.trch" in str(error)  # noqa: PT017 (a lucky file may load)


def test_writing_leaves_one_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "model.skoots"
    write_safely(path, {"a": 1})
    write_safely(path, {"a": 2})
    assert read_safely(path) == {"a": 2}
    assert [file.name for file in path.parent.iterdir()] == ["model.skoots"]


def test_a_full_disk_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.skoots"
    write_safely(path, {"a": 1})

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        write_safely(path, {"a": 2})
    monkeypatch.undo()
    assert read_safely(path) == {"a": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["model.skoots"]


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="Make room"):
        write_safely(tmp_path / "file" / "model.skoots", {})
