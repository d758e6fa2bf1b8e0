"""Names of the files of a package, which a model's own file may not have."""

from __future__ import annotations

from skoots.errors import ExportError

WEIGHTS = "weights.torchscript.pt"
README = "README.md"
TEST_INPUT, TEST_OUTPUT = "test_input.npy", "test_output.npy"
COVER = "cover"
"""Before the ending of the picture."""

NOTICE = "test_image_"
"""Before the name under which the sample's licence lies beside the sample."""

PACKAGE = "package.zip"
"""The package itself while it is made, in the folder of its files."""

_DESCRIPTIONS = ("rdf.yaml", "bioimageio.yaml", "model.yaml")
"""BioImage.IO takes no other file whose name ends like this."""


def check_name(name: str) -> None:
    """Refuse the name of a model's own file that another file of the package has.

    Parameters
    ----------
    name : str
        Of a file, without its folder. Capitals make no difference, as on some disks.

    Raises
    ------
    ExportError
        That asks for another name.
    """
    plain = name.lower()
    whole = {part.lower() for part in (WEIGHTS, README, TEST_INPUT, TEST_OUTPUT)}
    if (
        plain in {*whole, PACKAGE}
        or plain.startswith((f"{COVER}.", NOTICE))
        or plain.endswith(_DESCRIPTIONS)
    ):
        raise ExportError(
            f"The model's file is called {name}, and a package has a file of its own "
            "of that name. Give the model another one, such as cells.skoots."
        )
