"""The composition root: builds the application from settings; only this file sees every layer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from bot.clouds import SystemClock, build_clouds, recall_clouds
from bot.clouds.quota import Sleep
from bot.errors import LagdeskError
from bot.i18n.messages import message
from bot.ports import Clock
from bot.services.admin import healthcheck
from bot.services.admin.healthcheck import Checkup
from bot.services.app_metrics import service as app_metrics_service
from bot.services.app_metrics.service import Overviews
from bot.services.call_control.jobs import RoomDuties
from bot.services.call_control.service import Rooms
from bot.services.diagnosis import call_statistics, event_poller
from bot.services.diagnosis.call_statistics import CrowdDuty
from bot.services.diagnosis.event_poller import Collector
from bot.services.escalation.incidents import IncidentDuties
from bot.services.escalation.jobs import EscalationDuties
from bot.services.notifications.jobs import TellingDuties
from bot.services.summary.jobs import Weekly
from bot.services.tickets.jobs import Carriers
from bot.services.tickets.mentions import MentionDuties
from bot.services.tickets.service import Desk
from bot.settings import N_, SettingError, Settings, require
from bot.store import Store
from bot.store.diagnosis.events import SqlEventBook
from bot.store.rate_limits import SqlLedger, SqlMemory
from bot.store.response_cache import SqlAnswers

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

    from bot.jobs import Engine
    from handlers.slack.clients import Clients
    from handlers.slack.oauth import Installs

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class House:
    """The rooms below the doors, furnished."""

    settings: Settings
    store: Store
    desk: Desk


@asynccontextmanager
async def open_house(
    settings: Settings,
    *,
    clock: Clock | None = None,
    delay_scale: float = 1.0,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[House]:
    """Open database and clouds; close them when the block ends."""
    store = Store(settings.database_url)
    clock = clock or SystemClock()
    clouds = build_clouds(
        settings.clouds,
        ledger=SqlLedger(store),
        memory=SqlMemory(store),
        clock=clock,
        delay_scale=delay_scale,
        sleep=sleep,
        book=SqlEventBook(store),
        answers=SqlAnswers(store),
    )
    try:
        await _bring_up_to_date(store)
        await recall_clouds(clouds.values())
        yield House(
            settings, store, Desk(store=store, clouds=clouds, clock=clock, settings=settings)
        )
    finally:
        for cloud in set(clouds.values()):
            await cloud.close()
        store.close()


async def _bring_up_to_date(store: Store) -> None:
    """SQLite is migrated by whoever comes first; PostgreSQL by its owner's command."""
    if store.is_sqlite:
        await reach_database(store.migrate)
    elif not await reach_database(store.is_current):
        raise LagdeskError(
            message("The database is not at the newest revision. Run: python -m bot migrate")
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
class Slack:
    """Slack's side of the house, ready for a door."""

    app: AsyncApp
    engine: Engine
    clients: Clients
    installs: Installs


@asynccontextmanager
async def open_slack(house: House, *, worker: bool) -> AsyncIterator[Slack]:
    """Connect desk, Slack and the job engine; `worker` carries jobs out here."""
    from bot.jobs import Engine  # noqa: PLC0415 - dbos takes half a second to import
    from handlers.admin.slack_checks import SlackInspector  # noqa: PLC0415 - likewise
    from handlers.app_metrics.command import OverviewTeller  # noqa: PLC0415 - likewise
    from handlers.call_control.status_posts import ThreadNotes  # noqa: PLC0415 - likewise
    from handlers.escalation.incidents import ChannelIncidents  # noqa: PLC0415 - likewise
    from handlers.escalation.pager import SlackCaller  # noqa: PLC0415 - so does bolt, which no terminal needs
    from handlers.notifications.messages import TicketNotices  # noqa: PLC0415 - likewise
    from handlers.slack.chart_support import NativeBlocks  # noqa: PLC0415 - likewise
    from handlers.slack.clients import Clients  # noqa: PLC0415 - likewise
    from handlers.slack.notifier import SlackSpeaker  # noqa: PLC0415 - likewise
    from handlers.slack.oauth import Installs  # noqa: PLC0415 - likewise
    from handlers.slack.user_directory import People  # noqa: PLC0415 - likewise
    from handlers.summary.command import SlackAnnouncer  # noqa: PLC0415 - likewise
    from handlers.tickets.mentions import ThreadMentions  # noqa: PLC0415 - likewise
    from handlers.transports import build_app  # noqa: PLC0415 - likewise

    settings, desk = house.settings, house.desk
    installs = Installs(desk)
    token_of = installs.token_of if settings.has_oauth else None
    async with AsyncExitStack() as stack:
        clients = await stack.enter_async_context(
            Clients(settings.slack_api_url, settings.slack_bot_token, token_of)
        )
        people = People(clients, desk.languages, settings)
        native = NativeBlocks(SqlMemory(house.store), desk.clock)
        speaker = SlackSpeaker(clients, people, settings, native)
        desk.speaker, speaker.has_menu = speaker, Rooms(desk).has_menu
        caller = SlackCaller(speaker, people, settings.support_group)
        collector = Collector(desk)
        teller = OverviewTeller(people, native)
        weekly = Weekly(desk, SlackAnnouncer(desk, clients, people, native))
        carriers = {
            **Carriers(desk, speaker).table,
            **EscalationDuties(desk, caller).table,
            **weekly.table,
            **RoomDuties(desk, ThreadNotes(speaker, people)).table,
            **TellingDuties(desk, TicketNotices(speaker, people)).table,
            **IncidentDuties(desk, ChannelIncidents(speaker, people, settings)).table,
            **MentionDuties(desk, ThreadMentions(speaker, people)).table,
            event_poller.KIND: collector.collect,
            call_statistics.KIND: CrowdDuty(desk).fetch,
            app_metrics_service.KIND: Overviews(desk, teller).answer,
            healthcheck.KIND: Checkup(desk, SlackInspector(clients, people, settings)).carry,
        }
        engine = Engine(house.store, desk.clock, carriers, worker=worker)
        desk.wake = engine.wake
        await stack.enter_async_context(engine)
        if worker:
            await collector.begin()
            await weekly.begin()
        app = build_app(desk, people, settings, clients, installs)
        yield Slack(app, engine, clients, installs)


def require_slack(settings: Settings, *names: str) -> None:
    """Check the settings every process that talks to Slack needs. Raises SettingError."""
    if settings.has_oauth:
        names = tuple(name for name in names if name != "SLACK_BOT_TOKEN")
    require(settings, *names, "ESCALATION_CHANNEL")
    if not settings.clouds:
        raise SettingError("AGORA_APPS", N_("the apps of at least one cloud"))
