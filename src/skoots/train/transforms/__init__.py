"""The steps that make a training sample out of a volume: where, how it looks, targets."""

from __future__ import annotations
