"""Say how good a network is by now, and keep it if it is the best so far."""

from __future__ import annotations

import math
from dataclasses import astuple, replace
from typing import TYPE_CHECKING, Any

from skoots.events import Validated
from skoots.train.curves import SCORES
from skoots.train.data.taught_boxes import TaughtBox
from skoots.train.epochs import Stream, random_numbers
from skoots.train.instance_score import score_volumes
from skoots.train.learner import NAMES
from skoots.train.validation import validate_losses

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from skoots.events import Event
    from skoots.train.data.annotated import AnnotatedVolume
    from skoots.train.deliver import Delivery
    from skoots.train.instance_score import InstanceScore
    from skoots.train.learner import Learner
    from skoots.train.project import Project
    from skoots.train.sources import Sources
    from skoots.train.state import Progress


FINER = "average_best_overlap"
"""Decides between models of one panoptic quality: of few held-out objects that is 0, or
jumps. It is in no column of the curves."""


TAUGHT = "taught_quality"
"""Panoptic quality in the boxes that are learned from; see `TRAINER.SCORE_TAUGHT`."""

_LARGEST = (64, 160, 160)
"""Of such a box, the middle is scored; along Z, Y, X, in voxels."""


class Judge:
    """Validates by the losses on held-out crops and by the scores of held-out volumes.

    Parameters
    ----------
    project : Project
        Of the training.
    learner : Learner
        Whose averaged weights are judged.
    sources : Sources
        What is held out.
    delivery : Delivery
        Writes the best model.
    """

    def __init__(
        self, project: Project, learner: Learner, sources: Sources, delivery: Delivery
    ) -> None:
        self._project = project
        self._learner = learner
        self._sources = sources
        self._delivery = delivery

    def is_due(self, epoch: int, progress: Progress, *, last: bool) -> bool:
        """Tell whether an epoch, from 0, ends with a validation.

        Parameters
        ----------
        epoch : int
            From 0.
        progress : Progress
            How far the training is.
        last : bool
            Whether no epoch follows.
        """
        settings = self._project.settings
        turn = (epoch + 1) % settings.TRAIN.VALIDATE_EPOCH_SKIP == 0
        waited = progress.seconds - progress.validated_at
        turn = turn and waited >= settings.TRAINER.VALIDATE_SECONDS
        return self._sources.held_out and (last or turn)

    def validate(
        self, epoch: int, progress: Progress, *, last: bool = False
    ) -> Generator[Event, Any, tuple[dict[str, float], bool]]:
        """Judge the averaged weights and keep them if they are the best so far.

        Parameters
        ----------
        epoch : int
            From 0.
        progress : Progress
            Remembers the best; changed at the end.
        last : bool
            Whether no other validation follows.

        Yields
        ------
        Validating, Validated
            Closing the generator leaves all as it was.

        Returns
        -------
        found : dict from str to float
            Losses by `skoots.train.learner.NAMES`, scores by
            `skoots.train.curves.SCORES` and `FINER`; what was not asked is absent.
        best : bool
            Whether there was none better before.
        """
        found = self._losses(epoch)
        if self._scores_now(progress, last=last):
            found |= yield from self._scores()
        progress.validations += 1
        best = self._keep_if_best(found, progress)
        yield Validated(progress.step, found, best, progress.seconds)
        return found, best

    def _losses(self, epoch: int) -> dict[str, float]:
        if self._sources.validation is None:
            return {}
        means = validate_losses(
            self._learner.average.network,
            self._learner.objective,
            self._crops(),
            epoch,
            self._learner.device,
            self._learner.number_format,
        )
        return dict(zip(NAMES, astuple(means), strict=True))

    def _scores(self) -> Generator[Event, Any, dict[str, float]]:
        scores = yield from self._scored(self._sources.scored)
        found = {name: getattr(scores, name) for name in (*SCORES, FINER)}
        if self._project.settings.TRAINER.SCORE_TAUGHT:
            volumes = self._sources.training.volumes
            taught = [_only_taught(one) for one in volumes if one.boxes]
            scores = yield from self._scored(taught)
            found[TAUGHT] = scores.panoptic_quality
        return found

    def _scored(
        self, volumes: Sequence[AnnotatedVolume]
    ) -> Generator[Event, Any, InstanceScore]:
        return (
            yield from score_volumes(
                self._learner.average.network,
                self._project.settings,
                self._sources.normalization,
                volumes,
                self._learner.device,
                self._project.path,
            )
        )

    def _scores_now(self, progress: Progress, *, last: bool) -> bool:
        every = self._project.settings.TRAINER.SCORE_VALIDATIONS
        if not self._sources.scored or every == 0:
            return False
        return last or progress.validations % every == 0

    def _keep_if_best(self, found: dict[str, float], progress: Progress) -> bool:
        scored = self._sources.scored
        judged = scored and self._project.settings.TRAINER.SCORE_VALIDATIONS
        if judged and "panoptic_quality" not in found:
            return False
        if not all(map(math.isfinite, found.values())):
            return False
        value = _value(found)
        if progress.best and value <= progress.best:
            return False
        progress.best = value
        progress.best_scores = found
        self._delivery.write(self._project.best, progress.step, found)
        return True

    def _crops(self) -> Iterator[dict[str, Any]]:
        """Yield the same held-out crops every time."""
        validation = self._sources.validation
        if validation is None:
            return
        seed = self._project.settings.TRAINER.SEED
        for index in range(len(validation)):
            rng = random_numbers(seed, Stream.VALIDATION, index)
            yield validation.sample(index, rng)


def _value(found: Mapping[str, float]) -> list[float]:
    """Give what makes a model better than another: what comes first decides."""
    # The loss of the vectors is left out: it rises as sigma falls.
    masks = found.get("probability", 0.0) + found.get("skeleton", 0.0)
    quality, finer = found.get("panoptic_quality", 0.0), found.get(FINER, 0.0)
    if TAUGHT in found:
        return [found["f1_50"], found[TAUGHT], quality, finer, -masks]
    return [quality, finer, -masks]


def _only_taught(volume: AnnotatedVolume) -> AnnotatedVolume:
    """Let only what is learned from be scored of a volume; of a large box, a part."""
    boxes = tuple(_middle(box) for box in volume.boxes if not box.held_out)
    return replace(volume, boxes=boxes)


def _middle(box: TaughtBox) -> TaughtBox:
    starts, stops = [], []
    for start, stop, most in zip(box.start_zyx, box.stop_zyx, _LARGEST, strict=True):
        size = min(stop - start, most)
        starts.append((start + stop - size) // 2)
        stops.append(starts[-1] + size)
    (a, b, c), (d, e, f) = starts, stops
    return TaughtBox((a, b, c), (d, e, f))
