"""Units of what is stored; no torch is needed to know them."""

from __future__ import annotations

from typing import Final

INT8_UNIT: Final = 127
"""A whole unit of a vector component that is stored as int8."""
