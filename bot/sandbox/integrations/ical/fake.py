"""A calendar that is served as iCal."""

from __future__ import annotations

import datetime as dt
from typing import Final

from aiohttp import web

from bot.sandbox.integrations.server import FakeService, Request

PATH: Final = "/private-5ecret/rota.ics"
_HEAD: Final = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//sandbox//rota//EN")


class FakeCalendar(FakeService):
    """A calendar. `lines` are those of its events; `status` is HTTP's, of every response."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.status = 200

    @property
    def address(self) -> str:
        """The iCal address."""
        return f"{self.url}{PATH}"

    def add(self, summary: str, start: dt.datetime, end: dt.datetime, *more: str) -> None:
        """Add an event; `more` are further lines of it, such as `RRULE:FREQ=DAILY`."""
        times = (f"DTSTART:{_utc(start)}", f"DTEND:{_utc(end)}")
        uid = f"UID:{len(self.lines)}@sandbox"
        stamp = f"DTSTAMP:{_utc(start)}"
        self.lines += ["BEGIN:VEVENT", uid, stamp, *times, f"SUMMARY:{summary}", *more]
        self.lines.append("END:VEVENT")

    def respond(self, request: Request) -> web.Response:
        """Return the calendar at its address."""
        if request.path != PATH:
            return web.Response(status=404)
        text = "\r\n".join([*_HEAD, *self.lines, "END:VCALENDAR", ""])
        return web.Response(text=text, status=self.status, content_type="text/calendar")


def _utc(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
