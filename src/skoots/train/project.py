"""The folder of one training, and what lies in it.

======================  =======================================================
``settings.yaml``       all settings, as the training uses them
``last.skoots``         the model as it was last saved
``best.skoots``         the model with the best validation; absent without one
``curves.csv``, ``.png``  losses and scores, a row an epoch
``state.pt``            what a training needs to go on
``tensorboard``         the curves for TensorBoard, where it is installed
======================  =======================================================
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from filelock import FileLock, Timeout

from skoots.config import get_cfg_defaults, validate_cfg
from skoots.errors import RunBusyError, RunExistsError, TrainingError
from skoots.run.storage import storage_errors, write_atomically
from skoots.train.curves import BOARD
from skoots.train.remedies import LEARNING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from skoots.config import Settings

PathLike: TypeAlias = str | os.PathLike[str]

MAY_CHANGE = frozenset(
    {
        "SYSTEM.NUM_CPUS",
        "SYSTEM.NUM_GPUS",
        "TRAIN.NUM_EPOCHS",
        "TRAIN.SAVE_PATH",
        "TRAIN.PRETRAINED_MODEL_PATH",
        "TRAIN.TRAIN_DATA_DIR",
        "TRAIN.VALIDATION_DATA_DIR",
        "TRAIN.BACKGROUND_DATA_DIR",
        "TRAIN.SAVE_INTERVAL",
        "TRAIN.VALIDATE_EPOCH_SKIP",
        "TRAIN.DATALOADER_NUM_WORKERS",
        "TRAIN.DATALOADER_PREFETCH_FACTOR",
        "TRAIN.TRAIN_STORE_DATA_ON_GPU",
        "TRAIN.VALIDATION_STORE_DATA_ON_GPU",
        "TRAIN.BACKGROUND_STORE_DATA_ON_GPU",
        "TRAINER.THREADS",
        "TRAINER.CHECKPOINT_MINUTES",
        "TRAINER.SECONDS",
        "TRAINER.VALIDATE_SECONDS",
    }
)
"""What a training that goes on may do otherwise: how long and where, not what. Its
data may lie elsewhere by then; that it is the same is checked when it is loaded."""

_FOLDERS = ("TRAIN_DATA_DIR", "VALIDATION_DATA_DIR", "BACKGROUND_DATA_DIR")


class Project:
    """A training's folder.

    Parameters
    ----------
    path : path
        A folder with a ``settings.yaml``.

    Raises
    ------
    TrainingError
        If there is no such folder, or no settings in it.
    SettingsError
        If the settings cannot be used.
    """

    def __init__(self, path: PathLike) -> None:
        self.path = Path(path)
        if not self.settings_file.is_file():
            raise TrainingError(
                f"{self.path} is no training: it has no {self.settings_file.name}. "
                "Make one of settings by Project.create (--config-file)."
            )
        read = get_cfg_defaults().merge_from_file(self.settings_file)
        self.settings: Settings = validate_cfg(read)

    @classmethod
    def create(
        cls,
        path: PathLike,
        settings: Settings,
        *,
        resume: bool = False,
        overwrite: bool = False,
    ) -> Project:
        """Make a folder for a training, or open the one that is there.

        Parameters
        ----------
        path : path
            The folder; it and those above it are made.
        settings : Settings
            Of the training.
        resume : bool
            Whether a training that is there goes on; only how long it takes and where
            it runs may be set otherwise.
        overwrite : bool
            Whether a training that is there is thrown away.

        Raises
        ------
        RunExistsError
            If a training is there and neither is said.
        RunBusyError
            If another process is training there; nothing was changed then.
        TrainingError
            If a training that goes on would be another one.
        StorageError
            If the folder cannot be written.
        """
        folder = Path(path)
        settings = _with_whole_paths(validate_cfg(settings))
        with storage_errors(folder, LEARNING):
            folder.mkdir(parents=True, exist_ok=True)
            with _locked(folder):
                _prepare(folder, settings, resume=resume, overwrite=overwrite)
        return cls(folder)

    @property
    def settings_file(self) -> Path:
        """The settings as the training uses them."""
        return self.path / "settings.yaml"

    @property
    def state_file(self) -> Path:
        """What a training needs to go on."""
        return self.path / "state.pt"

    @property
    def curves_file(self) -> Path:
        """Losses and scores, a row an epoch."""
        return self.path / "curves.csv"

    @property
    def last(self) -> Path:
        """The model as it was last saved."""
        return self.path / "last.skoots"

    @property
    def best(self) -> Path:
        """The model with the best validation."""
        return self.path / "best.skoots"

    def locked(self) -> AbstractContextManager[None]:
        """Keep other processes from training here.

        Raises
        ------
        RunBusyError
            If one does already.
        """
        return _locked(self.path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    # a generator may be closed in another thread than the one that started it
    lock = FileLock(folder / ".lock", thread_local=False)
    try:
        held = lock.acquire(timeout=0)
    except Timeout as error:
        raise RunBusyError(
            f"Another process is training in {folder}. Wait for it, or stop it."
        ) from error
    with held:
        yield


def _prepare(
    folder: Path, settings: Settings, *, resume: bool, overwrite: bool
) -> None:
    """Write the settings of a training that begins, or goes on."""
    there = (folder / "settings.yaml").is_file()
    began = there and (folder / "state.pt").is_file()
    if began and not (resume or overwrite):
        raise RunExistsError(
            f"{folder} holds a training. Go on with it by resume=True (--resume), "
            "throw it away by overwrite=True (--overwrite), or name another "
            "folder (--out)."
        )
    if began and resume:
        _refuse_other_settings(Project(folder).settings, settings, folder)
    if there and not (began and resume):
        _clear(folder)
    write_atomically(folder / "settings.yaml", settings.to_yaml().encode())


def _with_whole_paths(settings: Settings) -> Settings:
    """Name data folders so that a process anywhere else finds them."""
    train = settings.TRAIN
    whole = {
        key: [str(Path(p).resolve()) for p in getattr(train, key)] for key in _FOLDERS
    }
    return settings.merge({"TRAIN": whole})


def _clear(folder: Path) -> None:
    """Remove what a training wrote, and nothing that lies beside it."""
    names = ("state.pt", "last.skoots", "best.skoots", "curves.csv", "curves.png")
    for name in names:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / BOARD, ignore_errors=True)


def _refuse_other_settings(before: Settings, now: Settings, folder: Path) -> None:
    old, new = before.to_dict(), now.to_dict()
    changed = [
        f"{section}.{key} was {old[section][key]} and is {value}"
        for section, values in new.items()
        for key, value in values.items()
        if value != old[section][key] and f"{section}.{key}" not in MAY_CHANGE
    ]
    if changed:
        raise TrainingError(
            f"The training in {folder} cannot go on with other settings: "
            f"{'; '.join(changed)}. Take them back, or begin a new one in another "
            "folder (--out)."
        )
