from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import NotAllowedError, SlackRefusedError, SlackUnreachableError
from bot.i18n.messages import message
from bot.jobs.run import Run
from bot.ports import CheckResult, Health, Inquiry
from bot.services.admin.healthcheck import (
    HealthCheck,
    HealthCheckRequests,
    check_database,
    check_mcp,
    check_slack_settings,
)
from bot.services.context import Context
from bot.services.inquiry_rows import ANSWER_TIMEOUT
from bot.settings import Settings, read_settings
from bot.store import Session, Store, models
from bot.store import jobs as store_jobs
from tests.bot.services.contexts import make_context
from tests.conftest import FakeClock
from tests.databases import create_sqlite

ASKED = Inquiry("T1", "U1", "C1", "https://slack.invalid/answer", "en", "UTC", app="", cname="")
FINE = CheckResult("slack.token", message("Slack token"), Health.OK, message("Accepted."))


class Listener:
    """Receives the results in place of Slack, or refuses them."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.received: list[Sequence[CheckResult]] = []
        self.refusal = refusal

    async def run_checks(self, team: str) -> Sequence[CheckResult]:
        """Return no problem."""
        assert team == "T1"
        return [FINE]

    async def send_results(self, question: Inquiry, check_results: Sequence[CheckResult]) -> None:
        """Record the results."""
        assert question == ASKED
        if self.refusal is not None:
            raise self.refusal
        self.received.append(check_results)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A database at the newest revision."""
    made = Store(create_sqlite(tmp_path))
    yield made
    made.close()


@pytest.fixture
def context(store: Store, fake_clock: FakeClock) -> Context:
    """A context without clouds, in a workspace where U1 is support."""
    settings = read_settings({"SLACK_BOT_TOKEN": "xoxb-1"})
    return make_context(store, fake_clock, "U1", settings=settings)


async def answer(context: Context, listener: Listener) -> None:
    """Request a health check and run its job."""
    await HealthCheckRequests(context).request("1.2.a", ASKED)
    await HealthCheck(context, listener).run(Run("health_check:1.2.a"), "1.2.a")


@pytest.mark.parametrize(
    ("given", "health", "detail"),
    [
        ({}, Health.WARNING, "set SLACK_BOT_TOKEN, ESCALATION_CHANNEL, SLACK_APP_TOKEN (for"),
        ({"support_group": "S1"}, Health.FAILED, "SLACK_BOT_TOKEN, ESCALATION_CHANNEL"),
        ({"slack_bot_token": "xoxb-1"}, Health.FAILED, "ESCALATION_CHANNEL"),
        (
            {"slack_client_id": "1", "slack_client_secret": "2"},
            Health.FAILED,
            "missing: SLACK_APP_TOKEN (for socket) or SLACK_SIGNING_SECRET (for serve).",
        ),
        (
            {"slack_bot_token": "xoxb-1", "escalation_channel": "C1", "slack_app_token": "xapp-1"},
            Health.OK,
            "All required settings",
        ),
    ],
)
def test_slack_settings(given: dict[str, str], health: Health, detail: str) -> None:
    """Missing settings are no failure; for partial settings the missing ones are named."""
    result = check_slack_settings(replace(Settings(), **given))  # type: ignore[arg-type]
    assert health is result.health
    assert detail in str(result.detail)


@pytest.mark.parametrize(
    ("given", "healths"),
    [
        ({}, []),
        ({"mcp": True, "slack_signing_secret": "s"}, [Health.OK]),
        ({"mcp": True, "slack_app_token": "xapp-1"}, [Health.WARNING]),
    ],
)
def test_assistants(given: dict[str, Any], healths: list[Health]) -> None:
    """Only where they are on; Socket Mode has no address for them."""
    assert [row.health for row in check_mcp(Settings(**given))] == healths


async def test_database_at_an_old_revision(tmp_path: Path) -> None:
    """For a database without a schema the result names the command to run."""
    store = Store(f"sqlite:///{tmp_path / 'empty.db'}")
    result = await check_database(store)
    store.close()
    assert Health.FAILED is result.health
    assert "lagdesk migrate" in str(result.detail)


@pytest.mark.parametrize(
    ("beat_ago_s", "due_ago_s", "worker", "jobs"),
    [
        (2, 10, Health.OK, Health.OK),
        (40, 10, Health.WARNING, Health.OK),
        (2, 400, Health.OK, Health.WARNING),
    ],
)
async def test_workers_and_what_waits(
    context: Context, beat_ago_s: int, due_ago_s: int, worker: Health, jobs: Health
) -> None:
    """A silent worker and work that is late are warnings."""
    now = context.clock.now()
    beat_at, due_at = (now - dt.timedelta(seconds=ago) for ago in (beat_ago_s, due_ago_s))
    await context.store.transact(
        lambda session: store_jobs.record_heartbeat(session, "one", beat_at)
    )
    await context.store.transact(
        lambda session: store_jobs.enqueue(session, "card:LD-1", "card", due_at=due_at)
    )
    result = {row.name: row for row in await HealthCheck(context, Listener()).run_checks("T1")}
    assert (worker, jobs) == (result["worker"].health, result["jobs"].health)


@pytest.mark.parametrize(
    ("tickets", "health", "detail"),
    [
        (0, Health.OK, "Slack has accepted every card."),
        (1, Health.WARNING, "LD-1 (1 in all)"),
        (7, Health.WARNING, "LD-1, LD-2, LD-3, LD-4, LD-5 (7 in all)"),
    ],
)
async def test_cards_that_slack_refused(
    context: Context, tickets: int, health: Health, detail: str
) -> None:
    """Their tickets are named, the first five, with Slack's complaint."""
    now = context.clock.now()

    def refuse(session: Session) -> None:
        for number in range(1, tickets + 1):
            job = models.Job(
                name=f"card:LD-{number}",
                kind="card",
                ticket=number,
                due_at=now,
                finished_at=now,
                last_error="slack invalid_blocks: too long [json-pointer:/blocks/1]",
            )
            session.add(job)
        session.add(models.Job(name="report:1", kind="report", due_at=now, last_error="no"))

    await context.store.transact(refuse)
    result = {row.name: row for row in await HealthCheck(context, Listener()).run_checks("T1")}
    assert result["cards"].health is health
    assert detail in str(result["cards"].detail)
    assert ("json-pointer:/blocks/1" in str(result["cards"].detail)) == bool(tickets)


async def test_a_call_is_answered_once(context: Context) -> None:
    """A command delivered twice enqueues one job, which posts the results."""
    listener = Listener()
    await HealthCheckRequests(context).request("1.2.a", ASKED)
    await answer(context, listener)
    assert await context.store.read(store_jobs.count_pending) == {"health_check": 1}
    (received,) = listener.received
    assert FINE in received


async def test_no_answer_after_half_an_hour(context: Context, fake_clock: FakeClock) -> None:
    """When Slack's response URL has expired, no check is run."""
    listener = Listener()
    await HealthCheckRequests(context).request("1.2.a", ASKED)
    fake_clock.move(ANSWER_TIMEOUT.total_seconds() + 1)
    await answer(context, listener)
    assert listener.received == []


async def test_only_support_may_call(context: Context) -> None:
    """Other users are refused, and no job is enqueued."""
    with pytest.raises(NotAllowedError):
        await HealthCheckRequests(context).request("1.2.a", replace(ASKED, person="U2"))
    assert await context.store.read(store_jobs.count_pending) == {}


async def test_a_refused_answer_is_given_up(context: Context) -> None:
    """An answer Slack refuses for good is dropped; one it may take later is tried again."""
    no = message("Slack refused: %(code)s.", code="http_404")
    with pytest.raises(SlackUnreachableError):
        await answer(
            context, Listener(SlackUnreachableError(no, code="reset", maybe_arrived=False))
        )
    await answer(context, Listener(SlackRefusedError(no, code="http_404")))
    listener = Listener()
    await answer(context, listener)
    assert listener.received == []  # the response URL, a secret, is deleted
