"""What an author says of a model is read, or refused in words."""

from __future__ import annotations

import pytest

from skoots.errors import ExportError
from skoots.model.export.credits import (
    Credits,
    check_licence,
    read_author,
    read_citation,
)


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("Ann Example", {"name": "Ann Example"}),
        ("Ann; Institute", {"name": "Ann", "affiliation": "Institute"}),
        (
            "Ann; Institute, Town; https://orcid.org/0000-0002-1825-0097",
            {
                "name": "Ann",
                "affiliation": "Institute, Town",
                "orcid": "0000-0002-1825-0097",
            },
        ),
    ],
    ids=["name", "affiliation", "orcid"],
)
def test_an_author_is_read(text: str, person: dict[str, str]) -> None:
    assert read_author(text) == person


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("Ann, Cells, doi:10.1234/abc", {"doi": "10.1234/abc"}),
        ("Ann, Cells, https://doi.org/10.1234/abc", {"doi": "10.1234/abc"}),
        ("Ann, Cells 10.1234/abc", {"doi": "10.1234/abc"}),
        ("Ann, Cells, https://cells.example", {"url": "https://cells.example"}),
    ],
    ids=["doi", "doi as address", "bare doi", "address"],
)
def test_a_citation_is_read(text: str, where: dict[str, str]) -> None:
    assert read_citation(text) == {"text": "Ann, Cells", **where}


@pytest.mark.parametrize("text", ["", "  ;Institute", "A/B", "a; b; c; d"])
def test_what_names_nobody_is_refused(text: str) -> None:
    with pytest.raises(ExportError, match="names no author"):
        Credits((text,), "MIT")


@pytest.mark.parametrize("text", ["", "10.1234/abc", "Ann, Cells, somewhere"])
def test_what_cannot_be_looked_up_is_refused(text: str) -> None:
    with pytest.raises(ExportError, match="cannot be cited"):
        Credits(("Ann",), "MIT", cite=(text,))


def test_somebody_must_be_named_and_a_description_is_short() -> None:
    with pytest.raises(ExportError, match="--author"):
        Credits((), "MIT")
    with pytest.raises(ExportError, match="1025 letters"):
        Credits(("Ann",), "MIT", "x" * 1025)


def test_a_licence_that_is_not_known_is_refused_with_the_nearest() -> None:
    with pytest.raises(ExportError, match=r"CC-BY-4\.1.*nearest is CC-BY-4\.0"):
        check_licence("CC-BY-4.1", ["MIT", "CC-BY-4.0"])
