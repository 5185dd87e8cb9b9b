"""The same as /quality, in the terminal: its output and its exit status."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from bot.sandbox.clouds import AgoraAccount, FakeClouds
from tests.cli_helpers import CommandLine

DONE, FAILED, MISUSED = 0, 1, 2


async def run(
    clouds: FakeClouds,
    cli: CommandLine,
    *arguments: str,
    **more: str,
) -> tuple[int, str, list[str]]:
    """Run the command; returns its exit status, its output, and the lines of its errors."""
    account = AgoraAccount()
    environment = {
        "AGORA_APPS": f"kids={account.apps['kids']},adults={account.apps['adults']}",
        "AGORA_CUSTOMER_ID": account.customer_id,
        "AGORA_CUSTOMER_SECRET": account.customer_secret,
        "AGORA_BASE_URL": clouds.agora_url,
    }
    outcome = await cli.run("quality", *arguments, **{**environment, **more})
    return outcome.status, outcome.out, outcome.err.splitlines()


async def test_json_is_for_programs(clouds: FakeClouds, cli: CommandLine) -> None:
    """One object with metrics and their age; a second run reads the cache and sends no request."""
    status, out, errors = await run(clouds, cli, "--json")
    overview = json.loads(out)
    assert (status, errors) == (DONE, [])
    assert (overview["app"], overview["cloud"], overview["topic"]) == (
        "kids",
        "agora",
        "live",
    )
    trends = {trend["name"]: trend for trend in overview["trends"]}
    assert (trends["videoFreezeRate"]["unit"], trends["pcu"]["unit"]) == ("%", "")
    at, value = trends["pcu"]["points"][-1]
    assert dt.datetime.fromisoformat(at).tzinfo is not None
    assert value > 0
    requests_before = sum(clouds.counts.values())
    _, again, _ = await run(clouds, cli, "--json", "live", "--app", "KIDS")
    assert requests_before == sum(clouds.counts.values())
    assert overview == json.loads(again)


async def test_text_is_for_people(clouds: FakeClouds, cli: CommandLine) -> None:
    """In the installer's language, with the other apps."""
    status, out, errors = await run(clouds, cli, "network", DEFAULT_LOCALE="zh")
    assert (status, errors) == (DONE, [])
    assert "端到端视频优质传输率" in out
    assert "adults" in out


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        (("bogus",), MISUSED, "bogus"),
        (("--app", "nobody"), MISUSED, "kids, adults"),
        (("live", "usage"), MISUSED, "usage"),
        (("distribution",), FAILED, "app-wide"),
    ],
)
async def test_an_error_is_one_line(
    arguments: tuple[str, ...],
    status: int,
    expected: str,
    clouds: FakeClouds,
    cli: CommandLine,
) -> None:
    """One line on standard error, without a traceback; missing metrics are a failure."""
    exit_status, out, (line,) = await run(clouds, cli, *arguments)
    assert (status, "") == (exit_status, out)
    assert expected in line


async def test_several_errors_are_one_line(clouds: FakeClouds, cli: CommandLine) -> None:
    """`live` requests two endpoints; when both fail, one line gives each reason once."""
    environment = {"AGORA_API": "seed"}
    clouds.fail_next("*", "html", times=9)
    status, out, (line,) = await run(clouds, cli, "live", **environment)
    clouds.clear_faults()
    assert (status, out) == (FAILED, "")
    assert all(line.count(f"({name}, ") == 1 for name in ("live_scale", "live_experience"))


async def test_trend_of_all_apps(clouds: FakeClouds, cli: CommandLine) -> None:
    """Weeks as columns; whatever has no data says so, and the exit status is that of success."""
    status, out, errors = await run(clouds, cli, "trend", DEFAULT_LOCALE="en")
    assert (status, errors) == (DONE, [])
    assert "Call quality by week" in out
    assert "kids: Agora has no app-wide metrics of this kind." in out
    assert "adults: " in out
    status, out, _ = await run(clouds, cli, "trend", "--app", "KIDS", DEFAULT_LOCALE="en")
    assert (status, "adults: " in out) == (DONE, False)
    assert (await run(clouds, cli, "trend", "--app", "nobody"))[0] == MISUSED
