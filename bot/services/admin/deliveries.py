"""Retrying failed deliveries when a channel with cards becomes available again."""

from __future__ import annotations

from bot.services.context import Context
from bot.store import jobs as store_jobs


class DeliveryService:
    """Retries jobs that wait after a failure."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def retry(self, team: str, channel: str) -> None:
        """Retry waiting jobs now if cards are posted in this channel."""
        if channel not in self._context.workspaces.of(team).ticket_channels:
            return
        now = self._context.clock.now()
        await self._context.commit(lambda session: store_jobs.retry_now(session, now))
