"""Requests and responses of Zendesk's Ticketing API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from bot.decoding import decode_json
from bot.errors import IntegrationInvalidResponseError
from bot.i18n.messages import message

_MAX_BODY: Final = 60_000  # Zendesk takes 64 KiB


class _Ticket(msgspec.Struct):
    id: int


class _Created(msgspec.Struct):
    ticket: _Ticket


class _Found(msgspec.Struct):
    tickets: list[_Ticket]


class _User(msgspec.Struct):
    name: str = ""
    role: str = ""
    id: int | None = None


class _Own(msgspec.Struct):
    user: _User


class _Description(msgspec.Struct):
    description: str = ""


class _Error(msgspec.Struct):
    error: Any = ""
    description: str = ""
    details: dict[str, list[_Description]] = {}


def body(lines: Sequence[str], url: str) -> str:
    """Return lines of plain text, then a link, as the body of a comment."""
    text = "\n".join(lines).encode()[:_MAX_BODY].decode(errors="ignore")
    return f"{text}\n\n{url}".strip()


def parse_created(content: bytes) -> int:
    """Return the number of a created ticket. Raises IntegrationInvalidResponseError."""
    return int(_decode(content, _Created).ticket.id)


def parse_found(content: bytes) -> int:
    """Return the number of the first ticket found, 0 without one."""
    tickets = _decode(content, _Found).tickets
    return int(tickets[0].id) if tickets else 0


def parse_user(content: bytes) -> tuple[str, str]:
    """Return the name and role of the key's user, ("", "") for somebody who is not signed in."""
    user = _decode(content, _Own).user
    return (user.name, user.role) if user.id is not None else ("", "")


def explain(content: bytes) -> str:
    """Return why a request was refused, "" when it does not say."""
    try:
        error = decode_json(content, _Error)
    except msgspec.MsgspecError:
        return ""
    details = (each.description for named in error.details.values() for each in named)
    return " ".join(filter(None, [error.description, *details]))


def _decode(content: bytes, kind: Any) -> Any:
    try:
        return decode_json(content, kind)
    except msgspec.MsgspecError as error:
        text = message("The response of %(service)s is not as documented.", service="Zendesk")
        raise IntegrationInvalidResponseError(text, service="Zendesk") from error
