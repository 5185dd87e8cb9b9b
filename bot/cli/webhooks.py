"""`webhooks`: what has not arrived at other systems; sends it again."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

from bot.application import open_application
from bot.cli.parser import EXIT_FAILED, EXIT_OK
from bot.cli.run import run_with_settings
from bot.cli.timing import Timing
from bot.i18n.messages import Message, message, plural
from bot.ports import Health
from bot.services.webhooks.service import DeadLetter, WebhookService
from bot.settings import Settings, require

_MAX_LISTED: Final = 50


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--resend", action="store_true", help="send again what was given up")


def run(options: argparse.Namespace, timing: Timing) -> int:
    """Print what has not arrived, or send it again."""
    return run_with_settings(lambda settings: webhooks(settings, options, timing))


async def webhooks(settings: Settings, options: argparse.Namespace, timing: Timing) -> int:
    """Print a line for each address and for what was given up; return 1 when something was."""
    require(settings, "WEBHOOKS")
    async with open_application(settings, clock=timing.clock, sleep=timing.sleep) as application:
        service, translator = application.services.webhooks, application.context.languages.default
        lines, status = await (_resend(service) if options.resend else _list(service))
        for line in lines:
            print(translator.translate(line))  # noqa: T201 - what the command is for
    return status


async def _resend(service: WebhookService) -> tuple[Sequence[Message], int]:
    count = await service.send_again()
    text = plural(
        "The worker sends %(count)s webhook again.",
        "The worker sends %(count)s webhooks again.",
        count=count,
    )
    return [text], EXIT_OK


async def _list(service: WebhookService) -> tuple[Sequence[Message], int]:
    checks, letters = await service.run_checks(""), await service.list_dead_letters()
    listed = [_line(each) for each in letters[:_MAX_LISTED]]
    more = len(letters) - len(listed)
    if more:
        listed.append(message("… and %(count)s more", count=more))
    is_done = not letters and all(each.health is Health.OK for each in checks)
    return [*(each.detail for each in checks), *listed], EXIT_OK if is_done else EXIT_FAILED


def _line(letter: DeadLetter) -> Message:
    return message(
        "%(event)s, given up %(at)s: %(error)s",
        event=letter.event,
        at=letter.given_up_at,
        error=letter.error,
    )
