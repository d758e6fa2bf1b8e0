"""Settings files: YAML of plain data, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from skoots.config.settings_file import parse_settings, read_settings_file
from skoots.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path


def test_anchors_and_merge_keys_are_read() -> None:
    text = "A: &a\n  X: &x [1, 2]\nB:\n  <<: *a\n  Y: *x\n"
    assert parse_settings(text)["B"] == {"X": [1, 2], "Y": [1, 2]}


def test_tuples_of_old_yacs_are_read() -> None:
    text = "SKOOTS:\n  VECTOR_SCALING: !!python/tuple\n  - 60\n  - 60\n  - 12\n"
    assert parse_settings(text) == {"SKOOTS": {"VECTOR_SCALING": (60, 60, 12)}}


def test_an_empty_file_has_no_sections() -> None:
    assert parse_settings("# nothing\n") == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("!!python/object/apply:os.getcwd []", "plain data", id="code"),
        pytest.param("A: !!python/name:os.system", "plain data", id="function"),
        pytest.param("A: [1, 2", "plain data", id="syntax"),
        pytest.param("A: 1\nB: 2\nA: 3\n", "'A' stands twice", id="key twice"),
        pytest.param("A:\n  X: 1\n  X: 2\n", "'X' stands twice", id="inner key twice"),
        pytest.param("? [1, 2]\n: 3\n", "plain data", id="key is a list"),
        pytest.param("- 1\n- 2\n", "no sections", id="list"),
        pytest.param("hello", "no sections", id="text"),
        pytest.param("[" * 5000, "plain data", id="deep"),
    ],
)
def test_everything_else_is_refused(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        parse_settings(text)


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "image.yaml"
    path.write_bytes(b"II*\x00\xff\xfe\x80")
    with pytest.raises(SettingsError, match="read as text"):
        read_settings_file(path)
    with pytest.raises(SettingsError, match="read as text"):
        read_settings_file(tmp_path)
