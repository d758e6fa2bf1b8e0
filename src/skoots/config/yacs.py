"""Old settings: the ``CfgNode`` that published checkpoints hold.

The restricted unpickler gives a `CfgNode` back as a dictionary with its state in
attributes. Here it becomes nested plain data, and nothing else passes.
"""

from __future__ import annotations

from collections.abc import Mapping

from skoots.config.settings import KEYS
from skoots.errors import SettingsError


def cfg_node_to_mapping(node: object) -> dict[str, dict[str, object]]:
    """Turn an unpickled ``CfgNode`` into sections of plain data.

    Parameters
    ----------
    node : object
        The node, a dictionary of dictionaries.

    Returns
    -------
    dict from str to dict
        The sections, ready for `Settings.from_dict`.

    Raises
    ------
    SettingsError
        If it is no mapping of mappings, or holds something else than plain data.
    """
    if not isinstance(node, Mapping):
        raise SettingsError(f"Settings are no mapping but {type(node).__name__}.")
    sections: dict[str, dict[str, object]] = {}
    for name, section in node.items():
        if not isinstance(section, Mapping):
            raise SettingsError(f"The section {name} holds {section!r} and no keys.")
        sections[str(name)] = {
            str(key): _plain(f"{name}.{key}", value) for key, value in section.items()
        }
    return sections


def split_known(
    sections: Mapping[str, Mapping[str, object]],
) -> tuple[dict[str, dict[str, object]], tuple[str, ...]]:
    """Part the keys that exist from those that do not.

    A checkpoint may come from any commit of published SKOOTS or from a fork. What
    such a version knew besides must not keep its weights from loading.

    Parameters
    ----------
    sections : Mapping from str to Mapping
        Sections of an old checkpoint.

    Returns
    -------
    known : dict from str to dict
        What `Settings.from_dict` takes.
    unknown : tuple of str
        ``SECTION.KEY`` of the rest, sorted.
    """
    known: dict[str, dict[str, object]] = {}
    unknown: list[str] = []
    for name, section in sections.items():
        for key, value in section.items():
            if key in KEYS.get(name, ()):
                known.setdefault(name, {})[key] = value
            else:
                unknown.append(f"{name}.{key}")
    return known, tuple(sorted(unknown))


def _plain(place: str, value: object) -> object:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return tuple(_plain(place, item) for item in value)
    raise SettingsError(
        f"{place} holds {type(value).__name__}; settings are numbers, text and lists."
    )
