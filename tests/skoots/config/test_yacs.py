"""Settings of old checkpoints."""

from __future__ import annotations

from collections import OrderedDict

import pytest

from skoots.config import Settings
from skoots.config.yacs import cfg_node_to_mapping, split_known
from skoots.errors import SettingsError


def test_a_node_becomes_plain_sections() -> None:
    node = OrderedDict(SKOOTS=OrderedDict(VECTOR_SCALING=(20, 20, 4), NOTES=""))
    mapping = cfg_node_to_mapping(node)
    assert mapping == {"SKOOTS": {"VECTOR_SCALING": (20, 20, 4), "NOTES": ""}}
    assert Settings.from_dict(mapping).SKOOTS.VECTOR_SCALING == (20, 20, 4)


@pytest.mark.parametrize(
    ("node", "says"),
    [
        pytest.param([1], "list", id="no mapping"),
        pytest.param({"MODEL": 3}, "MODEL", id="section without keys"),
        pytest.param({"MODEL": {"DIMS": {1}}}, r"MODEL\.DIMS holds set", id="set"),
        pytest.param({"MODEL": {"DIMS": [{}]}}, r"MODEL\.DIMS holds dict", id="nested"),
    ],
)
def test_what_is_no_plain_data_is_refused(node: object, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        cfg_node_to_mapping(node)


def test_keys_of_other_versions_are_set_aside() -> None:
    sections: dict[str, dict[str, object]] = {
        "MODEL": {"KERNEL_SIZE": 5, "NEW": 1},
        "OTHER": {"KEY": 2},
    }
    known, unknown = split_known(sections)
    assert known == {"MODEL": {"KERNEL_SIZE": 5}}
    assert unknown == ("MODEL.NEW", "OTHER.KEY")
