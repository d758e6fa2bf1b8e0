"""What ``skoots train`` does."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from skoots.cli.console import OUT, say
from skoots.cli.progress import clock
from skoots.cli.train_progress import drain_training
from skoots.config import get_cfg_defaults, validate_cfg
from skoots.errors import SettingsError
from skoots.train.check import check_training
from skoots.train.engine import train
from skoots.train.first.settings import make_first_settings, write_first_settings
from skoots.train.project import Project

if TYPE_CHECKING:
    from skoots.config import Settings

_YAML = (".yaml", ".yml")


def write_settings(folder: Path, out: Path | None, *, overwrite: bool) -> None:
    """Measure a folder of annotated volumes and write settings that fit it."""
    path = out or folder / f"{folder.resolve().name}.yaml"
    if path.exists() and not overwrite:
        raise SettingsError(
            f"{path} is there already. Give --overwrite, or another place with --out."
        )
    first = make_first_settings(folder)
    write_first_settings(path, first)
    for line in first.found:
        say(line)
    OUT.print(str(path), markup=False, soft_wrap=True)
    say(f"look at it, then: skoots train --config-file {path}")


def draw_preview(config_file: Path | None, out: Path | None, count: int) -> None:
    """Draw crops with their targets."""
    from skoots.train.preview import write_preview  # noqa: PLC0415 - imports matplotlib

    settings, place = _settings_and_place(config_file, out)
    check_training(settings)
    for path in write_preview(settings, place / "preview", count):
        OUT.print(str(path), markup=False, soft_wrap=True)


def open_project(
    config_file: Path | None, out: Path | None, *, resume: bool, overwrite: bool
) -> Path:
    """Make the folder of a training, or open that of one that goes on."""
    if resume and overwrite:
        raise SettingsError(
            "--resume and --overwrite exclude each other. Give one of them."
        )
    if config_file is None and resume and out is not None:
        return Project(out).path
    settings, place = _settings_and_place(config_file, out)
    if not _leads():  # the first process makes it
        return place
    check_training(settings)
    return Project.create(place, settings, resume=resume, overwrite=overwrite).path


def run(place: Path, device: str, threads: int) -> bool:
    """Train, and tell whether the training came to its end."""
    job = train(place, resume=True, device=device, threads=threads)
    finished = drain_training(job)
    if finished is None:
        words = shlex.join(["skoots", "train", "--resume", "--out", str(place)])
        say(f"stopped; go on with: {words}")
        return False
    if not _leads():
        return True
    skipped = f", {finished.skipped} of them skipped" if finished.skipped else ""
    say(f"{finished.steps} steps{skipped} in {clock(finished.seconds)}")
    OUT.print(str(finished.model), markup=False, soft_wrap=True)
    model = shlex.quote(str(finished.model))
    say(f"use it: skoots segment IMAGE --model {model}")
    return True


def _leads() -> bool:
    """Tell whether this is the process that speaks, of those ``torchrun`` started."""
    return os.environ.get("RANK", "0") == "0"


def list_settings(folder: Path) -> list[Path]:
    """List the settings files of a folder."""
    files = sorted(p for p in folder.glob("*") if p.suffix in _YAML)
    if not files:
        raise SettingsError(
            f"{folder} holds no *.yaml. Give a folder of them, or leave --batch out."
        )
    return files


def _settings_and_place(
    config_file: Path | None, out: Path | None
) -> tuple[Settings, Path]:
    if config_file is None:
        raise SettingsError(
            "There are no settings to train with. Give --config-file FILE; "
            "'skoots train --init FOLDER' writes one."
        )
    settings = validate_cfg(get_cfg_defaults().merge_from_file(config_file))
    return settings, out or Path(settings.TRAIN.SAVE_PATH) / config_file.stem
