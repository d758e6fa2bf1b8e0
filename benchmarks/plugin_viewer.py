"""The measures of `plugin.py`, each in a process of its own, in a viewer."""

# ruff: noqa: PLC0415 - what is imported when is part of what is measured

from __future__ import annotations

import sys
import time
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from pathlib import Path

    from napari import Viewer

PLUGIN, PANEL = "napari-skoots", "SKOOTS"
SCRUB_MS = 100
"""Between two planes while z is scrubbed: ten planes a second."""

BRUSH = 30

Report = dict[str, Any]


# ---- start of napari


def start(options: Namespace) -> Report:
    """Start napari, with the plugin or as if it were not installed."""
    _list_packages(without=options.without)
    began, work = time.perf_counter(), time.process_time()
    import napari

    viewer = napari.Viewer()
    _paint(_window(viewer))
    report = {
        "seconds": time.perf_counter() - began,
        "processor_seconds": time.process_time() - work,
    }
    viewer.close()
    return report


def _list_packages(*, without: bool) -> None:
    """Let all find what is installed, with the plugin or without; listed beforehand."""
    found = list(metadata.distributions())
    if without:
        found = [one for one in found if one.metadata["Name"] != PLUGIN]
    metadata.distributions = lambda **_: iter(found)  # type: ignore[assignment]  # for this process


def _window(viewer: Viewer) -> Any:
    from qtpy.QtWidgets import QApplication, QMainWindow

    viewer.window.activate()
    tops = QApplication.topLevelWidgets()
    return next(top for top in tops if isinstance(top, QMainWindow))


def _paint(widget: Any) -> None:
    """Process events until a widget was painted, and all that comes with it."""
    from qtpy.QtCore import QEvent, QObject
    from qtpy.QtWidgets import QApplication

    class Eye(QObject):
        painted = False

        def eventFilter(self, _watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
            self.painted |= event.type() == QEvent.Type.Paint
            return False

    eye, end = Eye(), time.perf_counter() + 60
    widget.installEventFilter(eye)
    while not eye.painted and time.perf_counter() < end:
        QApplication.processEvents()
    widget.removeEventFilter(eye)
    if not eye.painted:
        raise TimeoutError("The widget is not painted.")


# ---- panel


def panel(options: Namespace) -> Report:
    """Open the panel for the first time; see how torch is imported after that."""
    import napari
    from pulse import Pulse, rest, wait_for

    viewer = napari.Viewer()
    _paint(_window(viewer))
    rest(1)
    early = [
        name for name in sys.modules if name.startswith(("napari_skoots", "torch"))
    ]
    began, work = time.perf_counter(), time.process_time()
    _, widget = viewer.window.add_plugin_dock_widget(PLUGIN, PANEL)
    _paint(widget)
    report: Report = {
        "seconds": time.perf_counter() - began,
        "processor_seconds": time.process_time() - work,
        "torch": "torch" in sys.modules,
        "imported_before": early,
    }
    pulse = Pulse(blame=options.blame)
    pulse.phase = "engine is loaded"
    began, session = time.perf_counter(), _session(viewer)
    wait_for(lambda: session.models.pace is not None, 300)
    report["engine_seconds"] = time.perf_counter() - began
    _blame(pulse, options)
    viewer.close()
    return {**report, "gaps": pulse.report()}


def _session(viewer: Viewer) -> Any:
    from napari_skoots.controllers.session import Session

    return Session.of(viewer)


def _blame(pulse: Any, options: Namespace) -> None:
    if options.blame:
        sys.stderr.write("\n".join(["late in:", *pulse.blamed()]) + "\n")


# ---- one stroke


def stamp(options: Namespace) -> Report:
    """Paint on a plane of the labels of a run, and of the same labels in memory."""
    import napari
    from pulse import rest, wait_for

    viewer = napari.Viewer()
    _paint(_window(viewer))
    _session(viewer).open_paths([options.run])
    wait_for(lambda: any(layer.name.endswith("labels") for layer in viewer.layers), 60)
    layer = next(one for one in viewer.layers if one.name.endswith("labels"))
    rest(1)
    plane = int(viewer.dims.current_step[0])
    report: Report = {"plane": layer.data.shape[1:], "chunks": layer.data.chunks}
    layer.selected_label = int(np.asarray(layer.data[plane]).max()) + 1
    report["run"] = _strokes(viewer, layer, plane, options.strokes)
    layer.visible = False
    in_memory = viewer.add_labels(np.asarray(layer.data), scale=layer.scale)
    in_memory.selected_label = layer.selected_label
    rest(1)
    report["memory"] = _strokes(viewer, in_memory, plane, options.strokes)
    viewer.close()
    return report


def _strokes(viewer: Viewer, layer: Any, plane: int, count: int) -> Report:
    """Give the milliseconds of a stamp: stored, shown as well, drawn as well."""
    layer.brush_size = BRUSH
    viewer.layers.selection.active = layer
    rng = np.random.default_rng(1)
    size = np.array(layer.data.shape[1:]) - BRUSH
    report: Report = {}
    for kind in ("stored", "shown", "drawn"):
        places = rng.integers(BRUSH, size, (count, 2)).tolist()
        times = [_stroke(layer, (plane, y, x), kind) for y, x in places]
        waited, worked = 1000 * np.array(times[count // 10 :]).T  # caches are warm then
        report[kind] = {
            "median": round(float(np.median(waited)), 2),
            "p95": round(float(np.percentile(waited, 95)), 2),
            "work": round(float(np.median(worked)), 2),
        }
    return report


def _stroke(layer: Any, place: tuple[int, int, int], kind: str) -> tuple[float, float]:
    """Paint one stamp of a label that is not there yet; seconds, processor seconds."""
    from qtpy.QtWidgets import QApplication

    layer.selected_label += 1
    QApplication.processEvents()
    began, work = time.perf_counter(), time.thread_time()
    layer.paint(place, layer.selected_label, refresh=kind != "stored")
    if kind == "drawn":
        QApplication.processEvents()
    taken = time.perf_counter() - began, time.thread_time() - work
    QApplication.processEvents()
    return taken


# ---- labels that stream in


def stream(options: Namespace) -> Report:
    """Segment a whole volume and look at it meanwhile, until the time is up."""
    work = _Work(options)
    work.look("nothing runs", options.seconds / 6)
    report = work.press_segment()
    work.look("labels stream in", options.seconds / 2)
    report["tiles"] = f"{work.board.view.done} of {work.board.view.total}"
    report["objects"] = work.board.view.objects
    work.board.cancel()
    began = time.perf_counter()
    work.wait(lambda: not work.board.busy, 120)
    report["cancel_seconds"] = time.perf_counter() - began
    work.look("after", options.seconds / 6)
    return work.end(report)


def whole(options: Namespace) -> Report:
    """Preview, then segment a volume to its end, z scrubbed in every other second."""
    work = _Work(options)
    report = work.press_preview()
    report |= work.press_segment()
    work.scrub(on=True)
    work.follow_stages()
    work.wait(lambda: not work.board.busy, 3600)
    report["message"] = work.board.view.message.text
    return work.end(report)


class _Work:
    """A viewer with the panel, an image dropped on it, and the whole volume chosen."""

    def __init__(self, options: Namespace) -> None:
        import napari
        from pulse import Pulse, rest, wait_for
        from qtpy.QtCore import QTimer

        from napari_skoots.state.views import Where

        self.wait = wait_for
        self.rest = rest
        self.viewer = napari.Viewer()
        _paint(_window(self.viewer))
        _, self.panel = self.viewer.window.add_plugin_dock_widget(PLUGIN, PANEL)
        self.session = _session(self.viewer)
        self.board = self.session.board
        self.panel.files_dropped.emit([options.image])
        wait_for(lambda: self.session.models.pace is not None, 300)
        self.session.wishes.set(where=Where.WHOLE)
        rest(1)
        self._options = options
        self.pulse = Pulse(blame=options.blame)
        self._scrubber = QTimer()
        self._scrubber.setInterval(SCRUB_MS)
        self._scrubber.timeout.connect(self._step)
        self._way = 1

    def look(self, what: str, seconds: float) -> None:
        """Look at one plane, then scrub z, each so long."""
        for scrubbing in (False, True):
            self.scrub(on=scrubbing)
            self.pulse.phase = f"{what}, {'z scrubbed' if scrubbing else 'one plane'}"
            self.rest(seconds)
            self.pulse.phase = ""
            self.scrub(on=False)

    def scrub(self, *, on: bool) -> None:
        """Change the plane ten times a second, or leave it."""
        self._scrubber.start() if on else self._scrubber.stop()

    def _step(self) -> None:
        z, last = self.viewer.dims.current_step[0], self.viewer.dims.nsteps[0] - 1
        if not 0 <= z + self._way <= last:
            self._way = -self._way
        self.viewer.dims.set_current_step(0, z + self._way)

    def follow_stages(self) -> None:
        """Let each stage of the job be a phase."""

        def on_changed() -> None:
            view = self.board.view
            self.pulse.phase = f"{view.stage}, z scrubbed" if self.board.busy else ""

        self._follow = on_changed  # a signal does not keep what listens
        self.board.changed.connect(on_changed)

    def press_segment(self) -> Report:
        """Press Segment; see when labels are in the view."""
        began = self._click("Segment")
        self.wait(lambda: self.session.segmenting.current is not None, 300)
        there = time.perf_counter() - began
        opened = self.session.segmenting.current

        def seen() -> bool:
            return bool(
                np.asarray(opened.labels[self.viewer.dims.current_step[0]]).any()
            )

        self.wait(seen, 600, every_ms=50)
        return {
            "layer_seconds": there,
            "first_labels_seconds": time.perf_counter() - began,
        }

    def press_preview(self) -> Report:
        """Press Preview; see when the layer is there."""
        began = self._click("Preview")
        self.wait(lambda: self.session.previewing.view is not None, 600)
        seconds = time.perf_counter() - began
        found = self.session.previewing.view.objects
        self.session.previewing.dismiss()
        self.wait(lambda: not self.board.busy, 60)
        return {"preview_seconds": seconds, "preview_objects": found}

    def _click(self, text: str) -> float:
        from qtpy.QtWidgets import QPushButton

        buttons = self.panel.segment.findChildren(QPushButton)
        button = next(one for one in buttons if one.text().startswith(text))
        if not button.isEnabled():
            raise RuntimeError(f"{text!r} cannot be pressed: {button.toolTip()}")
        began = time.perf_counter()
        button.click()
        return began

    def end(self, report: Report) -> Report:
        """Give the report with the gaps, and close the viewer."""
        _blame(self.pulse, self._options)
        self.viewer.close()
        return {**report, "gaps": self.pulse.report()}


MEASURES: dict[str, Callable[[Namespace], Report]] = {
    measure.__name__: measure for measure in (start, panel, stamp, stream, whole)
}
"""What a process can be asked for."""


def write_image(path: Path, shape: tuple[int, int, int]) -> None:
    """Write a TIFF of any size: the sample with mitochondria, mirrored again."""
    import tifffile

    from skoots.samples import sample_path

    sample = tifffile.imread(sample_path("medulla"))
    pads = [(0, max(0, n - m)) for n, m in zip(shape, sample.shape, strict=True)]
    image = np.pad(sample, pads, mode="symmetric")[tuple(map(slice, shape))]
    tifffile.imwrite(path, image)
