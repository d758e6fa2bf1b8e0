"""From settings to a network."""

from __future__ import annotations

from collections import OrderedDict

import pytest
import torch

from skoots.config import Settings, get_cfg_defaults
from skoots.errors import SettingsError
from skoots.lib.utils import cfg_to_bism_model
from skoots.model.build import build_network
from skoots.model.unet import UNet
from skoots.model.unext import UNeXT

SMALL = {"DIMS": [4, 6, 4], "DEPTHS": [1, 1, 1], "OUT_CHANNELS": 4, "KERNEL_SIZE": 3}


def test_published_settings_give_the_published_network() -> None:
    assert isinstance(build_network(get_cfg_defaults()), UNeXT)


def test_our_settings_give_our_network() -> None:
    model = {"ARCHITECTURE": "unet", "DIMS": [4, 8, 8], "DEPTHS": [1, 1, 1]}
    built = build_network(Settings.from_dict({"MODEL": {**model, "IN_CHANNELS": 2}}))
    assert isinstance(built, UNet)
    assert (built.factor, built.in_channels) == (4, 2)
    with torch.inference_mode():
        assert built.eval()(torch.zeros(1, 2, 8, 8, 4)).shape == (1, 5, 8, 8, 4)


def test_what_published_skoots_cannot_build_is_refused() -> None:
    settings = Settings.from_dict({"MODEL": {"ARCHITECTURE": "bism_unet"}})
    with pytest.raises(SettingsError, match="bism_unext or unet"):
        build_network(settings)


@pytest.mark.parametrize(
    "cfg",
    [
        pytest.param(Settings.from_dict({"MODEL": SMALL}), id="settings"),
        pytest.param({"MODEL": SMALL}, id="mapping"),
        pytest.param(OrderedDict(MODEL=OrderedDict(SMALL)), id="old node"),
    ],
)
def test_the_documented_name_takes_old_and_new_settings(
    cfg: Settings | dict[str, object],
) -> None:
    built = cfg_to_bism_model(cfg)
    assert isinstance(built, UNeXT)
    assert built.training
