"""The story of /quality with several apps, and with a Slack or a cloud that does not take part."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sandbox.clouds import AgoraAccount
from bot.sandbox.slack import Person
from tests.conftest import Harness, open_harness
from tests.scenario_helpers import ephemeral_texts, text_of


def answer(person: Person, channel: str = "teachers") -> dict[str, Any]:
    """The last thing only this person sees."""
    response: dict[str, Any] = person.ephemerals(channel)[-1]
    return response


@pytest.fixture(scope="module")
async def two_apps(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """Lagdesk with a second app at the same Agora account."""
    apps = ",".join(f"{name}={app_id}" for name, app_id in AgoraAccount().apps.items())
    folder = tmp_path_factory.mktemp("two")
    async with open_harness(folder, "http", AGORA_APPS=apps) as built:
        yield built


async def test_other_apps_are_named(two_apps: Harness) -> None:
    """The first app is reported and the others are named; `app=` chooses, in any writing."""
    person = two_apps.workspace.person("sam")
    await person.command("/quality", "")
    await two_apps.settled()
    assert "Other apps: adults" in text_of(answer(person))
    await person.command("/quality", "scale app=ADULTS")
    await two_apps.settled()
    assert "adults at Agora" in answer(person)["text"]
    assert "Other apps: kids" in text_of(answer(person))


async def test_a_workspace_without_charts_reads_text(two_apps: Harness) -> None:
    """The refusal is remembered: the next answer is text at once, and still says everything."""
    workspace = two_apps.workspace
    workspace.fail_next("response_url", "invalid_blocks")
    person = workspace.person("sam")
    sent = len(_sent(two_apps))
    await person.command("/quality", "live")
    await two_apps.settled()
    assert "Video freeze rate" in text_of(answer(person))
    assert not [block for block in answer(person)["blocks"] if block["type"].startswith("data_")]
    assert sent + 2 == len(_sent(two_apps))
    await person.command("/quality", "live")
    await two_apps.settled()
    assert sent + 3 == len(_sent(two_apps))
    assert "```" in text_of(answer(person))


def _sent(harness: Harness) -> list[dict[str, Any]]:
    return [call for call in harness.workspace.calls if call["name"] == "response_url"]


async def test_a_cloud_that_is_away_is_said(two_apps: Harness) -> None:
    """Every request is answered at once; what went wrong stands in the answer."""
    two_apps.clock.move(120)
    two_apps.clouds.fail_next("live/net/by_time", "http_500", times=9)
    person = two_apps.workspace.person("sam")
    await person.command("/quality", "network")
    await two_apps.settled()
    assert "no data for this period" in answer(person)["text"]
    assert "Agora had an internal error" in text_of(answer(person))
    two_apps.clouds.clear_faults()


async def test_an_answer_survives_a_slow_slack(two_apps: Harness) -> None:
    """An answer Slack did not take now is given later, once."""
    two_apps.workspace.fail_next("response_url", "http_500")
    person = two_apps.workspace.person("wang")
    await person.command("/quality", "scale")
    await two_apps.settled()
    await two_apps.pass_time(30)
    assert len(ephemeral_texts(person)) == 1
    assert "用户数" in text_of(answer(person))
