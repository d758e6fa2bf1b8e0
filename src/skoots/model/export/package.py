"""Write a model as a package of the BioImage Model Zoo.

The package is made in a folder of its own, read again by ``bioimageio.spec``, run by
``bioimageio.core`` where there is one, and only then put where it was asked for.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skoots.errors import (
    CheckpointError,
    ExportError,
    ModelExistsError,
    SkootsError,
    StorageError,
)
from skoots.model.export.attachment import attach
from skoots.model.export.cover import write_cover
from skoots.model.export.credits import Credits, check_licence
from skoots.model.export.example import make_example
from skoots.model.export.extra import (
    can_check,
    check_bioimageio,
    need_spec,
    pack,
    spdx_ids,
)
from skoots.model.export.names import (
    NOTICE,
    README,
    TEST_INPUT,
    TEST_OUTPUT,
    WEIGHTS,
)
from skoots.model.export.rdf import Parts, describe, describe_shortly
from skoots.model.export.readme import write_readme
from skoots.model.export.zyx_network import write_torchscript

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from skoots.model.checkpoint import Checkpoint, PathLike
    from skoots.model.export.attachment import Attached

ENDING = ".zip"


def export_bioimageio(  # noqa: PLR0913 (all but two are facts for the package)
    model: Checkpoint | PathLike,
    out: PathLike,
    *,
    authors: Sequence[str],
    license: str,  # noqa: A002 (the word of the format; no builtin is called here)
    description: str | None = None,
    cite: Sequence[str] = (),
    overwrite: bool = False,
    check: bool = True,
) -> Path:
    """Write a model as a BioImage.IO package of format 0.5.

    It holds the network as TorchScript, a test image with the engine's answer, a page
    that describes it, a picture, and the model's own file, so that nothing is lost.

    Parameters
    ----------
    model : Checkpoint or path
        A loaded model, a name that `skoots.model.zoo.known_models` lists, or a file.
    out : path
        Where to, ending in ``.zip``; its folder is made.
    authors : sequence of str
        Who made the model: ``NAME``, or ``NAME; AFFILIATION; ORCID``, one at least.
    license : str
        The terms on which the model is given away: an identifier of the SPDX list.
    description : str, optional
        A sentence or two, up to 1024 letters.
    cite : sequence of str
        What to cite beside the paper of SKOOTS: a text with a DOI or an address at its
        end.
    overwrite : bool
        Replace a file that is there.
    check : bool
        Let `check_bioimageio` try the package before it is put in its place, if
        ``bioimageio.core`` is there.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    MissingPackageError
        If ``bioimageio.spec`` is not installed.
    ExportError
        If what is said of the model cannot stand in a package, its file has a name that
        the package needs, its card is no text, or the package does not do what it
        should.
    ModelExistsError
        If the file exists and `overwrite` is not set.
    ModelNotFoundError
        If there is no such model.
    CheckpointError
        If it is no model, or takes more than one channel.
    StorageError
        If the disk is full or nothing may be written there.
    """
    place = Path(out)
    _check_place(place, overwrite=overwrite)
    spec = need_spec()
    licence = check_licence(license, spdx_ids())
    made_by = Credits(tuple(authors), licence, description, tuple(cite))
    with _workshop(place) as folder:
        attached = attach(model, folder)
        _check_channels(attached.checkpoint)
        parts = _fill(folder, attached, made_by)
        version = spec.ModelDescr.implemented_format_version
        package = pack(describe(attached.checkpoint, made_by, parts, version), folder)
        if check and can_check():
            check_bioimageio(package)
        package.replace(place)
    return place


def _check_place(place: Path, *, overwrite: bool) -> None:
    if place.suffix.lower() != ENDING or place.is_dir():
        raise ExportError(f"{place} is no name for a package. Let it end in {ENDING}.")
    if place.exists() and not overwrite:
        raise ModelExistsError(
            f"{place} exists. Replace it with overwrite=True (--overwrite), or choose "
            "another name."
        )


def _check_channels(checkpoint: Checkpoint) -> None:
    channels = checkpoint.network.in_channels
    if channels != 1:
        raise CheckpointError(
            f"The model {checkpoint.name} takes {channels} channels. SKOOTS segments "
            "and shares models of one channel."
        )


@contextmanager
def _workshop(place: Path) -> Iterator[Path]:
    """Give a folder beside the place, which is gone afterwards."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=f".{place.name}.", dir=place.parent, ignore_cleanup_errors=True
        ) as folder:
            yield Path(folder)
    except SkootsError:  # some are errors of the operating system as well
        raise
    except OSError as error:
        if error.errno is None:  # of a library, not of the disk
            raise
        raise StorageError(
            f"The package cannot be written to {place}: {error.strerror or error}. "
            "Make room, or name another place."
        ) from error


def _fill(folder: Path, attached: Attached, made_by: Credits) -> Parts:
    """Write every file of a package but its description."""
    checkpoint = attached.checkpoint
    example = make_example(checkpoint)
    notice = example.sample.licence
    parts = Parts(
        weights=WEIGHTS,
        attachment=attached.file,
        notice=f"{NOTICE}{notice.name}",
        readme=README,
        cover=write_cover(folder, attached.picture, example),
        test_input=TEST_INPUT,
        test_output=TEST_OUTPUT,
    )
    write_torchscript(checkpoint.network, folder / parts.weights)
    np.save(folder / parts.test_input, example.image)
    np.save(folder / parts.test_output, example.answer)
    shutil.copyfile(notice, folder / parts.notice)
    text = write_readme(
        checkpoint,
        made_by.description or describe_shortly(checkpoint),
        attachment=parts.attachment,
        notice=parts.notice,
        sample=example.sample.title,
        card=attached.card,
    )
    (folder / parts.readme).write_text(text, encoding="utf-8")
    return parts
