"""The right to write a run, as labels that are shown have it, lose it and take it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from weakref import finalize

from skoots.errors import RunBusyError, RunError
from skoots.run.folder import RunFolder
from skoots.run.process_lock import hold_process_lock

if TYPE_CHECKING:
    from os import PathLike


class Hold:
    """Holds a run for one owner, and gives it back when that is gone.

    Parameters
    ----------
    path : path
        The run folder.

    Raises
    ------
    RunError
        If the folder is no run.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.run = RunFolder.open(Path(path))
        self._end: finalize[..., object] | None = None

    def take(self, owner: object) -> bool:
        """Take the run; tell whether that was possible.

        Parameters
        ----------
        owner : object
            For whom; not referred to.

        Returns
        -------
        bool
            False if another process has the run.

        Raises
        ------
        RunError
            If the run is no more, or was begun anew on another grid.
        """
        if self._end is not None and self._end.alive:
            return True
        try:
            release = hold_process_lock(self.run.path, job=False)
        except RunBusyError:
            return False
        try:
            self._check_same()
            self.run.recover()
        except BaseException:
            release()
            raise
        self._end = finalize(owner, release)
        return True

    def give_back(self) -> None:
        """Let others write the run, as often as one likes."""
        if self._end is not None:
            self._end()

    def _check_same(self) -> None:
        before, now = self.run.labels, RunFolder.open(self.run.path).labels
        if (before.shape, before.chunks) != (now.shape, now.chunks):
            raise RunError(
                f"{self.run.path} was begun anew: its labels are {now.shape} now, not "
                f"{before.shape}. Remove the layer and open the run again."
            )
