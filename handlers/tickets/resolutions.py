"""Resolutions to choose from, the company's own or the usual ones, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from bot.i18n.messages import Message, message
from bot.i18n.translator import Translator
from bot.locales import LANGUAGES
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


def resolution_text(resolution: str, renderer: Renderer) -> str:
    """Return a stored resolution; its lines that are usual texts in the reader's language."""
    usual = _usual_by_text()
    return "\n".join(
        renderer.plain_text(usual[line]) if line in usual else line
        for line in resolution.splitlines()
    )


@cache
def _usual_by_text() -> Mapping[str, Message]:
    return {Translator(name).translate(text): text for name in LANGUAGES for text in _USUAL}
