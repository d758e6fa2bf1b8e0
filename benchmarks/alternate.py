"""Run ours and the published package in turns, on the same input, and hold them apart.

Each side lives in a process of its own, with its own Python: both packages are called
`skoots`. The processes wait until they are asked, so that only one works at a time and
a noisy machine disturbs both alike. A case runs first on a tiny input, which compiles
everything; then the outputs for the real input are compared; only then is time taken.
What does not agree gets no ratio.

A file of cases ends with ``main(CASES)``; its options are those of `_options`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
WARM_UPS = 3
"""TorchScript settles on its code in the third call."""

Arrays = dict[str, np.ndarray]


class DisagreementError(Exception):
    """The outputs differ: there is nothing to compare the time of."""


@dataclass(frozen=True, slots=True)
class Task:
    """One side of a case, ready to run."""

    run: Callable[[], Any]
    """What is timed."""

    result: Callable[[Any], Arrays]
    """Turns what `run` returned into arrays to compare; not timed."""

    before: Callable[[], None] = lambda: None
    """Runs before every `run`; not timed."""


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison."""

    name: str
    target: float
    """Least ratio of the peer's time to ours; see also `peer_is_ours`."""

    make: Callable[[Path, bool], None]
    """Writes the input into a folder: the real one, or (True) a tiny one."""

    ours: Callable[[Path], Task]
    peer: Callable[[Path], Task] | None
    check: Callable[[Path, Arrays, Arrays | None], list[str]]
    """Compares with the truth and with the peer; gives notes for the report, or raises
    `DisagreementError`."""

    peer_is_ours: bool = False
    """Whether the peer is our own code, run by our Python: a floor for the time. Then
    `target` is the most that ours may take, in times of that floor."""


def main(cases: list[Case]) -> None:
    """Be what the command line asks for: the judge, or one of the two sides."""
    options = _options(cases)
    if options.role:
        _serve(cases, options)
        return
    sys.path.insert(0, str(ROOT / "src"))  # the judge is of our house
    names = options.case or [case.name for case in cases]
    reports = [_compare(case, options) for case in cases if case.name in names]
    if options.json:
        Path(options.json).write_text(json.dumps(reports, indent=1), encoding="utf-8")
    if any("disagreement" in report for report in reports):
        sys.exit(1)


def _options(cases: list[Case]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--peer",
        default=os.environ.get("SKOOTS_PEER_PYTHON"),
        help="Python of an environment with the published package",
    )
    parser.add_argument(
        "--case", action="append", choices=[case.name for case in cases]
    )
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tiny", action="store_true", help="see that it runs at all")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--role", choices=["ours", "peer"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


# ---- the judge


def _compare(case: Case, options: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("tiny", "real"):
            (folder / part).mkdir()
            case.make(folder / part, part == "tiny" or options.tiny)
        sides = {"ours": _Side("ours", sys.executable, case, folder, options)}
        python = sys.executable if case.peer_is_ours else options.peer
        if python and case.peer:
            sides["peer"] = _Side("peer", python, case, folder, options)
        try:
            report = _measure(case, folder, sides, options)
        finally:
            for side in sides.values():
                side.close()
    _say(report)
    return report


def _measure(
    case: Case, folder: Path, sides: dict[str, _Side], options: argparse.Namespace
) -> dict[str, Any]:
    report: dict[str, Any] = {"case": case.name, "target": case.target, **machine()}
    report["threads"] = options.threads
    for side in sides.values():
        side.ask("keep")
    kept = {name: side.kept() for name, side in sides.items()}
    try:
        report["notes"] = case.check(folder / "real", kept["ours"], kept.get("peer"))
    except DisagreementError as error:
        return {**report, "disagreement": str(error)}
    del kept
    rounds = [
        {name: side.ask("time") for name, side in sides.items()}
        for _ in range(options.repeats)
    ]
    for name in sides:
        report[name] = {
            key: [each[name][key] for each in rounds] for key in rounds[0][name]
        }
    if "peer" in sides:
        for key in ("seconds", "processor_seconds"):
            pairs = zip(report["peer"][key], report["ours"][key], strict=True)
            ratio = statistics.median(a / b for a, b in pairs)
            report[f"ratio_{key}"] = 1 / ratio if case.peer_is_ours else ratio
    return report


class _Side:
    """A process that waits for orders."""

    def __init__(
        self,
        name: str,
        python: str,
        case: Case,
        folder: Path,
        options: argparse.Namespace,
    ) -> None:
        threads = str(options.threads)
        command = [python, "-W", "ignore", sys.argv[0], "--case", case.name]
        command += ["--role", name, "--folder", str(folder), "--threads", threads]
        env = {**os.environ, "OMP_NUM_THREADS": threads, "NUMBA_NUM_THREADS": threads}
        if name == "ours" or case.peer_is_ours:
            env["PYTHONPATH"] = str(ROOT / "src")
        else:
            env.pop("PYTHONPATH", None)
        self._name = name
        self._folder = folder
        self._said = folder / f"{name}.txt"
        self._process = subprocess.Popen(  # noqa: S603 - our own words
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said.open("w"),
            env=env,
            text=True,
        )

    def ask(self, order: str) -> dict[str, float]:
        """Give an order and wait for the answer."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("The process has no pipes.")
        stdin.write(order + "\n")
        stdin.flush()
        for line in stdout:
            if line.startswith("{"):  # the published package prints as it goes
                answer: dict[str, float] = json.loads(line)
                return answer
        said = self._said.read_text(encoding="utf-8")[-2000:]
        raise RuntimeError(f"The process of {self._name} died. {said}")

    def kept(self) -> Arrays:
        """Give the arrays of the order ``keep``."""
        files = (self._folder / self._name).glob("*.npy")
        return {file.stem: np.load(file) for file in files}

    def close(self) -> None:
        """Let the process end."""
        self._process.communicate()


def machine() -> dict[str, Any]:
    """Say what the figures come from."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(": ")[1] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _say(report: dict[str, Any]) -> None:
    words = [f"{report['case']}:"]
    if "disagreement" in report:
        words.append(f"NO RATIO, the outputs disagree: {report['disagreement']}")
    for side in ("ours", "peer"):
        if side in report:
            wall = statistics.median(report[side]["seconds"])
            work = statistics.median(report[side]["processor_seconds"])
            peak = max(report[side]["added_gb"])
            words.append(
                f"{side} {wall:.4f} s ({work:.4f} processor s, +{peak:.2f} GB)"
            )
    if "ratio_seconds" in report:
        words.append(
            f"ratio {report['ratio_seconds']:.1f} "
            f"(processor time {report['ratio_processor_seconds']:.1f}, "
            f"target {report['target']:g})"
        )
    words += report.get("notes", [])
    sys.stdout.write(" | ".join(words).replace(": |", ":", 1) + "\n")
    sys.stdout.flush()


# ---- a side


def _serve(cases: list[Case], options: argparse.Namespace) -> None:
    """Warm up on the tiny input, then obey orders until the pipe closes."""
    (case,) = (c for c in cases if c.name in options.case)
    make = case.ours if options.role == "ours" else case.peer
    if make is None:
        raise RuntimeError("This case has no peer.")
    tiny = make(options.folder / "tiny")
    for _ in range(WARM_UPS):
        tiny.before()
        tiny.run()
    task = make(options.folder / "real")
    for order in sys.stdin:
        answer, result = _timed(task)
        if order.strip() == "keep":
            kept = options.folder / options.role
            kept.mkdir()
            for name, array in task.result(result).items():
                np.save(kept / f"{name}.npy", array)
        del result
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _timed(task: Task) -> tuple[dict[str, float], Any]:
    task.before()
    resident = reset_peak()
    work, start = time.process_time(), time.perf_counter()
    result = task.run()
    seconds = time.perf_counter() - start
    work = time.process_time() - work
    answer = {
        "seconds": seconds,
        "processor_seconds": work,
        "added_gb": (peak_memory() - resident) / 1e9,
        "torch": float("torch" in sys.modules),
    }
    return answer, result


def reset_peak() -> int:
    """Forget the peak of this process; give what is resident now, in bytes."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return 0
    return peak_memory()


def peak_memory() -> int:
    """Give the most that was resident since `reset_peak`, in bytes; 0 if unknown."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    fields = dict(line.split(":", 1) for line in lines)
    return int(fields["VmHWM"].split()[0]) * 1024


def peer_torch(threads: int = 2) -> Any:
    """Make the published package importable in this process; give its torch.

    Its environment needs a mend or two on a machine without CUDA: a module `upenv` does
    that, in the folder that SKOOTS_PEER_SCRIPTS names (default: ``../shared/peer``).
    """
    default = ROOT.parent / "shared" / "peer"
    sys.path.insert(0, os.environ.get("SKOOTS_PEER_SCRIPTS", str(default)))
    import upenv  # noqa: PLC0415 - no package of ours

    torch = upenv.use("pypi")
    torch.set_num_threads(threads)
    return torch
