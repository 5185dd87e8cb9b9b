"""Calendars with everything that rotas have: days, zones, repetitions, exceptions."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.integrations.ical.schemas import parse_shifts

START = dt.datetime(2026, 10, 24, tzinfo=dt.UTC)
END = START + dt.timedelta(days=14)


def shifts_of(*lines: str, head: str = "", timezone: str = "Asia/Shanghai") -> list[str]:
    """Return the shifts of one event, or of several with their own BEGIN and END."""
    events = lines if "BEGIN:VEVENT" in lines else ("BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT")
    text = "\r\n".join(filter(None, ["BEGIN:VCALENDAR", "VERSION:2.0", head, *events]))
    shifts = parse_shifts(f"{text}\r\nEND:VCALENDAR\r\n".encode(), START, END, timezone)
    ordered = sorted(shifts, key=lambda each: (each.start, each.person))
    return [f"{each.start:%d.%m. %H:%M}-{each.end:%d.%m. %H:%M} {each.person}" for each in ordered]


def test_a_whole_day_is_one_in_the_zone_of_the_setting_or_of_the_calendar() -> None:
    """The end of an event is the first day after it."""
    day = ("DTSTART;VALUE=DATE:20261026", "DTEND;VALUE=DATE:20261028", "SUMMARY:a@b.example")
    assert shifts_of(*day) == ["25.10. 16:00-27.10. 16:00 a@b.example"]
    in_paris = shifts_of(*day, head="X-WR-TIMEZONE:Europe/Paris")
    assert in_paris == ["25.10. 23:00-27.10. 23:00 a@b.example"]
    assert shifts_of(*day[::2]) == ["25.10. 16:00-26.10. 16:00 a@b.example"]


def test_a_night_in_which_the_clocks_go_back_is_longer() -> None:
    """A shift that repeats stays at its local time: in Berlin summer ends on 25 October."""
    lines = shifts_of(
        "DTSTART;TZID=Europe/Berlin:20261024T200000",
        "DTEND;TZID=Europe/Berlin:20261025T080000",
        "RRULE:FREQ=DAILY;COUNT=2",
        "SUMMARY:a@b.example",
    )
    assert lines == [
        "24.10. 18:00-25.10. 07:00 a@b.example",  # 13 hours
        "25.10. 19:00-26.10. 07:00 a@b.example",
    ]


def test_a_time_without_a_zone() -> None:
    """It is in that of the setting."""
    lines = shifts_of("DTSTART:20261026T090000", "DURATION:PT8H", "SUMMARY:a@b.example")
    assert lines == ["26.10. 01:00-26.10. 09:00 a@b.example"]


def test_exceptions_of_a_repetition() -> None:
    """One is left out, one is cancelled, one is swapped, and one is moved."""
    times = ("DTSTART:20261025T080000Z", "DTEND:20261025T160000Z")
    rule = ("RRULE:FREQ=DAILY;COUNT=5", "EXDATE:20261026T080000Z")
    lines = shifts_of(
        *("BEGIN:VEVENT", "UID:1", *times, *rule, "SUMMARY:a@b.example", "END:VEVENT"),
        *("BEGIN:VEVENT", "UID:1", "RECURRENCE-ID:20261027T080000Z", "STATUS:CANCELLED"),
        *("DTSTART:20261027T080000Z", "DTEND:20261027T160000Z", "END:VEVENT"),
        *("BEGIN:VEVENT", "UID:1", "RECURRENCE-ID:20261028T080000Z", "SUMMARY:c@b.example"),
        *("DTSTART:20261028T080000Z", "DTEND:20261028T160000Z", "END:VEVENT"),
        *("BEGIN:VEVENT", "UID:1", "RECURRENCE-ID:20261029T080000Z", "SUMMARY:a@b.example"),
        *("DTSTART:20261030T080000Z", "DTEND:20261030T120000Z", "END:VEVENT"),
    )
    assert lines == [
        "25.10. 08:00-25.10. 16:00 a@b.example",
        "28.10. 08:00-28.10. 16:00 c@b.example",
        "30.10. 08:00-30.10. 12:00 a@b.example",
    ]


@pytest.mark.parametrize(
    ("lines", "people"),
    [
        (
            ("SUMMARY:On call: Sam <Sam@B.example> and U07MAYA0005",),
            ["U07MAYA0005", "sam@b.example"],
        ),
        (("SUMMARY:WEEKDAYSHIFT", "ATTENDEE;CN=Sam:mailto:sam@b.example"), ["sam@b.example"]),
        (
            (
                "SUMMARY:Rota",
                "ATTENDEE;PARTSTAT=DECLINED:mailto:no@b.example",
                "ATTENDEE;CUTYPE=ROOM:mailto:room@b.example",
                "ATTENDEE;PARTSTAT=ACCEPTED:mailto:yes@b.example",
            ),
            ["yes@b.example"],
        ),
        (("SUMMARY:Maya",), ["Maya"]),
        (("SUMMARY:a@b.example", "STATUS:CANCELLED"), []),
    ],
)
def test_who_is_on_call(lines: tuple[str, ...], people: list[str]) -> None:
    """The summary counts more than the attendees; a mere name is kept, to say it is not found."""
    found = shifts_of("DTSTART:20261026T080000Z", "DTEND:20261026T090000Z", *lines)
    assert [line.split(" ", 3)[3] for line in found] == people


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"BEGIN:VEVENT\r\nEND:VEVENT\r\n"])
def test_other_contents_are_an_error(body: bytes) -> None:
    """Which one does not matter."""
    with pytest.raises(ValueError):  # noqa: PT011 - of the library
        parse_shifts(body, START, END, "UTC")
