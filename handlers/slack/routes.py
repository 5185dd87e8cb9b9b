"""The table that finds the listener of a command, form, shortcut, button or menu at once."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping
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
    """Listeners by kind of request and name."""

    def __init__(self) -> None:
        self._listeners: dict[tuple[str, str], Listener] = {}

    def add(self, kind: str, name: str, listener: Listener) -> None:
        """Add a listener; the first of a name wins, as in Bolt."""
        self._listeners.setdefault((kind, name), listener)

    @property
    def names(self) -> Collection[tuple[str, str]]:
        """The kind and name of everything that somebody listens to, without events."""
        return self._listeners.keys()

    def find(self, body: Body) -> Listener | None:
        """Return the listener of a request; None for events and for what nobody listens to."""
        return self._listeners.get(_route_of(body))


def kind_of(body: Body) -> str:
    """Return the kind of a request, of the few there are: command, view, action, event ..."""
    if body.get("type") == "event_callback":
        return "event"
    return _route_of(body)[0] or "other"


def _route_of(body: Body) -> tuple[str, str]:
    """Return the kind and name of a request; ("", "") for the others."""
    if "ssl_check" in body:
        return "", ""
    if "command" in body:
        return "command", str(body["command"])
    kind, name = _INTERACTIONS.get(str(body.get("type")), ("", lambda _: ""))
    return kind, str(name(body))
