"""The method table of the whole Web API. The methods themselves stand by family."""

from __future__ import annotations

from typing import Final

from bot.sandbox.workspace import (
    api_apps,
    api_chat,
    api_conversations,
    api_files,
    api_people,
    api_views,
)
from bot.sandbox.workspace.api_table import Method

METHODS: Final[dict[str, Method]] = {
    **api_apps.METHODS,
    **api_chat.METHODS,
    **api_conversations.METHODS,
    **api_files.METHODS,
    **api_people.METHODS,
    **api_views.METHODS,
}
