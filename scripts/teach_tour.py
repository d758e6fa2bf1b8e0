"""Teach a model in the real application, as docs/teach.md tells it, and take pictures.

Needs a screen of 1440 x 860 without a window manager, and some minutes::

    xvfb-run -a -s "-screen 0 1440x860x24" python scripts/teach_tour.py

A user who has images of chloroplasts (the packaged sample) and no model of them looks
at what ``mito-em`` finds, which knows electron microscopy, paints the objects in a box,
trains, compares, keeps the model, segments again, and accepts by a click what is right
now, to teach again. The mouse does what a mouse can: a brush, a rectangle, a click;
most voxels are painted from the labels that come with the sample. Figures are printed;
the pictures lie in ``build/teach-tour``, those of the documentation as JPEG. Seeds are
fixed; how many steps fit into the time is not.

With ``--image NAME.tif`` it teaches with an image of your own that has
``NAME.labels.tif`` beside it.
"""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from on_screen import PLUGIN, ROOT, Screen, environment, press, rest, say
from on_screen import until as wait_until
from teach_pictures import write_pictures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from skoots._types import Shape3

SAMPLE, MODEL = "chloroplast", "mito-em"
BOX = ((0, 200, 110), (10, 440, 460))
"""Start and stop in the sample along Z, Y, X: seven chloroplasts and their ground."""

WIDTH, HEIGHT = 1440, 860

ACCEPTED, ALIKE = 2, 0.6
"""How many objects are accepted by a click, at most, and how right they have to be."""

BRUSH = 10
"""Voxels."""

FAINT = 0.3
"""Opacity of a segmentation of which objects are accepted."""


def main() -> None:
    """Start the process that shows the window, or be it."""
    options = _options()
    if options.folder is not None:
        _be(options)
    out = options.out
    shutil.rmtree(out / "pictures", ignore_errors=True)
    (out / "pictures").mkdir(parents=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [sys.executable, __file__, *sys.argv[1:], "--folder", folder]
        env = environment(Path(folder))
        done = subprocess.run(command, env=env, check=False)  # noqa: S603 - our own words
    if not done.returncode:
        write_pictures(out / "pictures", out)
    sys.exit(done.returncode)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Teach in the real application.")
    out = ROOT / "build" / "teach-tour"
    parser.add_argument("--out", type=lambda p: Path(p).resolve(), default=out)
    parser.add_argument("--seconds", type=float, default=60.0, help="of training")
    parser.add_argument("--image", type=Path, help="NAME.tif with NAME.labels.tif")
    parser.add_argument("--model", default=MODEL, help="that training begins with")
    parser.add_argument("--blame", action="store_true", help="say what is late")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _be(options: argparse.Namespace) -> None:
    try:
        tour = Tour(options)
        tour.run()
        sys.stdout.write(say(tour.figures) + "\n")
        sys.stdout.flush()
    except Exception:  # noqa: BLE001 - said, and the process ends with its jobs
        traceback.print_exc()
        os._exit(1)
    os._exit(0)  # how Qt ends is no matter of ours


class Tour(Screen):
    """One window, from the first look to the model that was taught.

    Parameters
    ----------
    options : argparse.Namespace
        Of the command line.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(WIDTH, HEIGHT)
        self._options = options
        self._out = options.out / "pictures"
        self.figures: dict[str, str] = {}

    def run(self) -> None:
        """Do what a user does, step by step."""
        with self._timed("open"):
            self._open()
        with self._timed("segment with the model that there is"):
            self._find()
        with self._timed("paint"):
            self._begin()
            self._paint()
        with self._timed("draw the box"):
            self._draw_box()
        with self._timed("train and compare"):
            self._train()
        self._compare()
        with self._timed("segment again"):
            self._again()
        with self._timed("accept"):
            self._accept()

    # ---- what a user does

    def _open(self) -> None:
        """Open the image, and know what is right in it."""
        import tifffile  # noqa: PLC0415 - the engine brings it

        from skoots.samples import find_sample  # noqa: PLC0415 - after the start

        image = self._options.image
        image = image or find_sample(SAMPLE).path
        self.truth = tifffile.imread(image.with_suffix(".labels.tif"))
        copy = shutil.copy(image, self._options.folder / image.name)
        _, self.panel = self.viewer.window.add_plugin_dock_widget(PLUGIN, "SKOOTS")
        from napari_skoots.controllers.session import (  # noqa: PLC0415 - after the panel
            Session,
        )

        self.session: Any = Session.of(self.viewer)
        self.teaching: Any = self.session.teaching
        self.panel.files_dropped.emit([Path(copy)])
        wait_until(lambda: self.session.models.pace is not None)
        self.box = self._choose_box()

    def _choose_box(self) -> tuple[Shape3, Shape3]:
        if self._options.image is None:
            return BOX
        sys.path.append(str(ROOT / "benchmarks"))
        _, box = importlib.import_module("teach").paint(self.truth, 0)
        return box.start_zyx, box.stop_zyx

    def _find(self) -> None:
        """See what the model finds that there is."""
        from napari_skoots.state.views import Where  # noqa: PLC0415 - after the start

        self.session.model_choice.choose(self._options.model)
        wait_until(lambda: self.session.models.pace is not None)
        self.session.wishes.set(where=Where.WHOLE)
        self.viewer.dims.set_current_step(0, self._plane)
        self.viewer.reset_view()
        press(self.panel, "Segment")
        self._wait_for_job()
        self.found = self._labels()
        self._take("found", self.found)
        self._score("F1 outside of the box, before", self.found)

    def _begin(self) -> None:
        """Begin a teaching layer."""
        self.panel.tabs.setCurrentWidget(self.panel.teach)
        press(self.panel, "New teaching layer")
        wait_until(lambda: self.teaching.exercise.layer is not None)
        self.layer: Any = self.teaching.exercise.layer
        self.found.visible = False
        rest(1)
        self._take("layer")

    def _paint(self) -> None:
        """Paint one object with the brush; the others as somebody drew them once."""
        plane = self.truth[self._plane]
        first = max(self._inside, key=lambda n: (plane == n).sum())
        self.layer.brush_size = BRUSH
        self._brush(plane == first)
        self._take("paint", self.layer)
        for number in [first, *(n for n in self._inside if n != first)]:
            self._fill(number)
            self.press_key("M")

    def _brush(self, mask: NDArray[Any]) -> None:
        """Paint a plane of an object line by line, with the mouse."""
        import numpy as np  # noqa: PLC0415 - after the start
        from scipy import ndimage  # noqa: PLC0415 - after the start

        inner = ndimage.distance_transform_edt(mask) >= BRUSH / 2
        for y in range(0, len(inner), BRUSH // 3):
            (xs,) = np.nonzero(inner[y])
            for run in np.split(xs, np.nonzero(np.diff(xs) > 1)[0] + 1):
                if len(run):
                    ends = [(self._plane, y, int(x)) for x in (run[0], run[-1])]
                    self.drag(self.layer, *ends)

    def _fill(self, number: int) -> None:
        """Paint an object as it was drawn, with the label that is chosen."""
        import numpy as np  # noqa: PLC0415 - after the start

        mine = np.nonzero(self.truth == number)
        box = tuple(slice(int(n.min()), int(n.max()) + 1) for n in mine)
        part = np.asarray(self.layer.data[box])
        part[self.truth[box] == number] = self.layer.selected_label
        self.layer.data[box] = part
        self.layer.refresh()

    def _draw_box(self) -> None:
        """Say where everything is painted."""
        start, stop = self.box
        press(self.panel, "Draw a box")
        low = (self._plane, *start[1:])
        high = (self._plane, *(n - 1 for n in stop[1:]))
        between = tuple((a + b) / 2 for a, b in zip(low, high, strict=True))
        self.drag(self.layer, low, between, high)
        wait_until(lambda: self.teaching.exercise.view.box is not None, 20)
        self.teaching.exercise.set_planes(start[0], stop[0] - 1)
        self._watch_skeletons()
        self.viewer.layers.selection.active = self.layer
        rest(2)

    def _watch_skeletons(self) -> None:
        """See the skeletons come, and follow an object that is changed."""
        exercise, known = self.teaching.exercise, self._skeletons
        wait_until(lambda: not exercise.view.counting, 60)
        began = time.perf_counter()
        press(self.panel, "Skeletons")
        wait_until(lambda: len(known()) == len(self._inside), 60)
        self._say(f"skeletons of {len(known())} objects", time.perf_counter() - began)
        plane = self.layer.data[self._plane].copy()
        number = int(plane.max())
        began = time.perf_counter()
        for painted in (plane * (plane != number), plane):  # erased, and brought back
            before = known()[number]
            self.layer.data[self._plane] = painted
            self.layer.refresh()
            wait_until(partial(self._is_thinned_anew, number, before), 60)
        each = (time.perf_counter() - began) / 2
        self._say("from a stroke to its skeleton", each)

    def _is_thinned_anew(self, number: int, before: Any) -> bool:
        found = self._skeletons().get(number)
        return found is not None and found is not before

    def _skeletons(self) -> Any:
        return self.teaching.exercise._open.current.skeletons.known

    def _train(self) -> None:
        lesson, pulse = self.teaching.lesson, self._pulse()
        lesson.set_seconds(self._options.seconds)
        wait_until(lambda: not lesson.wish.blocked, 60)
        # nobody paints seven objects in seconds: by then the process is warm
        wait_until(lambda: lesson._process.worker.ready, 120)
        self._take("ready")
        pulse.phase, began = "train", time.perf_counter()
        press(self.panel, "Train")
        wait_until(lambda: lesson.view.step > 0)
        self._say("from click to first step", time.perf_counter() - began)
        wait_until(lambda: lesson.view.seconds > 0.7 * self._options.seconds, 600)
        pulse.phase = ""
        self._take("running")
        pulse.phase = "train"
        wait_until(lambda: lesson.view.seconds >= self._options.seconds, 600)
        pulse.phase = "compare"
        wait_until(lambda: self.teaching.comparing.view is not None, 600)
        rest(1)
        pulse.phase = ""
        if self._options.blame:
            sys.stderr.write("\n".join(["late in:", *pulse.blamed()]) + "\n")
        for phase, gaps in pulse.report().items():
            self.figures[f"longest pause of the window, {phase}"] = (
                f"{gaps['longest']:.0f} ms, 19 of 20 below {gaps['p95']:.0f} ms"
            )
        self.figures["steps"] = f"{lesson.view.step}"

    def _pulse(self) -> Any:
        sys.path.append(str(ROOT / "benchmarks"))
        return importlib.import_module("pulse").Pulse(blame=self._options.blame)

    def _compare(self) -> None:
        """Look at both sides, and keep the model."""
        comparing = self.teaching.comparing
        self.viewer.layers.selection.active = comparing.layers[-1]
        rest(0.5)
        for side in ("before", "after"):
            if comparing.view.side.value != side:
                self.press_key("B")
                rest(0.3)
            self._take(side)
            score = getattr(comparing.view, side)
            if score is not None:
                self.figures[f"held out, {side}"] = (
                    f"F1 {score.f1:.2f}, {score.found} of {score.true} found, "
                    f"{score.predicted} made"
                )
        if not comparing.view.improved:
            raise RuntimeError("No model was better. Train for longer: --seconds.")
        press(self.panel, "Keep")
        wait_until(lambda: self.session.models.current == comparing.view.kept, 60)
        self._take("kept")

    def _again(self) -> None:
        """Segment with what was taught."""
        press(self.panel, "Segment again")
        wait_until(lambda: self._labels() is not self.found, 300)
        self._wait_for_job()
        for layer in self.viewer.layers[1:]:
            layer.visible = layer is self._labels()
        self.panel.tabs.setCurrentWidget(self.panel.segment)
        self._take("again", self._labels())
        self._score("F1 outside of the box, after", self._labels())

    def _accept(self) -> None:
        """Take over what is right by now, to teach again."""
        self.layer.visible = True
        self._labels().opacity = FAINT
        self.panel.tabs.setCurrentWidget(self.panel.teach)
        press(self.panel, "Accept objects")
        right = self._right()[:ACCEPTED]
        for voxel in right:
            self.drag(self.layer, voxel)
            wait_until(partial(self._is_painted, voxel), 20)
        rest(1)
        self._take("accept")
        self.figures["accepted by a click"] = f"{len(right)} objects"
        press(self.panel, "Accept objects")

    def _is_painted(self, voxel: Shape3) -> bool:
        return bool(self.layer.data[voxel] > 0)

    def _right(self) -> list[Shape3]:
        """List voxels of objects that were found and not painted, the best first."""
        import numpy as np  # noqa: PLC0415 - after the start

        found, right = np.asarray(self._labels().data), []
        plane = int(self.viewer.dims.current_step[0])
        for number in set(np.unique(self.truth).tolist()) - {0, *self._inside}:
            mine = self.truth == number
            other = np.bincount(found[mine]).argmax()
            theirs = found == other
            alike = (mine & theirs).sum() / (mine | theirs).sum()
            shared = (mine & theirs)[plane]
            if other and alike >= ALIKE and shared.any():
                right.append((float(alike), (plane, *_middle(shared))))
        return [voxel for _, voxel in sorted(right)[::-1]]

    # ---- how

    @property
    def _plane(self) -> int:
        start, stop = self.box
        return (start[0] + stop[0]) // 2

    @property
    def _inside(self) -> list[int]:
        """The objects of which a part lies in the box."""
        import numpy as np  # noqa: PLC0415 - after the start

        box = tuple(map(slice, *self.box))
        return [int(n) for n in np.unique(self.truth[box]) if n]

    def _labels(self) -> Any:
        """Give the labels of the last run."""
        return self.session.segmenting.current.layer

    def _wait_for_job(self) -> None:
        rest(0.5)
        wait_until(lambda: not self.session.board.busy, 600)

    def _score(self, name: str, layer: Any) -> None:
        """Score labels where nothing was taught."""
        import numpy as np  # noqa: PLC0415 - after the start

        from skoots.validate.scores import score  # noqa: PLC0415 - after the start

        pair = [np.array(layer.data), self.truth.copy()]
        for labels in pair:
            labels[tuple(map(slice, *self.box))] = 0
        marks = score(*pair)
        found = round(marks.recall_50 * marks.objects_truth)
        self.figures[name] = (
            f"{marks.f1_50:.2f}, {found} of {marks.objects_truth} found, "
            f"{marks.objects_predicted} made"
        )

    def _take(self, state: str, active: Any = None) -> None:
        if active is not None:
            self.viewer.layers.selection.active = active
        self.rest_mouse()
        rest(0.8)
        self.save(self._out / f"{state}.png")

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self._say(name, time.perf_counter() - began)

    def _say(self, name: str, seconds: float) -> None:
        self.figures[name] = f"{seconds:.1f} s"


def _middle(mask: NDArray[Any]) -> tuple[int, int]:
    """Give the pixel that lies deepest in a mask."""
    import numpy as np  # noqa: PLC0415 - after the start
    from scipy import ndimage  # noqa: PLC0415 - after the start

    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    y, x = np.unravel_index(int(depth.argmax()), mask.shape)
    return int(y), int(x)


if __name__ == "__main__":
    main()
