"""`demo`: the whole product against simulated Slack and clouds; needs no accounts."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import webbrowser
from dataclasses import replace
from pathlib import Path

from bot import logs
from bot.cli.parser import port
from bot.cli.run import until_stopped
from bot.cli.serve import serve
from bot.cli.timing import Timing
from bot.errors import LagdeskError
from bot.i18n.messages import LocaleName, message
from bot.i18n.translator import Translator, load_catalogs
from bot.locales import LANGUAGES
from bot.sandbox.clouds.agora.alert_sender import SECRET as ALERT_SECRET
from bot.sandbox.demo import DELAY_SCALE, FIRST_PORT, PUBLIC_URL, demo_environment
from bot.settings import read_settings, read_system_locale
from handlers.api.routes import PREFIX
from handlers.slack.manifest import MCP_PATH, build_manifest
from handlers.slack.webhooks import ALERT_PATH


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--port", type=port, default=None, help="of the page (default 8080)")
    parser.add_argument("--locale", choices=tuple(LANGUAGES), default=None)
    parser.add_argument("--no-browser", action="store_true", help="only print the address")


def run(options: argparse.Namespace, _timing: Timing) -> int:
    """Run the demo until SIGINT or SIGTERM, in real time: people look at its page."""
    load_catalogs()
    return asyncio.run(until_stopped(run_demo(options)))


async def run_demo(options: argparse.Namespace) -> None:
    """Run the whole product without any account."""
    chosen: LocaleName = options.locale or read_system_locale()
    logs.configure("WARNING", "text")
    with tempfile.TemporaryDirectory(prefix="lagdesk-demo-", ignore_cleanup_errors=True) as folder:
        manifest = build_manifest(PUBLIC_URL, links=PUBLIC_URL, workflow_step=True)
        try:
            async with demo_environment(
                Path(folder), manifest, port=options.port, locale=chosen
            ) as demo:

                def on_ready(url: str) -> None:
                    demo.connect(url)
                    _show_page(
                        *(demo.workspace.url, url, demo.webhooks.url, chosen),
                        has_browser=not options.no_browser,
                    )

                settings = replace(read_settings(demo.environment), port=0)
                await serve(settings, worker=True, delay_scale=DELAY_SCALE, on_ready=on_ready)
        except OSError as error:
            busy = message("Port %(port)s is not free.", port=options.port or FIRST_PORT)
            raise LagdeskError(busy) from error


def _show_page(
    page: str, server: str, webhooks: str, chosen: LocaleName, *, has_browser: bool
) -> None:
    translate = Translator(chosen).translate
    lines = (
        f"{translate(message('The demo is here:'))} {page}",
        translate(message("Type /report class_77_1 10001 20002 in any channel. Stop with Ctrl+C.")),
        f"{translate(message('Programs read tickets at:'))} {server}{PREFIX}/tickets",
        f"{translate(message('Assistants connect to (MCP):'))} {server}{MCP_PATH}",
        f"{translate(message('The webhooks that Lagdesk has sent:'))} {webhooks}",
        f"{translate(message('Alerts of Agora go to:'))} {server}{ALERT_PATH}/{ALERT_SECRET}",
    )
    print("\n".join(lines), flush=True)  # noqa: T201 - what the command is for
    if has_browser:
        webbrowser.open(page)
