"""What Slack refused last of the previews and side panels of tickets' links, by workspace."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.services.context import Context
from bot.store.rate_limits import SqlKeyValueStore

_KEPT_FOR: Final = dt.timedelta(days=7)


class RefusedLinks:
    """Stores the code of the last refusal."""

    def __init__(self, context: Context) -> None:
        self._store = SqlKeyValueStore(context.store)
        self._clock = context.clock

    async def note(self, team: str, code: str) -> None:
        """Store a refusal."""
        now = self._clock.now()
        await self._store.put(_key(team), f"{now.isoformat()} {code}", now)

    async def last_code(self, team: str) -> str:
        """Return the code of a refusal of the last seven days, "" without one."""
        at, _, code = (await self._store.get(_key(team)) or "").partition(" ")
        if not at or self._clock.now() - dt.datetime.fromisoformat(at) > _KEPT_FOR:
            return ""
        return code


def _key(team: str) -> str:
    return f"slack.links_refused.{team}"
