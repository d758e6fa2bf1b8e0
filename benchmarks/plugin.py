"""The plugin in a real viewer: how long a user waits, and how the window keeps up.

Needs a screen, or a virtual one (the size is that of the window)::

    xvfb-run -a -s "-screen 0 1920x1080x24" python benchmarks/plugin.py

* ``start``: napari from its import to the first paint, in fresh processes in turns,
  with the plugin and with its metadata hidden, as if it were not installed. What counts
  is the difference of the least processor seconds, which others disturb least.
* ``panel``: from ``add_plugin_dock_widget`` to the end of the panel's first paint, in
  fresh processes, no module of the plugin imported before. torch must not be, then. The
  gaps of the event loop while torch is imported are a phase of their own.
* ``stamp``: strokes of one point, brush 30, on a plane of 2048 x 2048 labels of a run:
  ``Labels.paint`` without and with the refresh that napari does, and with the drawing
  of the canvas. Beside it: the same on labels in memory.
* ``stream``: 512 x 512 x 512 voxels, the whole volume, the shipped model; the user
  looks at one plane, then scrubs through z, ten planes a second.
* ``whole``: 256 x 256 x 256 voxels to the end, z scrubbed all the time, each stage a
  phase; from the click on Preview to its layer, and on Segment to labels in the view.

Gaps are the time between ticks of a timer of 2 ms (`pulse.py`). ``--blame`` says what
the window did while it was late. Other work on the machine makes all figures worse:
they come with the load.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import traceback
from importlib import metadata
from pathlib import Path
from typing import Any

from alternate import ROOT, machine
from plugin_viewer import MEASURES, write_image

Report = dict[str, Any]

TARGETS = {"start": 50, "panel": 500, "stamp": 10, "p95": 50, "longest": 250}
"""Milliseconds."""

STREAMED, WHOLE = (512, 512, 512), (256, 256, 256)
TINY = (16, 64, 64)
PLANE = (16, 2048, 2048)


def main() -> None:
    """Measure what was asked for, or be the process of one measure."""
    options = _options()
    if options.role:
        _serve(options)
        return
    _check_screen()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        judge = _Judge(options, Path(name))
        reports = [getattr(judge, case)() for case in options.case or MEASURES]
    if options.json:
        Path(options.json).write_text(json.dumps(reports, indent=1), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", action="append", choices=list(MEASURES))
    parser.add_argument("--repeats", type=int, default=7, help="of start and panel")
    parser.add_argument("--seconds", type=float, default=90, help="of stream")
    parser.add_argument("--strokes", type=int, default=100)
    parser.add_argument("--blame", action="store_true", help="what makes it late?")
    parser.add_argument(
        "--threads", type=int, help="of the network; else its own choice"
    )
    parser.add_argument("--tiny", action="store_true", help="see that it runs at all")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--role", choices=[*MEASURES, "run"], help=argparse.SUPPRESS)
    parser.add_argument("--run", type=Path, help="of stamp; made if it is not there")
    for name in ("--image", "--report"):
        parser.add_argument(name, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--without", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _check_screen() -> None:
    named = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform == "linux" and not any(os.environ.get(name) for name in named):
        sys.exit(
            "There is no screen. Run it as: xvfb-run -a -s '-screen 0 1920x1080x24' "
            "python benchmarks/plugin.py"
        )


def _serve(options: argparse.Namespace) -> None:
    if options.role == "run":
        _make_run(options.run, TINY if options.tiny else PLANE)
        return
    try:
        report = MEASURES[options.role](options)
        options.report.write_text(json.dumps(report), encoding="utf-8")
    except Exception:  # noqa: BLE001 - said, and the process ends with its jobs
        traceback.print_exc()
        os._exit(1)
    os._exit(0)  # how Qt ends is no matter of ours


def _make_run(path: Path, shape: tuple[int, int, int]) -> None:
    """Make a run with labels in every part of a plane, by a network of two channels."""
    from memory import (  # noqa: PLC0415 - the judge stays small
        Volume,
        save_dark_model,
        write_tubes,
    )

    import skoots  # noqa: PLC0415 - imports torch
    from skoots.model.zoo import load_model  # noqa: PLC0415 - likewise

    image, model = path.with_name("plane.tif"), path.with_name("dark.skoots")
    write_tubes(image, Volume("plane", shape, "uint8"))
    save_dark_model(model)
    for _ in skoots.segment(image, load_model(model), path):
        pass


class _Judge:
    """Starts the processes and says what came out."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self._options = options
        self._folder = folder
        _say(", ".join(f"{key} {value}" for key, value in _versions().items()))

    def start(self) -> Report:
        """Compare napari's start with and without the plugin."""
        self._ask("start")  # napari builds its icons
        pairs = [
            (self._ask("start"), self._ask("start", "--without"))
            for _ in range(self._options.repeats)
        ]
        report = self._begin("start")
        for key in ("seconds", "processor_seconds"):
            report[key] = [[one[key], other[key]] for one, other in pairs]
            least = [min(times) for times in zip(*report[key], strict=True)]
            report[f"cost_{key}"] = least[0] - least[1]
        _say(
            f"start: the plugin costs {1000 * report['cost_processor_seconds']:.0f} ms "
            f"of processor time, {1000 * report['cost_seconds']:.0f} ms by the clock, "
            f"of {statistics.median(a for a, _ in report['seconds']):.1f} s "
            f"(target {TARGETS['start']})"
        )
        return report

    def panel(self) -> Report:
        """Time the panel's first paint."""
        self._ask("panel")  # modules are compiled
        found = [self._ask("panel") for _ in range(self._options.repeats)]
        report = self._begin("panel")
        report["each"] = found
        times = sorted(1000 * one["seconds"] for one in found)
        work = statistics.median(1000 * one["processor_seconds"] for one in found)
        torch = any(one["torch"] or one["imported_before"] for one in found)
        _say(
            f"panel: painted after {statistics.median(times):.0f} ms "
            f"({times[0]:.0f} to {times[-1]:.0f}; {work:.0f} ms of processor time; "
            f"target {TARGETS['panel']}); torch {'IS' if torch else 'is not'} "
            "imported by then"
        )
        _say_gaps(found[-1]["gaps"])
        return report

    def stamp(self) -> Report:
        """Time strokes."""
        run = self._options.run or self._folder / "plane.skoots.zarr"
        if not run.exists():
            self._ask("run", "--run", str(run))
        report = self._begin("stamp") | self._ask("stamp", "--run", str(run))
        for where in ("run", "memory"):
            words = (
                f"{kind} {ms['median']} ms (95 %: {ms['p95']}, processor {ms['work']})"
                for kind, ms in report[where].items()
            )
            _say(
                f"stamp, labels {where}: {', '.join(words)} (target {TARGETS['stamp']})"
            )
        return report

    def stream(self) -> Report:
        """Look at labels that stream in."""
        return self._watch("stream", STREAMED)

    def whole(self) -> Report:
        """Look at a segmentation from its beginning to its end."""
        return self._watch("whole", WHOLE)

    def _watch(self, case: str, shape: tuple[int, int, int]) -> Report:
        image = self._folder / f"{case}.tif"
        write_image(image, TINY if self._options.tiny else shape)
        report = self._begin(case)
        report |= self._ask(case, "--image", str(image))
        rest = {k: v for k, v in report.items() if k not in ("gaps", *self._begin(""))}
        _say(f"{case}: " + ", ".join(f"{key} {_short(v)}" for key, v in rest.items()))
        _say_gaps(report["gaps"])
        return report

    def _begin(self, case: str) -> Report:
        return {"case": case, **machine(), **_versions()}

    def _ask(self, role: str, *words: str) -> Report:
        said = self._folder / "report.json"
        said.unlink(missing_ok=True)
        o = self._options
        command = [sys.executable, "-W", "ignore", __file__, "--role", role, *words]
        command += ["--report", str(said), "--seconds", str(o.seconds)]
        command += ["--strokes", str(o.strokes)]
        command += [f"--{name}" for name in ("tiny", "blame") if getattr(o, name)]
        subprocess.run(command, env=self._environment(), check=True)  # noqa: S603 - our own words
        if not said.exists():
            return {}
        report: Report = json.loads(said.read_text(encoding="utf-8"))
        return report

    def _environment(self) -> dict[str, str]:
        """Give settings that are nobody's, and compiled modules as after an install."""
        env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        env["NAPARI_CONFIG"] = str(self._folder / "napari" / "settings.yaml")
        if not self._options.tiny:  # which times nothing: ten seconds to compile it all
            env["PYTHONPYCACHEPREFIX"] = str(self._folder / "compiled")
            env.pop("PYTHONDONTWRITEBYTECODE", None)
        if self._options.threads:
            env["OMP_NUM_THREADS"] = str(self._options.threads)
        return env


def _versions() -> dict[str, str]:
    names = ("napari", "PyQt6", "PySide6", "torch", "numpy")
    versions = {}
    for name in names:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _short(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _say_gaps(gaps: dict[str, dict[str, float]]) -> None:
    for phase, ms in gaps.items():
        late = ms["p95"] > TARGETS["p95"] or ms["longest"] > TARGETS["longest"]
        _say(
            f"  {phase} ({ms['seconds']:.0f} s): median {ms['median']}, "
            f"95 % {ms['p95']}, 99 % {ms['p99']}, longest {ms['longest']}, "
            f"felt {ms['felt']} ms; processor time 95 % {ms['work_p95']}, "
            f"longest {ms['work_longest']}, garbage {ms['garbage']}"
            + ("  MISSED" if late else "")
        )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
