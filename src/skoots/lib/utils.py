"""The documented way from settings to a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skoots.config import Settings
from skoots.config.yacs import cfg_node_to_mapping
from skoots.model.build import build_network

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skoots.model.unet import UNet
    from skoots.model.unext import UNeXT


def cfg_to_bism_model(cfg: Settings | Mapping[str, object]) -> UNet | UNeXT:
    """Build the network that settings describe, with fresh weights.

    Parameters
    ----------
    cfg : Settings or Mapping
        Settings; the ``CfgNode`` of an old checkpoint is understood too.

    Returns
    -------
    UNet or UNeXT
        Reads (B, C, X, Y, Z), gives (B, 5, X, Y, Z): vectors along X, Y, Z, skeleton,
        probability. In training mode, as every new network.

    Raises
    ------
    SettingsError
        If these settings describe no network.
    """
    if not isinstance(cfg, Settings):
        cfg = Settings.from_dict(cfg_node_to_mapping(cfg))
    return build_network(cfg)
