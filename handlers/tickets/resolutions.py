"""Resolutions to choose from: the company's own, else the usual ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.i18n.messages import message
from handlers.ui.renderer import Renderer

_USUAL: Final = (
    message("Moved closer to the router, or used a cable."),
    message("Switched to another network."),
    message("Restarted the app or the device."),
    message("Changed the microphone, headset or camera."),
    message("Allowed the app to use microphone and camera."),
    message("Passed on to the cloud's support."),
    message("Passed on to the developers."),
    message("Explained to the reporter; nothing else to do."),
)


def canned_resolutions(own: Sequence[str], renderer: Renderer) -> list[str]:
    """Return the texts in the order of the form."""
    return list(own) or [renderer.plain_text(text) for text in _USUAL]
