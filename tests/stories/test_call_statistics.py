"""Call statistics of today's Agora, in Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.scenario import build_simulated_call
from tests.conftest import FakeClock, Harness, slack_errors_of
from tests.scenario_helpers import (
    find_diagnosis_posts,
    find_ticket,
    open_external_services,
    report,
    text_of,
)


@pytest.fixture(scope="module")
async def today(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """Lagdesk with the Premium plan of today's Agora."""
    async with open_external_services(tmp_path_factory.mktemp("today"), FakeClock()) as services:
        services.clouds.agora.generation, services.clouds.agora.plan = "current", "premium"
        for day in (1, 2):  # one of them lies in the newest day that is counted
            began = services.clock() - day * 86400
            services.clouds.add(
                build_simulated_call("downlink_loss_video", "past", seed=day, started_at=began)
            )
        async with services.run_lagdesk(AGORA_API="current", AGORA_PLAN="premium") as built:
            yield built
        assert slack_errors_of(services.workspace) == []
        assert services.clouds.over_quota == []


async def test_where_it_is_bad_now_and_was_yesterday(today: Harness) -> None:
    """Twenty seconds of now before the last counted day; freezes and users stand side by side."""
    sam = today.workspace.person("sam")
    await sam.command("/quality", "distribution")
    await today.settled()
    response = sam.ephemerals("teachers")[-1]
    tables = [block for block in response["blocks"] if block["type"] == "data_table"]
    titles = [table["caption"] for table in tables]
    live = "Metrics by network type, from ", "Metrics by country, from ", "Metrics by system, from "
    assert [title.startswith(name) for title, name in zip(titles, live, strict=False)] == [True] * 3
    assert len(titles) == 6
    head = [cell["text"] for cell in tables[0]["rows"][0]]
    assert [head[0].capitalize(), *head[1:]] == ["Network type", "Video freeze", "Users"]
    assert "Wi-Fi" in text_of(tables[0])
    text = text_of(response)
    assert "First, 20 seconds of live data (40 s old on the Premium plan)" in text
    assert "from 600 ms" in text


async def details(harness: Harness, cname: str) -> str:
    """Return the text of a verdict's details."""
    sam = harness.workspace.person("sam")
    await sam.click(find_diagnosis_posts(harness, cname)[0], "verdict.details")
    view = await sam.wait_for_view("details")
    await sam.close(view)
    return text_of(view)


async def test_who_else_suffered(today: Harness) -> None:
    """The verdict does not wait for them; the details list everybody, a year later too."""
    cname = "class_77_big"
    today.clouds.fail_next("analytics/call/freeze/bucket", "http_500", times=3)
    today.clouds.fail_next("analytics/call/statistics", "http_500", times=3)
    today.clouds.fail_next("analytics/call/statistics/time", "http_500", times=3)
    await report(today.workspace.person("sam"), cname)
    await today.settled()
    await today.pass_time(400)
    assert "video" in find_diagnosis_posts(today, cname)[0]["text"].lower()
    assert "Everybody in the call" not in await details(today, cname)
    await today.pass_time(301)
    text = await details(today, cname)
    assert "*Everybody in the call*" in text
    assert "In the 4 min around the complaint:" in text
    assert "of 14 people were affected: check what they have in common" in text
    shares = text.partition("Time frozen by network (video): ")[2][:40]
    assert "Wi-Fi " in shares
    assert "4G " in shares
    assert "Worst minute (video): <!date^" in text
    requests_before = today.clouds.counts["analytics/call/statistics"]
    assert (await find_ticket(today, cname)).verdict is not None
    today.clock.move(300 * 86400)
    assert "of 14 people were affected" in await details(today, cname)
    assert requests_before == today.clouds.counts["analytics/call/statistics"]
    today.clock.move(-300 * 86400)
