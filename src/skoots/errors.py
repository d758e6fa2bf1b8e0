"""What can go wrong, by name.

Each class is also the built-in that a caller would expect, so that
``except ValueError`` and ``except FileNotFoundError`` go on working. Messages say what
is wrong, which value it was and what to do.
"""

from __future__ import annotations


class SkootsError(Exception):
    """Base of every error that this engine raises on purpose."""


class SettingsError(SkootsError, ValueError):
    """A settings file or a value in it that cannot be used."""


class ShapeError(SkootsError, ValueError):
    """An array whose shape or data type does not fit the function."""


class SkeletonError(SkootsError, ValueError):
    """Labels and skeletons that do not belong together."""


class CheckpointError(SkootsError, ValueError):
    """A model file that cannot be read."""


class UnsafeCheckpointError(CheckpointError):
    """A model file that holds more than data."""


class ModelNotFoundError(SkootsError, FileNotFoundError):
    """Neither a shipped model nor a file has this name."""


class ModelExistsError(SkootsError, FileExistsError):
    """A name that a model has already."""


class ExportError(SkootsError, ValueError):
    """A model that cannot be shared as asked."""


class MissingPackageError(SkootsError, ImportError):
    """A Python package that only some need, and that is not installed."""


class DeviceError(SkootsError, RuntimeError):
    """A device that is not there or cannot do the work."""


class NotFiniteError(DeviceError):
    """A network's answer that holds what is no number."""


class SourceNotFoundError(SkootsError, FileNotFoundError):
    """A volume that is not where it was said to be."""


class SourceError(SkootsError, ValueError):
    """A volume that cannot be read as an image."""


class AxesError(SourceError):
    """Axes that do not describe the volume, or a choice that is missing."""


class UnnamedAxesError(AxesError):
    """Axes that have no names, or names that are no axes of a volume.

    Parameters
    ----------
    message : str
        What is wrong and what to do.
    axes : str
        A letter for each axis that a viewer shows; ``?`` for one without a name.
    lengths : tuple of int
        Extent along each of them.
    """

    def __init__(self, message: str, axes: str, lengths: tuple[int, ...]) -> None:
        super().__init__(message)
        self.axes = axes
        self.lengths = lengths

    def __reduce__(self) -> tuple[object, ...]:
        """Let it travel from one process to another."""
        return type(self), (str(self), self.axes, self.lengths)


class TilingError(SkootsError, ValueError):
    """A tile size and a halo that cannot cover a volume."""


class RunError(SkootsError, RuntimeError):
    """A run folder that cannot be used as asked."""


class RunExistsError(RunError, FileExistsError):
    """An output that is there already."""


class RunBusyError(RunError):
    """A run that another living process is writing."""


class StorageError(SkootsError, OSError):
    """A disk that is full, or a place where nothing may be written."""

    def __str__(self) -> str:
        """Give the message, without the number that `OSError` puts before it."""
        return self.strerror or super().__str__()


class ScoreError(SkootsError, ValueError):
    """Two label volumes that cannot be compared."""


class TrainingError(SkootsError, RuntimeError):
    """Training data or a training run that cannot be used."""


class WorkerError(TrainingError):
    """A process that teaches and that has ended, or failed in a way nobody foresaw."""
