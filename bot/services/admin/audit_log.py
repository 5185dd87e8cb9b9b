"""Who did what: noted where it is done, read back here by support. How it is said is not here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.errors import NotAllowedError
from bot.i18n.messages import Message, message
from bot.services.tickets.service import Desk
from bot.settings import Settings
from bot.store import Session
from bot.store.admin import audit_log
from bot.store.admin.audit_log import AuditEntry
from bot.store.tickets import tickets

EXPORT: Final = "tickets.export"
SHOWN_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Deed:
    """Something somebody did. `outcome` is what became of an order, "" while nobody knows."""

    at: dt.datetime
    person: str
    action: str
    ticket: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    outcome: str = ""


async def look_back(desk: Desk, team: str, person: str, number: int | None = None) -> list[Deed]:
    """Tell support what was done last, about one ticket if a number is given, newest first.

    Raises NotAllowedError for others, NotFoundError for a ticket there is not.
    """
    if not await desk.is_support(team, person):
        raise NotAllowedError(_refusal(desk.settings))
    return await desk.store.read(lambda session: _read(session, team, number))


def _read(session: Session, team: str, number: int | None) -> list[Deed]:
    if number is not None:
        tickets.find(session, number, team)
    entries = audit_log.newest(session, team, number, SHOWN_MOST)
    became = audit_log.outcomes(session, team, [entry.origin for entry in entries])
    return [
        Deed(
            at=entry.at,
            person=entry.person,
            action=entry.action,
            ticket=entry.ticket,
            detail=entry.detail,
            outcome=became.get(entry.origin, ""),
        )
        for entry in entries
    ]


def _refusal(settings: Settings) -> Message:
    """Who may read it, for somebody who may not."""
    if settings.support_group:
        return message("Only support can see who did what: the members of the support user group.")
    return message("Only support can see who did what: the members of the escalation channel.")


def note_export(
    session: Session, team: str, person: str, week: str, *, origin: str, at: dt.datetime
) -> None:
    """Note that somebody had the tickets of a week sent to them."""
    entry = AuditEntry(
        team=team, person=person, action=EXPORT, origin=origin, detail={"week": week}, at=at
    )
    audit_log.note(session, entry)
