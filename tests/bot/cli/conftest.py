"""The command line at START, and the clouds beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.clouds import FakeClouds
from bot.sandbox.scenario import demo_calls
from tests.cli_helpers import CommandLine
from tests.conftest import JITTER_S, FakeClock


@pytest.fixture
def cli(tmp_path: Path, fake_clock: FakeClock) -> CommandLine:
    """An empty folder."""
    return CommandLine(tmp_path, fake_clock.timing)


@pytest.fixture
async def clouds(fake_clock: FakeClock) -> AsyncIterator[FakeClouds]:
    """The three clouds, with the demo's calls."""
    built = FakeClouds(demo_calls(fake_clock()), clock=fake_clock, jitter_s=JITTER_S)
    async with built.serve():
        yield built
