"""Settings files: YAML that holds data and nothing else.

Published files come from yacs, which writes tuples as lists, and in some versions as
``!!python/tuple``. That tag is read, every other one that would build an object is
refused, and so is a key that stands twice, where YAML would keep the last in silence.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from skoots.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

_MERGE = "tag:yaml.org,2002:merge"

PathLike: TypeAlias = str | os.PathLike[str]


class _SettingsLoader(yaml.SafeLoader):
    """PyYAML's safe loader, with tuples and without repeated keys."""

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002 (PyYAML's signature)
    ) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _tuple(loader: _SettingsLoader, node: yaml.SequenceNode) -> tuple[object, ...]:
    return tuple(loader.construct_sequence(node, deep=True))


_SettingsLoader.add_constructor("tag:yaml.org,2002:python/tuple", _tuple)


def read_settings_file(path: PathLike) -> Mapping[str, object]:
    """Read the sections of a settings file.

    Parameters
    ----------
    path : str or PathLike
        A YAML file; an empty one has no sections.

    Returns
    -------
    Mapping from str to object
        The sections as they are written, unchecked.

    Raises
    ------
    SettingsError
        If there is no file, or it cannot be read, or it is no YAML of plain data.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError("There is no such file. Check its path.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"It cannot be read as text: {error}.") from error
    return parse_settings(text)


def parse_settings(text: str) -> Mapping[str, object]:
    """Read the sections from the text of a settings file.

    Parameters
    ----------
    text : str
        YAML.

    Returns
    -------
    Mapping from str to object
        The sections as they are written, unchecked.

    Raises
    ------
    SettingsError
        If it is no YAML of plain data, or its top level is no mapping.
    """
    try:
        loaded = yaml.load(text, Loader=_SettingsLoader)  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, RecursionError) as error:
        raise SettingsError(f"It is no YAML of plain data: {error}.") from error
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise SettingsError(
            "It holds no sections. A settings file begins with a line like 'TRAIN:'."
        )
    return loaded
