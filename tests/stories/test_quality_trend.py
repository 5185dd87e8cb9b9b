"""The trend of the last weeks: a picture for whoever asks, and words for what does not exist."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sandbox.slack import Person
from bot.sandbox.slack.state.faults import Fault
from bot.store import Session
from bot.store.diagnosis.feedback import Rating, VerdictFeedback
from bot.store.summary.weeks import UptimeInterval
from bot.ticket import Ticket
from tests.conftest import Harness, open_harness, slack_errors_of
from tests.scenario_helpers import find_ticket, report, text_of

Json = dict[str, Any]
_WEEK = dt.timedelta(weeks=1)


@pytest.fixture(scope="module")
async def harness(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """A running Lagdesk. Slack refuses answers with a file that it has not processed yet."""
    async with open_harness(tmp_path_factory.mktemp("trend")) as built:
        yield built
        errors: list[Any] = slack_errors_of(built.workspace)
        assert {each["name"] for each in errors} <= {"response_url"}


async def ask(harness: Harness, person: Person, text: str, command: str = "/lagdesk") -> Json:
    """Ask, and return what only this person sees."""
    await person.command(command, text)
    await harness.settled()
    response: Json = person.ephemerals("teachers")[-1]
    return response


def pictures(response: Json) -> list[Json]:
    """The pictures of a response."""
    return [block for block in response["blocks"] if block["type"] == "image"]


async def _report_last_week(harness: Harness) -> None:
    """Have a ticket of last week, rated five times, of a Lagdesk that ran for two weeks."""
    await report(harness.workspace.person("lin"), "trend-1")
    await harness.settled()
    ticket, now = await find_ticket(harness, "trend-1"), harness.clock.now()

    def work(session: Session) -> None:
        stored = session.get(Ticket, ticket.id)
        assert stored
        stored.created_at = now - _WEEK
        session.merge(UptimeInterval(since=now - 2 * _WEEK, until=now))
        for number in range(5):
            rating = Rating.RIGHT if number else Rating.WRONG
            session.add(
                VerdictFeedback(
                    ticket=ticket.id,
                    person=f"U{number}",
                    team=ticket.team,
                    cause="network.loss",
                    rating=rating,
                    at=now - _WEEK,
                )
            )

    await harness.application.store.transact(work)


async def test_a_lead_asks_in_both_languages(harness: Harness) -> None:
    """One picture whose alt text has the numbers, and the reasons below."""
    await _report_last_week(harness)
    sam = await ask(harness, harness.workspace.person("sam"), "quality trend")
    (picture,) = pictures(sam)
    assert "W45 1" in picture["alt_text"]
    assert '"Yes, that was it": W42 no ratings' in picture["alt_text"]
    assert "W45 80% of 5" in picture["alt_text"]
    assert "W42 no record" in picture["alt_text"]
    assert "kids: Agora has no app-wide metrics of this kind." in text_of(sam)
    lin = await ask(harness, harness.workspace.person("lin"), "质量 趋势")
    assert "第 45 周 1" in pictures(lin)[0]["alt_text"]
    assert "“是，就是这样”：第 42 周 没有评价" in pictures(lin)[0]["alt_text"]
    assert "第 45 周 5 条 80%" in pictures(lin)[0]["alt_text"]
    assert "没有人能提交：第 42 周、第 43 周。" in text_of(lin)
    assert "未统计" in lin["text"]


@pytest.mark.parametrize("text", ["trend", "趋势", "app=kids trend"])
async def test_quality_has_it_too(harness: Harness, text: str) -> None:
    """As a topic, also of one app, and for everybody who may ask for another topic."""
    response = await ask(harness, harness.workspace.person("guest"), text, "/quality")
    assert len(pictures(response)) == 1


@pytest.mark.parametrize("text", ["quality nonsense", "quality app=nobody trend"])
async def test_wrong_arguments(harness: Harness, text: str) -> None:
    """Answered with help, in private."""
    sam = harness.workspace.person("sam")
    await sam.command("/lagdesk", text)
    assert "/lagdesk quality trend" in sam.ephemerals("teachers")[-1]["text"]


async def test_native_charts_where_they_were_chosen(harness: Harness) -> None:
    """As on tickets: charts and a table that Slack draws, and no file."""
    sam = harness.workspace.person("sam")
    await sam.command("/lagdesk", "charts native")
    response = await ask(harness, sam, "quality trend")
    kinds = [block["type"] for block in response["blocks"]]
    assert pictures(response) == []
    assert kinds.count("data_visualization") == 1  # Agora has no freeze rates to draw
    assert kinds.count("data_table") == 1
    await sam.command("/lagdesk", "charts picture")


async def test_a_picture_that_slack_refuses(harness: Harness) -> None:
    """The numbers are a table of text."""
    harness.workspace.faults.add(Fault("files.getUploadURLExternal", error="access_denied"))
    response = await ask(harness, harness.workspace.person("sam"), "quality trend")
    harness.workspace.faults.clear()
    assert pictures(response) == []
    assert "All tickets" in text_of(response)
