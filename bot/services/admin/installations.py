"""Workspaces that installed Lagdesk by OAuth, and the states of installations under way."""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from bot.ports import Clock
from bot.services.admin.token_cipher import TokenCipher
from bot.services.workspaces.directory import Workspaces
from bot.store import DatabaseError, Session, Store
from bot.store import jobs as store_jobs
from bot.store.access_tokens import access_tokens
from bot.store.admin import installations
from bot.store.workspaces import workspaces as store_workspaces

log = logging.getLogger(__name__)

STATE_TTL: Final = dt.timedelta(minutes=10)
ROTATION_TIMEOUT: Final = dt.timedelta(seconds=30)  # then another process may try


@dataclass(frozen=True, slots=True)
class WorkspaceToken:
    """The bot token of a workspace, or of all workspaces of an organization, and its bot.

    With token rotation it expires at `expires_at` (epoch seconds) and is exchanged by the
    refresh token, which is good once.
    """

    bot_token: str = field(repr=False)
    bot_id: str | None
    bot_user_id: str | None
    scopes: tuple[str, ...] = ()
    refresh_token: str = field(default="", repr=False)
    expires_at: int | None = None

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """Read a stored token."""
        names = cls.__dataclass_fields__
        values = {name: value for name, value in data.items() if name in names}
        return cls(**{**values, "scopes": tuple(data.get("scopes") or ())})

    def to_data(self) -> dict[str, Any]:
        """Return the token as it is stored."""
        return {**asdict(self), "scopes": list(self.scopes)}


class InstallationService:
    """Stores, returns and deletes installations.

    They are in memory, as `load` read them last. The name of an installation is its workspace's
    id, or the id of the organization that has it for all its workspaces.
    """

    def __init__(
        self, store: Store, clock: Clock, workspaces: Workspaces, cipher: TokenCipher
    ) -> None:
        self._store = store
        self._clock = clock
        self._workspaces = workspaces
        self._cipher = cipher
        self._stored: Mapping[str, Mapping[str, Any]] = {}
        self._tokens: Mapping[str, WorkspaceToken] = {}

    async def load(self) -> None:
        """Read all installations. Raises DatabaseError; LagdeskError for a wrong key."""
        if self._cipher.has_key:
            rows = await self._store.read(installations.list_all)
            stored = {row.team: row.data for row in rows}
            self._tokens = {name: self._read(name, data) for name, data in stored.items()}
            self._stored = stored
        await self._workspaces.load()

    def _read(self, name: str, data: Mapping[str, Any]) -> WorkspaceToken:
        """Decrypt a token, unless it is the one that was decrypted before."""
        if self._stored.get(name) == data:
            return self._tokens[name]
        return WorkspaceToken.read(self._cipher.decrypt(data))

    async def encrypt_again(self) -> None:
        """Encrypt with the newest key what is stored in plain text or with an older key."""
        now = self._clock.now()
        outdated = [name for name, data in self._stored.items() if not self._cipher.is_newest(data)]

        def work(session: Session) -> None:
            for name in outdated:
                data = self._cipher.encrypt(self._tokens[name].to_data())
                installations.save(session, name, data, now)

        if outdated:
            await self._store.transact(work)
            await self.load()
            log.warning(
                "the tokens of %d workspaces are encrypted with the newest key", len(outdated)
            )

    async def save(self, name: str, token: WorkspaceToken) -> None:
        """Store an installation in place of an earlier one; what waited for it is tried at once.

        Raises NotAllowedError for a workspace that the operator does not allow.
        """
        now = self._clock.now()

        def work(session: Session) -> None:
            self._workspaces.register(session, name, now)
            installations.save(session, name, self._cipher.encrypt(token.to_data()), now)
            store_jobs.retry_now(session, now)

        await self._store.transact(work)
        await self.load()

    async def replace_token(self, name: str, token: WorkspaceToken) -> None:
        """Store the token that another one was exchanged for, unless Lagdesk was removed since."""
        now = self._clock.now()

        def work(session: Session) -> None:
            if installations.find(session, name) is not None:
                installations.save(session, name, self._cipher.encrypt(token.to_data()), now)

        await self._store.transact(work)
        await self.load()

    async def find(self, team: str, enterprise: str = "") -> tuple[str, WorkspaceToken] | None:
        """Return the installation that serves a workspace and its name; None without one.

        `enterprise` is the workspace's organization, if a request names it.
        """
        found = self._find(team, enterprise)
        if found is None:  # it may be installing just now
            try:
                await self.load()
            except DatabaseError:
                if not self._tokens:
                    raise
            found = self._find(team, enterprise)
        if found is not None and team and found[0] != team:
            await self._join(team, found[0])
        return found if self._workspaces.is_allowed(team, enterprise) else None

    def _find(self, team: str, enterprise: str) -> tuple[str, WorkspaceToken] | None:
        names = (team, enterprise or self._workspaces.enterprise_of(team))
        return next(((name, self._tokens[name]) for name in names if name in self._tokens), None)

    async def _join(self, team: str, enterprise: str) -> None:
        """Remember a workspace of an organization: jobs know only the workspace."""
        if self._workspaces.enterprise_of(team) != enterprise:
            await self._store.transact(lambda s: store_workspaces.join(s, team, enterprise))
            await self._workspaces.load()

    async def teams(self) -> Sequence[str]:
        """List the installations."""
        return await self._store.read(installations.list_teams)

    async def delete(self, name: str) -> None:
        """Delete an installation, with the access tokens of its people.

        Tickets and settings stay; posts that wait are given up.
        """

        def work(session: Session) -> bool:
            access_tokens.delete_of_installation(session, name)
            return installations.delete(session, name)

        if await self._store.transact(work):
            log.warning("%s has removed Lagdesk: its token is deleted, its tickets stay", name)
        await self.load()

    async def claim_rotation(self, name: str) -> bool:
        """Return whether this process may exchange a token now: a refresh token is good once."""
        now = self._clock.now()
        return await self._store.transact(
            lambda session: installations.claim_rotation(session, name, now, now - ROTATION_TIMEOUT)
        )

    async def issue_state(self) -> str:
        """Begin an installation; returns a state that is valid once, for ten minutes."""
        state, now = secrets.token_urlsafe(24), self._clock.now()
        await self._store.transact(lambda session: installations.issue_state(session, state, now))
        return state

    async def consume_state(self, state: str) -> bool:
        """Delete a state; return whether it was valid."""
        not_before = self._clock.now() - STATE_TTL
        return await self._store.transact(
            lambda session: installations.consume_state(session, state, not_before)
        )
