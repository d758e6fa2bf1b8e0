"""Teach a model with a few painted objects.

A project keeps the examples of one kind of objects: images, what was painted in them,
the boxes in which everything is painted, and the models that came of it.
"""

from __future__ import annotations

from skoots.teach.example import Example
from skoots.teach.project import TeachProject
from skoots.teach.teaching import teach

__all__ = ["Example", "TeachProject", "teach"]
