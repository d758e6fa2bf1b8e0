"""What settings may ask of a crop, and settings that ask for nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from skoots.errors import SettingsError

if TYPE_CHECKING:
    from skoots.config.settings import Settings

NO_CHANGES: dict[str, dict[str, Any]] = {
    "AUGMENTATION": {
        "FLIP_RATE": 0.0,
        "BRIGHTNESS_RATE": 0.0,
        "NOISE_RATE": 0.0,
        "CONTRAST_RATE": 0.0,
        "AFFINE_RATE": 0.0,
        "ELASTIC_RATE": 0.0,
    },
    "AUGMENTATION_EXTRA": {
        "CROPS": (),
        "PERMUTE_RATE": 0.0,
        "ROTATION_RATE": 0.0,
        "INVERT_RATE": 0.0,
        "GAMMA_RATE": 0.0,
        "SHADE_RATE": 0.0,
        "BLUR_RATE": 0.0,
    },
}
"""Values by which a crop is cut out, and nothing else is done to it."""


def check_settings(cfg: Settings) -> None:
    """Refuse settings by which a crop would vanish or fold.

    Raises
    ------
    SettingsError
        With the key, its value and what to do.
    """
    usual, extra = cfg.AUGMENTATION, cfg.AUGMENTATION_EXTRA
    least = {
        "AUGMENTATION.AFFINE_SCALE": min(usual.AFFINE_SCALE),
        "AUGMENTATION_EXTRA.ROTATION_SCALE": min(extra.ROTATION_SCALE),
        "AUGMENTATION_EXTRA.GAMMA_RANGE": min(extra.GAMMA_RANGE),
    }
    for name, value in least.items():
        if value <= 0:
            raise SettingsError(f"{name} starts at {value:g}. Start above 0.")
    steepest = max(map(abs, usual.AFFINE_SHEAR))
    if not math.isfinite(steepest) or steepest >= 80:
        raise SettingsError(
            f"AUGMENTATION.AFFINE_SHEAR reaches {steepest:g} degrees. Stay below 80."
        )
    rates = sum(rate for *_, rate in extra.CROPS)
    if rates > 1 + 1e-9:
        raise SettingsError(
            f"The shares of AUGMENTATION_EXTRA.CROPS add up to {rates:g}. Give shares "
            "of at most 1 together."
        )
