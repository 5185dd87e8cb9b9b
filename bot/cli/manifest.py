"""`manifest`: the Slack app manifest as JSON. Imports nothing but the standard library."""

from __future__ import annotations

import argparse
import json
import sys

from bot.cli.parser import EXIT_OK, UsageError, url
from bot.cli.timing import Timing
from bot.i18n.messages import message
from handlers.slack.manifest import build_manifest


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--url", type=url, default="", help="https://host, for HTTP mode")
    parser.add_argument(
        "--assistant", action="store_true", help="lets Slack's assistant ask Lagdesk; needs --url"
    )
    parser.add_argument(
        "--work-objects",
        type=url,
        default="",
        metavar="PUBLIC_URL",
        help="previews and a side panel of links to tickets below this URL",
    )
    parser.add_argument(
        "--workflow-step",
        action="store_true",
        help="the step that reports a call, for Workflow Builder; needs a paid plan",
    )


def run(options: argparse.Namespace, _timing: Timing) -> int:
    """Print the manifest."""
    if options.assistant and not options.url:
        raise UsageError(message("With --assistant, give --url: Slack's assistant needs HTTP."))
    manifest = build_manifest(
        options.url,
        for_assistant=options.assistant,
        links=options.work_objects,
        workflow_step=options.workflow_step,
    )
    sys.stdout.write(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")
    return EXIT_OK
