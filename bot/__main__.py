"""The roof: the only file that sees both sides of the house. Assembles it and runs commands."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import signal
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot import i18n, logs
from bot.cli import callback, doctor, errors, inquiries, parser, summary
from bot.cli.parser import DONE
from bot.clouds import SystemClock, build_clouds, recall_clouds
from bot.errors import LagdeskError
from bot.i18n import LocaleName, Words, message
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
from bot.settings import (
    N_,
    SettingError,
    Settings,
    read_settings,
    read_system_locale,
    require,
)
from bot.store import Store
from bot.store.diagnosis.events import SqlEventBook
from bot.store.rate_limits import SqlLedger, SqlMemory
from bot.store.response_cache import SqlAnswers

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

    from bot.jobs import Engine
    from handlers.slack.clients import Clients
    from handlers.slack.oauth import Installs

log = logging.getLogger(__name__)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class House:
    """The rooms below the doors, furnished."""

    settings: Settings
    store: Store
    desk: Desk


@asynccontextmanager
async def open_house(
    settings: Settings, *, clock: Clock | None = None, delay_scale: float = 1.0
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
        await _reach(store.migrate)
    elif not await _reach(store.is_current):
        raise LagdeskError(
            message("The database is not at the newest revision. Run: python -m bot migrate")
        )


async def _reach(work: Callable[[], Result]) -> Result:
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


def _require_slack(settings: Settings, *names: str) -> None:
    if settings.has_oauth:
        names = tuple(name for name in names if name != "SLACK_BOT_TOKEN")
    require(settings, *names, "ESCALATION_CHANNEL")
    if not settings.clouds:
        raise SettingError("AGORA_APPS", N_("the apps of at least one cloud"))


async def serve(
    settings: Settings,
    *,
    worker: bool,
    delay_scale: float = 1.0,
    ready: Callable[[str], None],
) -> int:
    """Run the HTTP door until a signal comes. `ready` is told the address."""
    from bot.jobs.metrics import measure  # noqa: PLC0415 - see open_slack
    from handlers.transports import build_http_door  # noqa: PLC0415 - likewise

    _require_slack(settings, "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET")
    async with (
        open_house(settings, delay_scale=delay_scale) as house,
        open_slack(house, worker=worker) as slack,
    ):
        clock = house.desk.clock
        door = build_http_door(
            slack.app,
            house.desk,
            settings,
            slack.clients,
            slack.installs,
            measure=lambda: measure(house.store, clock.now()),
        )
        runner = web.AppRunner(door.web_app(), access_log=None)
        await runner.setup()
        try:
            await _listen_at(web.TCPSite(runner, settings.host, settings.port), settings)
            port = runner.addresses[0][1]
            ready(f"http://{settings.host}:{port}")
            await _until_stopped()
        finally:
            await runner.cleanup()
    return DONE


async def _listen_at(site: web.TCPSite, settings: Settings) -> None:
    try:
        await site.start()
    except (OSError, UnicodeError) as error:  # an impossible host's name is no text for DNS
        address = f"{settings.host}:{settings.port}"
        raise LagdeskError(
            message("Cannot listen on %(address)s. Choose another HOST or PORT.", address=address)
        ) from error


async def listen(settings: Settings, *, worker: bool) -> int:
    """Run the Socket Mode door until a signal comes."""
    from handlers.transports import build_socket_door  # noqa: PLC0415 - see open_slack

    _require_slack(settings, "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")
    async with (
        open_house(settings) as house,
        open_slack(house, worker=worker) as slack,
    ):
        door = build_socket_door(slack.app, settings)
        await door.connect_async()  # type: ignore[no-untyped-call]
        try:
            await _until_stopped()
        finally:
            await door.close_async()  # type: ignore[no-untyped-call]
    return DONE


async def work(settings: Settings) -> int:
    """Carry out jobs until a signal comes."""
    _require_slack(settings, "SLACK_BOT_TOKEN")
    async with open_house(settings) as house, open_slack(house, worker=True):
        await _until_stopped()
    return DONE


async def demonstrate(options: argparse.Namespace) -> int:
    """Run the whole product without any account."""
    from bot.sandbox.demo import DELAY_SCALE, set_stage  # noqa: PLC0415 - only the demo needs it
    from handlers.slack.manifest import build_manifest  # noqa: PLC0415 - likewise

    chosen: LocaleName = options.locale or read_system_locale()
    logs.set_up("WARNING", "text")
    with tempfile.TemporaryDirectory(prefix="lagdesk-demo-", ignore_cleanup_errors=True) as folder:
        manifest = build_manifest("https://lagdesk.example")
        try:
            async with set_stage(Path(folder), manifest, port=options.port, locale=chosen) as stage:

                def ready(url: str) -> None:
                    stage.lead_to(url)
                    _print_invitation(stage.workspace.url, chosen)
                    if not options.no_browser:
                        webbrowser.open(stage.workspace.url)

                settings = replace(read_settings(stage.environment), port=0)
                return await serve(settings, worker=True, delay_scale=DELAY_SCALE, ready=ready)
        except OSError as error:
            busy = message("Port %(port)s is not free.", port=options.port or 8080)
            raise LagdeskError(busy) from error


def _print_invitation(url: str, chosen: LocaleName) -> None:
    say = Words(chosen).say
    print(say(message("The demo is here:")), url)  # noqa: T201 - what the command is for
    hint = message("Type /report class_77_1 10001 20002 in any channel. Stop with Ctrl+C.")
    print(say(hint), flush=True)  # noqa: T201 - likewise


async def migrate(settings: Settings) -> int:
    """Bring the database to the newest revision."""
    store = Store(settings.database_url)
    try:
        await _reach(store.migrate)
    finally:
        store.close()
    return DONE


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, stopped.set)
    await stopped.wait()


async def _run(options: argparse.Namespace, settings: Settings) -> int:
    worker = not getattr(options, "no_worker", False)
    table: dict[str, Callable[[], Awaitable[int]]] = {
        "serve": lambda: serve(_overridden(settings, options), worker=worker, ready=_print_ready),
        "socket": lambda: listen(settings, worker=worker),
        "worker": lambda: work(settings),
        "migrate": lambda: migrate(settings),
        "export": lambda: inquiries.export(settings, options, open_house),
        "diagnose": lambda: inquiries.diagnose(settings, options, open_house),
        "quality": lambda: inquiries.quality(settings, options, open_house),
        "callback": lambda: callback.run(settings, options, open_house),
        "summary": lambda: summary.run(settings, options, open_house),
    }
    return await table[options.command]()


def _overridden(settings: Settings, options: argparse.Namespace) -> Settings:
    """What the command line says wins over the environment."""
    host = settings.host if options.host is None else options.host
    port = settings.port if options.port is None else options.port
    return replace(settings, host=host, port=port)


def _print_ready(url: str) -> None:
    print(f"Lagdesk listens on {url}", file=sys.stderr, flush=True)  # noqa: T201 - for the operator


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command; returns the exit status. Errors are one line, never a traceback."""
    try:
        status = _carry_out(parser.parse(argv))
        if sys.stdout is not None:  # it can be closed
            sys.stdout.flush()
    except KeyboardInterrupt:
        return DONE
    except BrokenPipeError:  # whoever read has read enough
        errors.abandon_output()
        return DONE
    except Exception as error:  # the last border: an operator gets a line, the log the rest
        log.debug("a command failed", exc_info=True)
        if isinstance(error, OSError):
            errors.abandon_output()
        return errors.explain(error)
    return status


def _carry_out(options: argparse.Namespace) -> int:
    if options.command == "manifest":
        return _show_manifest(options.url)
    i18n.preload()
    if options.command == "demo":
        return asyncio.run(demonstrate(options))
    if options.command == "doctor":
        return doctor.run(read_settings, open_house, as_json=options.json)
    settings = read_settings()
    logs.set_up(settings.log_level, settings.log_format, settings.secrets)
    return asyncio.run(_run(options, settings))


def _show_manifest(url: str) -> int:
    from handlers.slack.manifest import build_manifest  # noqa: PLC0415 - needs nothing else

    print(json.dumps(build_manifest(url), ensure_ascii=False, indent=2))  # noqa: T201 - its purpose
    return DONE


if __name__ == "__main__":
    sys.exit(main())
