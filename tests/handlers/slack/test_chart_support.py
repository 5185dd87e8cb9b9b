"""Native charts: tried where they are accepted, remembered for a week where they are not."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.errors import SlackRefusedError
from bot.i18n.messages import message
from handlers.slack.chart_support import ChartSupport
from tests.conftest import FakeClock

DAY = dt.timedelta(days=1)


class Values:
    """Stored values, in memory."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    async def get(self, name: str) -> str | None:
        """Return a value."""
        return self.values.get(name)

    async def put(self, name: str, value: str, at: dt.datetime) -> None:
        """Store a value."""
        assert at.isoformat() == value
        self.values[name] = value


class Slack:
    """A workspace that refuses native charts with a code; "" accepts them."""

    def __init__(self, code: str = "") -> None:
        self.code = code
        self.sent: list[bool] = []

    async def send(self, *, native: bool) -> str:
        """Send a message with or without native charts."""
        self.sent.append(native)
        if native and self.code:
            raise SlackRefusedError(message("Not found."), code=self.code)
        return "native" if native else "plain"


@pytest.mark.parametrize(
    ("code", "result", "first", "second"),
    [
        ("", "native", [True], [True]),
        ("invalid_blocks", "plain", [True, False], [False]),
        ("invalid_blocks_format", "plain", [True, False], [False]),
        ("unsupported_block", "plain", [True, False], [False]),
        ("invalid_arguments", "plain", [True, False], [True, False]),
        ("msg_too_long", "plain", [True, False], [True, False]),
    ],
)
async def test_sending_with_and_without(
    code: str,
    result: str,
    first: list[bool],
    second: list[bool],
    fake_clock: FakeClock,
) -> None:
    """Only a rejection of the blocks themselves is remembered, for this workspace."""
    support = ChartSupport(Values(), fake_clock)
    for expected in (first, second):
        slack = Slack(code)
        assert await support.send_with_fallback("T1", slack.send) == result
        assert slack.sent == expected
    assert await support.is_supported("T2")


async def test_other_refusals_are_raised(fake_clock: FakeClock) -> None:
    """Another message would be refused too."""
    slack = Slack("channel_not_found")
    with pytest.raises(SlackRefusedError):
        await ChartSupport(Values(), fake_clock).send_with_fallback("T1", slack.send)
    assert slack.sent == [True]


@pytest.mark.parametrize(
    ("age", "is_supported"),
    [(0 * DAY, False), (7 * DAY, False), (7 * DAY + dt.timedelta(seconds=1), True)],
)
async def test_a_rejection_counts_for_a_week(
    age: dt.timedelta,
    *,
    is_supported: bool,
    fake_clock: FakeClock,
) -> None:
    """Slack enables the blocks workspace by workspace."""
    support = ChartSupport(Values(), fake_clock)
    await support.mark_unsupported("T1")
    fake_clock.move(age.total_seconds())
    assert await support.is_supported("T1") is is_supported
