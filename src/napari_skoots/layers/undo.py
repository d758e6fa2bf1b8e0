"""Undo in a layer of a run takes strokes back instead of painting over them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from weakref import ref

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_skoots.labels_array import ZarrLabels


def undo_through(layer: Labels, labels: ZarrLabels) -> None:
    """Let undo in a layer say that it undoes.

    napari assigns what was there before, which looks like a stroke.

    Parameters
    ----------
    layer : Labels
        Shows the labels.
    labels : ZarrLabels
        Its data.
    """
    # the layer must go when nobody refers to it, and give back the run
    vars(layer)["undo"] = partial(_undo, ref(layer), labels)


def _undo(of: ref[Labels], labels: ZarrLabels) -> None:
    layer = of()
    if layer is not None:
        with labels.undoing():
            type(layer).undo(layer)
