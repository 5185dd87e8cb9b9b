"""`diagnose --json` of every cloud, run as a command: the verdict's shape, and its truth."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

import pytest

from bot.diagnosis import Verdict
from bot.sandbox.clouds import AgoraAccount, FakeClouds, HuaweiAccount, VolcengineAccount
from bot.sandbox.demo import cloud_environment
from bot.sandbox.scenario import SimulatedCall, build_simulated_call
from tests.cli_helpers import CommandLine
from tests.conftest import JITTER_S, START, FakeClock

FIELDS: Final = {
    *("cause", "media", "direction", "side", "uid", "confidence"),
    *("from", "to", "evidence", "missing", "others"),
}
MEASURED: Final = {"source", "metric", "value", "unit", "threshold", "at", "uid"}
CODED: Final = {"source", "code", "at", "uid", "peer"}
LACKING: Final = {"what", "why", "retry_at"}
WAYS: Final = {
    "agora-seed": ("kids", "seed"),
    "agora-current": ("kids", "current"),
    "volcengine": ("adults", "seed"),
    "huawei": ("piano", "seed"),
}
_AGO_S: Final = 1500.0  # old enough to be out, young enough for Agora's last hour


def _lessons(app: str, now: float) -> list[SimulatedCall]:
    """A bad class, a good one, and one that has just begun."""
    return [
        build_simulated_call("uplink_loss_video", "bad", seed=1, started_at=now - 3000, app=app),
        build_simulated_call("healthy", "good", seed=2, started_at=now - 3013, app=app),
        build_simulated_call("healthy", "new", seed=3, started_at=now - 26, length_s=3600, app=app),
    ]


@dataclass(frozen=True, slots=True)
class Way:
    """One cloud and the settings that lead there."""

    app: str
    clouds: FakeClouds
    environment: Mapping[str, str]


@pytest.fixture(params=WAYS)
async def way(request: pytest.FixtureRequest, fake_clock: FakeClock) -> AsyncIterator[Way]:
    """Each cloud in turn, with its three classes; Agora in both generations."""
    app, generation = WAYS[request.param]
    clouds = FakeClouds(
        _lessons(app, fake_clock()),
        clock=fake_clock,
        jitter_s=JITTER_S,
        agora=AgoraAccount(apps={"kids": "0a1b2c3d4e5f60718293a4b5c6d7e8f9"}),
        volcengine=VolcengineAccount(apps={"adults": "661e00000000000000000002"}),
        huawei=HuaweiAccount(apps={"piano": "5f963b4c89ae1628c2568003"}),
        agora_generation="current" if generation == "current" else "seed",
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(clouds.serve())
        yield Way(app, clouds, {**cloud_environment(clouds), "AGORA_API": "auto"})
        assert clouds.over_quota == []


async def ask(way: Way, cli: CommandLine, cname: str, *more: str) -> tuple[int, dict[str, Any]]:
    """Ask in a terminal; returns the status and the verdict, whose shape is checked."""
    people = ("--teacher", "10001", "--student", "20002")
    line = ("diagnose", cname, "--app", way.app.upper(), *people, *more, "--json")
    outcome = await cli.run(*line, **way.environment)
    assert outcome.err == ""
    verdict: dict[str, Any] = json.loads(outcome.out)
    check_shape(verdict)
    return outcome.status, verdict


def check_shape(verdict: Mapping[str, Any]) -> None:
    """Hold a verdict and those within it to the contract."""
    assert set(verdict) == FIELDS
    assert verdict["media"] in ("audio", "video", None)
    assert verdict["direction"] in ("up", "down", None)
    assert verdict["side"] in ("teacher", "student", None)
    assert isinstance(verdict["uid"], str | None)
    for name in ("from", "to"):
        assert dt.datetime.fromisoformat(verdict[name]).tzinfo is not None
    assert verdict["confidence"] is None or 0 <= verdict["confidence"] <= 1
    assert (verdict["confidence"] is None) == (verdict["cause"] == "unknown")
    for one in verdict["evidence"]:
        assert set(one) >= MEASURED or set(one) >= CODED
        assert dt.datetime.fromisoformat(one["at"]).tzinfo is not None
        assert isinstance(one["uid"], str)
    for missing_item in verdict["missing"]:
        assert set(missing_item) >= LACKING
        assert (
            missing_item["retry_at"] is None
            or dt.datetime.fromisoformat(missing_item["retry_at"]).tzinfo
        )
    for other in verdict["others"]:
        check_shape(other)
    assert verdict == Verdict.from_json(verdict).to_json()


def at_complaint(way: Way, cname: str) -> tuple[str, str]:
    """Return the option that names the moment of the complaint."""
    sim_call = way.clouds.sim_call(cname)
    assert sim_call is not None
    return ("--at", str(int(sim_call.complaint.at)))


async def test_bad_call(way: Way, cli: CommandLine) -> None:
    """What was wrong, at whose end, which way, how sure, since when, and why."""
    status, verdict_json = await ask(way, cli, "bad", *at_complaint(way, "bad"))
    assert status == 0
    assert (
        verdict_json["cause"],
        verdict_json["media"],
        verdict_json["direction"],
    ) == ("network.loss", "video", "up")
    assert (verdict_json["side"], verdict_json["uid"]) == ("teacher", "10001")
    assert verdict_json["confidence"] > 0.5
    measured = [one for one in verdict_json["evidence"] if "metric" in one]
    worst = next(one for one in measured if one["metric"] == "uplink_loss")
    assert worst["unit"] == "%"
    assert worst["threshold"] < worst["value"] < 60
    assert verdict_json["from"] < worst["at"] <= verdict_json["to"]


async def test_the_side_that_had_the_problem(way: Way, cli: CommandLine) -> None:
    """The teacher does not notice the loss on the teacher's own uplink, so it is less sure."""
    moment = at_complaint(way, "bad")
    _, found = await ask(way, cli, "bad", *moment)
    _, student = await ask(way, cli, "bad", *moment, "--side", "student")
    _, teacher = await ask(way, cli, "bad", *moment, "--side", "teacher")
    assert student["cause"] == teacher["cause"] == "network.loss"
    assert student["confidence"] == found["confidence"] > teacher["confidence"]


async def test_a_side_needs_both_people(way: Way, cli: CommandLine) -> None:
    """Otherwise nobody knows whose side it is."""
    for line in (("--side", "student"), ("--side", "student", "--student", "20002")):
        outcome = await cli.run(
            "diagnose", "bad", "--app", way.app.upper(), *line, **way.environment
        )
        assert outcome.status == 2
        assert "--teacher" in outcome.err


async def test_good_call(way: Way, cli: CommandLine) -> None:
    """A healthy call: `none`, no side, nothing missing."""
    status, verdict_json = await ask(way, cli, "good", *at_complaint(way, "good"))
    assert (status, verdict_json["cause"]) == (0, "none")
    assert [verdict_json[name] for name in ("media", "direction", "side", "uid")] == [None] * 4
    assert verdict_json["confidence"] > 0.5
    assert [] == verdict_json["missing"] == verdict_json["others"]


async def test_unknown_call(way: Way, cli: CommandLine) -> None:
    """`unknown`, because there was no such call; there is no retry time."""
    at = str(int(START.timestamp() - _AGO_S))
    status, verdict_json = await ask(way, cli, "nobody", "--at", at)
    assert (status, verdict_json["cause"]) == (0, "unknown")
    lacking = [
        (missing_item["what"], missing_item["why"], missing_item["retry_at"])
        for missing_item in verdict_json["missing"]
    ]
    assert lacking[0] == ("call", "not_found", None)
    assert {retry_at for _, _, retry_at in lacking} == {None}


async def test_call_that_is_not_out_yet(way: Way, cli: CommandLine) -> None:
    """`unknown` for now: the class has just begun, and the retry time is given."""
    status, verdict_json = await ask(way, cli, "new", "--at", str(int(START.timestamp())))
    assert (status, verdict_json["cause"]) == (0, "unknown")
    missing_item = verdict_json["missing"][0]
    assert (missing_item["what"], missing_item["why"]) == ("call", "not_out_yet")
    again_s = dt.datetime.fromisoformat(missing_item["retry_at"]).timestamp() - START.timestamp()
    assert 0 < again_s < 600
