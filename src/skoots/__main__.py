"""``python -m skoots``, the same as the command ``skoots``."""

from __future__ import annotations

from skoots.cli import main

if __name__ == "__main__":
    main()
