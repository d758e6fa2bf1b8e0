"""Which volumes come with the package, and where they lie.

A sample is a TIFF, with its voxel size in its tags where that is known, so that it is
opened like any file of a user's own, and a text file that says where it is from and on
which terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from skoots.errors import SourceNotFoundError


@dataclass(frozen=True, slots=True)
class Sample:
    """A volume that comes with the package."""

    name: str
    """What `sample_path` knows it by."""

    title: str
    """One line for a menu."""

    path: Path
    """The TIFF."""

    licence: Path
    """Origin, changes and terms, as plain text."""

    model: str
    """Name of the shipped model that is made for it."""

    labels: Path | None = None
    """The TIFF of its objects, a number for each, if somebody has labelled them."""


_FOLDER = Path(__file__).parent

_SAMPLES = (
    Sample(
        name="medulla",
        title="Mitochondria in the fly medulla, FIB-SEM, 10 nm",
        path=_FOLDER / "medulla.tif",
        licence=_FOLDER / "MEDULLA_LICENSE.txt",
        model="mito-em",
    ),
    Sample(
        name="chloroplast",
        title="Chloroplasts in plant cells, EM, 40 x 20 x 20 nm, with labels",
        path=_FOLDER / "chloroplast.tif",
        licence=_FOLDER / "CHLOROPLAST_LICENSE.txt",
        model="chloroplast-em",
        labels=_FOLDER / "chloroplast.labels.tif",
    ),
    Sample(
        name="nuclei",
        title="Nuclei of a mouse embryo, fluorescence, with labels",
        path=_FOLDER / "nuclei.tif",
        licence=_FOLDER / "NUCLEI_LICENSE.txt",
        model="nuclei",
        labels=_FOLDER / "nuclei.labels.tif",
    ),
)


def list_samples() -> tuple[Sample, ...]:
    """Name every volume that comes with the package.

    Returns
    -------
    tuple of Sample
        In the order in which a menu shows them.

    Examples
    --------
    >>> [sample.name for sample in list_samples()]
    ['medulla', 'chloroplast', 'nuclei']
    """
    return _SAMPLES


def sample_path(name: str) -> Path:
    """Find the TIFF of one sample.

    Parameters
    ----------
    name : str
        One of the names in `list_samples`.

    Returns
    -------
    Path
        A file that `skoots segment` reads.

    Raises
    ------
    SourceNotFoundError
        When no sample has this name.

    Examples
    --------
    >>> sample_path("medulla").name
    'medulla.tif'
    """
    return find_sample(name).path


def find_sample(name: str) -> Sample:
    """Find one sample, with its labels if it has some.

    Parameters
    ----------
    name : str
        One of the names in `list_samples`.

    Raises
    ------
    SourceNotFoundError
        When no sample has this name.
    """
    for sample in _SAMPLES:
        if sample.name == name:
            return sample
    known = ", ".join(sample.name for sample in _SAMPLES)
    raise SourceNotFoundError(f"No sample is called {name!r}. There is: {known}.")


def sample_of(model: str) -> Sample:
    """Find the sample that a shipped model is made for, or the first for any other.

    Parameters
    ----------
    model : str
        Name of a model.

    Examples
    --------
    >>> sample_of("nuclei").name, sample_of("my-cells").name
    ('nuclei', 'medulla')
    """
    return next((s for s in _SAMPLES if s.model == model), _SAMPLES[0])


def sample_at(path: Path | None) -> Sample | None:
    """Say which sample a file is, if it is one.

    Parameters
    ----------
    path : Path or None
        Any file.

    Examples
    --------
    >>> sample_at(sample_path("nuclei")).model
    'nuclei'
    """
    if path is None:
        return None
    place = path.resolve()  # of a link to it, too
    return next((s for s in _SAMPLES if s.path.resolve() == place), None)
