"""How good a model was before and is now: the scores of held-out boxes, together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skoots.teach.comparison_record import Comparison, PartScores
from skoots.train.instance_score import mean_score

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from skoots.model.checkpoint import Checkpoint
    from skoots.teach.comparison_record import Marks
    from skoots.validate.scores import Scores


@dataclass(frozen=True, slots=True)
class Marked:
    """One held-out box, as one model sees it."""

    labels: NDArray[np.uint32]
    scores: Scores
    unassigned: float | None


def sum_up(
    base: Checkpoint | None,
    after: Checkpoint,
    found: Mapping[str, Sequence[Marked]],
    seconds: float,
    *,
    taught: bool,
) -> Comparison:
    """Say how good both models are, and which one is the best.

    Parameters
    ----------
    base : Checkpoint or None
        The model before, if there is one to compare with.
    after : Checkpoint
        What came of the training.
    found : mapping
        ``before`` and ``after``, as many boxes each; ``before`` is empty without one.
    seconds : float
        That it was trained.
    taught : bool
        Whether a step was taken.
    """
    before = _marks(found["before"]) if found["before"] else None
    now = _marks(found["after"])
    worse = before is not None and now["f1_50"] < before["f1_50"]
    firsts: Sequence[Marked | None] = found["before"] or [None] * len(found["after"])
    parts = tuple(
        PartScores(before=None if one is None else _marks([one]), after=_marks([other]))
        for one, other in zip(firsts, found["after"], strict=True)
    )
    improved = taught and not worse
    best = after if improved or base is None else base
    assert best.path is not None  # noqa: S101 - it was loaded from there
    return Comparison(
        model=best.path.name if best is after else str(best.path.resolve()),
        improved=improved,
        before=before,
        after=now,
        parts=parts,
        seconds=seconds,
    )


def _marks(marked: Sequence[Marked]) -> Marks:
    """Give the scores of some boxes together; see `skoots.events.TeachFinished`."""
    if not marked:
        return {}
    means = mean_score([one.scores for one in marked])
    found = sum(
        round(one.scores.recall_50 * one.scores.objects_truth) for one in marked
    )
    shares = [one.unassigned for one in marked if one.unassigned is not None]
    return {
        "f1_50": means.f1_50,
        "panoptic_quality": means.panoptic_quality,
        "average_best_overlap": means.average_best_overlap,
        "found": float(found),
        "objects_truth": float(means.objects_truth),
        "objects_predicted": float(means.objects_predicted),
        **({"unassigned": float(np.mean(shares))} if shares else {}),
    }
