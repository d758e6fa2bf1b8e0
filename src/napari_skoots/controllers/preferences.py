"""Settings of the plugin that napari keeps: Preferences > SKOOTS, since napari 0.9.

On older versions the defaults apply.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

PLUGIN = "napari-skoots"

USUAL_MODEL = "mito-em"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What `napari.yaml` lists under ``configurations``."""

    device: str = "auto"
    """Where networks run when the panel is opened."""

    model: str = USUAL_MODEL
    """Name of the model that is chosen then."""

    folder: Path | None = None
    """Where runs go; None is beside the image."""

    refresh_ms: int = 200
    """Between two looks at labels that are being made."""

    choose_dropped: bool = False
    """Whether images that are dropped on the canvas are chosen in the panel."""


def read_preferences() -> Preferences:
    """Give the settings of today."""
    section = _section()
    if section is None:
        return Preferences()
    folder = str(getattr(section, "folder", "")).strip()
    return Preferences(
        device=str(getattr(section, "device", "auto")),
        model=str(getattr(section, "model", USUAL_MODEL)),
        folder=Path(folder).expanduser() if folder else None,
        refresh_ms=int(getattr(section, "refresh_ms", 200)),
        choose_dropped=bool(getattr(section, "choose_dropped", False)),
    )


def keep_choose_dropped(*, chosen: bool) -> None:
    """Remember whether dropped images are chosen; does nothing before napari 0.9."""
    section = _section()
    if section is not None:
        section.choose_dropped = chosen


def keep_model(name: str) -> None:
    """Remember which model was chosen; does nothing before napari 0.9."""
    section = _section()
    if section is not None:
        section.model = name


def _section() -> Any:
    try:
        from napari.settings import (  # noqa: PLC0415 - napari 0.9
            get_plugin_settings,
        )
    except ImportError:
        return None
    try:
        settings = get_plugin_settings(PLUGIN)
    except KeyError:  # the plugin is not installed, or disabled
        return None
    return getattr(settings, "segmenting", None)
