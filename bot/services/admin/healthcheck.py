"""Doctor: what Lagdesk needs, looked at one thing after another. How it is said is not here."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from bot.clouds.errors import cloud_words
from bot.errors import CloudError, CloudOverQuotaError, SpeakError
from bot.i18n.messages import Duration, Message, message
from bot.ports import Asked, Cloud, Finding, Health, Inspector
from bot.services.app_metrics.remaining_quota import read_quotas, say_quotas
from bot.services.call_control.webhook_registration import Addresses
from bot.services.permissions import refuse
from bot.services.tickets.service import Desk
from bot.settings import SettingError, Settings
from bot.store import Session, Store, models
from bot.store import jobs as store_jobs

log = logging.getLogger(__name__)

KIND: Final = "checkup"
ANSWERED_WITHIN: Final = dt.timedelta(minutes=29)  # Slack's answer address lives for 30
SILENT: Final = dt.timedelta(seconds=30)  # a worker beats every other second
LATE: Final = dt.timedelta(minutes=5)
_SETTINGS: Final = message("Settings")
_DATABASE: Final = message("Database")
_SLACK: Final = message("Slack settings")
_WORKER: Final = message("Worker")
_OWED: Final = message("Background work")


class Checkup:
    """Looks at everything; changes nothing but what the cheapest calls cost."""

    def __init__(self, desk: Desk, inspector: Inspector) -> None:
        self._desk = desk
        self._inspector = inspector

    async def examine(self, team: str = "", *, database: Finding | None = None) -> list[Finding]:
        """Return what was found, in the order to mend it.

        `database`: what was found already, if the desk has to do without its own database.
        """
        database = database or await inspect_database(self._desk.store)
        found = await asyncio.gather(
            self._inspect_slack(team), self._inspect_clouds(), self._inspect_work(database)
        )
        settings = Finding("settings", _SETTINGS, Health.OK, message("Every setting can be read."))
        return [settings, database, *(each for rows in found for each in rows)]

    async def carry(self, duty: models.Duty) -> None:
        """Answer somebody who called the doctor; a carrier of duties."""
        origin, desk = duty.name.removeprefix(f"{KIND}:"), self._desk
        question = await desk.store.read(lambda session: session.get(models.Question, origin))
        if question is None or desk.clock.now() > question.asked_at + ANSWERED_WITHIN:
            return
        names = Asked.__dataclass_fields__
        asked = Asked(**{name: getattr(question, name) for name in names})
        try:
            await self._inspector.tell(asked, await self.examine(question.team))
        except SpeakError as error:
            if error.retryable:
                raise
            log.info("what doctor found was not taken: %s", error)

    async def _inspect_slack(self, team: str) -> Sequence[Finding]:
        settings = self._desk.settings
        row = inspect_slack_settings(settings)
        if not settings.slack_bot_token and not (settings.has_oauth and team):
            return [row]
        return [row, *await self._inspector.inspect(team)]

    async def _inspect_clouds(self) -> list[Finding]:
        apps = self._desk.settings.apps
        if not apps:
            told = message("No cloud is set. Set AGORA_APPS, VOLCENGINE_APPS or HUAWEI_APPS.")
            return [Finding("clouds", message("Clouds"), Health.FAILED, told)]
        rows = await asyncio.gather(
            *(self._inspect_app(self._desk.clouds[app], app) for app in apps)
        )
        return [row for each in rows for row in each]

    async def _inspect_app(self, cloud: Cloud, app: str) -> list[Finding]:
        named = {"cloud": cloud_words(cloud.name), "app": app}
        health, told = await _check(cloud, app)
        works = Finding(
            f"cloud.{cloud.name}.{app}", message("%(cloud)s, app %(app)s", **named), health, told
        )
        recordings = await Addresses(self._desk).inspect(app)
        answers = [works, *([] if recordings is None else [recordings])]
        allowances = await read_quotas(self._desk, app)
        quotas = Finding(
            f"quota.{cloud.name}.{app}",
            message("Quotas of %(app)s", app=app),
            Health.WARNING if any(each.is_low for each in allowances) else Health.OK,
            say_quotas(cloud.name, allowances),
        )
        return [*answers, quotas]

    async def _inspect_work(self, database: Finding) -> list[Finding]:
        if database.health is Health.FAILED:
            return []
        now = self._desk.clock.now()
        beat, oldest, owed = await self._desk.store.read(
            lambda session: (
                store_jobs.last_beat(session),
                store_jobs.oldest_due(session, now),
                sum(store_jobs.count_owed(session).values()),
            )
        )
        return [_worker(beat, now), _owed(oldest, owed, now)]


async def call(desk: Desk, origin: str, asked: Asked) -> None:
    """Let support call the doctor; a job answers. Raises NotAllowedError for others."""
    if not await desk.is_support(asked.team, asked.person):
        raise refuse(desk.settings, message("Only support can run doctor."))
    now = desk.clock.now()

    def work(session: Session) -> None:
        if session.get(models.Question, origin) is None:
            session.add(models.Question(id=origin, asked_at=now, **asdict(asked)))
            store_jobs.owe(session, f"{KIND}:{origin}", KIND, due_at=now)

    await desk.store.transact(work)
    await desk.wake()


def wrong_setting(error: SettingError) -> Finding:
    """What is found when the settings cannot be read: nothing else can be looked at."""
    told = message(
        "%(name)s is missing or wrong. Expected: %(expected)s.",
        name=error.name,
        expected=Message(error.expected),
    )
    return Finding("settings", _SETTINGS, Health.FAILED, told)


def database_down() -> Finding:
    """What is found when the database does not answer."""
    told = message("It does not answer. Start it, or set DATABASE_URL to where it is.")
    return Finding("database", _DATABASE, Health.FAILED, told)


async def inspect_database(store: Store) -> Finding:
    """Look whether the database answers, and whether it is at the newest revision."""
    if not await store.is_up():
        return database_down()
    if not await asyncio.to_thread(store.is_current):
        old = message("It is not at the newest revision. Run: python -m bot migrate")
        return Finding("database", _DATABASE, Health.FAILED, old)
    kind = "SQLite" if store.is_sqlite else "PostgreSQL"
    told = message("%(kind)s answers, at the newest revision.", kind=kind)
    return Finding("database", _DATABASE, Health.OK, told)


def inspect_slack_settings(settings: Settings) -> Finding:
    """Look for what is missing to talk with Slack; nothing set at all is no fault."""
    needed = {
        "SLACK_BOT_TOKEN": settings.slack_bot_token or settings.has_oauth,
        "ESCALATION_CHANNEL": settings.escalation_channel,
        "SLACK_SIGNING_SECRET": settings.slack_signing_secret or settings.slack_app_token,
    }
    others = (settings.slack_client_id, settings.slack_client_secret, settings.support_group)
    missing = [name for name, value in needed.items() if not value]
    told, health = message("Everything needed is set."), Health.OK
    if len(missing) == len(needed) and not any(others):
        told = message("Slack is not set up; only the clouds are checked.")
        health = Health.WARNING
    elif missing:
        told = message("Not set, and needed: %(names)s.", names=", ".join(missing))
        health = Health.FAILED
    elif not settings.slack_bot_token:
        told = message(
            "Workspaces install Lagdesk by OAuth; /lagdesk doctor checks the one it is typed in."
        )
    return Finding("slack.settings", _SLACK, health, told)


async def _check(cloud: Cloud, app: str) -> tuple[Health, Message]:
    try:
        told = await cloud.check(app)
    except CloudOverQuotaError as error:
        return Health.WARNING, error.spoken
    except CloudError as error:
        return Health.FAILED, error.spoken
    if cloud.name == "agora":
        return Health.OK, message("The key works; API generation: %(told)s.", told=told)
    return Health.OK, message("The key works (%(told)s).", told=told)


def _worker(beat: dt.datetime | None, now: dt.datetime) -> Finding:
    if beat is None or now - beat > SILENT:
        told = message("No worker runs. Start one: python -m bot worker, or serve or socket.")
        return Finding("worker", _WORKER, Health.WARNING, told)
    ago = Duration(max(0.0, (now - beat).total_seconds()))
    told = message("A worker was last seen %(ago)s ago.", ago=ago)
    return Finding("worker", _WORKER, Health.OK, told)


def _owed(oldest: dt.datetime | None, owed: int, now: dt.datetime) -> Finding:
    late = now - oldest if oldest is not None else dt.timedelta(0)
    waited = Duration(late.total_seconds())
    if late > LATE:
        told = message(
            "%(owed)s waiting, the oldest for %(waited)s. The worker's log says why.",
            owed=owed,
            waited=waited,
        )
        return Finding("duties", _OWED, Health.WARNING, told)
    return Finding("duties", _OWED, Health.OK, message("%(owed)s waiting, none late.", owed=owed))
