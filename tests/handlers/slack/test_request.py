"""Who sent a request, read from each kind of Slack's payloads; forged ids count as none."""

from __future__ import annotations

from typing import Any

import pytest

from bot.i18n.translator import Translator
from bot.ports import Inquiry
from handlers.slack.deduplication import EventDeduplicator, forget_event
from handlers.slack.request import Requester, inquiry_of, ticket_number_of, trigger_id_of

SENDER = Requester("T1", "U1", "C1")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"team_id": "T1", "user_id": "U1", "channel_id": "C1"}, SENDER),
        ({"team": {"id": "T1"}, "user": {"id": "U1"}, "channel": {"id": "C1"}}, SENDER),
        ({"team_id": "T1", "event": {"user": "U1", "channel": "C1"}}, SENDER),
        (
            {"team_id": "T1", "event": {"user": {"id": "U1"}, "channel": {"id": "C1"}}},
            SENDER,
        ),
        ({"team": "T1", "user": "U1", "channel": "C1"}, SENDER),
        ({"team": None, "user": None, "channel": None, "event": None}, Requester("", "", "")),
        ({"team": {}, "user": {}, "channel": {}}, Requester("", "", "")),
        ({}, Requester("", "", "")),
        (
            {"team": {"id": "T9"}, "user": "U1", "view": {"app_installed_team_id": "T1"}},
            Requester("T1", "U1", ""),
        ),
        (
            {"team": {"id": "T1"}, "user": "U1", "view": {"app_installed_team_id": "E1"}},
            Requester("T1", "U1", ""),
        ),
        (
            {
                "team": None,
                "user": {"id": "U1", "team_id": "T1"},
                "view": {"app_installed_team_id": "E1"},
            },
            Requester("T1", "U1", ""),
        ),
        (
            {
                "team_id": "T9",
                "event": {"user": "U1", "channel": "C1"},
                "authorizations": [{"team_id": "T1", "is_enterprise_install": False}],
            },
            SENDER,
        ),
        (
            {
                "team_id": "T1",
                "event": {"user": "U1", "channel": "C1"},
                "authorizations": [{"team_id": "T2", "is_enterprise_install": True}],
            },
            SENDER,
        ),
        (
            {"team_id": "T1", "event": {"user": "U1", "channel": "C1"}, "authorizations": []},
            SENDER,
        ),
    ],
)
def test_requester(body: dict[str, Any], expected: Requester) -> None:
    """Each kind writes it its own way; of a shared channel the workspace of the installation."""
    assert Requester.of(body) == expected


@pytest.mark.parametrize(
    ("action", "number"),
    [
        ({"value": "12"}, 12),
        ({"value": "0012"}, 12),
        ({"value": "9" * 15}, 10**15 - 1),
        ({"value": "9" * 16}, 0),
        ({"value": "-1"}, 0),
        ({"value": "１２"}, 0),
        ({"value": "12 "}, 0),
        ({"value": ""}, 0),
        ({"value": None}, 0),
        ({}, 0),
    ],
)
def test_ticket_numbers(action: dict[str, Any], number: int) -> None:
    """Up to 15 ASCII digits, which every database can store."""
    assert ticket_number_of(action) == number


def test_trigger_ids() -> None:
    """A request without one gets one of its own."""
    assert trigger_id_of({"trigger_id": "1.2.abc"}) == "1.2.abc"
    first, second = trigger_id_of({}), trigger_id_of({"trigger_id": None})
    assert first.startswith("none.")
    assert len(first) == len("none.") + 16
    assert first != second


def test_inquiries() -> None:
    """Everything that a job needs to respond later."""
    body = {"team_id": "T1", "user_id": "U1", "channel_id": "C1", "response_url": "https://r"}
    translator = Translator("zh", "Asia/Shanghai")
    inquiry = inquiry_of(body, translator, app="kids", cname="room", since_s=60.0, topic="live")
    where = ("T1", "U1", "C1", "https://r", "zh", "Asia/Shanghai")
    assert inquiry == Inquiry(*where, "kids", "room", 60.0, "live")
    empty = inquiry_of({}, translator)
    assert empty == Inquiry("", "", "", "", "zh", "Asia/Shanghai", "", "")


async def test_an_event_passes_once() -> None:
    """Slack's retry of an event is acknowledged and nothing else; it passes once forgotten."""
    passed: list[str] = []
    deduplicator = EventDeduplicator()

    async def send(event_id: str | None, context: dict[str, Any]) -> int | None:
        async def proceed() -> Any:
            passed.append(str(event_id))

        body = {} if event_id is None else {"event_id": event_id}
        response = await deduplicator(body, context, proceed)  # type: ignore[arg-type]
        return response.status if response is not None else None

    context: dict[str, Any] = {}
    assert [await send("E1", context), await send("E1", {}), await send("E2", {})] == [
        *(None, 200, None),
    ]
    assert passed == ["E1", "E2"]
    assert forget_event(context)  # type: ignore[arg-type]
    assert await send("E1", {}) is None
    without: dict[str, Any] = {}
    assert [await send(None, without), await send(None, without)] == [None, None]
    assert not forget_event(without)  # type: ignore[arg-type]
