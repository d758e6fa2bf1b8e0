"""From settings to a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skoots.config.validate import validate_model
from skoots.model.unet import UNet
from skoots.model.unext import UNeXT

if TYPE_CHECKING:
    from skoots.config import Settings


def build_network(settings: Settings) -> UNet | UNeXT:
    """Build the network that settings describe, with fresh weights.

    Parameters
    ----------
    settings : Settings
        The section MODEL is read.

    Returns
    -------
    UNet or UNeXT
        Reads (B, C, X, Y, Z), gives (B, 5, X, Y, Z); knows its `factor` and
        `in_channels`.

    Raises
    ------
    SettingsError
        If these settings describe no network.
    """
    model = settings.MODEL
    validate_model(model)
    if model.ARCHITECTURE == "unet":
        return UNet(model.IN_CHANNELS, model.DIMS, model.DEPTHS)
    return UNeXT(model)
