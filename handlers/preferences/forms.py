"""The form of a person's preferences: language, app."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final

from bot.i18n.messages import message
from bot.locales import LANGUAGES
from bot.services.preferences.service import Preferences
from handlers.ui import block_kit
from handlers.ui.form_state import State, read_value
from handlers.ui.renderer import Renderer

CALLBACK_ID: Final = "preferences"
_FOLLOW_SLACK: Final = "auto"
_NO_APP: Final = "-"


def preferences_view(
    saved: Preferences,
    apps: Sequence[str],
    renderer: Renderer,
    *,
    at: str = "",
    sections: Iterable[block_kit.Block] = (),
) -> block_kit.Block:
    """Build the form, with `sections` below its fields; without `app` when there is only one."""
    plain_text = renderer.plain_text
    locales = [
        (_FOLLOW_SLACK, plain_text(message("As in Slack"))),
        *((value, language.name) for value, language in LANGUAGES.items()),
    ]
    fields = [
        block_kit.field(
            "language",
            plain_text(message("Language for my messages")),
            block_kit.select(locales, saved.locale or _FOLLOW_SLACK),
        )
    ]
    if len(apps) > 1:
        named = [
            (_NO_APP, plain_text(message("The first one"))),
            *((app, app) for app in apps[:99]),
        ]
        menu = block_kit.select(named, saved.app or _NO_APP)
        fields.append(block_kit.field("app", plain_text(message("My usual app")), menu))
    return block_kit.modal(
        CALLBACK_ID,
        plain_text(message("My settings")),
        [*fields, *sections],
        submit=plain_text(message("Save")),
        close=plain_text(message("Cancel")),
        private_metadata=json.dumps({"at": at}),
    )


def read_preferences(state: State) -> Preferences:
    """Read a submitted form; the service rejects forged values."""
    locale, app = read_value(state, "language"), read_value(state, "app")
    return Preferences(
        locale="" if locale == _FOLLOW_SLACK else locale,
        app="" if app == _NO_APP else app,
    )
