"""Real volumes that come with the package, each with its licence beside it."""

from __future__ import annotations

from skoots.samples.catalogue import Sample, list_samples, sample_path

__all__ = ["Sample", "list_samples", "sample_path"]
