"""The jobs that read the rotas again and again, and log when nobody can be called, once."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final

from bot.jobs.run import Queue, Run, job
from bot.services.context import Context
from bot.services.escalation.on_call import REFRESH_INTERVAL, OnCall, OnCallService
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.rate_limits import SqlKeyValueStore

log = logging.getLogger(__name__)

KIND: Final = "on_call"


class OnCallJobs:
    """Keeps the rotas fresh."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._on_call = OnCallService(context)
        self._key_values = SqlKeyValueStore(context.store)

    async def start(self) -> None:
        """Enqueue reading every rota; safe to repeat."""
        now = self._context.clock.now()

        def work(session: Session) -> None:
            for app in self._context.rotas:
                store_jobs.enqueue(session, f"{KIND}:{app}", KIND, app, due_at=now)

        if self._context.rotas:
            await self._context.commit(work)

    @job(KIND, Queue.BACKGROUND)
    async def read_rota(self, run: Run, app: str) -> dt.datetime | None:
        """Read a rota; returns when to read it again, None for an app without one."""
        _ = run
        if app not in self._context.rotas:
            return None
        await self._on_call.refresh(app)
        for team in self._context.workspaces.served:
            if app in self._on_call.apps_of(team):
                await self._log_change(team, await self._on_call.find(team, app))
        return self._context.clock.now() + REFRESH_INTERVAL

    async def _log_change(self, team: str, found: OnCall) -> None:
        """Log that nobody can be called when that begins, and when it ends."""
        key = f"on_call_problem:{team}:{found.app}"
        reason = "" if found.people else str(found.problem)
        before = await self._key_values.get(key) or ""
        if bool(reason) == bool(before):
            return
        if reason:
            log.warning("nobody on call can be called for %s: %s", found.app, reason)
        else:
            log.info("somebody on call can be called for %s again", found.app)
        await self._key_values.put(key, reason, self._context.clock.now())
