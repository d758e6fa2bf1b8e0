"""A step of a training: how long it takes, and where the time goes.

Without settings and data it trains on made tubes, with the settings that ``--init``
gives them. The crop is made and the step is taken one after the other, as on a
processor; on a GPU the next crop is made meanwhile. Functions are clocked where the
training calls them, so it is the training's own step that is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
import torch
from phantom import grey_image, make_tubes

from skoots.config import Settings, get_cfg_defaults, validate_cfg
from skoots.model.precision import choose_device
from skoots.train import learner as learner_module
from skoots.train import merged_transform
from skoots.train.batch import collate
from skoots.train.check import check_training
from skoots.train.epochs import Epochs, Stream, random_numbers
from skoots.train.first.settings import make_first_settings
from skoots.train.learner import Learner
from skoots.train.optimise.number_format import choose_training_format
from skoots.train.ranks import Ranks
from skoots.train.sources import load_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from skoots.train.batch import Batch

WARM_UP = 3
"""Steps that are not counted: code is compiled, memory is taken."""

CROP = {
    "map": ("draw_crop",),
    "sampling": ("sample_labels", "sample_linear"),
    "targets": ("objects_in", "carry_points", "make_targets"),
    "colours": ("recolour",),
}
"""Parts of a crop, and the functions that do them."""

PARTS = (
    *(*CROP, "rest of the crop"),
    *("forward", "loss", "backward", "clip", "optimizer", "average"),
    "rest of the step",
)

PROCESSOR = "processor, all"
"""Seconds of the processor in a step, which do not grow when others work."""


@dataclass
class Clock:
    """Seconds that went into each part of a step."""

    device: torch.device
    seconds: dict[str, float] = field(default_factory=dict)

    def now(self) -> float:
        """Give the time when all that was asked of a GPU is done."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()

    def clocked(self, part: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Give a function that does the same and is clocked."""

        @wraps(work)
        def run(*args: Any, **kwargs: Any) -> Any:
            started = self.now()
            try:
                return work(*args, **kwargs)
            finally:
                self.seconds[part] = self.seconds.get(part, 0.0) + self.now() - started

        return run

    @contextmanager
    def on(self, owner: Any, name: str, part: str) -> Iterator[None]:
        """Clock a function where its owner calls it."""
        work = getattr(owner, name)
        setattr(owner, name, self.clocked(part, work))
        try:
            yield
        finally:
            setattr(owner, name, work)


class Training:
    """What a training is made of, a step at a time."""

    def __init__(self, settings: Settings, device: torch.device) -> None:
        self.settings = settings
        self.sources = load_sources(settings, device)
        self.learner = Learner(settings, device, Ranks())
        self.epochs = Epochs(
            len(self.sources.training),
            settings.TRAIN.TRAIN_BATCH_SIZE,
            settings.TRAINER.SEED,
        )
        self.learner.number_format = choose_training_format(
            self.learner.network, settings, self.crop(0).image.to(device)
        )

    def crop(self, step: int) -> Batch:
        """Make the crops of a step."""
        seed, training = self.settings.TRAINER.SEED, self.sources.training
        return collate(
            [
                training.sample(
                    draw.index,
                    random_numbers(seed, Stream.SAMPLE, draw.epoch, draw.place),
                )
                for draw in self.epochs.draws(step)
            ]
        )


def main() -> None:
    """Take some steps and print where the time goes."""
    options = _options()
    torch.set_num_threads(options.threads)
    device = choose_device(options.device)
    with tempfile.TemporaryDirectory() as folder:
        training = Training(_settings(options, Path(folder)), device)
        rows = _measure(training, Clock(device), options.steps)
    report = _report(training, rows, options.threads)
    _print(report)
    if options.json:
        Path(options.json).write_text(json.dumps([report], indent=1), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config-file", type=Path, help="settings of a training")
    parser.add_argument("--data", type=Path, help="annotated volumes; else made tubes")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tiny", action="store_true", help="see that it runs at all")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    if options.tiny:
        options.steps = 2
    return options


def _settings(options: argparse.Namespace, folder: Path) -> Settings:
    """Give the settings that are asked for, or those that `--init` would write."""
    data = options.data or _write_tubes(folder, tiny=options.tiny)
    settings = (
        get_cfg_defaults().merge_from_file(options.config_file)
        if options.config_file
        else Settings.from_dict(make_first_settings(data, options.device).values)
    )
    if options.data or not settings.TRAIN.TRAIN_DATA_DIR:
        sources = {
            "TRAIN_DATA_DIR": [str(data)],
            "TRAIN_SAMPLE_PER_IMAGE": [100],
            "TRAIN_STORE_DATA_ON_GPU": [False],
            "BACKGROUND_DATA_DIR": [],
            "BACKGROUND_SAMPLE_PER_IMAGE": [],
            "BACKGROUND_STORE_DATA_ON_GPU": [],
        }
        settings = settings.merge({"TRAIN": sources})
    nothing_held_out = {
        "VALIDATION_DATA_DIR": [],
        "VALIDATION_SAMPLE_PER_IMAGE": [],
        "VALIDATION_STORE_DATA_ON_GPU": [],
    }
    settings = validate_cfg(settings.merge({"TRAIN": nothing_held_out}))
    check_training(settings)
    return settings


def _write_tubes(folder: Path, *, tiny: bool) -> Path:
    shape, count = ((24, 48, 48), 4) if tiny else ((96, 256, 256), 120)
    labels = make_tubes(shape, count, 60, 5.3, seed=0).labels.astype(np.uint16)
    tifffile.imwrite(folder / "tubes.tif", grey_image(labels, seed=0))
    tifffile.imwrite(folder / "tubes.labels.tif", labels)
    return folder


def _measure(training: Training, clock: Clock, steps: int) -> list[dict[str, float]]:
    """Take steps; give the seconds of each part, step by step."""
    rows = []
    rate = training.settings.TRAIN.LEARNING_RATE
    with ExitStack() as stack:
        for owner, name, part in _places(training.learner):
            stack.enter_context(clock.on(owner, name, part))
        for step in range(WARM_UP + steps):
            clock.seconds = {}
            worked, started = time.process_time(), clock.now()
            batch = training.crop(step)
            cropped = clock.now()
            training.learner.step(batch, 0, step, rate)
            ended = clock.now()
            row = _row(clock.seconds, cropped - started, ended - cropped)
            rows.append({**row, PROCESSOR: time.process_time() - worked})
    return rows[WARM_UP:]


def _places(learner: Learner) -> Iterator[tuple[Any, str, str]]:
    """Yield where which function is called, and for which part of a step."""
    for part, names in CROP.items():
        for name in names:
            yield merged_transform, name, part
    yield learner._module, "forward", "forward"
    yield learner, "_objective", "loss"
    yield torch.Tensor, "backward", "backward"
    yield learner_module.nn.utils, "clip_grad_norm_", "clip"
    yield learner.optimizer, "step", "optimizer"
    yield learner.average, "update", "average"


def _row(seconds: dict[str, float], crop: float, step: float) -> dict[str, float]:
    row = {part: seconds.get(part, 0.0) for part in PARTS}
    row["rest of the crop"] = crop - sum(row[part] for part in CROP)
    row["rest of the step"] = step - sum(row[part] for part in PARTS[len(CROP) + 1 :])
    return {**row, "crop": crop, "step": crop + step}


def _report(
    training: Training, rows: list[dict[str, float]], threads: int
) -> dict[str, Any]:
    usual, train = training.settings.AUGMENTATION, training.settings.TRAIN
    network = training.learner.network
    weights = sum(parameter.numel() for parameter in network.parameters())
    return {
        "network": f"{training.settings.MODEL.ARCHITECTURE}, {weights:,} weights",
        "crop_xyz": (usual.CROP_WIDTH, usual.CROP_HEIGHT, usual.CROP_DEPTH),
        "batch": train.TRAIN_BATCH_SIZE,
        "number_format": training.learner.number_format,
        "device": str(training.learner.device),
        "threads": threads,
        "cores": os.cpu_count(),
        "steps": len(rows),
        "seconds": {
            part: statistics.median(row[part] for row in rows) for part in rows[0]
        },
        "slowest": max(row["step"] for row in rows),
    }


def _print(report: dict[str, Any]) -> None:
    x, y, z = report["crop_xyz"]
    sys.stdout.write(
        f"{report['network']}, {report['batch']} x {x} x {y} x {z} voxels, "
        f"{report['number_format']}, {report['device']}, "
        f"{report['threads']} threads, {report['steps']} steps\n"
    )
    whole = report["seconds"]["step"]
    for part, seconds in report["seconds"].items():
        share = 100 * seconds / whole
        sys.stdout.write(f"{part:18} {1000 * seconds:9.1f} ms {share:6.1f} %\n")
    sys.stdout.write(f"{'slowest step':18} {1000 * report['slowest']:9.1f} ms\n")


if __name__ == "__main__":
    main()
