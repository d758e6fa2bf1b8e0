"""Real volumes that come with the package, each with its licence beside it."""

from __future__ import annotations

from skoots.samples.catalogue import (
    Sample,
    find_sample,
    list_samples,
    sample_at,
    sample_of,
    sample_path,
)

__all__ = [
    "Sample",
    "find_sample",
    "list_samples",
    "sample_at",
    "sample_of",
    "sample_path",
]
