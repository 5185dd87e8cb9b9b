"""Personal access tokens: with one, a program reads as the person who made it.

Only a token's SHA-256 is stored. A slow hash protects what people choose; 256 random bits cannot be
guessed from their hash however fast it is computed. A token is of letters and digits, so that a
double click selects all of it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
import string
from dataclasses import dataclass, field
from typing import Any, Final

from bot.errors import ConflictError, InputError, NotAllowedError, NotFoundError
from bot.i18n.messages import message
from bot.ports import CheckResult, Health
from bot.services.context import Context
from bot.services.permissions import membership_unknown
from bot.store import Session
from bot.store.access_tokens import access_tokens
from bot.store.access_tokens.access_tokens import AccessToken
from bot.store.admin import audit_log
from bot.store.admin.audit_log import AuditEntry

PREFIX: Final = "lagdesk_"  # recognised in logs and by scanners of secrets
CREATED: Final = "token.create"
REVOKED: Final = "token.revoke"
USED: Final = "token.use"
MAX_TOKENS: Final = 10  # of one person
LABEL_LENGTH: Final = 60
_ALPHABET: Final = string.ascii_letters + string.digits
_LENGTH: Final = 43  # of 62 letters and digits each: 256 bits
_PATTERN: Final = re.compile(rf"{PREFIX}[A-Za-z0-9]{{{_LENGTH}}}")
_LAST_USE_PRECISION: Final = dt.timedelta(hours=1)
_NOT_ENABLED: Final = message("There is nothing here that an access token could be used for.")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request: a person of a workspace, as services check rights; by which token."""

    team: str
    person: str
    token: str  # its id


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """A token as its owner sees it. `last_used_at` is at most an hour late."""

    id: str
    label: str
    created_at: dt.datetime
    last_used_at: dt.datetime | None

    @classmethod
    def of(cls, row: AccessToken) -> TokenInfo:
        """Read a stored token."""
        return cls(row.id, row.label, row.created_at, row.last_used_at)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made; `secret` is the token itself, which nobody sees again."""

    secret: str = field(repr=False)
    label: str


class AccessTokens:
    """Creates, lists, revokes and verifies tokens."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def is_enabled(self) -> bool:
        """Return whether there is anything to use a token for."""
        return self._context.settings.has_access_tokens

    async def create(self, team: str, person: str, label: str, *, origin: str) -> NewToken:
        """Create a token; `origin` is the submitted form, which makes one token.

        Raises InputError for an empty or long label and for too many tokens, ConflictError for a
        form that comes again, NotAllowedError when tokens are of no use.
        """
        if not self.is_enabled:
            raise NotAllowedError(_NOT_ENABLED)
        label = " ".join(label.split())
        if not 0 < len(label) <= LABEL_LENGTH:
            raise InputError(
                {"label": message("Write up to %(count)s characters.", count=LABEL_LENGTH)}
            )
        secret = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        row = AccessToken(
            hash=_hash(secret),
            team=team,
            person=person,
            label=label,
            created_at=self._context.clock.now(),
        )
        await self._context.store.transact(lambda session: _create(session, row, origin))
        return NewToken(secret, label)

    async def list_tokens(self, team: str, person: str) -> list[TokenInfo]:
        """List a person's tokens, oldest first."""
        rows = await self._context.store.read(
            lambda session: access_tokens.list_of_person(session, team, person)
        )
        return [TokenInfo.of(row) for row in rows]

    async def revoke(self, team: str, person: str, token_id: str) -> None:
        """Delete a person's token: the next request with it is refused. Raises NotFoundError."""
        now = self._context.clock.now()

        def work(session: Session) -> None:
            row = access_tokens.find_of_person(session, team, person, token_id)
            if row is None:
                raise NotFoundError(message("You do not have this access token any more."))
            session.delete(row)
            _audit(session, row, REVOKED, f"token:{token_id}", now)

        await self._context.store.transact(work)

    async def find_person(self, token: str) -> Caller | None:
        """Return whose token this is; None for an unknown or revoked one.

        None also when the person is no longer a member of the workspace, or Lagdesk is no longer
        installed there. Raises SlackUnreachableError when Slack cannot be asked about them, and
        DatabaseError.
        """
        if not _PATTERN.fullmatch(token):
            return None
        row = await self._context.store.read(lambda s: access_tokens.find(s, _hash(token)))
        if row is None or not self._context.workspaces.is_served(row.team):
            return None
        is_member = await self._context.permissions.is_member(row.team, row.person)
        if is_member is None:
            raise membership_unknown()
        if not is_member:
            return None
        await self._note_use(row)
        return Caller(row.team, row.person, row.id)

    async def run_checks(self, team: str) -> list[CheckResult]:
        """Return doctor's row: how many tokens there are in a workspace, in all for ""."""
        if not self._context.settings.http_api:
            return []
        count = await self._context.store.read(lambda s: access_tokens.count_in(s, team))
        detail = message("On, under /api/v1. Access tokens: %(count)s.", count=count)
        return [CheckResult("api", message("HTTP API"), Health.OK, detail)]

    async def _note_use(self, row: AccessToken) -> None:
        """Store when a token was used, once an hour, and in the audit log, once a day."""
        now = self._context.clock.now()
        not_since = now - _LAST_USE_PRECISION
        if row.last_used_at is not None and row.last_used_at > not_since:
            return

        def work(session: Session) -> None:
            access_tokens.mark_used(session, row.hash, now, not_since)
            _audit(session, row, USED, f"token:{row.id}:{now.date()}", now)

        await self._context.store.transact(work)


def _create(session: Session, row: AccessToken, origin: str) -> None:
    if access_tokens.count(session, row.team, row.person) >= MAX_TOKENS:
        error = message("You have %(count)s tokens, the most there can be: revoke one first.")
        raise InputError({"label": message(error.id, count=MAX_TOKENS)})
    if not _audit(session, row, CREATED, origin, row.created_at):
        raise ConflictError(
            message("This form was already sent. Close it, revoke its token, and make another one.")
        )
    access_tokens.add(session, row)


def _audit(session: Session, row: AccessToken, action: str, origin: str, at: dt.datetime) -> bool:
    """Add to the audit log what happened to a token; return whether it is new there."""
    detail: dict[str, Any] = {"label": row.label}
    entry = AuditEntry(
        team=row.team, person=row.person, action=action, origin=origin, detail=detail, at=at
    )
    return audit_log.add_entry(session, entry)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
