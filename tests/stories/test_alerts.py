"""Tickets from Agora's own alerts: only what its API confirms, in one thread for each cause."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlmodel import select

from bot.app import build_web_app
from bot.sandbox.clouds.agora.alert_sender import SECRET, AlertSender, alert
from bot.sandbox.scenario import build_simulated_call
from bot.store import Store
from bot.store.alerts.alerts import AlertState, CloudAlert
from bot.ticket import Ticket
from handlers.http_server import serve_http
from tests.bot.conftest import create_postgres
from tests.conftest import Harness, open_harness, slack_errors_of
from tests.scenario_helpers import Json, find_replies, text_of

LOSS, HEALTHY = "uplink_loss_video", "healthy"


@dataclass(frozen=True, slots=True)
class AlertHarness:
    """A running Lagdesk that takes alerts, and Agora's side of it."""

    harness: Harness
    url: str
    session: aiohttp.ClientSession

    def add_calls(self, kind: str, *cnames: str) -> float:
        """Let calls run for the next hours; return a moment at which they are bad."""
        now = self.harness.clock()
        for number, cname in enumerate(cnames):
            call = build_simulated_call(
                *(kind, cname), seed=number, started_at=now - 1500, length_s=7200, until_end=True
            )
            self.harness.clouds.sim_calls.append(call)
        return now

    async def send(self, callback: Any, secret: str = SECRET, query: str = "") -> int:
        """Send an alert; return the status."""
        sender = AlertSender(self.session, f"{self.url}/hooks/agora/alerts/{secret}{query}")
        return await sender.send(callback)

    async def pass_minutes(self, minutes: int) -> None:
        """Let data be published, and what waits be checked."""
        await self.harness.settled()
        for _ in range(minutes):
            await self.harness.pass_time(60)

    def incidents(self) -> list[Json]:
        """Return the posts of incidents in the escalation channel."""
        posts = self.harness.workspace.messages(self.harness.escalations)
        return [post for post in posts if "INC-" in post["text"]]

    async def tickets(self) -> list[Ticket]:
        """Return all tickets, in order."""
        statement = select(Ticket).order_by(Ticket.number)  # type: ignore[arg-type]  # SQLModel
        return await self.harness.application.store.read(lambda s: list(s.exec(statement)))

    async def states(self) -> list[AlertState]:
        """Return what became of the alerts."""
        rows = await self.harness.application.store.read(lambda s: list(s.exec(select(CloudAlert))))
        return sorted(row.state for row in rows)

    async def ask_doctor(self) -> str:
        """Return what `/lagdesk doctor` answers."""
        sam = self.harness.workspace.person("sam")
        await sam.command("/lagdesk", "doctor")
        await self.harness.settled()
        return text_of(sam.ephemerals("teachers")[-1])

    def requests(self) -> int:
        """Count the requests to Agora about single calls."""
        counts = self.harness.clouds.agora.request_log.counts()
        return sum(count for endpoint, count in counts.items() if "call/" in endpoint)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> dict[str, str]:
    """The setting of a database of each kind."""
    if request.param == "sqlite":
        return {}
    url = create_postgres(request.getfixturevalue("postgres"))
    store = Store(url)
    store.migrate()
    store.close()
    return {"DATABASE_URL": url}


@asynccontextmanager
async def open_alerts(folder: Path, **environment: str) -> AsyncIterator[AlertHarness]:
    """Start Lagdesk with alerts on."""
    settings = {"AGORA_ALERT_SECRET": SECRET, **environment}
    async with AsyncExitStack() as stack:
        harness = await stack.enter_async_context(open_harness(folder, **settings))
        url = await stack.enter_async_context(
            serve_http(build_web_app(harness.slack), "127.0.0.1", 0)
        )
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield AlertHarness(harness, url, session)
        assert slack_errors_of(harness.workspace) == []


@pytest.fixture
async def alerts(tmp_path: Path) -> AsyncIterator[AlertHarness]:
    """Lagdesk with alerts on."""
    async with open_alerts(tmp_path) as opened:
        yield opened


async def test_a_true_alert_becomes_a_ticket(alerts: AlertHarness) -> None:
    """Its card and its diagnosis are in the incident's thread; nobody gets a private message."""
    at = alerts.add_calls(LOSS, "alerted_1")
    assert await alerts.send(alert("alerted_1", at)) == 200
    await alerts.pass_minutes(12)
    (ticket,) = await alerts.tickets()
    assert (ticket.cname, ticket.is_automatic, ticket.cause) == ("alerted_1", True, "network.loss")
    assert ticket.reporter == alerts.harness.workspace.app.bot_user_id
    (post,) = alerts.incidents()
    texts = [text_of(reply) for reply in find_replies(alerts.harness, post)]
    assert "ticket.claim" in texts[0]
    assert any("alerted_1" in text for text in texts)
    assert len(texts) >= 2
    assert f"<{ticket.thread.permalink}|LD-1>" in text_of(post)
    assert "1 alert in 1 min has this cause: Packet loss (kids)" in post["text"]
    assert "Not reported to Agora: the ticket was made of its own alert." in texts[0]
    channel = alerts.harness.workspace.messages(alerts.harness.escalations)
    assert [message["ts"] for message in channel] == [post["ts"]]
    assert await alerts.states() == [AlertState.FILED]
    sam = alerts.harness.workspace.person("sam")
    await sam.click(find_replies(alerts.harness, post)[0], "ticket.claim")
    await alerts.harness.settled()
    assert (await alerts.tickets())[0].assignee == sam.id


async def test_a_false_alert_files_nothing(
    alerts: AlertHarness, caplog: pytest.LogCaptureFixture
) -> None:
    """The API shows a healthy call, or none: the log and doctor say so."""
    caplog.set_level("INFO", "bot.services.alerts.jobs")
    at = alerts.add_calls(HEALTHY, "fine_1")
    await alerts.send(alert("fine_1", at))
    await alerts.send(alert("never_was", at))
    await alerts.pass_minutes(30)
    assert await alerts.tickets() == []
    assert await alerts.states() == [AlertState.REFUTED] * 2
    assert "is not confirmed: none" in caplog.text
    assert "0 confirmed, 2 not confirmed, 0 waiting, 0 over" in await alerts.ask_doctor()
    assert alerts.incidents() == []


async def test_alerts_of_one_cause_share_a_thread(tmp_path: Path, database: dict[str, str]) -> None:
    """Each call is a ticket there; the same call twice in a minute is one, however often sent."""
    cnames = ("shared_1", "shared_2", "shared_3")
    async with open_alerts(tmp_path, **database) as alerts:
        at = alerts.add_calls(LOSS, *cnames)
        for cname in (*cnames, *cnames):
            await alerts.send(alert(cname, at))
        await alerts.pass_minutes(12)
        tickets = await alerts.tickets()
        assert [ticket.cname for ticket in tickets] == [*cnames]
        (post,) = alerts.incidents()
        for ticket in tickets:
            assert f"<{ticket.thread.permalink}|{ticket.label}> {ticket.cname}" in text_of(post)
        await alerts.send(alert("shared_1", at))
        await alerts.pass_minutes(2)
        assert len(await alerts.tickets()) == 3


async def test_a_flood_makes_one_thread(tmp_path: Path, database: dict[str, str]) -> None:
    """A thousand in a minute: each is answered, few requests are made, the rest is counted."""
    async with open_alerts(tmp_path, **database, AGORA_ALERT_LIMIT="3") as alerts:
        cnames = [f"flood_{number}" for number in range(500)]
        at = alerts.add_calls(LOSS, *cnames)
        before = alerts.requests()
        first, others = cnames[:3], cnames[3:] + cnames
        statuses = [await alerts.send(alert(each, at)) for each in first]
        statuses += await asyncio.gather(*(alerts.send(alert(each, at)) for each in others))
        assert statuses == [200] * 1000
        await alerts.pass_minutes(12)
        assert len(await alerts.tickets()) == 3
        assert len(await alerts.states()) == 4
        (post,) = alerts.incidents()
        assert "994 more alerts of the cloud were not checked" in text_of(post)
        assert "3 confirmed, 0 not confirmed, 0 waiting, 994 over" in await alerts.ask_doctor()
        assert len(alerts.harness.workspace.messages(alerts.harness.escalations)) == 1
        assert alerts.requests() - before < 60
        await alerts.harness.pass_time(86400)
        at = alerts.add_calls(LOSS, "next_day")
        await alerts.send(alert("next_day", at))
        await alerts.pass_minutes(12)
        assert (await alerts.tickets())[-1].cname == "next_day"


async def test_quiet_hours(tmp_path: Path) -> None:
    """An alert of the night is checked in the morning."""
    async with open_alerts(tmp_path, QUIET_HOURS="10:00-12:00") as alerts:
        at = alerts.add_calls(LOSS, "quiet_1")
        await alerts.send(alert("quiet_1", at))
        await alerts.pass_minutes(12)
        assert (await alerts.tickets(), await alerts.states()) == ([], [AlertState.WAITING])
        answer = await alerts.ask_doctor()
        assert "Agora's alerts" in answer
        assert "0 confirmed, 0 not confirmed, 1 waiting, 0 over" in answer
        await alerts.harness.pass_time(7200)
        await alerts.pass_minutes(2)
        assert [ticket.cname for ticket in await alerts.tickets()] == ["quiet_1"]


async def test_a_cloud_that_is_away(alerts: AlertHarness) -> None:
    """It is asked again later, and the ticket is filed once."""
    at = alerts.add_calls(LOSS, "away_1")
    agora = alerts.harness.clouds
    agora.fail_next("*", "http_500", times=10_000)
    await alerts.send(alert("away_1", at))
    await alerts.pass_minutes(12)
    assert (await alerts.tickets(), await alerts.states()) == ([], [AlertState.WAITING])
    agora.clear_faults()
    await alerts.pass_minutes(12)
    assert len(await alerts.tickets()) == 1


async def test_whose_app_it_is(tmp_path: Path) -> None:
    """The project has our name of the app, or its id, or the address names it; else nobody asks."""
    apps = "kids=0a1b2c3d4e5f60718293a4b5c6d7e8f9,adults=1a1b2c3d4e5f60718293a4b5c6d7e8f9"
    async with open_alerts(tmp_path, AGORA_APPS=apps) as alerts:
        at = alerts.add_calls(LOSS, "project_1", "project_2")
        assert await alerts.send(alert("project_1", at, project="other")) == 200
        await alerts.pass_minutes(12)
        assert await alerts.states() == [AlertState.UNKNOWN_APP]
        assert await alerts.tickets() == []
        assert "1 of a project whose name is no app's" in await alerts.ask_doctor()
        await alerts.send(alert("project_2", at, project="other"), query="?app=kids")
        await alerts.pass_minutes(12)
        assert [ticket.app for ticket in await alerts.tickets()] == ["kids"]


async def test_alerts_of_unknown_projects_are_limited(tmp_path: Path) -> None:
    """Whoever knows the address fills no table; what is sent again counts once."""
    apps = "kids=0a1b2c3d4e5f60718293a4b5c6d7e8f9,adults=1a1b2c3d4e5f60718293a4b5c6d7e8f9"
    async with open_alerts(tmp_path, AGORA_APPS=apps, AGORA_ALERT_LIMIT="2") as alerts:
        at = alerts.harness.clock()
        for cname in ("any_1", "any_1", "any_2", "any_3", "any_4", "any_1"):
            assert await alerts.send(alert(cname, at, project="other")) == 200
        assert await alerts.states() == [AlertState.UNKNOWN_APP] * 3
        assert "4 of a project whose name is no app's" in await alerts.ask_doctor()


@pytest.mark.parametrize("secret", ["wrong", "", SECRET[:-1], f"{SECRET}x", "é"])
async def test_a_wrong_secret_is_no_address(alerts: AlertHarness, secret: str) -> None:
    """It cannot be told from a page that is not there."""
    at = alerts.add_calls(LOSS, "secret_1")
    assert await alerts.send(alert("secret_1", at), secret) == 404
    assert await alerts.states() == []


async def test_it_is_off_by_default(tmp_path: Path) -> None:
    """Without a secret there is no address, and doctor says nothing of alerts."""
    async with open_alerts(tmp_path, AGORA_ALERT_SECRET="") as alerts:
        assert await alerts.send(alert("off_1", 0.0), "x") == 404
        assert "Agora's alerts" not in await alerts.ask_doctor()


@pytest.mark.parametrize("callback", [[], {}, {"cname": ""}, {"cname": 7}, {"cname": "x" * 65}])
async def test_what_is_no_alert(alerts: AlertHarness, callback: Any) -> None:
    """It is refused, and nothing is stored."""
    assert await alerts.send(callback) == 400
    assert await alerts.states() == []
