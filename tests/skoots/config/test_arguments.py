"""Arguments of losses and optimizers are checked before anything starts."""

from __future__ import annotations

import pytest

from skoots.config import Settings, validate_cfg
from skoots.errors import SettingsError


def _loss(name: str, keywords: list[str], values: list[float]) -> dict[str, object]:
    return {
        "LOSS_SKELETON": name,
        "LOSS_SKELETON_KEYWORDS": keywords,
        "LOSS_SKELETON_VALUES": values,
    }


def _optimizer(
    name: str, keywords: list[str], values: list[object]
) -> dict[str, object]:
    return {
        "OPTIMIZER": name,
        "OPTIMIZER_KEYWORD_ARGUMENTS": keywords,
        "OPTIMIZER_KEYWORD_VALUES": values,
    }


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(_loss("soft_cldice", [], []), id="all by default"),
        pytest.param(_loss("soft_cldice", ["iter_", "alpha"], [3, 0.5]), id="cldice"),
        pytest.param(_loss("tversky", ["beta", "alpha"], [1.5, 0.5]), id="any order"),
        pytest.param(
            _loss("tversky_bce", ["alpha", "beta", "smooth", "bce"], [1, 1, 0.01, 0]),
            id="with cross entropy",
        ),
        pytest.param(_optimizer("adamw", ["betas"], [[0.9, 0.98]]), id="betas"),
        pytest.param(
            _optimizer("sgd", ["momentum", "nesterov"], [0.9, True]), id="nesterov"
        ),
    ],
)
def test_what_is_known_is_taken(values: dict[str, object]) -> None:
    validate_cfg(Settings.from_dict({"TRAIN": values}))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        pytest.param(
            _loss("tversky", ["alpha", "betta"], [1, 1]),
            r"LOSS_SKELETON = 'tversky' takes no argument 'betta'.*'beta'",
            id="misspelled",
        ),
        pytest.param(
            _loss("tversky", ["alpha"], [1]), "needs a value for beta", id="missing"
        ),
        pytest.param(
            {"LOSS_SKELETON": "soft_cldice"},
            "takes iter_, alpha, smooth",
            id="arguments of the loss before",
        ),
        pytest.param(
            _loss("tversky", ["alpha", "beta"], [-1, 1]), "a number from 0", id="below"
        ),
        pytest.param(
            _loss("soft_cldice", ["iter_"], [2.5]), "a whole number", id="half a time"
        ),
        pytest.param(
            _loss("soft_cldice", ["alpha"], [1.5]), "from 0 to 1", id="above one"
        ),
        pytest.param(
            _loss("tversky", ["alpha", "beta", "beta"], [1, 1, 1]), "twice", id="twice"
        ),
        pytest.param(
            _optimizer("adamw", ["momentum"], [0.9]),
            "takes betas, amsgrad",
            id="of another optimizer",
        ),
        pytest.param(
            _optimizer("adam", ["betas"], [[0.9, 1.0]]), "below 1", id="never forgets"
        ),
        pytest.param(_optimizer("adam", ["betas"], [0.9]), "two numbers", id="one"),
        pytest.param(
            _optimizer("adam", ["amsgrad"], [1]), "true or false", id="a number"
        ),
        pytest.param(
            _optimizer("sgd", ["nesterov"], [True]),
            "momentum above 0",
            id="no momentum",
        ),
        pytest.param(
            _optimizer("sgd", ["nesterov", "momentum", "dampening"], [True, 0.9, 0.5]),
            "no dampening",
            id="dampened",
        ),
    ],
)
def test_what_does_not_suit_is_named(values: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        validate_cfg(Settings.from_dict({"TRAIN": values}))
