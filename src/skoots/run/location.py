"""Where a run lies: whether one may be made there, and who may write it.

The lock is the first file of a run and outlives everything that is cleared, so nothing
in a folder is changed by a process that does not hold it.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from skoots.errors import RunError, RunExistsError
from skoots.run.layout import LOCK, PARTS, PLAN, STATE, is_run
from skoots.run.process_lock import hold_process_lock
from skoots.run.storage import PARTIAL, storage_errors
from skoots.volume.naming import RUN_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def check_place(path: Path, *, resume: bool, overwrite: bool) -> bool:
    """Tell whether to go on with what lies there, changing nothing.

    Parameters
    ----------
    path : Path
        Where the run folder is or shall be.
    resume : bool
        Go on with what is there; a broken beginning is no run yet.
    overwrite : bool
        Start anew, if what is there is a run.

    Returns
    -------
    bool
        Whether there is a run to go on with.

    Raises
    ------
    RunExistsError
        If a run is there and neither may be done.
    RunError
        If what is there is no run, so that deleting it could cost data.
    """
    if _is_free(path):
        return False
    if not (is_run(path) or _is_beginning(path)):
        raise RunError(
            f"{path} is there and is not a run of SKOOTS. Move it, or choose another "
            "place with out (--out)."
        )
    if not (resume or overwrite):
        raise RunExistsError(
            f"{path} is there already. Go on with resume=True (--resume), start anew "
            "with overwrite=True (--overwrite), or choose another place with out "
            "(--out)."
        )
    return resume and is_run(path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the right to write a run; a dead process holds none.

    Parameters
    ----------
    path : Path
        The run folder; made if it is not there.

    Raises
    ------
    RunBusyError
        If a living process has it; nothing was changed then.
    StorageError
        If nothing may be written there.
    """
    with storage_errors(path):
        (path / STATE).mkdir(parents=True, exist_ok=True)
    release = hold_process_lock(path, job=True)
    try:
        yield
    finally:
        release()


def clear(path: Path) -> None:
    """Delete what a run made, besides the lock, which the caller holds."""
    with storage_errors(path):
        # without its plan it is a beginning, whatever happens next
        (path / STATE / PLAN).unlink(missing_ok=True)
        for name in PARTS:
            if (path / name).exists():
                shutil.rmtree(path / name)
        (path / "zarr.json").unlink(missing_ok=True)
        for entry in (path / STATE).iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != LOCK:
                entry.unlink()


def clear_partial_files(path: Path) -> None:
    """Delete files that a dead process was writing."""
    with storage_errors(path):
        for left in path.rglob(f"*{PARTIAL}"):
            left.unlink(missing_ok=True)


def _is_free(path: Path) -> bool:
    """Whether nothing is there, or nothing but the lock of this or a dead process."""
    if not path.exists():
        return True
    if not path.is_dir() or _names(path) - {STATE}:
        return False
    return not (path / STATE).exists() or _names(path / STATE) <= {LOCK}


def _is_beginning(path: Path) -> bool:
    """Whether a folder holds nothing but what a run makes before its plan."""
    if not path.is_dir():
        return False
    if not _names(path) <= {"zarr.json", STATE, *PARTS}:
        return False
    return path.name.endswith(RUN_SUFFIX) or (path / STATE / LOCK).is_file()


def _names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}
