"""How good a model becomes in minutes, from a few painted objects, on unseen tissue.

Of each seed five objects of the training volume are painted, as many as lie in a box
that grows around a random one, and everything in that box; a model is taught with them.
Whenever it is better than before on what `skoots.teach` holds out by itself, that is
the model a user who stops then would be handed, and it is scored on another volume
(`--test`) that the training never saw: the curve. The last one is what the user is
handed in the end, which is the base where no model was better.

`--other` volumes show what the model lost of what it could do before; there, before and
after, objects are brought to the size that the model knows. `--full` asks for five
seeds and three changed copies (`shifted`).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
from phantom import grey_image, make_tubes
from shifted import Annotated, read_annotated, shifted

import skoots
from skoots.events import Predicted, TeachFinished, TrainStarted, TrainStep, Validated
from skoots.run.folder import RunFolder
from skoots.teach import TeachProject, teach
from skoots.train.data.taught_boxes import TaughtBox
from skoots.validate.measure import typical_diameter
from skoots.validate.scores import score
from skoots.volume.source import open_source

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from skoots.model.checkpoint import Checkpoint
    from skoots.validate.scores import Scores

OBJECTS = 5
MARKS = (0, 30, 60, 120, 300, 600)
"""Seconds at which the curve is told."""

FULL_SEEDS = 5
FULL_COPIES = ("gamma 1.6", "blurred by 0.9 voxels", "objects 1.25 as large")
SCRATCH = "scratch"


@dataclass
class Lesson:
    """One training and its scores."""

    base: str
    copy: str
    seed: int
    painted: int
    """Objects."""

    curve: list[tuple[float, float, float]] = field(default_factory=list)
    """Seconds, F1 at 0.5 and panoptic quality on the test volume."""

    held_out: list[tuple[float, float]] = field(default_factory=list)
    """Seconds, F1 at 0.5 of what was held out."""

    steps: int = 0
    unassigned: float | None = None
    other: dict[str, tuple[float, float]] = field(default_factory=dict)
    """F1 at 0.5 on other volumes, before and after."""

    def at(self, seconds: float) -> tuple[float, float]:
        """Give F1 and quality of the model that was the best by then."""
        known = [scores for second, *scores in self.curve if second <= seconds]
        f1, quality = known[-1] if known else (0.0, 0.0)
        return f1, quality


def main() -> None:
    """Teach, score and print."""
    options = _options()
    lessons = []
    _say(f"{'':44}" + "".join(f"{f'{mark} s':>8}" for mark in options.marks) + "\n")
    for base in options.base:
        for copy in options.copies:
            of_base = []
            for seed in range(options.seeds):
                lesson = _lesson(options, base, copy, seed)
                of_base.append(lesson)
                _say(_row(f"{base}, {copy}, seed {seed}", lesson, options.marks))
                _say_more(lesson)
            lessons += of_base
            _say(_mean_row(f"{base}, {copy}: mean", of_base, options.marks))
    if options.json:
        report = [asdict(lesson) for lesson in lessons]
        Path(options.json).write_text(json.dumps(report, indent=1), encoding="utf-8")


def paint(labels: NDArray[np.integer[Any]], seed: int) -> tuple[list[int], TaughtBox]:
    """Choose what a user paints: objects around a random one, and a box around them.

    Parameters
    ----------
    labels : ndarray, (Z, Y, X)
        All objects.
    seed : int
        Which one is the first.

    Returns
    -------
    list of int
        Ids of the objects that reach into the box: `OBJECTS`, or one or two fewer.
    TaughtBox
        A cube around the middle of the first, cut at the volume's faces.
    """
    rng = np.random.default_rng(seed)
    known = np.unique(labels[labels > 0])
    first = known[rng.integers(len(known))]
    middle = np.argwhere(labels == first).mean(axis=0)
    shape = np.array(labels.shape)
    found = (np.array([first]), middle.astype(int), middle.astype(int) + 1)
    for half in range(4, int(shape.max()), 2):
        low = np.maximum(middle - half, 0).astype(int)
        high = np.minimum(middle + half + 1, shape).astype(int)
        part = labels[tuple(map(slice, low, high))]
        inside = np.unique(part[part > 0])
        if len(inside) > OBJECTS:
            break
        found = inside, low, high
    inside, low, high = found
    return inside.tolist(), TaughtBox(tuple(low.tolist()), tuple(high.tolist()))


def _lesson(options: argparse.Namespace, base: str, copy: str, seed: int) -> Lesson:
    training, test = (_copy(part, copy) for part in (options.train, options.test))
    ids, box = paint(training.labels, seed)
    lesson = Lesson(base, copy, seed, len(ids))
    with tempfile.TemporaryDirectory(dir=options.scratch) as name:
        folder = Path(name)
        project = _painted(folder, training, ids, box)
        model = None if base == SCRATCH else base
        seen = _teach(project, model, options, lesson, folder)
        for second, path in seen:
            found = apply(skoots.load_model(path), test)
            lesson.curve.append((second, found.f1_50, found.panoptic_quality))
        if model is not None:
            for volume in options.other:
                pair = [skoots.load_model(model), skoots.load_model(seen[-1][1])]
                lesson.other[Path(volume).stem] = _both(pair, volume)
    return lesson


def _painted(
    folder: Path, training: Annotated, ids: list[int], box: TaughtBox
) -> TeachProject:
    """Make the project that a user has painted so far."""
    image = folder / "painted.tif"
    tifffile.imwrite(image, training.image)
    project = TeachProject.create(folder / "objects.skoots-project")
    example = project.add(open_source(image, voxel_size=training.voxel_size))
    mine = np.where(np.isin(training.labels, ids), training.labels, 0)
    example.copy_labels(mine.astype(np.uint32))
    example.set_boxes([box])
    return project


def _teach(
    project: TeachProject,
    base: str | None,
    options: argparse.Namespace,
    lesson: Lesson,
    folder: Path,
) -> list[tuple[float, Path]]:
    """Teach, and keep each model that was the best so far, with its second."""
    seen: list[tuple[float, Path]] = []
    training = folder
    for event in teach(
        project,
        base,
        seconds=options.seconds,
        rehearse=not options.no_rehearse,
        threads=options.threads,
    ):
        match event:
            case TrainStarted(project=place):
                training = place
            case TrainStep(step=step):
                lesson.steps = step
            case Validated(validation=found, best=best, seconds=seconds):
                lesson.held_out.append((seconds, found.get("f1_50", 0.0)))
                if best:
                    kept = folder / f"best-{len(seen)}.skoots"
                    shutil.copyfile(training / "best.skoots", kept)
                    seen.append((seconds, kept))
            case Predicted(unassigned=share):
                lesson.unassigned = share
            case TeachFinished(improved=False, model=model, seconds=seconds):
                seen.append((seconds, model))  # the one that it began with
    return seen


def _both(models: list[Checkpoint], volume: str) -> tuple[float, float]:
    """Score two models on a volume whose objects are brought to their size."""
    there = read_annotated(volume)
    _, voxels = np.unique(there.labels[there.labels > 0], return_counts=True)
    first, second = (
        apply(
            model,
            there,
            typical_diameter(voxels, there.voxel_size, model.voxel_size),
        ).f1_50
        for model in models
    )
    return first, second


def apply(
    model: Checkpoint, annotated: Annotated, diameter: float | None = None
) -> Scores:
    """Segment an image and compare with its labels."""
    image = open_source(annotated.image, voxel_size=annotated.voxel_size)
    size = {} if diameter is None else {"diameter": diameter}
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "test.skoots.zarr"
        for _ in skoots.segment(image, model, run, **size):
            pass
        return score(RunFolder.open(run).labels[...], annotated.labels)


def _copy(volume: str | None, name: str) -> Annotated:
    plain = _tiny() if volume is None else read_annotated(volume)
    known = []
    for title, changed in shifted(plain):
        known.append(title)
        if title == name:
            return changed
    sys.exit(f"There is no copy {name!r}. Choose of: {', '.join(known)}.")


def _tiny() -> Annotated:
    tubes = make_tubes((16, 64, 64), 8, 20, 6.0, seed=8)
    grey = grey_image(tubes.labels, seed=9).astype(np.float32)
    return Annotated(grey, tubes.labels.astype(np.uint32), (0.01, 0.01, 0.01))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", help="NAME.tif, with NAME.labels.tif beside it")
    parser.add_argument("--test", help="likewise; training never sees it")
    parser.add_argument("--base", nargs="+", default=["mito-em"], help="or scratch")
    parser.add_argument("--other", nargs="*", default=[], help="volumes, as --test")
    parser.add_argument("--copies", nargs="+", default=["as it is"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-rehearse", action="store_true", help="let it forget")
    parser.add_argument("--full", action="store_true", help="5 seeds, three copies")
    parser.add_argument("--tiny", action="store_true", help="see that it runs at all")
    parser.add_argument("--scratch", help="a folder for what is in between")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    if options.full:
        options.seeds, options.copies = FULL_SEEDS, ["as it is", *FULL_COPIES]
    if options.tiny:
        options.train = options.test = None
        options.seeds, options.seconds = 1, 1.0
    elif not (options.train and options.test):
        parser.error("give --train and --test, or --tiny")
    options.marks = [mark for mark in MARKS if mark <= options.seconds]
    return options


def _row(name: str, lesson: Lesson, marks: list[int]) -> str:
    return f"{name:44}" + "".join(f"{lesson.at(m)[0]:8.2f}" for m in marks) + "\n"


def _mean_row(name: str, lessons: list[Lesson], marks: list[int]) -> str:
    means = [np.mean([lesson.at(mark)[0] for lesson in lessons]) for mark in marks]
    return f"{name:44}" + "".join(f"{mean:8.2f}" for mean in means) + "\n"


def _say_more(lesson: Lesson) -> None:
    words = [f"{lesson.painted} objects", f"{lesson.steps} steps"]
    if lesson.curve:
        words.append(f"best at {lesson.curve[-1][0]:.0f} s")
    if lesson.unassigned is not None:
        words.append(f"unassigned {lesson.unassigned:.0%}")
    words += [f"{name} {a:.2f} -> {b:.2f}" for name, (a, b) in lesson.other.items()]
    _say("    " + ", ".join(words) + "\n")


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
