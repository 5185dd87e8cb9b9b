"""Contexts for services under test, without Slack."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.cloud_settings import CloudSettings
from bot.errors import (
    CloudError,
    CloudQuotaExceededError,
    CloudRefusedError,
    CloudUnreachableError,
    SlackAccessLostError,
    SlackMessageGoneError,
    SlackRefusedError,
    SlackUnreachableError,
)
from bot.i18n.messages import message
from bot.jobs.run import JobFunction, collect_handlers
from bot.ports import Clock, Cloud, Destination, MessageRef, NoPeople
from bot.services.app_metrics.service import AppMetricsService
from bot.services.context import Context
from bot.services.preferences.languages import Languages
from bot.services.summary.jobs import SummaryJobs
from bot.services.summary.service import SummaryService
from bot.services.workspaces.directory import Workspaces
from bot.settings import Settings
from bot.store import Store


class NoMessages:
    """A message finder for jobs that run once: looking for an earlier message is an error."""

    async def find(
        self, where: Destination, key: str, since: dt.datetime, gone_ts: str = ""
    ) -> MessageRef | None:
        """Fail."""
        raise AssertionError((where, key, since, gone_ts))


class PostedMessages:
    """A message finder that returns the messages posted by an earlier attempt, by their keys."""

    def __init__(self, **posted: MessageRef) -> None:
        self.posted = {key.replace("__", ":"): ref for key, ref in posted.items()}
        self.searched: list[tuple[Destination, str, dt.datetime]] = []

    async def find(
        self, where: Destination, key: str, since: dt.datetime, gone_ts: str = ""
    ) -> MessageRef | None:
        """Return the message with this key, unless it is the one that is gone."""
        self.searched.append((where, key, since))
        found = self.posted.get(key)
        return found if found is None or found.ts != gone_ts else None


class RecordedCalls:
    """Slack, or a room control, as jobs see it: records every call, and fails if it is asked to.

    A call returns the next of `results` for its name, and raises it when it is an error. Without
    one a call returns the position of a new message.
    """

    def __init__(self, **results: Sequence[Any]) -> None:
        self._results = {name: list(values) for name, values in results.items()}
        self.calls: list[tuple[Any, ...]] = []

    @property
    def names(self) -> list[str]:
        """The names of the calls, in order."""
        return [name for name, *_ in self.calls]

    def __getattr__(self, name: str) -> Any:
        """Return a function that records its call."""

        async def call(*arguments: Any, **keywords: Any) -> Any:
            self.calls.append((name, *arguments, *keywords.values()))
            if not self._results.get(name):
                return MessageRef("C-SUPPORT", f"{len(self.calls)}.0")
            result = self._results[name].pop(0)
            if isinstance(result, Exception):
                raise result
            return result

        return call


SLACK_GONE: Final = SlackMessageGoneError(message("gone"), code="message_not_found")
SLACK_NO_ACCESS: Final = SlackAccessLostError(message("no access"), code="channel_not_found")
SLACK_REFUSED: Final = SlackRefusedError(message("refused"), code="invalid_blocks")
SLACK_UNREACHABLE: Final = SlackUnreachableError(
    message("unreachable"), code="timeout", maybe_arrived=False
)
SLACK_UNANSWERED: Final = SlackUnreachableError(
    message("no answer"), code="timeout", maybe_arrived=True
)


def cloud_unreachable(*, maybe_arrived: bool = False) -> CloudError:
    """The error of a cloud without a connection, or without an answer."""
    return CloudUnreachableError(
        message("no answer"), cloud="agora", endpoint="report", maybe_arrived=maybe_arrived
    )


def cloud_refused(status: int = 400) -> CloudError:
    """The error of a cloud that refused."""
    return CloudRefusedError(
        message("refused"), cloud="agora", endpoint="report", status=status, code="7"
    )


def cloud_over_quota(retry_at: dt.datetime) -> CloudError:
    """The error of a cloud that was called too often."""
    return CloudQuotaExceededError(
        message("too many calls"), cloud="agora", endpoint="report", retry_at=retry_at
    )


ADMIN: Final = "U-ADMIN"


class Supporters:
    """Permissions under which the given people are support in every workspace.

    Everybody is a member of it but those who are `gone`.
    """

    def __init__(self, *people: str, gone: Sequence[str] = ()) -> None:
        self._people = people
        self._gone = gone

    async def is_support(self, team: str, person: str) -> bool:
        """Return whether the user is a member of support."""
        assert team
        return person in self._people

    async def is_admin(self, team: str, person: str) -> bool:
        """Return whether the user is an admin: nobody of support is one."""
        assert team
        return person == ADMIN

    async def is_member(self, team: str, person: str) -> bool:
        """Return whether the user can use the workspace."""
        assert team
        return person not in self._gone


def make_context(
    store: Store,
    clock: Clock,
    *supporters: str,
    clouds: Mapping[str, Cloud] | None = None,
    settings: Settings | None = None,
) -> Context:
    """Make a context in which `supporters` are support."""
    settings = settings or Settings()
    workspaces = _workspaces(store, settings, clouds or {})
    return Context(
        store=store,
        clouds=clouds or {},
        rotas={},
        trackers={},
        clock=clock,
        settings=settings,
        workspaces=workspaces,
        languages=Languages(store, workspaces),
        permissions=Supporters(*supporters),
        people=NoPeople(),
    )


def with_settings(
    context: Context, settings: Settings, clouds: Mapping[str, Cloud] | None = None
) -> Context:
    """Return the context with other settings, and other clouds if they are given."""
    chosen = context.clouds if clouds is None else clouds
    workspaces = _workspaces(context.store, settings, chosen)
    return replace(context, settings=settings, workspaces=workspaces, clouds=chosen)


def with_clouds(context: Context, clouds: Mapping[str, Cloud]) -> Context:
    """Return the context with other clouds."""
    return with_settings(context, context.settings, clouds)


def _workspaces(store: Store, settings: Settings, clouds: Mapping[str, Cloud]) -> Workspaces:
    """Return workspaces that have the apps of these clouds."""
    apps = CloudSettings("agora", dict.fromkeys(clouds, "id"), "")
    return Workspaces(store, replace(settings, clouds=(apps,)))


def summary_jobs(context: Context) -> SummaryJobs:
    """Make the summary's jobs without Slack: they can be scheduled, but not run."""
    nothing: Any = None
    return SummaryJobs(
        context, SummaryService(context), AppMetricsService(context), nothing, nothing
    )


def job_functions(jobs: object) -> dict[str, JobFunction]:
    """Return the functions that run jobs, by the kind under which a job is stored."""
    return {kind: handler.function for kind, handler in collect_handlers(jobs).items()}
