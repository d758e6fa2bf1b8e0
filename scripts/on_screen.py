"""The window of the real application, as somebody at the screen sees and uses it.

For `screenshots` and `teach_tour`, which need a screen, such as ``xvfb-run`` makes one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
PLUGIN = "napari-skoots"


def environment(folder: Path) -> dict[str, str]:
    """Give the environment of a process that leaves the user's settings alone.

    Parameters
    ----------
    folder : Path
        Takes napari's settings, models and runs.
    """
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "NAPARI_CONFIG": str(folder / "settings.yaml"),
        "XDG_DATA_HOME": str(folder / "data"),
        "SKOOTS_SCREENSHOTS": str(folder),
    }


def rest(seconds: float) -> None:
    """Let the window do what it does."""
    from qtpy.QtCore import QEventLoop, QTimer  # noqa: PLC0415 - heavy

    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def until(ready: Callable[[], Any], seconds: float = 300) -> None:
    """Let the window do what it does until something holds.

    Raises
    ------
    TimeoutError
        If it does not in time.
    """
    for _ in range(int(20 * seconds)):
        if ready():
            return
        rest(0.05)
    raise TimeoutError(f"It did not come in {seconds} s.")


def press(panel: Any, text: str) -> None:
    """Press the button that begins with a text.

    Raises
    ------
    RuntimeError
        If there is none, or it cannot be pressed; with what its tip says.
    """
    from qtpy.QtWidgets import QAbstractButton  # noqa: PLC0415 - heavy

    rest(0.2)
    buttons = panel.findChildren(QAbstractButton)
    seen = [one for one in buttons if one.text().startswith(text) and one.isVisible()]
    if not seen or not seen[0].isEnabled():
        tips = [one.toolTip() for one in seen]
        raise RuntimeError(f"{text!r} cannot be pressed: {tips}")
    seen[0].click()


class Screen:
    """A viewer whose window has a place and a size on the screen.

    Parameters
    ----------
    width, height : int
        Of the window, in pixels.
    theme : str
        Of napari.
    """

    def __init__(self, width: int, height: int, theme: str = "dark") -> None:
        import napari  # noqa: PLC0415 - heavy
        from qtpy.QtWidgets import QApplication, QMainWindow  # noqa: PLC0415 - heavy

        self._size = width, height
        self.viewer = napari.Viewer()
        self.viewer.theme = theme
        self.viewer.window.activate()
        tops = QApplication.topLevelWidgets()
        self.window = next(top for top in tops if isinstance(top, QMainWindow))
        self.window.setGeometry(0, 0, width, height)

    def save(self, path: Path) -> None:
        """Save what is on the screen, where the window is."""
        from qtpy.QtWidgets import QApplication  # noqa: PLC0415 - heavy

        screen: Any = QApplication.primaryScreen()
        screen.grabWindow(0, 0, 0, *self._size).save(str(path))

    def drag(self, layer: Any, *voxels: Sequence[float]) -> None:
        """Press the mouse at a voxel of a layer, move it along others and release it.

        Parameters
        ----------
        layer : napari.layers.Layer
            Has the voxels.
        *voxels : sequence of float
            Along Z, Y, X, on the plane that is shown. One alone is a click.
        """
        # as the events of a mouse come in: behind Qt, before napari
        mouse = self._canvas._scene_canvas._backend
        places = [self._place_of(layer, voxel) for voxel in voxels]
        mouse._vispy_mouse_move(pos=places[0], modifiers=())
        mouse._vispy_mouse_press(pos=places[0], button=1, modifiers=())
        for place in places[1:]:
            rest(0.02)  # vispy drops what comes sooner
            mouse._vispy_mouse_move(pos=place, modifiers=())
        rest(0.02)
        mouse._vispy_mouse_release(pos=places[-1], button=1, modifiers=())

    def rest_mouse(self) -> None:
        """Move the mouse out of the canvas."""
        mouse = self._canvas._scene_canvas._backend
        mouse._vispy_mouse_move(pos=(-50, -50), modifiers=())

    def press_key(self, key: str) -> None:
        """Press a key over the canvas."""
        from qtpy.QtCore import Qt  # noqa: PLC0415 - heavy
        from qtpy.QtTest import QTest  # noqa: PLC0415 - heavy

        test: Any = QTest  # whose types want a `self`
        test.keyClick(self._canvas.native, Qt.Key[f"Key_{key}"])

    @property
    def _canvas(self) -> Any:
        return self.viewer.window._qt_viewer.canvas

    def _place_of(self, layer: Any, voxel: Sequence[float]) -> tuple[int, int]:
        """Give where a voxel is on the canvas, in pixels."""
        import numpy as np  # noqa: PLC0415 - after the start

        canvas = self._canvas
        corners = [(0, 0), (100, 0), (0, 100)]
        at = [canvas._map_canvas2world(c, canvas.view) for c in corners]
        first, *others = np.array(at)[:, -2:]
        ways = (np.array(others) - first).T / 100
        wanted = np.array(layer.data_to_world(voxel))[-2:]
        x, y = np.linalg.solve(ways, wanted - first)
        return round(x), round(y)


def compress(picture: Path, out: Path, quality: int, widest: int) -> None:
    """Write a picture as a small JPEG, with its colours at full width.

    Parameters
    ----------
    picture : Path
        As it was taken.
    out : Path
        The JPEG.
    quality : int
        As Pillow counts it.
    widest : int
        Pixels; a wider picture is made as narrow.
    """
    from PIL import Image  # noqa: PLC0415 - napari brings it

    image = Image.open(picture).convert("RGB")
    if image.width > widest:
        size = (widest, round(image.height * widest / image.width))
        image = image.resize(size, Image.Resampling.LANCZOS)
    image.save(out, quality=quality, optimize=True, subsampling=0)


def say(facts: Mapping[str, str]) -> str:
    """Put figures below each other."""
    wide = max(map(len, facts))
    return "\n".join(f"{name:{wide}}  {value}" for name, value in facts.items())
