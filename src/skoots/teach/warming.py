"""Do all of it once on next to nothing, so that the first real step comes soon.

Much is imported, compiled or looked up when it is used for the first time.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np

from skoots.events import TrainStep
from skoots.teach.project import PROJECT_SUFFIX, TeachProject
from skoots.teach.teaching import teach
from skoots.train.data.taught_boxes import TaughtBox
from skoots.volume.source import open_source

_SHAPE = (16, 32, 64)


def warm_up(threads: int = 0, folder: Path | None = None) -> None:
    """Teach a tiny model one step, and forget it.

    Parameters
    ----------
    threads : int
        Processor threads that may work; 0: all there are.
    folder : Path, optional
        Where temporary files go, if not where those of all programs do.

    Raises
    ------
    OSError
        If there is no room for temporary files.
    """
    with tempfile.TemporaryDirectory(dir=folder) as place:
        project = TeachProject.create(Path(place) / f"tiny{PROJECT_SUFFIX}")
        labels = np.zeros(_SHAPE, np.uint32)
        for number, start in enumerate((6, 24, 44), 1):
            labels[4:12, 8:24, start : start + 14] = number
        noise = np.random.default_rng(0).normal(0, 8, _SHAPE)
        grey = np.clip(100 + 100 * (labels > 0) + noise, 0, 255).astype(np.uint8)
        example = project.add(open_source(grey))
        example.copy_labels(labels)
        example.set_boxes([TaughtBox((0, 0, 0), _SHAPE)])
        with closing(teach(project, None, device="cpu", threads=threads)) as job:
            for event in job:
                if isinstance(event, TrainStep):
                    return
