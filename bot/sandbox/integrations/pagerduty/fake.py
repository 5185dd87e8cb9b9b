"""PagerDuty's REST API v2 with one schedule (developer.pagerduty.com/api-reference)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from bot.sandbox.integrations.server import FakeService, Request, json_response

SCHEDULE: Final = "PI7DH85"
TOKEN: Final = "sandbox-pagerduty-token"
_ACCEPT: Final = "application/vnd.pagerduty+json;version=2"


@dataclass(frozen=True, slots=True)
class _Entry:
    user: str
    start: dt.datetime
    end: dt.datetime


class FakePagerDuty(FakeService):
    """PagerDuty. `emails` are those of its users, by id."""

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.emails: dict[str, str] = {}
        self._entries: list[_Entry] = []

    def add(self, email: str, start: dt.datetime, end: dt.datetime) -> None:
        """Put a user into the schedule."""
        known = {known: user for user, known in self.emails.items()}
        user = known.get(email) or f"PUSER{len(known) + 1}"
        self.emails[user] = email
        self._entries.append(_Entry(user, start, end))

    def respond(self, request: Request) -> web.Response:
        """Return the schedule, or the users of it."""
        if request.headers.get("authorization") != f"Token token={self.token}":
            return web.Response(status=401)
        if request.headers.get("accept") != _ACCEPT:
            return _error(406, "Not Acceptable")
        times = [dt.datetime.fromisoformat(request.query[name]) for name in ("since", "until")]
        entries = [entry for entry in self._entries if _overlaps(entry, *times)]
        if request.path == f"/schedules/{SCHEDULE}":
            rendered = [self._describe(entry) for entry in self._within(entries, request, *times)]
            final = {"name": "Final Schedule", "rendered_schedule_entries": rendered}
            return json_response({"schedule": {"id": SCHEDULE, "final_schedule": final}})
        if request.path == f"/schedules/{SCHEDULE}/users":
            ids = dict.fromkeys(entry.user for entry in entries)
            users = [{**self._user(each), "email": self.emails[each]} for each in ids]
            return json_response({"users": users})
        return _error(404, "Not Found")

    def _within(
        self, entries: list[_Entry], request: Request, since: dt.datetime, until: dt.datetime
    ) -> Iterator[_Entry]:
        """Yield the entries, cut to the requested time unless it asks for their whole length."""
        for entry in entries:
            if request.query.get("overflow") == "true":
                yield entry
            else:
                yield _Entry(entry.user, max(entry.start, since), min(entry.end, until))

    def _describe(self, entry: _Entry) -> dict[str, Any]:
        times = {"start": entry.start.isoformat(), "end": entry.end.isoformat()}
        return {**times, "id": "Q1", "user": {**self._user(entry.user), "type": "user_reference"}}

    def _user(self, user: str) -> dict[str, Any]:
        name = self.emails[user].partition("@")[0]
        return {"id": user, "type": "user", "summary": name, "name": name}


def _overlaps(entry: _Entry, since: dt.datetime, until: dt.datetime) -> bool:
    return entry.start < until and entry.end > since


def _error(status: int, text: str) -> web.Response:
    return json_response({"error": {"message": text, "code": 2100}}, status)
