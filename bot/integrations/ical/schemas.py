"""Calendars as shifts (RFC 5545). Import it only to parse one: its libraries are slow to import.

An event's people are the e-mail addresses and Slack user ids in its summary; without any, the
attendees who have not declined; without those, the summary itself, which nobody is found by.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]  # has no types

from bot.ports import Shift

_EMAIL: Final = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
_SLACK_ID: Final = re.compile(r"\b[UW](?=[A-Z]*[0-9])[A-Z0-9]{8,20}\b")
_NOT_PEOPLE: Final = frozenset({"RESOURCE", "ROOM"})
_MAX_NAME: Final = 100


def parse_shifts(body: bytes, start: dt.datetime, end: dt.datetime, timezone: str) -> list[Shift]:
    """Return the shifts that overlap a time. Raises many types of errors for other contents."""
    calendar = icalendar.Calendar.from_ical(body)
    if calendar.name != "VCALENDAR":
        raise ValueError(calendar.name)
    zone = _zone_of(calendar, timezone)
    events = recurring_ical_events.of(calendar, components=["VEVENT"]).between(start, end)
    return [shift for event in events for shift in _shifts_of(event, zone)]


def _zone_of(calendar: Any, timezone: str) -> dt.tzinfo:
    """Return the zone of all-day events and of times without a zone."""
    try:
        return ZoneInfo(str(calendar.get("X-WR-TIMEZONE") or timezone))
    except (KeyError, ValueError):
        return ZoneInfo(timezone)


def _shifts_of(event: Any, zone: dt.tzinfo) -> Iterator[Shift]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    start, end = _moment(event["DTSTART"].dt, zone), _moment(event["DTEND"].dt, zone)
    for person in _people_of(event):
        yield Shift(start, end, person)


def _moment(value: dt.date | dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """Return a time in UTC; a day begins at midnight in the zone."""
    if not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time())
    if value.tzinfo is None:
        value = value.replace(tzinfo=zone)
    return value.astimezone(dt.UTC)


def _people_of(event: Any) -> list[str]:
    summary = str(event.get("SUMMARY", "")).strip()
    named = [*_EMAIL.findall(summary), *_SLACK_ID.findall(summary)]
    people = named or list(_attendees_of(event)) or [summary[:_MAX_NAME]]
    return list(dict.fromkeys(person.lower() if "@" in person else person for person in people))


def _attendees_of(event: Any) -> Iterator[str]:
    attendees = event.get("ATTENDEE") or []
    for attendee in attendees if isinstance(attendees, list) else [attendees]:
        is_person = str(attendee.params.get("CUTYPE", "")).upper() not in _NOT_PEOPLE
        has_declined = str(attendee.params.get("PARTSTAT", "")).upper() == "DECLINED"
        if is_person and not has_declined and (found := _EMAIL.search(str(attendee))):
            yield found[0]
