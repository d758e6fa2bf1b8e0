"""What ``napari.yaml`` points at: a function for each command, sample and file.

What is slow to import is imported when it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skoots.samples import find_sample, sample_path

if TYPE_CHECKING:
    import napari.viewer
    from napari.components import ViewerModel

    from napari_skoots.controllers.session import Session
    from napari_skoots.layers.opening import LayerData

# ---- commands


def show_panel(viewer: napari.viewer.Viewer) -> None:
    """Open the panel, or bring it to the front."""
    _panel(viewer)


def preview(viewer: napari.viewer.Viewer) -> None:
    """Segment one tile around the cursor."""
    _panel(viewer).preview()


def segment(viewer: napari.viewer.Viewer) -> None:
    """Segment the part that was chosen."""
    _panel(viewer).segment()


def pause(viewer: napari.viewer.Viewer) -> None:
    """Pause the job, or go on with it."""
    board = _session(viewer).board
    view = board.view
    if view is not None and view.state == "paused":
        board.resume()
    else:
        board.pause()


def cancel(viewer: napari.viewer.Viewer) -> None:
    """Stop the job; what is done is kept."""
    _session(viewer).board.cancel()


def table(viewer: napari.viewer.Viewer) -> None:
    """Measure all objects."""
    session = _panel(viewer)
    session.attempt(session.results.measure)


def receipt(viewer: napari.viewer.Viewer) -> None:
    """Show how the labels of the open run were made."""
    _panel(viewer).asked_for.emit("receipt")


def save(viewer: napari.viewer.Viewer) -> None:
    """Save a copy of the labels of the open run."""
    _panel(viewer).asked_for.emit("save")


def open_files(viewer: napari.viewer.Viewer) -> None:
    """Open images, lazily, with their voxel size."""
    _panel(viewer).asked_for.emit("open")


def show_keys(viewer: napari.viewer.Viewer) -> None:
    """Show the keys that do something."""
    _panel(viewer).asked_for.emit("help")


def new_label(viewer: napari.viewer.Viewer) -> None:
    """Choose a label that is not used yet, in the labels of the open run."""
    _panel(viewer).results.new_label()


def show_skeletons(viewer: napari.viewer.Viewer) -> None:
    """Show the skeletons of the open run as points, or remove them."""
    session = _panel(viewer)
    view = session.results.view
    shown = view is None or not view.skeletons_shown
    session.attempt(lambda: session.results.show_skeletons(shown=shown))


def show_probability(viewer: napari.viewer.Viewer) -> None:
    """Show the probability of the open run, or remove it."""
    session = _panel(viewer)
    view = session.results.view
    shown = view is None or not view.probability_shown
    session.attempt(lambda: session.results.show_probability(shown=shown))


def choose_dropped(viewer: napari.viewer.Viewer) -> None:
    """Segment images that are dropped on the canvas, or leave them alone."""
    session = _panel(viewer)
    session.set_choose_dropped(not session.choose_dropped)


def teach(viewer: napari.viewer.Viewer) -> None:
    """Open the panel on the tab that teaches."""
    _teach(viewer)


def train(viewer: napari.viewer.Viewer) -> None:
    """Train on what is painted."""
    session = _teach(viewer)
    session.attempt(session.teaching.lesson.train)


def show_before_or_after(viewer: napari.viewer.Viewer) -> None:
    """Show the other one of the two labellings that are compared."""
    session = _teach(viewer)
    session.attempt(session.teaching.comparing.toggle)


def accept_objects(viewer: napari.viewer.Viewer) -> None:
    """Accept objects of other layers by a click, or stop."""
    session = _teach(viewer)
    exercise = session.teaching.exercise
    wanted = not exercise.view.accepting
    session.attempt(lambda: exercise.set_accepting(wanted))


def draw_box(viewer: napari.viewer.Viewer) -> None:
    """Draw a box in which everything is painted."""
    session = _teach(viewer)
    session.attempt(session.teaching.exercise.draw_box)


# ---- samples


def open_mito() -> list[LayerData]:
    """Open the sample with mitochondria, a piece of the fly medulla.

    Returns
    -------
    list of LayerData
        One image layer, Z, Y, X, read plane by plane as it is shown.
    """
    from napari_skoots.layers.opening import volume_layer  # noqa: PLC0415 - on use

    return [volume_layer(sample_path("medulla"), "image", "medulla")]


def open_chloroplast() -> list[LayerData]:
    """Open the sample with chloroplasts, and who drew them.

    Returns
    -------
    list of LayerData
        An image layer and a labels layer.
    """
    return _labelled_sample("chloroplast")


def open_nuclei() -> list[LayerData]:
    """Open the sample with nuclei, and who drew them.

    Returns
    -------
    list of LayerData
        An image layer and a labels layer.
    """
    return _labelled_sample("nuclei")


def _labelled_sample(name: str) -> list[LayerData]:
    from napari_skoots.layers.opening import volume_layer  # noqa: PLC0415 - on use

    sample = find_sample(name)
    layers = [volume_layer(sample.path, "image", name)]
    if sample.labels is not None:
        layers.append(volume_layer(sample.labels, "labels", f"{name} drawn by hand"))
    return layers


# ---- files


def read_run(path: Any) -> Any:
    """Say how napari reads a run folder; None for any other folder."""
    from napari_skoots.layers.runs import run_reader  # noqa: PLC0415 - on use

    return run_reader(path)


def _session(viewer: ViewerModel) -> Session:
    from napari_skoots.controllers.session import Session  # noqa: PLC0415 - on use

    return Session.of(viewer)


def _panel(viewer: napari.viewer.Viewer) -> Session:
    """Give the session of a viewer, whose panel is open and in front then."""
    from napari_skoots.controllers.window import bring_panel  # noqa: PLC0415 - on use

    bring_panel(viewer)
    return _session(viewer)


def _teach(viewer: napari.viewer.Viewer) -> Session:
    """Give the session of a viewer, whose Teach tab is in front then."""
    session = _panel(viewer)
    session.asked_for.emit("teach")
    return session
