"""The `webhooks` command: what has not arrived, and sending it again; `doctor` says so, too."""

from __future__ import annotations

from pathlib import Path

from tests.bot.services.conftest import ENVIRONMENT
from tests.bot.services.webhooks.conftest import open_webhooks
from tests.cli_helpers import CommandLine

DONE, FAILED, WRONG = 0, 1, 2


async def test_what_was_given_up_is_listed_and_sent_again(cli: CommandLine, tmp_path: Path) -> None:
    """Exit status 1 as long as something has not arrived."""
    async with open_webhooks(tmp_path) as hooks:
        environment = {
            **ENVIRONMENT,
            "DATABASE_URL": f"sqlite:///{tmp_path / 'lagdesk.db'}",
            **hooks.receiver.environment,
        }
        outcome = await cli.run("webhooks", **environment)
        assert (outcome.status, "has accepted every webhook." in outcome.out) == (DONE, True)
        hooks.receiver.statuses = [410]
        await hooks.report()
        async with hooks.worker():
            await hooks.settled()
        outcome = await cli.run("webhooks", **environment)
        assert outcome.status == FAILED
        assert "1 given up" in outcome.out
        assert "LD-1:0:filed, given up 2026-11-11 10:30" in outcome.out
        doctor = await cli.run("doctor", **environment)
        assert "Webhooks" in doctor.out
        assert "lagdesk webhooks --resend" in doctor.out
        outcome = await cli.run("webhooks", "--resend", **environment)
        assert (outcome.status, "sends 1 webhook again" in outcome.out) == (DONE, True)
        async with hooks.worker():
            await hooks.settled()
        assert len(hooks.receiver.received) == 2
        assert (await cli.run("webhooks", **environment)).status == DONE


async def test_without_an_address(cli: CommandLine) -> None:
    """The setting is named."""
    outcome = await cli.run("webhooks", **ENVIRONMENT)
    assert outcome.status in (FAILED, WRONG)
    assert "WEBHOOKS" in outcome.error_line
