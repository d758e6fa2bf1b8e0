"""Read and write model files: data, never code.

A pickle can run any code while it is read. Torch's restricted unpickler builds tensors
and plain containers and refuses all else. Published checkpoints hold one thing more,
their ``CfgNode``; that name is read as the plain ordered dictionary it is, so yacs is
neither needed nor asked.
"""

from __future__ import annotations

import collections
import contextlib
import hashlib
import io
import os
import pickle
import pickletools
import re
import struct
import warnings
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO

import torch

from skoots.errors import (
    CheckpointError,
    ModelNotFoundError,
    StorageError,
    UnsafeCheckpointError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_ALLOWED: list[Callable[..., object] | tuple[Callable[..., object], str]] = [
    (collections.OrderedDict, "yacs.config.CfgNode")
]

_HARMLESS = re.compile(
    r"torch(\.\w+)*\.(_rebuild\w*|\w+Storage|Size|\w*\d+|Parameter)"
    r"|collections\.OrderedDict|yacs\.config\.CfgNode|_codecs\.encode|builtins\.set"
)

# Whatever the bytes of a damaged file make torch's reader stumble over.
_DAMAGED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,  # a length that is none
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def read_safely(path: Path) -> object:
    """Read what a model file holds, without running any of it.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    object
        Plain containers and tensors on the CPU.

    Raises
    ------
    ModelNotFoundError
        If there is no such file.
    UnsafeCheckpointError
        If the file names anything but data; the message says what.
    CheckpointError
        If it is no file of torch, or damaged.
    """
    _refuse_what_is_no_file(path)
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(_ALLOWED):
            # Torch warns of old pickles, which either load or are refused below.
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except PermissionError as error:
        raise CheckpointError(f"{path} may not be read: {error.strerror}.") from error
    except _DAMAGED as error:
        _refuse_code(path, error)
        raise CheckpointError(
            f"{path} is no model file, or it is damaged. Give a .skoots or .trch file, "
            "or copy it again from where it came."
        ) from error


def write_safely(path: Path, payload: object) -> None:
    """Write a model file in one step, so that there is never half of one.

    Parameters
    ----------
    path : Path
        Where to; its folder is made, an old file is replaced.
    payload : object
        Plain containers and tensors.

    Raises
    ------
    StorageError
        If the disk is full or nothing may be written there.
    """
    buffer = io.BytesIO()
    torch.save(payload, buffer)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise StorageError(
            f"The model cannot be written to {path}: {error.strerror or error}. "
            "Make room, or name another place."
        ) from error
    finally:
        with contextlib.suppress(OSError):  # it is gone, or never was
            unfinished.unlink()


def file_digest(path: Path) -> str:
    """Give the SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse_what_is_no_file(path: Path) -> None:
    if path.is_dir():
        raise CheckpointError(f"{path} is a folder. Give the model file inside it.")
    if not path.exists():
        raise ModelNotFoundError(f"There is no model file {path}. Check its path.")
    if path.stat().st_size == 0:
        raise CheckpointError(f"{path} is empty. Copy it again from where it came.")


def _refuse_code(path: Path, error: Exception) -> None:
    named = re.search(r"GLOBAL ([\w.]+)", str(error))
    found = [named[1]] if named else sorted(_foreign_names(path))
    if found:
        raise UnsafeCheckpointError(
            f"{path} was not read: it holds more than data and would run "
            f"{', '.join(found)}. Ask its author for the weights alone, saved as a "
            "state dict."
        ) from error


def _foreign_names(path: Path) -> set[str]:
    """Find the functions and classes that a pickle names, without running it."""
    try:
        with _pickle_stream(path) as stream:
            return {name for name in _names(stream) if not _HARMLESS.fullmatch(name)}
    except _DAMAGED:
        return set()


def _pickle_stream(path: Path) -> BinaryIO:
    if not zipfile.is_zipfile(path):
        return path.open("rb")
    with zipfile.ZipFile(path) as archive:
        inside = [name for name in archive.namelist() if name.endswith("data.pkl")]
        return io.BytesIO(b"".join(archive.read(name) for name in inside))


def _names(stream: BinaryIO) -> Iterator[str]:
    texts: list[str] = []
    memo: dict[int, str] = {}
    try:
        while True:  # old files are several pickles in a row
            for code, value, _ in pickletools.genops(stream):
                if code.name == "GLOBAL":
                    yield str(value).replace(" ", ".")
                elif code.name == "STACK_GLOBAL":
                    yield ".".join(texts[-2:])
                else:
                    _follow_text(code.name, value, texts, memo)
    except ValueError:  # the end, or no pickle from here on
        return


def _follow_text(
    code: str, value: object, texts: list[str], memo: dict[int, str]
) -> None:
    if isinstance(value, str) and "UNICODE" in code:
        texts.append(value)
    elif code == "MEMOIZE":
        memo[len(memo)] = texts[-1] if texts else ""
    elif code in {"BINPUT", "LONG_BINPUT"} and isinstance(value, int):
        memo[value] = texts[-1] if texts else ""
    elif code in {"BINGET", "LONG_BINGET"} and isinstance(value, int):
        texts.append(memo.get(value, ""))
