"""The `callback` command: display and set Huawei's recording callback; `doctor` checks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import pytest

from bot.sandbox.clouds.huawei.control import Callback
from bot.sandbox.demo import CALLBACK_KEY, PIANO, build_clouds, cloud_environment
from bot.services.call_control.webhook_registration import RECORDING_PATH
from tests.cli_helpers import CommandLine
from tests.conftest import FakeClock

DONE, FAILED = 0, 1
OURS = f"https://lagdesk.example{RECORDING_PATH}"


@pytest.fixture
async def callbacks(
    fake_clock: FakeClock,
) -> AsyncIterator[tuple[dict[str, Callback], Mapping[str, str], str]]:
    """Huawei's stored callbacks, the environment for the command, and Huawei's id of the app."""
    clouds = build_clouds(fake_clock)
    async with clouds.serve():
        app_id = clouds.huawei.account.apps[PIANO]
        yield clouds.huawei.control.callbacks, cloud_environment(clouds), app_id


async def test_callback_is_displayed_and_set_but_not_taken_over(
    callbacks: tuple[dict[str, Callback], Mapping[str, str], str],
    cli: CommandLine,
) -> None:
    """8.1 is called when no callback is set or with --replace, and contains our key."""
    stored, environment, app_id = callbacks
    setting = ("callback", "--url", "https://lagdesk.example/")
    output = await cli.run("callback", **environment)
    assert (output.status, "piano: no callback URL is set for recordings" in output.out) == (
        DONE,
        True,
    )
    doctor = await cli.run("doctor", **environment)
    assert "lagdesk callback --url" in doctor.out

    outcome = await cli.run(*setting, **environment)
    assert (DONE, f"piano: recording callbacks now go to {OURS}.\n") == (
        outcome.status,
        outcome.out,
    )
    assert (stored[app_id].url, stored[app_id].auth_key) == (OURS, CALLBACK_KEY)
    assert (
        f"piano: recording callbacks go to {OURS}."
        in (await cli.run("callback", **environment)).out
    )
    assert (await cli.run(*setting, **environment)).status == DONE

    stored[app_id] = Callback("https://other.example/hook", "theirs", "")
    outcome = await cli.run(*setting, **environment)
    assert (outcome.status, stored[app_id].auth_key) == (FAILED, "theirs")
    assert "Add --replace" in outcome.out
    assert "is not Lagdesk's callback address" in (await cli.run("doctor", **environment)).out
    outcome = await cli.run(*setting, "--replace", **{**environment, "DEFAULT_LOCALE": "zh"})
    assert (outcome.status, stored[app_id].url) == (DONE, OURS)
    assert CALLBACK_KEY not in outcome.out


async def test_what_is_missing_is_named(
    callbacks: tuple[dict[str, Callback], Mapping[str, str], str],
    cli: CommandLine,
) -> None:
    """Without a key, a rule or permission, one line names what is missing."""
    stored, environment, app_id = callbacks
    no_key = {**environment, "HUAWEI_CALLBACK_KEY": ""}
    outcome = await cli.run("callback", "--url", "https://lagdesk.example", **no_key)
    assert (outcome.status, "HUAWEI_CALLBACK_KEY" in outcome.error_line) == (FAILED, True)
    stored[app_id] = Callback(OURS, "", "")
    assert "HUAWEI_CALLBACK_KEY is not set" in (await cli.run("doctor", **no_key)).out
    outcome = await cli.run("callback", **{**environment, "HUAWEI_RECORD_RULES": ""})
    assert "HUAWEI_RECORD_RULES" in outcome.error_line
    outcome = await cli.run("callback", **{**environment, "HUAWEI_SECRET_KEY": "wrong"})
    assert (outcome.status, outcome.out.startswith("piano: ")) == (FAILED, True)
