"""What a volume is called and where the results of working on it go.

Names and places follow the path as it was given, not what a link points to. An array
inside a zarr store is called after the store and its own path, and its results lie
beside the store, never in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RUN_SUFFIX = ".skoots.zarr"
"""How the name of every run folder ends."""

PROJECT_SUFFIX = ".skoots-project"
"""How the name of every project ends in which a model is taught."""

PROJECT_RECORD = "project.json"
"""The file that makes a folder a project."""

_STORE = ".zarr"
_NAME_ENDS = (".tif", ".tiff", ".btf", ".tf8", _STORE, ".ome")


def image_name(image: Path) -> str:
    """Give the name of an image without what tells its format.

    Examples
    --------
    >>> from pathlib import Path
    >>> image_name(Path("data/cochlea.ome.tif")), image_name(Path("a.b.zarr/raw/0"))
    ('cochlea', 'a.b_raw_0')
    """
    path, store = _in_store(image)
    name = store.name or store.resolve().name
    for end in _NAME_ENDS:
        if name.lower().endswith(end) and len(name) > len(end):
            name = name[: -len(end)]
    return "_".join([name, *path.parts[len(store.parts) :]])


def place_beside(image: Path, end: str) -> Path:
    """Give the path of a result that is called after an image and lies beside it.

    Parameters
    ----------
    image : Path
        The image.
    end : str
        What comes after the image's name.

    Examples
    --------
    >>> from pathlib import Path
    >>> place_beside(Path("data/cells.zarr/raw"), RUN_SUFFIX).as_posix()
    'data/cells_raw.skoots.zarr'
    """
    return _in_store(image)[1].parent / f"{image_name(image)}{end}"


def _in_store(image: Path) -> tuple[Path, Path]:
    """Give the path, and the outermost zarr store on it or else the path itself."""
    for path in (image, image.absolute()):  # the working folder may lie in a store
        for folder in reversed(path.parents):
            if folder.suffix.lower() == _STORE:
                return path, folder
    return image, image
