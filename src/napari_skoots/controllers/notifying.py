"""What must not be missed, told by napari: the panel may be closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_skoots.controllers.progress import explain

if TYPE_CHECKING:
    from napari_skoots.state.views import MessageView


def notify_error(error: Exception) -> None:
    """Say that what the user did could not be done, and why."""
    from napari.utils.notifications import show_error  # noqa: PLC0415 - on use

    show_error(explain(error).text)


def notify_failure(title: str, message: MessageView) -> None:
    """Say that a job failed, and why."""
    from napari.utils.notifications import show_error  # noqa: PLC0415 - on use

    show_error(f"{title}: {message.text}")


def notify(text: str) -> None:
    """Say something that the user should know."""
    from napari.utils.notifications import show_info  # noqa: PLC0415 - on use

    show_info(text)
