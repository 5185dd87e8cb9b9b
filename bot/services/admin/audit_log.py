"""The audit log: who did what to which ticket or call."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.i18n.messages import message
from bot.services.context import Context
from bot.store import Session
from bot.store.admin import audit_log
from bot.store.admin.audit_log import AuditEntry
from bot.store.tickets import tickets

EXPORT: Final = "tickets.export"
MAX_SHOWN: Final = 20
_ORIGIN_BYTES: Final = 8
_ONLY_SUPPORT: Final = message("Only support can see the audit log.")


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """An audited action. `outcome` is the result of a room command, "" until it is known."""

    at: dt.datetime
    person: str
    action: str
    ticket: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    outcome: str = ""


class AuditLogService:
    """Reads the audit log, and adds what people read outside Slack."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def recent_actions(
        self, team: str, person: str, number: int | None = None
    ) -> list[AuditRecord]:
        """Return the newest actions first, of one ticket if its number is given.

        Raises NotAllowedError for non-support, NotFoundError for an unknown ticket.
        """
        await self._context.require_support(team, person, _ONLY_SUPPORT)
        return await self._context.store.read(lambda session: _read(session, team, number))

    async def record_use(
        self, team: str, person: str, action: str, *, ticket: int | None = None, app: str = ""
    ) -> None:
        """Record that a person read something outside Slack, and about which ticket or app."""
        entry = AuditEntry(
            team=team,
            person=person,
            action=action,
            ticket=ticket,
            origin=secrets.token_hex(_ORIGIN_BYTES),  # each use is recorded
            detail={"app": app} if app else {},
            at=self._context.clock.now(),
        )
        await self._context.store.transact(lambda session: audit_log.add_entry(session, entry))


def _read(session: Session, team: str, number: int | None) -> list[AuditRecord]:
    if number is not None:
        tickets.find(session, number, team)
    entries = audit_log.list_newest(session, team, number, MAX_SHOWN)
    outcomes = audit_log.outcomes(session, team, [entry.origin for entry in entries])
    return [
        AuditRecord(
            at=entry.at,
            person=entry.person,
            action=entry.action,
            ticket=entry.ticket,
            detail=entry.detail,
            outcome=outcomes.get(entry.origin, ""),
        )
        for entry in entries
    ]


def record_export(
    session: Session, team: str, person: str, week: str, *, origin: str, at: dt.datetime
) -> bool:
    """Record that a person requested the file with a week's tickets; return whether it is new."""
    entry = AuditEntry(
        team=team, person=person, action=EXPORT, origin=origin, detail={"week": week}, at=at
    )
    return audit_log.add_entry(session, entry)
