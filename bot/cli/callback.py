"""`callback`: prints or sets the URL to which Huawei reports finished recordings."""

from __future__ import annotations

import argparse

from bot.application import open_application
from bot.cli.parser import EXIT_FAILED, EXIT_OK, url
from bot.cli.run import run_with_settings
from bot.cli.timing import Timing
from bot.i18n.messages import Message, message
from bot.services.call_control.webhook_registration import WebhookRegistration, WebhookRegistrations
from bot.setting_reader import N_, SettingError
from bot.settings import Settings, require


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--url", type=url, default="", help="https://host, to set it")
    parser.add_argument("--replace", action="store_true", help="even if it is set already")


def run(options: argparse.Namespace, timing: Timing) -> int:
    """Print or set the URL."""
    return run_with_settings(lambda settings: register(settings, options, timing))


async def register(settings: Settings, options: argparse.Namespace, timing: Timing) -> int:
    """Print or set the URL of each app with a record rule; return 1 when one is wrong."""
    if not settings.huawei_record_rules:
        raise SettingError("HUAWEI_RECORD_RULES", N_("names and rules such as kids=RULEID"))
    if options.url:
        require(settings, "HUAWEI_CALLBACK_KEY")
    async with open_application(settings, clock=timing.clock, sleep=timing.sleep) as application:
        addresses = WebhookRegistrations(application.context)
        if options.url:
            callback_urls = await addresses.register(options.url, overwrite=options.replace)
        else:
            callback_urls = await addresses.fetch_all()
        for address in callback_urls:
            text = application.context.languages.default.translate(
                _line(address, is_setting=bool(options.url))
            )
            print(" / ".join(text.splitlines()))  # noqa: T201 - what the command is for
    is_done = all(one.is_new if options.url else one.failure is None for one in callback_urls)
    return EXIT_OK if is_done else EXIT_FAILED


def _line(address: WebhookRegistration, *, is_setting: bool) -> Message:
    """Return the line about one app."""
    if address.failure is not None:
        return message("%(app)s: %(why)s", app=address.app, why=address.failure)
    params = {"app": address.app, "url": address.url or ""}
    if address.is_new:
        return message("%(app)s: recording callbacks now go to %(url)s.", **params)
    if is_setting:
        return message(
            "%(app)s: nothing changed. Recording callbacks already go to %(url)s. Add "
            "--replace to send them here instead.",
            **params,
        )
    if not address.url:
        return message(
            "%(app)s: no callback URL is set for recordings. Add --url https://your.host to "
            "send them to Lagdesk.",
            app=address.app,
        )
    return message("%(app)s: recording callbacks go to %(url)s.", **params)
