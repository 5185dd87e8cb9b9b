"""What holds for every story."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def every_request_is_acknowledged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A request that no handler acknowledges gets status 200 all the same: only the log tells."""
    caplog.set_level(logging.INFO, "handlers.slack.errors")
    yield
    messages = [record.getMessage() for record in caplog.get_records("call")]
    assert [text for text in messages if text.startswith("no handler for a request")] == []
