"""The table that finds the listener of a command, form, shortcut or button without trying all."""

from __future__ import annotations

import re
from typing import Final

from slack_bolt.listener.async_listener import AsyncListener

from handlers.slack.request import Body

_SHORTCUTS: Final = ("shortcut", "message_action")


class Routes:
    """Listeners by kind of request and exact name; those of buttons also by pattern."""

    def __init__(self) -> None:
        self._exact: dict[tuple[str, str], AsyncListener] = {}
        self._patterns: list[tuple[re.Pattern[str], AsyncListener]] = []

    def add(self, kind: str, name: str | re.Pattern[str], listener: AsyncListener) -> None:
        """Add a listener; the first of a name wins, as in Bolt."""
        if isinstance(name, str):
            self._exact.setdefault((kind, name), listener)
        else:
            self._patterns.append((name, listener))

    def find(self, body: Body) -> AsyncListener | None:
        """Return the listener of a request; None for events and for what nobody listens to."""
        kind, name = _route_of(body)
        listener = self._exact.get((kind, name))
        if listener is not None or kind != "action":
            return listener
        return next((each for pattern, each in self._patterns if pattern.search(name)), None)


def _route_of(body: Body) -> tuple[str, str]:
    """Return the kind and name of a request; ("", "") for the others."""
    kind = body.get("type")
    if "ssl_check" in body:
        return "", ""
    if "command" in body:
        return "command", str(body["command"])
    if kind == "view_submission":
        return "view", str(body["view"].get("callback_id"))
    if kind in _SHORTCUTS:
        return "shortcut", str(body.get("callback_id"))
    if kind == "block_actions":
        return "action", str(body["actions"][0].get("action_id"))
    return "", ""
