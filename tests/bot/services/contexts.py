"""Contexts for services under test, without Slack."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from bot.jobs.signal import JobSignal
from bot.ports import Clock, Cloud, Destination, MessageRef
from bot.services.app_metrics.service import AppMetricsService
from bot.services.context import Context
from bot.services.preferences.languages import Languages
from bot.services.summary.jobs import SummaryJobs
from bot.services.summary.service import SummaryService
from bot.settings import Settings
from bot.store import Store


class NoMessages:
    """A message finder for jobs that run once: looking for an earlier message is an error."""

    async def find(self, where: Destination, key: str, since: dt.datetime) -> MessageRef | None:
        """Fail."""
        raise AssertionError((where, key, since))


class Supporters:
    """Permissions under which the given people are support in every workspace."""

    def __init__(self, *people: str) -> None:
        self._people = people

    async def is_support(self, team: str, person: str) -> bool:
        """Return whether the user is a member of support."""
        assert team
        return person in self._people


def make_context(
    store: Store,
    clock: Clock,
    *supporters: str,
    clouds: Mapping[str, Cloud] | None = None,
    settings: Settings | None = None,
) -> Context:
    """Make a context in which `supporters` are support."""
    settings = settings or Settings()
    return Context(
        store=store,
        clouds=clouds or {},
        clock=clock,
        settings=settings,
        languages=Languages(store, settings),
        permissions=Supporters(*supporters),
        job_signal=JobSignal(),
    )


def summary_jobs(context: Context) -> SummaryJobs:
    """Make the summary's jobs without Slack: they can be scheduled, but not run."""
    nothing: Any = None
    return SummaryJobs(
        context, SummaryService(context), AppMetricsService(context), nothing, nothing
    )
