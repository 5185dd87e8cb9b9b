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

from bot import callback, commands, doctor, failures, logs, questions, summary, words
from bot.clouds import SystemClock, build_clouds, recall_clouds
from bot.commands import DONE
from bot.desk import Carriers, Desk, checkup, collecting, crowds, overviews
from bot.desk.checkup import Checkup
from bot.desk.collecting import Collector
from bot.desk.crowds import CrowdDuty
from bot.desk.escalating import EscalationDuties
from bot.desk.incidents import IncidentDuties
from bot.desk.mentions import MentionDuties
from bot.desk.overviews import Overviews
from bot.desk.room_duties import RoomDuties
from bot.desk.rooms import Rooms
from bot.desk.telling import TellingDuties
from bot.desk.weekly import Weekly
from bot.errors import LagdeskError
from bot.ports import Clock
from bot.settings import (
    N_,
    SettingError,
    Settings,
    read_settings,
    read_system_locale,
    require,
)
from bot.store import Store
from bot.store.answers import SqlAnswers
from bot.store.events import SqlEventBook
from bot.store.ledger import SqlLedger, SqlMemory
from bot.words import LocaleName, Words, message

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

    from bot.jobs import Engine
    from handlers.clients import Clients
    from handlers.installs import Installs

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
    from handlers.caller import SlackCaller  # noqa: PLC0415 - so does bolt, which no terminal needs
    from handlers.clients import Clients  # noqa: PLC0415 - likewise
    from handlers.doors import build_app  # noqa: PLC0415 - likewise
    from handlers.incidents import ChannelIncidents  # noqa: PLC0415 - likewise
    from handlers.inspector import SlackInspector  # noqa: PLC0415 - likewise
    from handlers.installs import Installs  # noqa: PLC0415 - likewise
    from handlers.mentions import ThreadMentions  # noqa: PLC0415 - likewise
    from handlers.native import NativeBlocks  # noqa: PLC0415 - likewise
    from handlers.notices import TicketNotices  # noqa: PLC0415 - likewise
    from handlers.people import People  # noqa: PLC0415 - likewise
    from handlers.quality import OverviewTeller  # noqa: PLC0415 - likewise
    from handlers.room_notes import ThreadNotes  # noqa: PLC0415 - likewise
    from handlers.speaker import SlackSpeaker  # noqa: PLC0415 - likewise
    from handlers.summary import SlackAnnouncer  # noqa: PLC0415 - likewise

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
            collecting.KIND: collector.collect,
            crowds.KIND: CrowdDuty(desk).fetch,
            overviews.KIND: Overviews(desk, teller).answer,
            checkup.KIND: Checkup(desk, SlackInspector(clients, people, settings)).carry,
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
    from handlers.doors import build_http_door  # noqa: PLC0415 - likewise

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
    from handlers.doors import build_socket_door  # noqa: PLC0415 - see open_slack

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
    from handlers.manifest import build_manifest  # noqa: PLC0415 - likewise

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
        "export": lambda: questions.export(settings, options, open_house),
        "diagnose": lambda: questions.diagnose(settings, options, open_house),
        "quality": lambda: questions.quality(settings, options, open_house),
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
        status = _carry_out(commands.parse(argv))
        if sys.stdout is not None:  # it can be closed
            sys.stdout.flush()
    except KeyboardInterrupt:
        return DONE
    except BrokenPipeError:  # whoever read has read enough
        failures.abandon_output()
        return DONE
    except Exception as error:  # the last border: an operator gets a line, the log the rest
        log.debug("a command failed", exc_info=True)
        if isinstance(error, OSError):
            failures.abandon_output()
        return failures.explain(error)
    return status


def _carry_out(options: argparse.Namespace) -> int:
    if options.command == "manifest":
        return _show_manifest(options.url)
    words.preload()
    if options.command == "demo":
        return asyncio.run(demonstrate(options))
    if options.command == "doctor":
        return doctor.run(read_settings, open_house, as_json=options.json)
    settings = read_settings()
    logs.set_up(settings.log_level, settings.log_format, settings.secrets)
    return asyncio.run(_run(options, settings))


def _show_manifest(url: str) -> int:
    from handlers.manifest import build_manifest  # noqa: PLC0415 - needs nothing else

    print(json.dumps(build_manifest(url), ensure_ascii=False, indent=2))  # noqa: T201 - its purpose
    return DONE


if __name__ == "__main__":
    sys.exit(main())
