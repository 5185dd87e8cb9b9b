"""`doctor --capture`: the shapes of all three clouds' responses, without anybody in them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.application import open_application
from bot.clouds.endpoint import Endpoint
from bot.clouds.http import ApiResponse
from bot.clouds.shapes import Shapes
from bot.sandbox.clouds import AgoraAccount, FakeClouds, HuaweiAccount, VolcengineAccount
from bot.sandbox.demo import cloud_environment
from bot.sandbox.scenario import build_simulated_call
from bot.services.admin.capture import ask_clouds
from bot.settings import read_settings
from bot.store import Store
from tests.bot.store.factories import make_ticket, store_tickets
from tests.cli_helpers import CommandLine
from tests.conftest import JITTER_S, START, FakeClock
from tests.databases import create_sqlite

APPS = {"kids": "agora", "adults": "volcengine", "piano": "huawei"}
AGO_S = 1500.0


@pytest.fixture
async def clouds(fake_clock: FakeClock) -> AsyncIterator[FakeClouds]:
    """The three clouds, each with a bad class."""
    calls = [
        build_simulated_call(
            "uplink_loss_video", "class_of_ann", seed=1, started_at=fake_clock() - 3000, app=app
        )
        for app in APPS
    ]
    fake = FakeClouds(
        calls,
        clock=fake_clock,
        jitter_s=JITTER_S,
        agora=AgoraAccount(apps={"kids": "0a1b2c3d4e5f60718293a4b5c6d7e8f9"}),
        volcengine=VolcengineAccount(apps={"adults": "661e00000000000000000002"}),
        huawei=HuaweiAccount(apps={"piano": "5f963b4c89ae1628c2568003"}),
    )
    async with fake.serve():
        yield fake


@pytest.fixture
def environment(clouds: FakeClouds, tmp_path: Path, fake_clock: FakeClock) -> dict[str, str]:
    """Settings, and a database with a ticket about each class."""
    url = create_sqlite(tmp_path)
    store = Store(url)
    at = fake_clock.now().replace(microsecond=0)
    tickets = [
        make_ticket(app=app, cloud=cloud, cname="class_of_ann", occurred_at=at, created_at=at)
        for app, cloud in APPS.items()
    ]
    for each in tickets:
        each.occurred_at = START.fromtimestamp(fake_clock() - AGO_S, START.tzinfo)
    store.transact_sync(lambda session: store_tickets(session, *tickets))
    store.close()
    return {**cloud_environment(clouds), "DATABASE_URL": url}


async def test_nobody_is_in_it(environment: dict[str, str], fake_clock: FakeClock) -> None:
    """No text and no long number of a response, whatever key it stands under."""
    shapes, said = Shapes(), set[str]()

    def collect(endpoint: Endpoint, response: ApiResponse) -> None:
        shapes.add(endpoint, response)
        said.update(texts_in(json.loads(response.body)))

    settings = read_settings(environment)
    async with open_application(
        settings, clock=fake_clock, sleep=fake_clock.sleep, on_response=collect
    ) as application:
        await ask_clouds(application.context)
    document = json.dumps([each["body"] for each in shapes.to_json()])
    assert {each["cloud"] for each in shapes.to_json()} == set(APPS.values())
    assert "class_of_ann" in said
    assert len(said) > 100
    assert [text for text in said if f'"{text}"' in document or f" {text}" in document] == []


def texts_in(value: Any) -> Iterator[str]:
    """Every text of more than three characters, and every number of more than four digits."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_in(inner)
            if any(char.isdigit() for char in key):
                yield from texts_in(key)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)
    elif len(str(value)) > 4 and not isinstance(value, bool | float):
        yield str(value)


async def test_the_command(
    environment: dict[str, str], fake_clock: FakeClock, tmp_path: Path
) -> None:
    """It prints one JSON document, which can be pasted into an issue."""
    cli = CommandLine(tmp_path, fake_clock.timing)
    outcome = await cli.run("doctor", "--capture", **environment)
    assert (outcome.status, outcome.err) == (0, "")
    responses = json.loads(outcome.out)["responses"]
    assert {each["cloud"] for each in responses} == set(APPS.values())
    assert len(responses) > 5


async def test_without_a_cloud(cli: CommandLine) -> None:
    """There is nothing to ask."""
    outcome = await cli.run("doctor", "--capture")
    assert (outcome.status, outcome.out) == (1, "")
    assert "AGORA_APPS" in outcome.error_line
