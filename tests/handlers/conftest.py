"""Shared fixtures of the handlers' tests: a running HTTP server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.ports import SystemClock
from bot.sandbox.slack import Workspace
from bot.settings import read_settings
from bot.store import Store
from handlers.slack.clients import SlackClients
from handlers.slack.manifest import build_manifest
from handlers.slack.posting import SlackPoster
from handlers.slack.user_directory import UserDirectory
from tests.bot.services.contexts import make_context
from tests.conftest import FakeClock
from tests.databases import create_sqlite
from tests.handlers.posting_harness import PostingHarness
from tests.handlers.raw_http import RawHttpClient, open_raw_http


@pytest.fixture(scope="module")
async def raw_http(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RawHttpClient]:
    """A running Lagdesk with an HTTP server of its own."""
    async with open_raw_http(tmp_path_factory.mktemp("door")) as opened:
        yield opened


@pytest.fixture
def no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No request may leave a traceback in the log."""
    yield
    blamed = [record for record in caplog.get_records("call") if record.exc_info]
    assert [(record.name, record.getMessage(), record.exc_info) for record in blamed] == []


@pytest.fixture
async def posting(tmp_path: Path, fake_clock: FakeClock) -> AsyncIterator[PostingHarness]:
    """What posts need of Lagdesk, in front of a fake Slack."""
    manifest = build_manifest("https://lagdesk.example")
    workspace = Workspace(clock=fake_clock, manifest=manifest, message_rate_s=0)
    store = Store(create_sqlite(tmp_path))
    async with (
        workspace.serve(),
        SlackClients(workspace.api_url, workspace.bot_token) as clients,
    ):
        channel = workspace.channel("escalations").id
        settings = read_settings({"ESCALATION_CHANNEL": channel, "DEFAULT_LOCALE": "en"})
        context = make_context(store, SystemClock(), settings=settings)
        users = UserDirectory(clients, context)
        yield PostingHarness(workspace, clients, SlackPoster(clients), users, context)
        assert workspace.defects == []
    store.close()
