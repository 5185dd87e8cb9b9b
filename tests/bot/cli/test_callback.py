"""Where Huawei tells of finished recordings, in the terminal: shown, set, and looked at by doctor."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from bot.sandbox.clouds.huawei.control import Callback
from bot.sandbox.demo import CALLBACK_KEY, PIANO, build_clouds, cloud_environment
from bot.services.call_control.webhook_registration import RECORDING_PATH
from tests.cli_helpers import CommandLine

DONE, FAILED = 0, 1
OURS = f"https://lagdesk.example{RECORDING_PATH}"


@pytest.fixture
async def callbacks() -> AsyncIterator[tuple[dict[str, Callback], Mapping[str, str], str]]:
    """What Huawei was told, the settings that lead to it, and its id of the app."""
    clouds = build_clouds(time.time())
    async with clouds.serve():
        app_id = clouds.huawei.account.apps[PIANO]
        yield clouds.huawei.control.callbacks, cloud_environment(clouds), app_id


async def test_address_is_shown_set_and_never_taken_from_others(
    callbacks: tuple[dict[str, Callback], Mapping[str, str], str], tmp_path: Path
) -> None:
    """8.1 is called for an address that is free or to be replaced, and carries our key."""
    known, told, app_id = callbacks
    cli = CommandLine(tmp_path)
    setting = ("callback", "--url", "https://lagdesk.example/")
    output = await cli.run("callback", **told)
    assert (output.status, "piano: no callback URL is set for recordings" in output.out) == (
        DONE,
        True,
    )
    doctor = await cli.run("doctor", **told)
    assert "python -m bot callback --url" in doctor.out

    outcome = await cli.run(*setting, **told)
    assert (DONE, f"piano: recording callbacks now go to {OURS}.\n") == (
        outcome.status,
        outcome.out,
    )
    assert (known[app_id].url, known[app_id].auth_key) == (OURS, CALLBACK_KEY)
    assert f"piano: recording callbacks go to {OURS}." in (await cli.run("callback", **told)).out
    assert (await cli.run(*setting, **told)).status == DONE

    known[app_id] = Callback("https://other.example/hook", "theirs", "")
    outcome = await cli.run(*setting, **told)
    assert (outcome.status, known[app_id].auth_key) == (FAILED, "theirs")
    assert "Add --replace" in outcome.out
    assert "is not Lagdesk's callback address" in (await cli.run("doctor", **told)).out
    outcome = await cli.run(*setting, "--replace", **{**told, "DEFAULT_LOCALE": "zh"})
    assert (outcome.status, known[app_id].url) == (DONE, OURS)
    assert CALLBACK_KEY not in outcome.out


async def test_what_is_missing_is_named(
    callbacks: tuple[dict[str, Callback], Mapping[str, str], str], tmp_path: Path
) -> None:
    """Without a key, a rule or the right to ask, one line says what is missing."""
    known, told, app_id = callbacks
    cli = CommandLine(tmp_path)
    no_key = {**told, "HUAWEI_CALLBACK_KEY": ""}
    outcome = await cli.run("callback", "--url", "https://lagdesk.example", **no_key)
    assert (outcome.status, "HUAWEI_CALLBACK_KEY" in outcome.error_line) == (FAILED, True)
    known[app_id] = Callback(OURS, "", "")
    assert "HUAWEI_CALLBACK_KEY is not set" in (await cli.run("doctor", **no_key)).out
    outcome = await cli.run("callback", **{**told, "HUAWEI_RECORD_RULES": ""})
    assert "HUAWEI_RECORD_RULES" in outcome.error_line
    outcome = await cli.run("callback", **{**told, "HUAWEI_SECRET_KEY": "wrong"})
    assert (outcome.status, outcome.out.startswith("piano: ")) == (FAILED, True)
