"""The composition root: builds the application from settings; only this file sees every layer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from bot.clouds import SystemClock, build_clouds, load_cloud_state
from bot.clouds.quota import Sleep
from bot.errors import LagdeskError
from bot.i18n.messages import message
from bot.ports import Clock
from bot.services.admin import healthcheck
from bot.services.admin.healthcheck import HealthCheck
from bot.services.app_metrics import service as app_metrics_service
from bot.services.app_metrics.service import AppMetricsService
from bot.services.call_control.jobs import CallControlJobs
from bot.services.call_control.service import CallControlService
from bot.services.diagnosis import call_statistics, event_poller
from bot.services.diagnosis.call_statistics import CallStatisticsJob
from bot.services.diagnosis.event_poller import EventPoller
from bot.services.escalation.incidents import IncidentJobs
from bot.services.escalation.jobs import EscalationJobs
from bot.services.notifications.jobs import NotificationJobs
from bot.services.summary.jobs import SummaryService
from bot.services.tickets.jobs import TicketJobs
from bot.services.tickets.mentions import MentionJobs
from bot.services.tickets.service import TicketService
from bot.settings import N_, SettingError, Settings, require
from bot.store import Store
from bot.store.diagnosis.events import SqlEventStore
from bot.store.rate_limits import SqlKeyValueStore, SqlRateLimitStore
from bot.store.response_cache import SqlResponseCache

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

    from bot.jobs import JobHandler, Worker
    from handlers.slack.clients import SlackClients
    from handlers.slack.notifier import SlackNotifier
    from handlers.slack.oauth import InstallationStore
    from handlers.slack.user_directory import UserDirectory

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Application:
    """The rooms below the doors, furnished."""

    settings: Settings
    store: Store
    ticket_service: TicketService


@asynccontextmanager
async def open_application(
    settings: Settings,
    *,
    clock: Clock | None = None,
    delay_scale: float = 1.0,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[Application]:
    """Open database and clouds; close them when the block ends."""
    store = Store(settings.database_url)
    clock = clock or SystemClock()
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
        await load_cloud_state(clouds.values())
        yield Application(
            settings,
            store,
            TicketService(store=store, clouds=clouds, clock=clock, settings=settings),
        )
    finally:
        for cloud in set(clouds.values()):
            await cloud.close()
        store.close()


async def _ensure_schema(store: Store) -> None:
    """SQLite is migrated by whoever comes first; PostgreSQL by its owner's command."""
    if store.is_sqlite:
        await reach_database(store.migrate)
    elif not await reach_database(store.is_current):
        raise LagdeskError(
            message("The database schema is out of date. Run: python -m bot migrate")
        )


async def reach_database(work: Callable[[], Result]) -> Result:
    """Do what needs the database; LagdeskError when it cannot be opened or reached."""
    try:
        return await asyncio.to_thread(work)
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise LagdeskError(
            message("The database in DATABASE_URL cannot be used: %(why)s.", why=why)
        ) from error


@dataclass(frozen=True, slots=True)
class SlackRuntime:
    """Slack's side of the house, ready for a door."""

    app: AsyncApp
    engine: Worker
    clients: SlackClients
    installs: InstallationStore


@asynccontextmanager
async def open_slack_runtime(
    application: Application, *, worker: bool
) -> AsyncIterator[SlackRuntime]:
    """Connect desk, Slack and the job engine; `worker` carries jobs out here."""
    from bot.jobs import Worker  # noqa: PLC0415 - dbos takes half a second to import
    from handlers.admin.slack_checks import SlackHealthCheck  # noqa: PLC0415 - likewise
    from handlers.app_metrics.command import SlackAppMetricsResponder  # noqa: PLC0415 - likewise
    from handlers.slack.chart_support import ChartSupport  # noqa: PLC0415 - likewise
    from handlers.slack.clients import SlackClients  # noqa: PLC0415 - likewise
    from handlers.slack.notifier import SlackNotifier  # noqa: PLC0415 - likewise
    from handlers.slack.oauth import InstallationStore  # noqa: PLC0415 - likewise
    from handlers.slack.user_directory import UserDirectory  # noqa: PLC0415 - likewise
    from handlers.summary.command import SlackSummaryPublisher  # noqa: PLC0415 - likewise
    from handlers.transports import build_app  # noqa: PLC0415 - likewise

    settings, ticket_service = application.settings, application.ticket_service
    installs = InstallationStore(ticket_service)
    token_for = installs.token_for if settings.has_oauth else None
    async with AsyncExitStack() as stack:
        clients = await stack.enter_async_context(
            SlackClients(settings.slack_api_url, settings.slack_bot_token, token_for)
        )
        people = UserDirectory(clients, ticket_service.languages, settings)
        native = ChartSupport(SqlKeyValueStore(application.store), ticket_service.clock)
        notifier = SlackNotifier(clients, people, settings, native)
        ticket_service.notifier, notifier.has_menu = (
            notifier,
            CallControlService(ticket_service).has_menu,
        )
        collector = EventPoller(ticket_service)
        publisher = SlackSummaryPublisher(ticket_service, clients, people, native)
        weekly = SummaryService(ticket_service, publisher)
        health_check = HealthCheck(ticket_service, SlackHealthCheck(clients, people, settings))
        job_handlers = {
            **_ticket_jobs(ticket_service, notifier, people),
            **weekly.job_handlers,
            event_poller.KIND: collector.poll,
            call_statistics.KIND: CallStatisticsJob(ticket_service).fetch,
            app_metrics_service.KIND: AppMetricsService(
                ticket_service, SlackAppMetricsResponder(people, native)
            ).answer,
            healthcheck.KIND: health_check.run,
        }
        engine = Worker(application.store, ticket_service.clock, job_handlers, worker=worker)
        ticket_service.notify_workers = engine.notify_workers
        await stack.enter_async_context(engine)
        if worker:
            await collector.start()
            await weekly.start()
        app = build_app(ticket_service, people, settings, clients, installs)
        yield SlackRuntime(app, engine, clients, installs)


def _ticket_jobs(
    ticket_service: TicketService, notifier: SlackNotifier, people: UserDirectory
) -> dict[str, JobHandler]:
    """Return the handlers of jobs that post about tickets, by the kind of job."""
    from handlers.call_control.posts import SlackRoomStatusPosts  # noqa: PLC0415 - see above
    from handlers.escalation.incidents import SlackIncidentPosts  # noqa: PLC0415 - likewise
    from handlers.escalation.pager import SlackPager  # noqa: PLC0415 - likewise
    from handlers.notifications.posts import SlackTicketNotifications  # noqa: PLC0415 - likewise
    from handlers.tickets.mentions import SlackMentionPosts  # noqa: PLC0415 - likewise

    settings = ticket_service.settings
    pager = SlackPager(notifier, people, settings.support_group)
    status_posts = SlackRoomStatusPosts(notifier, people)
    notifications = SlackTicketNotifications(notifier, people)
    incident_posts = SlackIncidentPosts(notifier, people, settings)
    return {
        **TicketJobs(ticket_service, notifier).job_handlers,
        **EscalationJobs(ticket_service, pager).job_handlers,
        **CallControlJobs(ticket_service, status_posts).job_handlers,
        **NotificationJobs(ticket_service, notifications).job_handlers,
        **IncidentJobs(ticket_service, incident_posts).job_handlers,
        **MentionJobs(ticket_service, SlackMentionPosts(notifier, people)).job_handlers,
    }


def require_slack(settings: Settings, *names: str) -> None:
    """Check the settings every process that talks to Slack needs. Raises SettingError."""
    if settings.has_oauth:
        names = tuple(name for name in names if name != "SLACK_BOT_TOKEN")
    require(settings, *names, "ESCALATION_CHANNEL")
    if not settings.clouds:
        raise SettingError("AGORA_APPS", N_("the apps of at least one cloud"))
