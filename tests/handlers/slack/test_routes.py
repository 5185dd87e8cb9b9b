from __future__ import annotations

from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck
from slack_bolt.request.async_request import AsyncBoltRequest

from handlers.slack.routes import Listener, Routes


@pytest.fixture
def routes() -> Routes:
    """A table with a listener of each kind, named in place of Bolt's objects."""
    table = Routes()
    names: tuple[tuple[str, Any], ...] = (
        ("command", "/report"),
        ("view", "report"),
        ("shortcut", "report"),
        ("action", "verdict.details"),
        ("action", "ticket.claim"),
        ("options", "ticket"),
    )
    for kind, name in names:
        table.add(kind, name, f"{kind} {name}")  # type: ignore[arg-type]
    table.add("command", "/report", "second")  # type: ignore[arg-type]
    return table


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"command": "/report"}, "command /report"),
        ({"command": "/report", "ssl_check": "1"}, None),
        ({"command": "/other"}, None),
        ({"type": "view_submission", "view": {"callback_id": "report"}}, "view report"),
        ({"type": "view_closed", "view": {"callback_id": "report"}}, None),
        ({"type": "shortcut", "callback_id": "report"}, "shortcut report"),
        ({"type": "message_action", "callback_id": "report"}, "shortcut report"),
        (
            {"type": "block_actions", "actions": [{"action_id": "verdict.details"}]},
            "action verdict.details",
        ),
        (
            {"type": "block_actions", "actions": [{"action_id": "ticket.claim"}]},
            "action ticket.claim",
        ),
        ({"type": "block_actions", "actions": [{"action_id": "ticket.other"}]}, None),
        (
            {"type": "block_suggestion", "action_id": "value", "block_id": "ticket"},
            "options ticket",
        ),
        ({"type": "event_callback", "event": {"type": "message"}}, None),
    ],
)
def test_listener_of_a_request(routes: Routes, body: dict[str, Any], found: Any) -> None:
    """By kind and name, the first listener of a name."""
    assert routes.find(body) == found


async def test_a_listener_gets_the_arguments_it_asks_for() -> None:
    """Whatever their order; what it acknowledges with is in the request's context."""
    request = AsyncBoltRequest(mode="socket_mode", body={"view": {"id": "V1"}})

    async def submit(view: dict[str, Any], ack: AsyncAck) -> None:
        await ack(view["id"])

    await Listener(submit).run(request)
    assert request.context.ack.response is not None
    assert request.context.ack.response.body == "V1"
