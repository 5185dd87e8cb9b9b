"""Shared fixtures of the handlers' tests: a running HTTP server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

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
