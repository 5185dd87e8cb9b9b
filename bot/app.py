"""The composition root: builds the application from settings; only this file sees every layer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from bot.clouds import build_clouds
from bot.clouds.quota import Sleep
from bot.errors import LagdeskError
from bot.i18n.messages import message
from bot.jobs.requests import OpenRequests
from bot.jobs.run import JobHandler, collect_handlers
from bot.jobs.worker import SLACK_PACE, Worker
from bot.ports import Clock, Cloud
from bot.services.admin.healthcheck import HealthCheck
from bot.services.admin.installations import InstallationService
from bot.services.app_metrics.jobs import AppMetricsJobs
from bot.services.assembly import Services
from bot.services.call_control.jobs import CallControlJobs
from bot.services.call_control.recording_jobs import RecordingJobs
from bot.services.call_control.status_posts import StatusPosts
from bot.services.context import Context
from bot.services.diagnosis.call_statistics import CallStatisticsJob
from bot.services.diagnosis.event_poller import EventPoller
from bot.services.diagnosis.inquiry_jobs import InquiryJobs
from bot.services.diagnosis.jobs import DiagnosisJobs
from bot.services.escalation.incidents import IncidentJobs
from bot.services.escalation.jobs import EscalationJobs
from bot.services.notifications.jobs import NotificationJobs
from bot.services.permissions import NoPermissions
from bot.services.preferences.languages import Languages
from bot.services.publishing import Publisher
from bot.services.summary.jobs import SummaryJobs
from bot.services.tickets.cloud_report_jobs import CloudReportJobs
from bot.services.tickets.jobs import TicketJobs
from bot.services.tickets.mentions import MentionJobs
from bot.settings import N_, SettingError, Settings, require
from bot.store import LIMITS, DatabaseUnavailableError, Limits, Store, reason_of
from bot.store.diagnosis.events import SqlEventStore
from bot.store.jobs import Pace
from bot.store.rate_limits import SqlKeyValueStore, SqlRateLimitStore
from bot.store.response_cache import SqlResponseCache

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

    from handlers.slack.chart_support import ChartSupport
    from handlers.slack.clients import SlackClients
    from handlers.slack.oauth import InstallationStore
    from handlers.slack.posting import SlackPoster
    from handlers.slack.user_directory import UserDirectory

Result = TypeVar("Result")
ANSWER_TIMEOUT_S: Final = 2.0  # and 0.3 s to answer that it was late; Slack waits for three


@dataclass(frozen=True, slots=True)
class Application:
    """Database, clouds and services without Slack, as the terminal uses them.

    Support-only operations are refused: support membership is read from Slack.
    """

    settings: Settings
    store: Store
    context: Context
    services: Services
    installations: InstallationService


@asynccontextmanager
async def open_application(
    settings: Settings,
    *,
    clock: Clock | None = None,
    delay_scale: float = 1.0,
    sleep: Sleep = asyncio.sleep,
    limits: Limits = LIMITS,
) -> AsyncIterator[Application]:
    """Open database and clouds; close them when the block ends."""
    store = Store(settings.database_url, limits=limits, clock=clock)
    clock = store.clock
    clouds = build_clouds(
        settings.clouds,
        rate_limit_store=SqlRateLimitStore(store),
        key_value_store=SqlKeyValueStore(store),
        clock=clock,
        delay_scale=delay_scale,
        sleep=sleep,
        event_store=SqlEventStore(store),
        response_cache=SqlResponseCache(store),
    )
    try:
        await _ensure_schema(store)
        await store.read(store.now)
        for cloud in set(clouds.values()):
            await cloud.restore_state()
        yield _build_application(settings, store, clouds, clock)
    finally:
        for cloud in set(clouds.values()):
            await cloud.close()
        store.close()


def _build_application(
    settings: Settings, store: Store, clouds: Mapping[str, Cloud], clock: Clock
) -> Application:
    context = Context(
        store=store,
        clouds=clouds,
        clock=clock,
        settings=settings,
        languages=Languages(store, settings),
        permissions=NoPermissions(),
        job_signal=asyncio.Event(),
    )
    installations = InstallationService(store, clock)
    return Application(settings, store, context, Services.of(context), installations)


async def _ensure_schema(store: Store) -> None:
    """Migrate SQLite; raise LagdeskError when a PostgreSQL schema is out of date."""
    if store.is_sqlite:
        await reach_database(store.migrate)
    elif not await reach_database(store.is_current):
        raise LagdeskError(
            message("The database schema is out of date. Run: python -m bot migrate")
        )


async def reach_database(work: Callable[[], Result]) -> Result:
    """Run `work` in a thread; DatabaseUnavailableError when it cannot be opened or reached."""
    try:
        return await asyncio.to_thread(work)
    except SQLAlchemyError as error:
        raise DatabaseUnavailableError(reason_of(error)) from error


@dataclass(frozen=True, slots=True)
class SlackRuntime:
    """The Bolt app, the services behind it and the worker; a transport connects it to Slack."""

    app: AsyncApp
    context: Context
    services: Services
    worker: Worker | None
    job_handlers: Mapping[str, JobHandler]
    clients: SlackClients
    installations: InstallationStore


@dataclass(frozen=True, slots=True)
class _SlackClients:
    """What the jobs of every feature send to Slack with."""

    clients: SlackClients
    users: UserDirectory
    charts: ChartSupport
    poster: SlackPoster
    publisher: Publisher


def _slack_clients(
    application: Application, clients: SlackClients, users: UserDirectory
) -> _SlackClients:
    from handlers.slack.chart_support import ChartSupport  # noqa: PLC0415 - see below
    from handlers.slack.posting import SlackPoster  # noqa: PLC0415 - likewise

    charts = ChartSupport(SqlKeyValueStore(application.store), application.context.clock)
    poster = SlackPoster(clients)
    return _SlackClients(clients, users, charts, poster, Publisher(poster))


@asynccontextmanager
async def open_slack_runtime(
    application: Application,
    *,
    worker: bool,
    pace: Pace = SLACK_PACE,
    answer_timeout_s: float = ANSWER_TIMEOUT_S,
    slack_timeout_s: float | None = None,
) -> AsyncIterator[SlackRuntime]:
    """Connect the services to Slack and the job engine; with `worker` jobs run in this process."""
    from handlers.slack.clients import (  # noqa: PLC0415 - bolt takes half a second
        TIMEOUT_S,
        SlackClients,
    )
    from handlers.slack.oauth import InstallationStore  # noqa: PLC0415 - likewise
    from handlers.slack.rate_limits import RateLimits  # noqa: PLC0415 - likewise
    from handlers.slack.user_directory import UserDirectory  # noqa: PLC0415 - likewise
    from handlers.transports import build_app  # noqa: PLC0415 - likewise

    settings, clock = application.settings, application.context.clock
    token_for = application.installations.token_for if settings.has_oauth else None
    async with AsyncExitStack() as stack:
        clients = await stack.enter_async_context(
            SlackClients(
                *(settings.slack_api_url, settings.slack_bot_token, token_for),
                limits=RateLimits(clock, SqlKeyValueStore(application.store)),
                timeout_s=slack_timeout_s or TIMEOUT_S,
            )
        )
        users = UserDirectory(clients, application.context.languages, settings)
        context = replace(application.context, permissions=users)
        services = Services.of(context)
        slack = _slack_clients(application, clients, users)
        poller = EventPoller(context)
        summary_jobs = _summary_jobs(application, context, services, slack)
        handlers = collect_handlers(
            *_ticket_jobs(context, services, slack),
            *_other_jobs(context, services, slack),
            summary_jobs,
            poller,
        )
        requests, job_worker = OpenRequests(), None
        if worker:
            job_worker = await stack.enter_async_context(
                Worker(
                    *(application.store, handlers),
                    signal=context.job_signal,
                    requests=requests,
                    pace=pace,
                )
            )
            await poller.start()
            await summary_jobs.start()
        installations = InstallationStore(application.installations)
        app = build_app(
            *(services, users, settings, clients, installations),
            clock=clock,
            answer_timeout_s=answer_timeout_s,
            requests=requests,
        )
        yield SlackRuntime(app, context, services, job_worker, handlers, clients, installations)


def _ticket_jobs(
    context: Context,
    services: Services,
    slack: _SlackClients,
) -> list[object]:
    """Return the jobs that post about tickets."""
    from handlers.call_control.posts import SlackRoomStatusPosts  # noqa: PLC0415 - see above
    from handlers.diagnosis.posts import SlackDiagnosisPosts  # noqa: PLC0415 - likewise
    from handlers.escalation.posts import SlackIncidentPosts, SlackPager  # noqa: PLC0415 - likewise
    from handlers.notifications.posts import SlackTicketNotifications  # noqa: PLC0415 - likewise
    from handlers.tickets.mentions import SlackMentionPosts  # noqa: PLC0415 - likewise
    from handlers.tickets.posts import SlackTicketPosts  # noqa: PLC0415 - likewise

    settings, users = context.settings, slack.users
    poster, publisher = slack.poster, slack.publisher
    ticket_posts = SlackTicketPosts(poster, users, settings, services.call_control.has_menu)
    diagnosis_posts = SlackDiagnosisPosts(poster, users, slack.charts)
    pager = SlackPager(poster, users, settings.support_group)
    status_posts = StatusPosts(context, publisher, SlackRoomStatusPosts(poster, users))
    notifications = SlackTicketNotifications(poster, users)
    incident_posts = SlackIncidentPosts(poster, users, settings)
    permalink = ticket_posts.permalink
    diagnosis_jobs = DiagnosisJobs(
        context, services.diagnosis, publisher, diagnosis_posts, permalink
    )
    return [
        TicketJobs(context, publisher, ticket_posts),
        CloudReportJobs(context),
        diagnosis_jobs,
        InquiryJobs(context, services.diagnosis, diagnosis_posts),
        EscalationJobs(context, publisher, pager),
        CallControlJobs(context, status_posts),
        RecordingJobs(context, status_posts),
        NotificationJobs(context, publisher, notifications),
        IncidentJobs(context, publisher, incident_posts),
        MentionJobs(context, publisher, SlackMentionPosts(poster, users)),
    ]


def _summary_jobs(
    application: Application,
    context: Context,
    services: Services,
    slack: _SlackClients,
) -> SummaryJobs:
    from handlers.summary.posts import SlackSummaryPosts  # noqa: PLC0415 - see above

    posts = SlackSummaryPosts(
        application.installations, context.settings, slack.clients, slack.users, slack.charts
    )
    return SummaryJobs(context, services.summary, services.app_metrics, slack.publisher, posts)


def _other_jobs(
    context: Context,
    services: Services,
    slack: _SlackClients,
) -> list[object]:
    """Return the jobs that answer inquiries or post nothing."""
    from handlers.admin.slack_checks import SlackHealthCheck  # noqa: PLC0415 - see above
    from handlers.app_metrics.posts import SlackAppMetricsResponder  # noqa: PLC0415 - likewise

    responder = SlackAppMetricsResponder(slack.users, slack.charts)
    slack_health_check = SlackHealthCheck(slack.clients, slack.users, context.settings)
    return [
        CallStatisticsJob(context),
        AppMetricsJobs(context, services.app_metrics, responder),
        HealthCheck(context, slack_health_check),
    ]


@asynccontextmanager
async def open_summary_jobs(
    application: Application,
) -> AsyncIterator[tuple[SummaryJobs, Worker]]:
    """Connect to Slack for one summary posted from the terminal."""
    from handlers.slack.clients import SlackClients  # noqa: PLC0415 - see above
    from handlers.slack.rate_limits import RateLimits  # noqa: PLC0415 - likewise
    from handlers.slack.user_directory import UserDirectory  # noqa: PLC0415 - likewise

    settings, context = application.settings, application.context
    token_for = application.installations.token_for if settings.has_oauth else None
    limits = RateLimits(context.clock, SqlKeyValueStore(application.store))
    async with SlackClients(
        settings.slack_api_url, settings.slack_bot_token, token_for, limits=limits
    ) as clients:
        users = UserDirectory(clients, context.languages, settings)
        slack, services = _slack_clients(application, clients, users), application.services
        jobs = _summary_jobs(application, context, services, slack)
        async with Worker(application.store, collect_handlers(jobs), polls=False) as worker:
            yield jobs, worker


def require_slack(settings: Settings, *names: str) -> None:
    """Check the settings every process that talks to Slack needs. Raises SettingError."""
    if settings.has_oauth:
        names = tuple(name for name in names if name != "SLACK_BOT_TOKEN")
    require(settings, *names, "ESCALATION_CHANNEL")
    if not settings.clouds:
        raise SettingError("AGORA_APPS", N_("the apps of at least one cloud"))
