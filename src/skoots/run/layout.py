"""What lies where in the folder of a run.

::

    NAME.skoots.zarr/               zarr 3 group; as an OME-Zarr image: the probability
        probability                 (Z, Y, X) uint8, raw: 255 is certain
        skeleton                    (Z, Y, X) uint8, raw
        vectors                     (3, Z, Y, X) int8, along Z, Y, X: 127 is the scaling
        components                  (Z, Y, X) uint32, numbered within a block
        instances                   (Z, Y, X) uint32, only when resampled
        labels/instances/0, 1, ...  uint32 labels on the image's grid, OME-Zarr 0.5
        edited                      (Z, Y, X) uint8, where a person painted (`Edits`)
        state/lock                  held by the process that writes
        state/plan.json             what the run does (`RunPlan`)
        state/predict/Z.Y.X.npz     one marker per finished block and pass, written
        state/label/Z.Y.X.npz       by rename after the block's chunks (`Markers`)
        state/assign/Z.Y.X.npz
        state/finish/...            likewise: small objects, grid, levels
        state/finished.json         what the last process reported, if labels are final
        state/ids.json              labels that a person used, the largest one found
        state/places.npy            where the skeleton of each label begins
        state/finals.npy            provisional labels and what became of them
        state/provisional/...       skeletons of provisional objects, by block
        state/strokes/...           strokes that are being painted (`Journal`)
        state/stale/Z.Y.X           chunks painted since the levels were made
        state/spent.json            seconds that processes worked on it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STATE = "state"
LOCK = "lock"
PLAN = "plan.json"
FINISHED = "finished.json"
SPENT = "spent.json"
LABELS = "labels/instances"
EDITED = "edited"
IDS = "ids.json"
PLACES = "places.npy"
FINALS = "finals.npy"
STROKES = "strokes"
STALE = "stale"

PASSES = ("predict", "label", "assign")
"""Those that work on the network's grid, block by block."""

WRITERS = {
    "probability": "predict",
    "skeleton": "predict",
    "vectors": "predict",
    "components": "label",
}
"""The pass that writes an array; the labels' are told by the plan."""

PARTS = (*WRITERS, "instances", "labels", EDITED)
"""What a run makes besides its state and its ``zarr.json``."""


def is_run(path: Path) -> bool:
    """Whether a run lies there that got as far as its plan."""
    return (path / STATE / PLAN).is_file()
