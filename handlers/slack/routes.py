"""The table that finds the listener of a command, form, shortcut, button or menu at once."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from slack_bolt.request.async_request import AsyncBoltRequest

from handlers.slack.request import Body

_INTERACTIONS: Final[Mapping[str, tuple[str, Callable[[Body], object]]]] = {
    "view_submission": ("view", lambda body: body["view"].get("callback_id")),
    "shortcut": ("shortcut", lambda body: body.get("callback_id")),
    "message_action": ("shortcut", lambda body: body.get("callback_id")),
    "block_actions": ("action", lambda body: body["actions"][0].get("action_id")),
    "block_suggestion": ("options", lambda body: body.get("block_id")),
}


class Listener:
    """A function and the names of its arguments, which Bolt would look up for each request."""

    def __init__(self, function: Callable[..., Awaitable[None]]) -> None:
        self._function = function
        self._names = tuple(inspect.signature(function).parameters)

    async def run(self, request: AsyncBoltRequest) -> None:
        """Call the function with the arguments it asks for."""
        context, body = request.context, request.body
        arguments: dict[str, Any] = {
            "ack": context.ack,
            "body": body,
            "client": context.client,
            "respond": context.respond,
            "view": body.get("view"),
        }
        await self._function(**{name: arguments[name] for name in self._names})


class Routes:
    """Listeners by kind of request and exact name; those of buttons also by pattern."""

    def __init__(self) -> None:
        self._exact: dict[tuple[str, str], Listener] = {}
        self._patterns: list[tuple[re.Pattern[str], Listener]] = []

    def add(self, kind: str, name: str | re.Pattern[str], listener: Listener) -> None:
        """Add a listener; the first of a name wins, as in Bolt."""
        if isinstance(name, str):
            self._exact.setdefault((kind, name), listener)
        else:
            self._patterns.append((name, listener))

    def find(self, body: Body) -> Listener | None:
        """Return the listener of a request; None for events and for what nobody listens to."""
        kind, name = _route_of(body)
        listener = self._exact.get((kind, name))
        if listener is not None or kind != "action":
            return listener
        return next((each for pattern, each in self._patterns if pattern.search(name)), None)


def _route_of(body: Body) -> tuple[str, str]:
    """Return the kind and name of a request; ("", "") for the others."""
    if "ssl_check" in body:
        return "", ""
    if "command" in body:
        return "command", str(body["command"])
    kind, name = _INTERACTIONS.get(str(body.get("type")), ("", lambda _: ""))
    return kind, str(name(body))
