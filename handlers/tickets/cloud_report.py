"""Handlers of the buttons about an unconfirmed report to the cloud."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.services.tickets.actions import ActionRequest, TicketActions
from handlers.slack.request import Body, Requester, trigger_id_of

_ACTIONS: Final = ("report.again", "report.arrived")
_VALUE: Final = re.compile(r"([0-9]{1,15}):([0-9]{1,9})", re.ASCII)


class CloudReportHandlers:
    """Handles `report.again` and `report.arrived` on cards, for support."""

    def __init__(self, ticket_actions: TicketActions) -> None:
        self._ticket_actions = ticket_actions

    def register(self, app: AsyncApp) -> None:
        """Register the buttons."""
        for name in _ACTIONS:
            app.action(name)(self.decide)

    async def decide(self, ack: AsyncAck, body: Body) -> None:
        """Have the report sent again, or accept it as arrived."""
        action, requester = body["actions"][0], Requester.of(body)
        number, attempt = _read_value(action)
        request = ActionRequest(requester.team, number, requester.person, trigger_id_of(body))
        arrived = action["action_id"] == "report.arrived"
        await self._ticket_actions.decide_report(request, attempt, arrived=arrived)
        await ack()


def _read_value(action: Mapping[str, Any]) -> tuple[int, int]:
    """Read the ticket's number and the attempt from a button; (0, 0) when forged."""
    match = _VALUE.fullmatch(str(action.get("value") or ""))
    return (int(match[1]), int(match[2])) if match else (0, 0)
