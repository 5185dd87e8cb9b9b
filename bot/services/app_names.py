"""The app that a person names in a command: found whatever the case, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.i18n.messages import Message, message
from bot.services.prefill.cleaning import clean_name

_NAME_LENGTH: Final = 80  # quoted of what a person typed


def find_app(name: str, apps: Sequence[str]) -> str | None:
    """Return the app with this name, else one that differs only in case; None for no app."""
    if name in apps:
        return name
    wanted = clean_name(name).casefold()
    return next((app for app in apps if app.casefold() == wanted), None)


def no_such_app(name: str, apps: Sequence[str]) -> Message:
    """Say that there is no such app, and which there are."""
    return message(
        "There is no app called %(app)s. Apps: %(apps)s.", app=name[:_NAME_LENGTH], apps=list(apps)
    )
