"""The steps from a volume to a training sample: place, looks, targets."""

from __future__ import annotations
