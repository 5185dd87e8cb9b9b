"""Failing the step of a workflow, durably."""

from __future__ import annotations

from typing import Final

from bot.services.context import Context
from bot.store import jobs as store_jobs

FAIL: Final = "workflow_step_failed"


class WorkflowStepService:
    """Enqueues the ends of steps that filed no ticket."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def fail(self, team: str, execution: str, reason: str) -> None:
        """Enqueue that a step ends with a reason; the same execution is one job."""
        now = self._context.clock.now()
        await self._context.commit(
            lambda session: store_jobs.enqueue(
                session, f"{FAIL}:{execution}", FAIL, team, execution, reason, due_at=now
            )
        )
