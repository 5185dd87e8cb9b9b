"""Database, clouds and services, built from the settings, without Slack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from bot.clouds import build_clouds
from bot.clouds.http import OnResponse
from bot.clouds.quota import Sleep
from bot.errors import LagdeskError
from bot.i18n.messages import message
from bot.integrations import Integrations, build_integrations
from bot.ports import Clock, Cloud, NoPeople
from bot.services.admin.installations import InstallationService
from bot.services.admin.token_cipher import TokenCipher
from bot.services.assembly import Services
from bot.services.context import Context, DatabaseError
from bot.services.permissions import NoPermissions
from bot.services.preferences.languages import Languages
from bot.services.workspaces.directory import Workspaces
from bot.settings import Settings
from bot.store import LIMITS, DatabaseUnavailableError, Limits, Store, reason_of
from bot.store.diagnosis.events import SqlEventStore
from bot.store.rate_limits import SqlKeyValueStore, SqlRateLimitStore
from bot.store.response_cache import SqlResponseCache

Result = TypeVar("Result")
REFRESH_S: Final = 2.0  # another process may have changed what this one has in memory


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
    on_response: OnResponse | None = None,
) -> AsyncIterator[Application]:
    """Open database and clouds; close them when the block ends.

    `on_response` gets each response of a cloud before it is parsed.
    """
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
        on_response=on_response,
    )
    integrations = build_integrations(settings)
    try:
        await _ensure_schema(store)
        await store.read(store.now)
        for cloud in set(clouds.values()):
            await cloud.restore_state()
        application = _build_application(settings, store, clouds, integrations, clock)
        await application.installations.load()
        await application.context.languages.preferences.load()
        await application.installations.encrypt_again()
        async with _background(_keep_fresh(application.installations)):
            yield application
    finally:
        for cloud in set(clouds.values()):
            await cloud.close()
        await integrations.close()
        store.close()


def _build_application(
    settings: Settings,
    store: Store,
    clouds: Mapping[str, Cloud],
    integrations: Integrations,
    clock: Clock,
) -> Application:
    workspaces = Workspaces(store, settings)
    context = Context(
        store=store,
        clouds=clouds,
        rotas=integrations.rotas,
        trackers=integrations.trackers,
        clock=clock,
        settings=settings,
        workspaces=workspaces,
        languages=Languages(store, workspaces),
        permissions=NoPermissions(),
        people=NoPeople(),
    )
    cipher = TokenCipher(settings.encryption_keys)
    installations = InstallationService(store, clock, workspaces, cipher)
    return Application(settings, store, context, Services.of(context), installations)


async def _keep_fresh(installations: InstallationService) -> None:
    """Read installations and settings of workspaces again and again; else the last ones count."""
    while True:
        await asyncio.sleep(REFRESH_S)
        with suppress(DatabaseError, LagdeskError):  # the store has logged it; a newer key
            await installations.load()


@asynccontextmanager
async def _background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run something that never ends beside the block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _ensure_schema(store: Store) -> None:
    """Migrate SQLite; raise LagdeskError when a PostgreSQL schema is out of date."""
    if store.is_sqlite:
        await reach_database(store.migrate)
    elif not await reach_database(store.is_current):
        raise LagdeskError(message("The database schema is out of date. Run: lagdesk migrate"))


async def reach_database(work: Callable[[], Result]) -> Result:
    """Run `work` in a thread; DatabaseUnavailableError when it cannot be opened or reached."""
    try:
        return await asyncio.to_thread(work)
    except SQLAlchemyError as error:
        raise DatabaseUnavailableError(reason_of(error)) from error
