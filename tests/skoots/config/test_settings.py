"""The settings as a whole: names, bounds, faces and refusals."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import settings as campaign
from hypothesis import strategies as st

from skoots.config import InferenceConfig, Section, Settings, get_cfg_defaults
from skoots.config.settings import KEYS
from skoots.config.settings_file import parse_settings
from skoots.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

triples = st.tuples(*[st.floats(0.01, 1e3)] * 3)

SECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "SKOOTS": st.fixed_dictionaries(
            {}, optional={"VECTOR_SCALING": triples, "NOTES": st.text()}
        ),
        "INFERENCE": st.fixed_dictionaries(
            {},
            optional={
                "PROBABILITY_THRESHOLD": st.floats(0.1, 0.99),
                "HOPS": st.integers(1, 100),
                "FIRST_HIT": st.booleans(),
                "CONNECTIVITY": st.sampled_from([6, 18, 26]),
                "CORE": st.none() | st.tuples(*[st.integers(1, 512)] * 3),
            },
        ),
        "TRAIN": st.fixed_dictionaries(
            {}, optional={"TRAIN_DATA_DIR": st.lists(st.text(), max_size=3)}
        ),
    },
)


def all_fields() -> list[tuple[type[Section], str]]:
    sections = [type(getattr(Settings(), name)) for name in Settings.model_fields]
    return [
        (section, key)
        for section in [Settings, *sections]
        for key in section.model_fields
    ]


@pytest.mark.parametrize(
    ("section", "key"), all_fields(), ids=lambda part: getattr(part, "NAME", part)
)
def test_every_field_has_a_title_and_a_description(
    section: type[Section], key: str
) -> None:
    field = section.model_fields[key]
    assert field.title
    assert field.description
    assert field.description.endswith(".")


def test_defaults_are_the_published_ones(shared_dir: Path) -> None:
    defaults = get_cfg_defaults()
    assert (
        defaults.merge_from_file(shared_dir / "compat/default_cfg_head.yaml")
        == defaults
    )


def test_release_0_0_5_file_loads_unchanged(shared_dir: Path) -> None:
    path = shared_dir / "compat/default_cfg_pypi.yaml"
    changed = get_cfg_defaults().merge_from_file(path)
    assert changed.TRAIN.PRETRAINED_MODEL_PATH == ("models",)
    assert changed.merge({"TRAIN": {"PRETRAINED_MODEL_PATH": []}}) == get_cfg_defaults()


@pytest.mark.parametrize("form", ["head", "pypi"])
def test_every_published_key_is_known(shared_dir: Path, form: str) -> None:
    text = (shared_dir / f"compat/default_cfg_{form}.yaml").read_text()
    for section, values in parse_settings(text).items():
        assert isinstance(values, dict)
        assert set(values) <= set(KEYS[section])


def test_old_models_default_to_the_documented_protocol() -> None:
    inference = get_cfg_defaults().INFERENCE
    assert (inference.PROBABILITY_THRESHOLD, inference.SKELETON_THRESHOLD) == (0.5, 0.8)
    dilations = inference.SKELETON_DILATIONS_3D, inference.SKELETON_DILATIONS_2D
    assert (dilations, inference.HOPS) == ((1, 3), 2)


@campaign(deadline=None)
@given(SECTIONS)
def test_yaml_round_trip(values: dict[str, dict[str, object]]) -> None:
    settings = Settings.from_dict(values)
    assert Settings.from_dict(parse_settings(settings.to_yaml())) == settings


@campaign(deadline=None)
@given(SECTIONS)
def test_dictionary_round_trip(values: dict[str, dict[str, object]]) -> None:
    settings = Settings.from_dict(values)
    assert Settings.from_dict(settings.to_dict()) == settings


@campaign(deadline=None)
@given(SECTIONS, SECTIONS)
def test_merging_keeps_what_is_not_named(
    first: dict[str, dict[str, object]], second: dict[str, dict[str, object]]
) -> None:
    merged = Settings.from_dict(first).merge(second)
    both = {
        name: {**first.get(name, {}), **second.get(name, {})}
        for name in [*first, *second]
    }
    assert merged == Settings.from_dict(both)


def test_dictionary_is_plain_data() -> None:
    def check(value: object) -> None:
        if isinstance(value, dict):
            for item in value.values():
                check(item)
        elif isinstance(value, list):
            for item in value:
                check(item)
        else:
            assert value is None or type(value) in {bool, int, float, str}

    check(get_cfg_defaults().to_dict())


def test_merging_leaves_the_old_settings_alone() -> None:
    old = get_cfg_defaults()
    new = old.merge({"INFERENCE": {"HOPS": 7}})
    assert (old.INFERENCE.HOPS, new.INFERENCE.HOPS) == (2, 7)
    assert new.SKOOTS is old.SKOOTS


def test_settings_are_frozen() -> None:
    settings = get_cfg_defaults()
    with pytest.raises(SettingsError, match=r"SKOOTS\.NOTES.*merge"):
        settings.SKOOTS.NOTES = "changed"
    with pytest.raises(SettingsError, match="frozen"):
        settings.SKOOTS = settings.SKOOTS


def test_settings_survive_copying_and_pickling() -> None:
    settings = get_cfg_defaults()
    assert copy.deepcopy(settings) == settings
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 (our own)
    assert hash(settings) == hash(get_cfg_defaults())


def test_an_empty_section_changes_nothing() -> None:
    assert get_cfg_defaults().merge({"TRAIN": None, "MODEL": {}}) == get_cfg_defaults()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        pytest.param({"INFERENC": {}}, "nearest is INFERENCE", id="section misspelled"),
        pytest.param({"inference": {}}, "nearest is INFERENCE", id="lower case"),
        pytest.param(
            {"INFERENCE": {"HOP": 3}},
            r"INFERENCE\.HOP \(set to 3\).*INFERENCE\.HOPS",
            id="key misspelled",
        ),
        pytest.param(
            {"MODEL": {"VECTOR_SCALING": [1, 1, 1]}},
            r"MODEL\.VECTOR_SCALING.*SKOOTS\.VECTOR_SCALING",
            id="key misplaced",
        ),
        pytest.param({"MODEL": {1: 2}}, r"MODEL\.1", id="key is a number"),
        pytest.param({"TRAIN": 3}, "TRAIN holds 3", id="section without keys"),
        pytest.param({"INFERENCE": {"HOPS": 0}}, r"INFERENCE\.HOPS = 0", id="below"),
        pytest.param({"INFERENCE": {"HOPS": True}}, "truth value", id="bool as number"),
        pytest.param(
            {"INFERENCE": {"HOPS": 2.5}}, r"HOPS = 2\.5", id="no whole number"
        ),
        pytest.param(
            {"INFERENCE": {"CORE": [8, 0, 8]}}, r"CORE\[1\] = 0", id="empty core"
        ),
        pytest.param({"INFERENCE": {"CORE": [8, 8]}}, "too few", id="two of three"),
        pytest.param(
            {"INFERENCE": {"CONNECTIVITY": 8}}, "CONNECTIVITY = 8", id="no connectivity"
        ),
        pytest.param(
            {"SKOOTS": {"VECTOR_SCALING": [1, 1, float("nan")]}}, "finite", id="NaN"
        ),
        pytest.param(
            {"MODEL": {"ARCHITECTURE": "unext"}}, "bism_unext", id="no architecture"
        ),
        pytest.param({"MODEL": {"DIMS": []}}, "DIMS", id="no levels"),
    ],
)
def test_what_is_no_setting_is_named(values: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        Settings.from_dict(values)


def test_sections_refuse_by_themselves() -> None:
    with pytest.raises(SettingsError, match=r"INFERENCE\.TILE"):
        InferenceConfig(TILE=1)
    with pytest.raises(SettingsError, match=r"INFERENCE\.HOPS = -1"):
        Settings(INFERENCE={"HOPS": -1})


def test_a_refused_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("INFERENCE: {HOP: 3}")
    with pytest.raises(SettingsError, match=r"wrong\.yaml.*INFERENCE\.HOPS"):
        get_cfg_defaults().merge_from_file(path)
    with pytest.raises(SettingsError, match=r"none\.yaml.*no such file"):
        get_cfg_defaults().merge_from_file(tmp_path / "none.yaml")


def test_numbers_that_yaml_reads_as_text_are_numbers() -> None:
    values = parse_settings("TRAIN: {LEARNING_RATE: 5e-4, WEIGHT_DECAY: 1e-6}")
    assert Settings.from_dict(values).TRAIN.LEARNING_RATE == 5e-4


def test_a_lone_path_is_a_list_of_one() -> None:
    settings = Settings.from_dict({"TRAIN": {"TRAIN_DATA_DIR": "data"}})
    assert settings.TRAIN.TRAIN_DATA_DIR == ("data",)


def test_importing_settings_costs_no_torch() -> None:
    code = "import sys, skoots.config; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603 (ours)
    assert done.returncode == 0
