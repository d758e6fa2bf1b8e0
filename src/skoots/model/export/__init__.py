"""Models for other programs: packages of the BioImage Model Zoo."""

from __future__ import annotations

from skoots.model.export.extra import can_check, check_bioimageio
from skoots.model.export.package import export_bioimageio

__all__ = ["can_check", "check_bioimageio", "export_bioimageio"]
