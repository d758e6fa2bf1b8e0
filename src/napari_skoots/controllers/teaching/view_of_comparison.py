"""From what a training came to, to what the tab shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_skoots.state.teaching import ComparisonView, ScoreView, Side
from skoots.errors import SkootsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skoots.events import TeachFinished


def view_of_comparison(finished: TeachFinished, name: str) -> ComparisonView:
    """Say in one value what was found before and after.

    Parameters
    ----------
    finished : TeachFinished
        What the training came to.
    name : str
        A name for the model that is free.
    """
    return ComparisonView(
        before=_score(finished.before) if finished.before else None,
        after=_score(finished.after),
        improved=finished.improved,
        side=Side.AFTER,
        name=name,
        base=_base_of(finished),
        held_out=bool(finished.after),
    )


def _base_of(finished: TeachFinished) -> str:
    """Name the model that a training began with: another may be chosen by now."""
    from skoots.teach.record import read_record  # noqa: PLC0415 - on use

    try:
        base = read_record(finished.training).base
    except SkootsError:  # its folder is gone; the scores are known
        return ""
    return "" if base is None else base.name


def _score(said: Mapping[str, Any]) -> ScoreView:
    return ScoreView(
        f1=float(said.get("f1_50", 0.0)),
        found=int(said.get("found", 0)),
        true=int(said.get("objects_truth", 0)),
        predicted=int(said.get("objects_predicted", 0)),
    )
