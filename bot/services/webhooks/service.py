"""What became of webhooks: the check for doctor, and sending again what was given up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.i18n.messages import Duration, Message, message
from bot.ports import CheckResult, Health
from bot.services.context import Context
from bot.services.webhooks.events import SEND, Event, partition_of
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.models import Job
from bot.store.webhooks.deliveries import Backlog, backlog_of, list_given_up
from bot.webhook_settings import WebhookAddress

_LABEL: Final = message("Webhooks")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A webhook that was given up; `event` names it, such as LD-12:7:claimed."""

    event: str
    error: str
    given_up_at: dt.datetime


class WebhookService:
    """Lists webhooks that have not arrived, and sends them again."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def run_checks(self, team: str) -> Sequence[CheckResult]:
        """Return a row for each address of a workspace, of all workspaces for ""."""
        addresses = self._addresses(team)
        backlogs = await self._context.store.read(
            lambda session: [backlog_of(session, SEND, partition_of(each.id)) for each in addresses]
        )
        now = self._context.clock.now()
        return [
            _check(address, backlog, now)
            for address, backlog in zip(addresses, backlogs, strict=True)
        ]

    def _addresses(self, team: str) -> Sequence[WebhookAddress]:
        webhooks = self._context.settings.webhooks
        return webhooks.of(team) if team else webhooks.addresses

    async def list_dead_letters(self) -> Sequence[DeadLetter]:
        """List what was given up, the oldest first."""
        given_up = await self._context.store.read(lambda session: list_given_up(session, SEND))
        return [
            DeadLetter(Event.of_job(each).name, each.last_error, each.finished_at or each.due_at)
            for each in given_up
        ]

    async def send_again(self) -> int:
        """Enqueue what was given up, as if it had just happened; return how many webhooks.

        What was for an address that is not set any more goes to the workspace's present ones.
        """
        now = self._context.clock.now()

        def work(session: Session) -> int:
            given_up = list_given_up(session, SEND)
            for each in given_up:
                self._send_again(session, each, now)
            return len(given_up)

        return await self._context.commit(work)

    def _send_again(self, session: Session, webhook: Job, now: dt.datetime) -> None:
        event, webhooks = Event.of_job(webhook), self._context.settings.webhooks
        address = webhooks.find(webhook.arguments[0])
        targets = [address] if address else webhooks.of(event.body["data"]["workspace"])
        if not targets:
            return
        session.delete(webhook)
        session.flush()
        store_jobs.enqueue_all(session, [event.job(each, now) for each in targets])


def _check(address: WebhookAddress, backlog: Backlog, now: dt.datetime) -> CheckResult:
    health = Health.WARNING if backlog.last_error else Health.OK
    return CheckResult(f"webhooks.{address.id}", _LABEL, health, _detail(address, backlog, now))


def _detail(address: WebhookAddress, backlog: Backlog, now: dt.datetime) -> Message:
    if backlog.first_given_up_at is not None:
        return message(
            "%(host)s: %(count)s given up, the oldest %(ago)s ago; %(retried)s being tried again."
            " The last error: %(error)s When the receiver works, run: lagdesk webhooks --resend",
            host=address.host,
            count=backlog.given_up,
            ago=Duration((now - backlog.first_given_up_at).total_seconds()),
            retried=backlog.retried,
            error=backlog.last_error,
        )
    if backlog.retried:
        return message(
            "%(host)s: %(retried)s being tried again. The last error: %(error)s",
            host=address.host,
            retried=backlog.retried,
            error=backlog.last_error,
        )
    return message("%(host)s has accepted every webhook.", host=address.host)
