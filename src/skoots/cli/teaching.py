"""What ``skoots train NAME.skoots-project`` does."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skoots.cli.console import OUT, say
from skoots.cli.train_progress import drain_training
from skoots.errors import SettingsError, TrainingError
from skoots.model.zoo import SUFFIX, known_models, load_model
from skoots.teach.found import needed_wish
from skoots.teach.keeping import free_place, keep
from skoots.teach.project import TeachProject
from skoots.teach.record import read_record
from skoots.teach.teaching import go_on, teach
from skoots.train.training import FINISH

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path
    from typing import Any

    from skoots.events import Event, TeachFinished

SCRATCH = "scratch"
"""Instead of a model to begin with."""

_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Wish:
    """How a model shall be taught; None where nobody says."""

    base: str | None
    seconds: float | None
    diameter: float | None
    rehearse: bool | None
    keep: str | None
    device: str
    threads: int


def run(path: Path, wish: Wish, *, resume: bool) -> bool:
    """Teach a model, and tell whether the training came to its end."""
    project = TeachProject(path)
    if wish.keep is not None:
        free_place(project, wish.keep)  # better now than in a minute
    job = _go_on(project, wish) if resume else _begin(project, wish)
    finished = drain_training(job, finishing=FINISH)
    if finished is None:
        words = shlex.join(_resumed(path, wish))
        say(f"stopped; if it had begun, go on with: {words}")
        return False
    _say_comparison(finished)
    model = finished.model
    if wish.keep is not None:
        model = keep(project, finished.training, wish.keep)
    OUT.print(str(model), markup=False, soft_wrap=True)
    options = ["--model", shlex.quote(str(model))]
    options += _grid_options(project, finished.training, model)
    say(f"use it: skoots segment IMAGE {' '.join(options)}")
    return True


def _resumed(path: Path, wish: Wish) -> list[str]:
    """Give the words to go on with; what the training itself knows is not repeated."""
    words = ["skoots", "train", str(path), "--resume"]
    if wish.keep is not None:
        words += ["--keep", wish.keep]
    if wish.device != "auto":
        words += ["--device", wish.device]
    if wish.threads:
        words += ["--threads", str(wish.threads)]
    return words


def _begin(project: TeachProject, wish: Wish) -> Generator[Event, Any, TeachFinished]:
    if wish.base is None:
        known = ", ".join(model.name for model in known_models())
        raise SettingsError(
            f"No model is given to begin with. Name one with --base: {known}; the path "
            f"of a file; or {SCRATCH}."
        )
    kept = project.models / f"{wish.base}{SUFFIX}"
    base = str(kept) if kept.is_file() else wish.base
    return teach(
        project,
        None if base == SCRATCH else base,
        seconds=_SECONDS if wish.seconds is None else wish.seconds,
        diameter=wish.diameter,
        rehearse=wish.rehearse is not False,
        device=wish.device,
        threads=wish.threads,
    )


def _go_on(project: TeachProject, wish: Wish) -> Generator[Event, Any, TeachFinished]:
    unfinished = project.unfinished
    if not unfinished:
        raise TrainingError(
            f"No training of {project.path} was interrupted. Leave --resume out, and "
            "begin one with --base."
        )
    for name, value in (
        ("--base", wish.base),
        ("--diameter", wish.diameter),
        ("--rehearse", wish.rehearse),
    ):
        if value is not None:
            raise SettingsError(f"{name} is that of the training. Leave it out.")
    return go_on(
        project,
        unfinished[0],
        seconds=wish.seconds,
        device=wish.device,
        threads=wish.threads,
    )


def _grid_options(project: TeachProject, training: Path, path: Path) -> list[str]:
    """Give the options by which images are segmented on the grid that was taught.

    None where that comes by itself, or differs from one image to the other.
    """
    grids, model = read_record(training).grids, load_model(path)
    wishes = [
        needed_wish(model, one.shape, one.voxel_size, grids[one.name])
        for one in project.examples
        if one.name in grids
    ]
    if not wishes or any(wish != wishes[0] for wish in wishes):
        return []
    diameter = wishes[0].get("diameter")
    if diameter is not None:
        return ["--diameter", f"{diameter:.10g}"]
    return ["--no-resample"] if wishes[0] else []


def _say_comparison(finished: TeachFinished) -> None:
    if finished.before is not None:
        say(f"before: {_scores(finished.before)}")
    if finished.after:
        say(f"after:  {_scores(finished.after)}")
    if not finished.improved:
        say("no better model was found than the one it began with", style="yellow")


def _scores(scores: Mapping[str, float]) -> str:
    found, true = scores["found"], scores["objects_truth"]
    share = scores.get("unassigned")
    lost = "" if share is None else f", {share:.0%} of the foreground in no object"
    return (
        f"F1 {scores['f1_50']:.2f}, {found:.0f} of {true:.0f} objects found, "
        f"{scores['objects_predicted']:.0f} made{lost}"
    )
