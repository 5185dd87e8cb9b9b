"""Zendesk's Ticketing API (developer.zendesk.com/api-reference/ticketing)."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from bot.sandbox.integrations.issue_page import issue_page
from bot.sandbox.integrations.server import FakeService, Request, json_response

EMAIL, TOKEN = "lagdesk@school.example", "sandbox-zendesk-token"
_FIRST: Final = 35_436
_ANONYMOUS: Final = {"id": None, "name": "Anonymous user", "role": "end-user"}


@dataclass(frozen=True, slots=True)
class FakeTicket:
    """A ticket; `text` is its first comment, `is_public` whether its requester sees it."""

    number: int
    subject: str
    text: str
    external_id: str
    is_public: bool


class FakeZendesk(FakeService):
    """Zendesk. `tickets` are those in it; an Idempotency-Key that it knows creates none."""

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.tickets: list[FakeTicket] = []
        self._by_key: dict[str, FakeTicket] = {}

    def respond(self, request: Request) -> web.Response:
        """Handle a request of the API, or show the page of a ticket."""
        if request.path.startswith("/agent/tickets/"):
            return self._page(request.path.removeprefix("/agent/tickets/"))
        is_agent = request.headers.get("authorization") == _basic(f"{EMAIL}/token:{self.token}")
        match request.method, request.path:
            case "GET", "/api/v2/users/me.json":
                agent = {"id": 1, "name": "Lagdesk", "role": "agent"}
                return json_response({"user": agent if is_agent else _ANONYMOUS})
            case _ if not is_agent:
                return json_response({"error": "Couldn't authenticate you"}, 401)
            case "POST", "/api/v2/tickets.json":
                key = request.headers.get("idempotency-key", "")
                return self._create(json.loads(request.body)["ticket"], key)
            case "GET", "/api/v2/tickets.json":
                wanted = request.query.get("external_id", "")
                found = [{"id": t.number} for t in self.tickets if t.external_id == wanted]
                return json_response({"tickets": found, "count": len(found)})
        return json_response({"error": "RecordNotFound", "description": "Not found"}, 404)

    def _create(self, fields: dict[str, Any], key: str) -> web.Response:
        comment = fields.get("comment") or {}
        if not str(comment.get("body") or "").strip():
            detail = {"base": [{"description": "Description: cannot be blank"}]}
            error = {"error": "RecordInvalid", "description": "Record validation errors"}
            return json_response({**error, "details": detail}, 422)
        ticket = self._by_key.get(key)
        if ticket is None:
            ticket = FakeTicket(
                number=_FIRST + len(self.tickets),
                subject=fields["subject"],
                text=comment["body"],
                external_id=fields["external_id"],
                is_public=comment.get("public", True),
            )
            self.tickets.append(ticket)
            self._by_key[key] = ticket
        url = f"{self.url}/api/v2/tickets/{ticket.number}.json"
        return json_response({"ticket": {"id": ticket.number, "url": url}}, 201)

    def _page(self, number: str) -> web.Response:
        ticket = next((each for each in self.tickets if str(each.number) == number), None)
        if ticket is None:
            return web.Response(status=404)
        return issue_page("Zendesk", f"#{ticket.number} {ticket.subject}", ticket.text)


def _basic(credentials: str) -> str:
    return f"Basic {base64.b64encode(credentials.encode()).decode()}"
