"""The pages for readers say what is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md"))]


def test_the_tables_of_settings_are_those_of_the_models() -> None:
    script = ROOT / "scripts" / "settings_table.py"
    command = [sys.executable, str(script), "--check"]
    done = subprocess.run(command, check=False)  # noqa: S603 - our own script
    assert done.returncode == 0, "run: python scripts/settings_table.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    near = [target for target in targets if "://" not in target]
    assert [target for target in near if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_script_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(
        r"\b((?:scripts|\.ci)/[\w.]*\w)", page.read_text(encoding="utf-8")
    )
    assert [name for name in named if not (ROOT / name).exists()] == []
