"""The health check of trackers to which tickets are handed over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.errors import IntegrationError
from bot.i18n.messages import message
from bot.ports import CheckResult, Health, IssueTracker
from bot.services.context import Context
from bot.tracker_issue import TRACKER_NAMES


async def check_trackers(context: Context, team: str) -> Sequence[CheckResult]:
    """Check the trackers of a workspace, of all for "", with one cheap request each."""
    trackers = context.workspaces.of(team).trackers
    return await asyncio.gather(*(_check(name, context.trackers[name]) for name in trackers))


async def _check(name: str, tracker: IssueTracker) -> CheckResult:
    label = message("Handing over to %(tracker)s", tracker=TRACKER_NAMES[name])
    try:
        return CheckResult(f"tracker.{name}", label, Health.OK, await tracker.check())
    except IntegrationError as error:
        health = Health.WARNING if error.retryable else Health.FAILED
        return CheckResult(f"tracker.{name}", label, health, error.user_message)
