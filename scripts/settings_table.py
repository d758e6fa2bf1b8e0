"""Write the tables of docs/settings.md from the settings models.

``python scripts/settings_table.py`` writes them anew; with ``--check`` it leaves the
page alone and ends with 1 where it is out of date.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from skoots.config import get_cfg_defaults

if TYPE_CHECKING:
    from skoots.config.section import Section

PAGE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
MARK = "<!-- Below this line: written by scripts/settings_table.py. -->"

# What readers look for first stands first.
_ORDER = (
    "INFERENCE",
    "SKOOTS",
    "MODEL",
    "TRAIN",
    "TRAINER",
    "AUGMENTATION",
    "AUGMENTATION_EXTRA",
    "EXPERIMENTAL",
)


def make_tables() -> str:
    """Give one heading and one table for each section."""
    settings = get_cfg_defaults()
    names = [*_ORDER, *(set(type(settings).model_fields) - set(_ORDER))]
    return "\n".join(_make_table(name, getattr(settings, name)) for name in names)


def make_page() -> str:
    """Give the page with its tables written anew."""
    text = PAGE.read_text(encoding="utf-8")
    prose, mark, _ = text.partition(MARK)
    if not mark:
        raise SystemExit(f"{PAGE} has lost its line {MARK!r}.")
    return f"{prose}{MARK}\n\n{make_tables()}"


def _make_table(name: str, section: Section) -> str:
    rows = [
        f"### {name}",
        "",
        "| key | default | what it does |",
        "| --- | --- | --- |",
    ]
    for key, field in type(section).model_fields.items():
        value = _show(getattr(section, key))
        rows.append(f"| `{key}` | {value} | {field.description} |")
    return "\n".join([*rows, ""])


def _show(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        return f"`{value}`" if value else "empty"
    return f"`{json.dumps(value)}`"


def main() -> int:
    """Write or check the page."""
    page = make_page()
    if "--check" in sys.argv[1:]:
        return int(page != PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
