"""Who made a model, on which terms it is given away and what it asks to be cited."""

from __future__ import annotations

import re
from dataclasses import dataclass

from skoots.config.report import nearest
from skoots.errors import ExportError

SKOOTS_PAPER = {
    "text": "Buswinka et al., SKOOTS: Skeleton oriented object segmentation for "
    "mitochondria, bioRxiv (2023)",
    "doi": "10.1101/2023.05.05.539611",
}
"""Stands in every package: the method is that of its authors."""

LONGEST_DESCRIPTION = 1024
"""Letters that BioImage.IO allows."""

_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.\d{4,}\S*/\S+)", re.I)
_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])")


@dataclass(frozen=True, slots=True)
class Credits:
    """What its author says of a model.

    Raises
    ------
    ExportError
        If nobody is named, or a part is not of the form that is asked for.
    """

    authors: tuple[str, ...]
    """One ``NAME``, ``NAME; AFFILIATION`` or ``NAME; AFFILIATION; ORCID`` each."""

    licence: str
    """Identifier of the SPDX list."""

    description: str | None = None
    """A sentence or two, or None."""

    cite: tuple[str, ...] = ()
    """``TEXT DOI`` or ``TEXT ADDRESS`` each, beside the paper of SKOOTS."""

    def __post_init__(self) -> None:
        """Refuse what a package cannot hold."""
        if not self.authors:
            raise ExportError("Nobody is named. Say with authors (--author) who it is.")
        if self.description and len(self.description) > LONGEST_DESCRIPTION:
            raise ExportError(
                f"The description has {len(self.description)} letters and a package "
                f"holds {LONGEST_DESCRIPTION}. Put the rest into the model's card, "
                "NAME.md beside its file."
            )
        for text in self.authors:
            read_author(text)
        for text in self.cite:
            read_citation(text)


def read_author(text: str) -> dict[str, str]:
    """Read a person.

    Examples
    --------
    >>> read_author("Ann Example; Institute of Cells; 0000-0002-1825-0097")["orcid"]
    '0000-0002-1825-0097'
    """
    name, *more = (part.strip() for part in text.split(";"))
    if not name or "/" in name or "\\" in name or len(more) > 2:
        raise ExportError(
            f"{text!r} names no author. Write NAME, or NAME; AFFILIATION; ORCID."
        )
    person = {"name": name}
    for part in filter(None, more):
        found = _ORCID.fullmatch(part)
        person["orcid" if found else "affiliation"] = found[1] if found else part
    return person


def read_citation(text: str) -> dict[str, str]:
    """Read what is to be cited, with the DOI or the address at its end.

    Examples
    --------
    >>> read_citation("Lucchi et al. (2013), doi:10.1109/CVPR.2013.259")
    {'text': 'Lucchi et al. (2013)', 'doi': '10.1109/CVPR.2013.259'}
    """
    words, _, where = text.strip().rpartition(" ")
    words = words.strip().rstrip(",;")
    doi = _DOI.fullmatch(where)
    if words and doi:
        return {"text": words, "doi": doi[1]}
    if words and where.startswith(("https://", "http://")):
        return {"text": words, "url": where}
    raise ExportError(
        f"{text!r} cannot be cited. Write who and what, and at the end a DOI or an "
        "address, such as 'Ann Example, Cells (2024), doi:10.1234/abc'."
    )


def check_licence(licence: str, known: list[str]) -> str:
    """Give an identifier as the SPDX list spells it.

    Parameters
    ----------
    licence : str
        What was given.
    known : list of str
        The identifiers of the list.

    Examples
    --------
    >>> check_licence("cc-by-4.0", ["MIT", "CC-BY-4.0"])
    'CC-BY-4.0'
    """
    spelled = {name.lower(): name for name in known}
    if licence.lower() in spelled:
        return spelled[licence.lower()]
    close = nearest(licence, known)
    raise ExportError(
        f"The licence {licence!r} is not one of the SPDX list"
        f"{f'; the nearest is {close}' if close else ''}. Give an identifier of "
        "spdx.org/licenses, such as CC-BY-4.0 or MIT."
    )
