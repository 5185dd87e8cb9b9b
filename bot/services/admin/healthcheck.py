"""The health check behind `doctor`: settings, database, Slack, clouds, rotas, trackers, jobs."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Sequence
from typing import Final

from bot.clouds.errors import cloud_name
from bot.errors import (
    CloudError,
    CloudQuotaExceededError,
    LagdeskError,
    setting_problem,
)
from bot.i18n.messages import Duration, Message, message
from bot.jobs.run import Queue, Run, job
from bot.ports import CheckResult, Cloud, Health, Inquiry, SlackHealthCheck
from bot.services.access_tokens.service import AccessTokens
from bot.services.admin.rota_checks import check_rotas
from bot.services.admin.signatures import WrongSignatures
from bot.services.admin.tracker_checks import check_trackers
from bot.services.admin.workspace_checks import check_workspaces
from bot.services.alerts.checks import check_alerts
from bot.services.app_metrics.remaining_quota import describe_remaining_quota
from bot.services.call_control.webhook_registration import WebhookRegistrations
from bot.services.context import Context, DatabaseError
from bot.services.inquiry_rows import answer_inquiry, enqueue_inquiry
from bot.services.webhooks.service import WebhookService
from bot.setting_reader import SettingError
from bot.settings import Settings
from bot.store import Store, models
from bot.store import jobs as store_jobs
from bot.store.system_errors import explain

log = logging.getLogger(__name__)

KIND: Final = "health_check"
WORKER_TIMEOUT: Final = dt.timedelta(seconds=30)  # a heartbeat is sent every two seconds
LATE_AFTER: Final = dt.timedelta(minutes=5)
_SETTINGS: Final = message("Settings")
_DATABASE: Final = message("Database")
_SLACK: Final = message("Slack settings")
_KEY: Final = message("Encryption key")
_SIGNATURE: Final = message("Slack signature")
_WORKER: Final = message("Worker")
_BACKGROUND_WORK: Final = message("Background jobs")
_CARDS: Final = message("Ticket cards")
_MCP: Final = message("Assistants (MCP)")
_TRANSPORT: Final = message("SLACK_APP_TOKEN (for socket) or SLACK_SIGNING_SECRET (for serve)")
_SIGNATURES_FOR: Final = dt.timedelta(hours=1)
_MAX_NAMED: Final = 5  # tickets
_MAX_REASON: Final = 300


class HealthCheck:
    """Runs all checks; the cloud checks cost one cheap request each."""

    def __init__(self, context: Context, slack_health_check: SlackHealthCheck) -> None:
        self._context = context
        self._slack_health_check = slack_health_check

    async def run_checks(
        self, team: str = "", *, database: CheckResult | None = None
    ) -> list[CheckResult]:
        """Return the results in the order in which to fix problems.

        `database` is its result when the check runs without Lagdesk's own database.
        """
        database = database or await check_database(self._context.store)
        results = await asyncio.gather(
            self._check_slack(team),
            self._check_clouds(team),
            check_rotas(self._context, team),
            check_trackers(self._context, team),
            self._check_work(team, database),
        )
        settings = CheckResult("settings", _SETTINGS, Health.OK, message("All settings are valid."))
        rows = [each for listed in results for each in listed]
        return [settings, database, *rows, *check_mcp(self._context.settings)]

    @job(KIND, Queue.DIAGNOSES)
    async def run(self, run: Run, origin: str) -> None:
        """Answer a request for a health check."""
        _ = run
        await answer_inquiry(self._context, origin, self._answer)

    async def _answer(self, inquiry: Inquiry) -> None:
        results = await self.run_checks(inquiry.team)
        await self._slack_health_check.send_results(inquiry, results)

    async def _check_slack(self, team: str) -> Sequence[CheckResult]:
        settings = self._context.settings
        row = check_slack_settings(settings)
        rows = [row, *await self._check_signatures()]
        if settings.has_oauth and not team:
            workspaces = self._context.workspaces
            return [*rows, *await check_workspaces(workspaces, self._slack_health_check)]
        if not settings.slack_bot_token and not settings.has_oauth:
            return rows
        return [*rows, *await self._slack_health_check.run_checks(team)]

    async def _check_signatures(self) -> list[CheckResult]:
        """Warn when requests came lately that were signed with another secret."""
        at, now = await WrongSignatures(self._context).last_at(), self._context.clock.now()
        if at is None or now - at > _SIGNATURES_FOR:
            return []
        detail = message(
            "A request %(ago)s ago had a signature that does not fit SLACK_SIGNING_SECRET. If the"
            " app does not answer in Slack, copy the Signing Secret again from the app's page"
            " (Basic Information).",
            ago=Duration((now - at).total_seconds()),
        )
        return [CheckResult("slack.signature", _SIGNATURE, Health.WARNING, detail)]

    async def _check_clouds(self, team: str) -> list[CheckResult]:
        apps = self._context.clouds_of(team)
        if not self._context.clouds:
            detail = message(
                "No cloud is configured. Set AGORA_APPS, VOLCENGINE_APPS or HUAWEI_APPS."
            )
            return [CheckResult("clouds", message("Clouds"), Health.FAILED, detail)]
        rows = await asyncio.gather(*(self._check_app(cloud, app) for app, cloud in apps.items()))
        return [row for each in rows for row in each]

    async def _check_app(self, cloud: Cloud, app: str) -> list[CheckResult]:
        named = {"cloud": cloud_name(cloud.name), "app": app}
        health, detail = await _check(cloud, app)
        cloud_check = CheckResult(
            f"cloud.{cloud.name}.{app}", message("%(cloud)s, app %(app)s", **named), health, detail
        )
        recordings = await WebhookRegistrations(self._context).run_checks(app)
        answers = [cloud_check, *([] if recordings is None else [recordings])]
        remaining_quotas = await cloud.remaining_quotas(app)
        quotas = CheckResult(
            f"quota.{cloud.name}.{app}",
            message("Quotas for %(app)s", app=app),
            Health.WARNING if any(each.is_low for each in remaining_quotas) else Health.OK,
            describe_remaining_quota(cloud.name, remaining_quotas),
        )
        return [*answers, quotas]

    async def _check_work(self, team: str, database: CheckResult) -> list[CheckResult]:
        """Check the worker, the jobs (for the operator), and the cards of a workspace."""
        if database.health is not Health.OK:
            return []
        counted = team if self._context.settings.has_oauth else ""
        now = self._context.clock.now()
        heartbeat, oldest, pending, failing_cards = await self._context.store.read(
            lambda session: (
                store_jobs.last_heartbeat(session),
                store_jobs.oldest_due_at(session, now),
                sum(store_jobs.count_pending(session).values()),
                store_jobs.list_failing(session, "card", counted),
            )
        )
        jobs = [] if counted else [_background_work(oldest, pending, now)]
        tokens = await AccessTokens(self._context).run_checks(counted)
        webhooks = await WebhookService(self._context).run_checks(counted)
        alerts = [] if counted else await check_alerts(self._context)
        others = [*tokens, *webhooks, *alerts]
        return [_worker(heartbeat, now), *jobs, _cards(failing_cards), *others]


class HealthCheckRequests:
    """Enqueues health checks requested in Slack."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def is_database_healthy(self) -> bool:
        """Return whether the database can be read and written."""
        return not await self._context.store.find_fault()

    async def request(self, origin: str, inquiry: Inquiry) -> None:
        """Enqueue a health check. Raises NotAllowedError for non-support."""
        refusal = message("Only support can run doctor.")
        await self._context.require_support(inquiry.team, inquiry.person, refusal)
        now = self._context.clock.now()
        await self._context.commit(
            lambda session: enqueue_inquiry(session, origin, inquiry, KIND, now)
        )


def wrong_setting(error: SettingError) -> CheckResult:
    """Return the only result when a setting is missing or wrong."""
    return CheckResult("settings", _SETTINGS, Health.FAILED, setting_problem(error))


def database_down() -> CheckResult:
    """Return the result when the database does not respond."""
    return database_failed(
        message("The database does not respond. Start it, or set DATABASE_URL to its address.")
    )


def database_missing() -> CheckResult:
    """Return the result when the file of a SQLite database does not exist yet."""
    detail = message(
        "There is no database yet: serve, socket and worker create it. If Lagdesk has run before,"
        " run doctor in the same directory, or set DATABASE_URL."
    )
    return CheckResult("database", _DATABASE, Health.WARNING, detail)


def wrong_key(error: LagdeskError) -> CheckResult:
    """Return the result when the stored tokens of workspaces cannot be decrypted."""
    return CheckResult("encryption_key", _KEY, Health.FAILED, error.operator_message)


def database_failed(detail: Message) -> CheckResult:
    """Return the result when the database cannot be used."""
    return CheckResult("database", _DATABASE, Health.FAILED, detail)


async def check_database(store: Store) -> CheckResult:
    """Check that the database responds, is at the newest revision and can be written."""
    try:
        is_current = await asyncio.to_thread(store.is_current)
    except DatabaseError:
        return database_down()
    except LagdeskError as error:  # the revision is unknown
        return database_failed(error.user_message)
    if not is_current:
        return database_failed(message("The database schema is out of date. Run: lagdesk migrate"))
    if why := await store.find_fault():
        return database_failed(
            message("The database cannot be written: %(why)s.", why=explain(why))
        )
    kind = "SQLite" if store.is_sqlite else "PostgreSQL"
    detail = message("%(kind)s responds and its schema is up to date.", kind=kind)
    return CheckResult("database", _DATABASE, Health.OK, detail)


def check_slack_settings(settings: Settings) -> CheckResult:
    """Check the required Slack settings; a warning only when none of them is set."""
    needed = (
        ("SLACK_BOT_TOKEN", settings.slack_bot_token or settings.has_oauth),
        ("ESCALATION_CHANNEL", settings.escalation_channel or settings.has_oauth),
        (_TRANSPORT, settings.slack_signing_secret or settings.slack_app_token),
    )
    others = (settings.slack_client_id, settings.slack_client_secret, settings.support_group)
    missing = [name for name, value in needed if not value]
    detail, health = message("All required settings are present."), Health.OK
    if len(missing) == len(needed) and not any(others):
        detail = message(
            "Slack is not configured; only the clouds are checked. For Slack, set %(names)s in the"
            " environment, or in .env in the directory where Lagdesk runs.",
            names=missing,
        )
        health = Health.WARNING
    elif missing:
        detail = message("Required settings are missing: %(names)s.", names=missing)
        health = Health.FAILED
    return CheckResult("slack.settings", _SLACK, health, detail)


def check_mcp(settings: Settings) -> list[CheckResult]:
    """Check that assistants can reach the MCP endpoint, where it is on."""
    if not settings.mcp:
        return []
    detail, health = message("serve answers at /mcp."), Health.OK
    if not settings.slack_signing_secret:
        detail, health = message("Only serve has /mcp; set SLACK_SIGNING_SECRET."), Health.WARNING
    return [CheckResult("mcp", _MCP, health, detail)]


async def _check(cloud: Cloud, app: str) -> tuple[Health, Message]:
    try:
        return Health.OK, await cloud.check(app)
    except CloudQuotaExceededError as error:
        return Health.WARNING, error.user_message
    except CloudError as error:
        return Health.FAILED, error.user_message


def _worker(heartbeat: dt.datetime | None, now: dt.datetime) -> CheckResult:
    if heartbeat is None or now - heartbeat > WORKER_TIMEOUT:
        detail = message("No worker is running. Start one: lagdesk worker, or serve or socket.")
        return CheckResult("worker", _WORKER, Health.WARNING, detail)
    ago = Duration(max(0.0, (now - heartbeat).total_seconds()))
    detail = message("The last worker heartbeat was %(ago)s ago.", ago=ago)
    return CheckResult("worker", _WORKER, Health.OK, detail)


def _background_work(oldest: dt.datetime | None, pending: int, now: dt.datetime) -> CheckResult:
    late = now - oldest if oldest is not None else dt.timedelta(0)
    waited = Duration(late.total_seconds())
    if late > LATE_AFTER:
        detail = message(
            "%(count)s waiting, the oldest for %(waited)s. See the worker's log for the reason.",
            count=pending,
            waited=waited,
        )
        return CheckResult("jobs", _BACKGROUND_WORK, Health.WARNING, detail)
    return CheckResult(
        "jobs",
        _BACKGROUND_WORK,
        Health.OK,
        message("%(count)s waiting, none overdue.", count=pending),
    )


def _cards(failing: Sequence[models.Job]) -> CheckResult:
    """Name the tickets whose cards Slack did not take last time, and what it said."""
    if not failing:
        detail = message("Slack has accepted every card.")
        return CheckResult("cards", _CARDS, Health.OK, detail)
    names = [f"LD-{job.ticket}" for job in failing[:_MAX_NAMED]]
    detail = message(
        "Slack did not accept the newest card of %(tickets)s (%(count)s in all). It is tried "
        "again by itself, also when Lagdesk is restarted or updated. The reason: %(reason)s",
        tickets=names,
        count=len(failing),
        reason=failing[0].last_error[:_MAX_REASON],
    )
    return CheckResult("cards", _CARDS, Health.WARNING, detail)
