"""Facts that hold between settings."""

from __future__ import annotations

import pytest

from skoots.config import Settings, get_cfg_defaults, inference, validate_cfg
from skoots.errors import SettingsError
from skoots.inference import quantise

UNET = {"ARCHITECTURE": "unet", "DIMS": [16, 32, 64, 128], "DEPTHS": [1, 1, 2, 1, 1]}


def test_defaults_fit_together() -> None:
    settings = get_cfg_defaults()
    assert validate_cfg(settings) is settings


def test_our_network_needs_no_equal_lists() -> None:
    validate_cfg(Settings.from_dict({"MODEL": UNET}))


def test_folders_need_not_exist() -> None:
    values = {
        "TRAIN_DATA_DIR": ["nowhere"],
        "TRAIN_SAMPLE_PER_IMAGE": [4],
        "TRAIN_STORE_DATA_ON_GPU": [False],
        "SAVE_PATH": "nowhere either",
    }
    validate_cfg(Settings.from_dict({"TRAIN": values}))


@pytest.mark.parametrize(
    ("section", "values", "says"),
    [
        pytest.param("MODEL", {"ARCHITECTURE": "bism_unet"}, "bism_unext or unet"),
        pytest.param(
            "MODEL", {"DIMS": [8, 16, 16, 8], "DEPTHS": [1] * 4}, "odd number"
        ),
        pytest.param("MODEL", {"DEPTHS": [1, 1, 1]}, "DEPTHS has 3"),
        pytest.param("MODEL", {"OUT_CHANNELS": 8}, "OUT_CHANNELS = 8"),
        pytest.param("MODEL", {"KERNEL_SIZE": 4}, "3, 5 or 7"),
        pytest.param("MODEL", {"ACTIVATION": "gelo"}, "'gelu'"),
        pytest.param("MODEL", {"BLOCK": "block2d"}, "'block3d'"),
        pytest.param("MODEL", {**UNET, "DEPTHS": [1] * 4}, "need 5"),
        pytest.param("MODEL", {**UNET, "DIMS": [16]}, "no level"),
        pytest.param("TRAIN", {"LOSS_SKELETON": "cldice"}, "'soft_cldice'"),
        pytest.param("TRAIN", {"OPTIMIZER": "adamx"}, "'adamax'"),
        pytest.param("TRAIN", {"SCHEDULER": "cosin"}, "'cosine'"),
        pytest.param("TRAIN", {"TARGET": "affinity"}, "'skoots'"),
        pytest.param(
            "TRAIN", {"LOSS_EMBED_VALUES": [1.0]}, "LOSS_EMBED_KEYWORDS has 3"
        ),
        pytest.param(
            "TRAIN",
            {"TRAIN_DATA_DIR": ["a", "b"], "TRAIN_SAMPLE_PER_IMAGE": [1]},
            "TRAIN_SAMPLE_PER_IMAGE 1",
        ),
        pytest.param("TRAIN", {"OPTIMIZER_KEYWORD_VALUES": [1]}, "OPTIMIZER_KEYWORD"),
        pytest.param("AUGMENTATION", {"AFFINE_YAW": [9, -9]}, "runs backwards"),
    ],
)
def test_contradictions_are_named(
    section: str, values: dict[str, object], says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        validate_cfg(Settings.from_dict({section: values}))


def test_probability_thresholds_below_the_stored_vectors_are_refused() -> None:
    assert inference.LEAST_PROBABILITY == quantise.LEAST_PROBABILITY
    Settings.from_dict({"INFERENCE": {"PROBABILITY_THRESHOLD": 0.1}})
    with pytest.raises(SettingsError, match="PROBABILITY_THRESHOLD"):
        Settings.from_dict({"INFERENCE": {"PROBABILITY_THRESHOLD": 0.09}})


def test_statistics_are_fixed_where_the_network_has_them() -> None:
    late = {"TRAINER": {"FREEZE_NORM_EPOCH": 0}}
    validate_cfg(Settings.from_dict({"MODEL": UNET, **late}))
    with pytest.raises(SettingsError, match="FREEZE_NORM_EPOCH = 0, but bism_unext"):
        validate_cfg(Settings.from_dict(late))
