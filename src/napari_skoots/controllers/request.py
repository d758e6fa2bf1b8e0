"""One segmentation that is asked for: everything that was chosen, at that moment.

A job is bound to what was chosen when it began. What the user chooses while it runs
changes nothing of it.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from skoots.events import RunStarted

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    from skoots.events import Event, RunFinished
    from skoots.model.checkpoint import Checkpoint
    from skoots.run.region import Region
    from skoots.volume.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What `skoots.segment` is called with, and where its labels go."""

    source: Source
    checkpoint: Checkpoint
    out: Path
    name: str
    """Of the image, in titles and as the stem of the layer's name."""

    geometry: Mapping[str, Any]
    """Keywords of the labels layer: scale, place, units, names of axes."""

    image_id: str | None = None
    """Unique id of the image's layer."""

    region: Region | None = None
    """None is the whole volume."""

    config: Mapping[str, Any] = field(default_factory=dict)
    """Settings of ``INFERENCE`` that differ from the model's."""

    point: tuple[float, float, float] | None = None
    """What the user looked at (Z, Y, X), in voxels: the tiles there come first."""

    device: str = "auto"
    wish: Mapping[str, Any] = field(default_factory=dict)
    """``resample`` or ``diameter``, or neither."""

    stamp: Callable[[Path], Callable[[], object] | None] | None = None
    """Writes into the labels of a run that begins, before the network is asked, and
    gives what shall be done when it has ended."""

    @property
    def title(self) -> str:
        """What the user reads of the job."""
        return f"Segment {self.name}"

    def adds_to(self, other: Request) -> bool:
        """Whether this is another part of the same run, wanted in the same way."""

        def wanted(one: Request) -> tuple[object, ...]:
            what = (one.checkpoint.digest, one.out, one.image_id, one.source.name)
            return (*what, dict(one.config), one.device, dict(one.wish))

        return wanted(self) == wanted(other)

    @property
    def settings(self) -> dict[str, Any] | None:
        """What differs from the model's settings, as the engine takes it."""
        return {"INFERENCE": dict(self.config)} if self.config else None

    def begin(
        self, *, resume: bool, overwrite: bool
    ) -> Generator[Event, Any, RunFinished]:
        """Make the job; the engine is imported by then."""
        from skoots.inference.pipeline import segment  # noqa: PLC0415 - imports torch

        job = segment(
            self.source,
            self.checkpoint,
            self.out,
            self.settings,
            region=self.region,
            resume=resume,
            overwrite=overwrite,
            device=self.device,
            preview=True,
            **self.wish,
        )
        return job if resume or self.stamp is None else _stamped(job, self.stamp)


def _stamped(
    job: Generator[Event, Any, RunFinished],
    stamp: Callable[[Path], Callable[[], object] | None],
) -> Generator[Event, Any, RunFinished]:
    """Run a job whose labels are written into as soon as there are any."""
    sent: Any = None
    after: Callable[[], object] | None = None
    with closing(job):
        while True:
            try:
                event = job.send(sent)
            except StopIteration as end:
                finished: RunFinished = end.value
                break
            if isinstance(event, RunStarted):
                after = stamp(event.run)
            sent = yield event
    if after is not None:
        after()
    return finished
