"""Responses of PagerDuty's REST API v2."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from bot.decoding import decode_json
from bot.errors import IntegrationInvalidResponseError
from bot.i18n.messages import message
from bot.ports import Shift


class _UserReference(msgspec.Struct):
    id: str
    summary: str | None = None


class _Entry(msgspec.Struct):
    user: _UserReference
    start: dt.datetime
    end: dt.datetime


class _Final(msgspec.Struct):
    rendered_schedule_entries: list[_Entry]


class _Schedule(msgspec.Struct):
    final_schedule: _Final


class _ScheduleResponse(msgspec.Struct):
    schedule: _Schedule


class _User(msgspec.Struct):
    id: str
    email: str | None = None


class _UsersResponse(msgspec.Struct):
    users: list[_User]


class _Error(msgspec.Struct):
    message: str = ""
    errors: list[str] = []


class _ErrorResponse(msgspec.Struct):
    error: _Error


def parse_shifts(schedule: bytes, users: bytes) -> Sequence[Shift]:
    """Return the shifts of a schedule, by e-mail address, else by name."""
    try:
        entries = decode_json(schedule, _ScheduleResponse).schedule.final_schedule
        listed = decode_json(users, _UsersResponse).users
    except msgspec.MsgspecError as error:
        text = message("The response of %(service)s is not as documented.", service="PagerDuty")
        raise IntegrationInvalidResponseError(text, service="PagerDuty") from error
    emails = {user.id: user.email for user in listed}
    return [
        Shift(
            entry.start.astimezone(dt.UTC),
            entry.end.astimezone(dt.UTC),
            emails.get(entry.user.id) or entry.user.summary or entry.user.id,
        )
        for entry in entries.rendered_schedule_entries
    ]


def explain(body: bytes) -> str:
    """Return why a request was refused, "" when it does not say."""
    try:
        error = decode_json(body, _ErrorResponse).error
    except msgspec.MsgspecError:
        return ""
    return " ".join([error.message, *error.errors]).strip()
