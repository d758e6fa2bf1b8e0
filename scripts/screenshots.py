"""Take the pictures of docs/napari.md: the real application on the samples.

Needs a screen of 1920 x 1080 without a window manager, and some minutes::

    xvfb-run -a -s "-screen 0 1920x1080x24" python scripts/screenshots.py [FOLDER]

Each process shows one window, large or small, dark or light, and goes through the
states in the order in which a user meets them. What is not shown in the documentation
is taken, too, into the folder ``build/screenshots``, to be looked at.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from on_screen import PLUGIN, ROOT, Screen, compress, environment, press, rest, until

TILE = (64, 96, 96)
"""Small, so that labels of a small sample come piece by piece."""

QUALITY = 50
WIDEST = 1280
"""Pictures of larger windows are made as narrow as that."""


@dataclass(frozen=True, slots=True)
class Look:
    """A window of some size in some theme."""

    theme: str
    width: int
    height: int
    shown: tuple[str, ...]
    """States that the documentation shows in this look."""

    @property
    def name(self) -> str:
        """Such as ``small-dark``."""
        return f"{'large' if self.width > WIDEST else 'small'}-{self.theme}"


PANELS = ("loading", "empty", "paused", "load-model")
"""States of which the panel alone is shown, side by side."""

PANEL_LEFT = 870
"""Where the panel begins in the small window, in pixels."""

LOOKS = (
    Look(
        "dark",
        1280,
        720,
        ("ready", "running", "cancelled", "3d", "card", "receipt", "overlays"),
    ),
    Look("light", 1280, 720, ("preview", "error")),
    Look("dark", 1920, 1080, ("done", "advanced", "bake")),
    Look("light", 1920, 1080, ("table",)),
)


def main() -> None:
    """Start a process for each look, or be one."""
    words = sys.argv[1:]
    if words[:1] == ["--look"]:
        _be(LOOKS[int(words[1])], Path(words[2]))
        return
    out = Path(words[0]) if words else ROOT / "docs" / "images"
    everything = ROOT / "build" / "screenshots"
    shutil.rmtree(everything, ignore_errors=True)
    everything.mkdir(parents=True)
    for number in range(len(LOOKS)):
        command = [sys.executable, __file__, "--look", str(number), str(everything)]
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            env = environment(Path(folder))
            subprocess.run(command, env=env, check=True)  # noqa: S603 - our own words
    _choose(everything, out)


def _choose(everything: Path, out: Path) -> None:
    """Write what the documentation shows."""
    out.mkdir(parents=True, exist_ok=True)
    for look in LOOKS:
        for state in look.shown:
            taken = everything / f"{look.name}-{state}.png"
            compress(taken, out / f"plugin-{state}.jpg", QUALITY, WIDEST)
    _place_side_by_side(
        [everything / f"small-dark-{state}.png" for state in PANELS], out
    )


def _place_side_by_side(pictures: list[Path], out: Path) -> None:
    from PIL import Image  # noqa: PLC0415 - napari brings it

    panels = []
    for picture in pictures:
        image = Image.open(picture).convert("RGB")
        panels.append(image.crop((PANEL_LEFT, 24, image.width, image.height)))
    width, height = panels[0].size
    strip = Image.new("RGB", (width * len(panels), height))
    for number, panel in enumerate(panels):
        strip.paste(panel, (number * width, 0))
    palette = strip.quantize(64, dither=Image.Dither.NONE)
    palette.save(out / "plugin-panels.png", optimize=True)


def _be(look: Look, out: Path) -> None:
    try:
        _Show(look, out).run()
    except Exception:  # noqa: BLE001 - said, and the process ends with its jobs
        traceback.print_exc()
        os._exit(1)
    os._exit(0)  # how Qt ends is no matter of ours


class _Show(Screen):
    """One window that goes through all states."""

    def __init__(self, look: Look, out: Path) -> None:
        super().__init__(look.width, look.height, look.theme)
        self._look, self._out = look, out
        self._folder = Path(os.environ["SKOOTS_SCREENSHOTS"])

    def run(self) -> None:
        """Go through the states."""
        image = self._copy("medulla.tif")
        _, self.panel = self.viewer.window.add_plugin_dock_widget(PLUGIN, "SKOOTS")
        from napari_skoots.controllers.session import (  # noqa: PLC0415 - after the panel
            Session,
        )

        self.session = s = Session.of(self.viewer)
        rest(0.04)
        s.engine.load()
        self.panel.files_dropped.emit([image])
        self._take("loading")
        until(lambda: s.models.pace is not None)
        self.viewer.layers.clear()
        self._take("empty")
        self.panel.files_dropped.emit([image])
        self._choose_tiles()
        self.viewer.dims.set_current_step(0, 32)
        self._take("ready")
        self._preview()
        self._segment()
        self._after()
        self._error()
        self._bake()
        self._load_model()

    def _copy(self, name: str) -> Path:
        from skoots.samples import sample_path  # noqa: PLC0415 - after the start

        sample = sample_path("medulla").with_name(name)
        return Path(shutil.copy(sample, self._folder / name))

    def _choose_tiles(self) -> None:
        from napari_skoots.state.views import Where  # noqa: PLC0415 - after the start

        self.session.set_config({"CORE": TILE})
        self.session.models.changed.emit()
        self.session.wishes.set(where=Where.WHOLE)

    # ---- states

    def _preview(self) -> None:
        previewing = self.session.previewing
        self._press("Preview")
        until(lambda: previewing.view is not None)
        self._take("preview")
        self._press("Dismiss")

    def _segment(self) -> None:
        board: Any = self.session.board
        self._press("Segment")
        until(lambda: board.view.done >= 4)
        self._take("running")
        self._press("Pause")
        self._take("paused")
        self._press("Resume")
        self._press("Cancel")
        until(lambda: not board.busy)
        self._take("cancelled")
        self._press("Resume")
        until(lambda: not board.busy)
        self._take("done")

    def _after(self) -> None:
        for button, state in (("About", "card"), ("Receipt", "receipt")):
            self._press(button)
            self._take_dialog(state)
        self._overlays()
        self._advanced()
        self._three()
        self._press("Table")
        until(lambda: not self.session.board.busy)
        self._take("table")
        self._table_dock().hide()

    def _overlays(self) -> None:
        for shown in (True, False):
            self.session.results.show_skeletons(shown=shown)
            until(lambda: not self.session.board.busy)
            self.session.results.show_probability(shown=shown)
            if shown:
                self._take("overlays")

    def _advanced(self) -> None:
        form = self.panel.segment.settings
        form.set_open(True)
        rest(0.3)
        bar = self.panel.segment.area.verticalScrollBar()
        bar.setValue(bar.maximum())
        self._take("advanced")
        form.set_open(False)
        bar.setValue(0)

    def _three(self) -> None:
        self.viewer.dims.ndisplay = 3
        camera = getattr(
            self.viewer, "scene", self.viewer
        ).camera  # moved in napari 0.9
        camera.angles = (-20, 35, -60)
        rest(3)
        self._take("3d")
        self.viewer.dims.ndisplay = 2
        rest(1)

    def _error(self) -> None:
        broken = self._folder / "stack.tif"
        broken.write_bytes(b"II*\x00 and nothing else")
        self.panel.files_dropped.emit([broken])
        self._take("error")

    def _bake(self) -> None:
        self.viewer.layers.clear()
        self.panel.parent().hide()
        self.viewer.open_sample(PLUGIN, "chloroplast")
        self.viewer.reset_view()
        dock, panel = self.viewer.window.add_plugin_dock_widget(
            PLUGIN, "Bake skeletons"
        )
        rest(1)
        panel.form.bake()
        until(lambda: len(self.viewer.layers) > 2, 120)
        rest(1)
        self._take("bake")
        dock.hide()

    def _load_model(self) -> None:
        self.viewer.window.add_plugin_dock_widget(PLUGIN, "Load model")
        self._take("load-model")

    def _table_dock(self) -> Any:
        window = self.viewer.window
        return window.add_plugin_dock_widget("napari", "Features table widget")[0]

    # ---- how

    def _press(self, text: str) -> None:
        press(self.panel, text)

    def _take(self, state: str) -> None:
        rest(0.8)
        self.save(self._path(state))

    def _take_dialog(self, state: str) -> None:
        """Save the dialog that is open, and close it."""
        from qtpy.QtWidgets import QApplication, QDialog  # noqa: PLC0415 - heavy

        rest(0.8)
        for dialog in QApplication.topLevelWidgets():
            if isinstance(dialog, QDialog) and dialog.isVisible():
                dialog.grab().save(str(self._path(state)))
                dialog.close()
        rest(0.2)

    def _path(self, state: str) -> Path:
        return self._out / f"{self._look.name}-{state}.png"


if __name__ == "__main__":
    main()
