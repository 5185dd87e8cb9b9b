"""Tickets as JSON lines and CSV."""

from __future__ import annotations

import csv
import datetime as dt
import json
import unicodedata
from collections.abc import Iterable
from operator import attrgetter
from typing import Any, Final, Literal, TextIO

from bot.masking import mask_uids_in
from bot.ticket import Ticket

FIELDS: Final = (
    "number", "status", "app", "cloud", "cname", "teacher_uid", "student_uid", "abnormal_side",
    "abnormal_uid", "issue_type", "occurred_at", "created_at", "claimed_at", "escalated_at",
    "resolved_at", "comments", "reporter", "assignee", "report_state", "report_attempts",
    "channel", "thread_ts", "resolved_cause", "resolution", "duplicate_of", "helped", "verdict",
)  # fmt: skip
_PATHS: Final = {  # where a field is not an attribute of the ticket with the same name
    "abnormal_uid": "student_uid",  # keeps its column; the right uid is set below
    "report_state": "cloud_report.state",
    "report_attempts": "cloud_report.attempts",
    "channel": "thread.channel",
    "thread_ts": "thread.card_ts",
}
_GETTERS: Final = {name: attrgetter(_PATHS.get(name, name)) for name in FIELDS}
_WRITTEN: Final = frozenset(("comments", "resolution"))
_FORMULA: Final = ("=", "+", "-", "@")


def ticket_row(ticket: Ticket) -> dict[str, Any]:
    """One ticket as the contract's JSON object."""
    values = {name: _to_json_value(read(ticket)) for name, read in _GETTERS.items()}
    values["abnormal_uid"] = values[f"{ticket.abnormal_side.value}_uid"]
    return values


def shared_row(ticket: Ticket, *, mask: bool) -> dict[str, Any]:
    """One ticket for other systems: without what people wrote, with `mask` its uids masked."""
    row = {name: value for name, value in ticket_row(ticket).items() if name not in _WRITTEN}
    known = {ticket.teacher_uid, ticket.student_uid}
    return dict(mask_uids_in(row, known)) if mask else row


def write_tickets(tickets: Iterable[Ticket], out: TextIO, form: Literal["csv", "jsonl"]) -> None:
    """Write tickets one after another; memory does not grow with their number."""
    if form == "jsonl":
        out.writelines(
            json.dumps(ticket_row(ticket), ensure_ascii=False) + "\n" for ticket in tickets
        )
        return
    writer = csv.writer(out)
    writer.writerow(FIELDS)
    writer.writerows(map(_cell, ticket_row(ticket).values()) for ticket in tickets)


def _to_json_value(value: object) -> object:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return value


def _cell(value: object) -> object:
    """Return a cell that no spreadsheet evaluates as a formula."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and _looks_like_formula(value):
        return "'" + value
    return value


def _looks_like_formula(text: str) -> bool:
    """Return whether a spreadsheet could evaluate this; in East Asia full-width signs count."""
    if text[:1].isalnum():
        return False
    if text.startswith(("\t", "\r", "\n")):
        return True
    start = next((char for char in text if not _is_ignorable(char)), "")
    return unicodedata.normalize("NFKC", start).startswith(_FORMULA)


def _is_ignorable(char: str) -> bool:
    """Return the text without the blanks, quotes and invisible characters around it."""
    return char in "\"'" or unicodedata.category(char)[0] in "ZC"
