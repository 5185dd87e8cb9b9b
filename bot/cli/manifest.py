"""`manifest`: the Slack app manifest as JSON. Imports nothing but the standard library."""

from __future__ import annotations

import argparse
import json
import sys

from bot.cli.parser import EXIT_OK, url
from bot.cli.timing import Timing
from handlers.slack.manifest import build_manifest


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--url", type=url, default="", help="https://host, for HTTP mode")


def run(options: argparse.Namespace, _timing: Timing) -> int:
    """Print the manifest."""
    manifest = json.dumps(build_manifest(options.url), ensure_ascii=False, indent=2)
    sys.stdout.write(manifest + "\n")
    return EXIT_OK
