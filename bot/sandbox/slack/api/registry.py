"""All methods of the Web API."""

from __future__ import annotations

from typing import Final

from bot.sandbox.slack.api import apps, chat, conversations, entity, files, functions, users, views
from bot.sandbox.slack.api.method import Method

METHODS: Final[dict[str, Method]] = {
    **apps.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **entity.METHODS,
    **files.METHODS,
    **functions.METHODS,
    **users.METHODS,
    **views.METHODS,
}
