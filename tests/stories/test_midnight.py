"""Stories that begin half a minute before a day and a week end, in Shanghai and in UTC."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Final

import pytest

from tests.conftest import Harness, open_harness_at, slack_errors_of
from tests.scenario_helpers import (
    ephemeral_texts,
    find_card,
    find_replies,
    find_ticket,
    report,
    text_of,
)

SUNDAY_NIGHT_IN_SHANGHAI: Final = dt.datetime(2026, 11, 15, 15, 59, 30, tzinfo=dt.UTC)
SUNDAY_NIGHT_IN_UTC: Final = dt.datetime(2026, 11, 15, 23, 59, 30, tzinfo=dt.UTC)
MOMENTS: Final = {"shanghai": SUNDAY_NIGHT_IN_SHANGHAI, "utc": SUNDAY_NIGHT_IN_UTC}
EIGHT_ON_MONDAY: Final = dt.datetime(2026, 11, 16, 0, tzinfo=dt.UTC)  # in Shanghai


@pytest.fixture(scope="module", params=MOMENTS)
async def sunday_night(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Harness, dt.datetime]]:
    """Lagdesk shortly before Monday begins, with quiet hours from midnight to eight."""
    moment = MOMENTS[request.param]
    folder = tmp_path_factory.mktemp("midnight")
    async with open_harness_at(moment, folder, QUIET_HOURS="00:00-08:00") as harness:
        yield harness, moment
        assert slack_errors_of(harness.workspace) == []


async def test_metrics_by_day(sunday_night: tuple[Harness, dt.datetime]) -> None:
    """Each topic is answered on both sides of midnight, the days' with days that are over."""
    harness, _ = sunday_night
    person = harness.workspace.person("sam")
    for seconds in (0, 60):
        harness.clock.move(seconds)
        for topic, expected in (("usage", "Sessions"), ("live", "Video freeze rate")):
            await person.command("/quality", topic)
            await harness.settled()
            assert expected in ephemeral_texts(person)[-1]


async def test_a_report_across_midnight(sunday_night: tuple[Harness, dt.datetime]) -> None:
    """The verdict on a call of the day before names its cause."""
    harness, _ = sunday_night
    await report(harness.workspace.person("sam"), "class_77_3")
    await harness.settled()
    await harness.pass_time(400)
    (verdict,) = find_replies(harness, find_card(harness, "class_77_3"))
    assert "CPU is overloaded" in verdict["text"]


async def test_quiet_hours_at_their_limits(sunday_night: tuple[Harness, dt.datetime]) -> None:
    """An alert that is due in quiet hours waits for eight; one due after eight does not."""
    harness, moment = sunday_night
    await report(harness.workspace.person("sam"), "no-such-class")
    await harness.settled()
    card = text_of(find_card(harness, "no-such-class"))
    reported_at = (await find_ticket(harness, "no-such-class")).created_at
    in_quiet_hours = moment == SUNDAY_NIGHT_IN_SHANGHAI
    next_alert = EIGHT_ON_MONDAY if in_quiet_hours else reported_at + dt.timedelta(minutes=15)
    assert f"<!date^{int(next_alert.timestamp())}^" in card
    assert ("quiet hours until then" in card) == in_quiet_hours
