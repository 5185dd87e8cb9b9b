"""Whatever fails while people work on a ticket: everything is there once when it is over.

FAULT_SEEDS=100:200 plays other sequences than the few of every run.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Final

import pytest
from sqlmodel import col, select

from bot.cloud_report import ReportState
from bot.services.admin import retention
from bot.services.diagnosis import event_poller
from bot.services.summary import jobs as summary_jobs
from bot.store import Session
from bot.store.models import Job
from tests.conftest import FakeClock, Harness
from tests.fault_sequences import (
    CNAME,
    CONTENT_ERRORS,
    RETRY_AFTER_S,
    Play,
    draw_sequence,
)
from tests.scenario_helpers import (
    count_cloud_reports,
    early_calls,
    find_card,
    find_replies,
    find_ticket,
    key_of,
    open_external_services,
    text_of,
)

log = logging.getLogger(__name__)

_SEEDS: Final = (1, 2, 4, 10, 149)  # each finds a mistake that the others do not
_PERIODIC: Final = {event_poller.KIND, retention.KIND, summary_jobs.HEARTBEAT}
_EXPECTED_ERRORS: Final = {"", *(f"slack {code}" for code in CONTENT_ERRORS)}
_TIMEOUT_S: Final = 1.0  # of a call to Slack; ten seconds outside tests


@pytest.fixture
async def harness(
    tmp_path: Path, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Harness]:
    """A Lagdesk that soon gives up waiting for Slack and the clouds."""
    monkeypatch.setattr("bot.clouds.http.TOTAL_TIMEOUT_S", _TIMEOUT_S)
    async with (
        open_external_services(tmp_path, fake_clock, slack_timeout_s=_TIMEOUT_S) as services,
        services.run_lagdesk() as opened,
    ):
        yield opened


def chosen_seeds() -> Iterable[int]:
    """Return the seeds of this run."""
    if "FAULT_SEEDS" not in os.environ:
        return _SEEDS
    first, end = map(int, os.environ["FAULT_SEEDS"].split(":"))
    return range(first, end)


@pytest.mark.parametrize("seed", chosen_seeds())
async def test_everything_is_there_once(
    harness: Harness, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    """One card with the last state, one message of each kind, at most one report, no job left."""
    caplog.set_level(logging.INFO)
    steps = draw_sequence(seed)
    for step in steps:
        log.info("%s", step)
    await Play(harness).run(steps)
    card = find_card(harness, CNAME)
    assert "Resolved by" in text_of(card)
    assert [key_of(r) for r in find_replies(harness, card)].count("diagnose:LD-1") == 1
    assert_messages_once(harness)
    await assert_report_at_most_once(harness, may_be_unsure=any(step.cloud for step in steps))
    assert await harness.application.store.read(list_left) == []
    assert early_calls(harness.workspace, RETRY_AFTER_S) == []
    assert harness.workspace.defects == []
    assert [record for record in caplog.records if record.exc_info] == []


def assert_messages_once(harness: Harness) -> None:
    """No message is there twice; the reporter has theirs."""
    channels = harness.workspace.channels.values()
    messages = [each for channel in channels for each in channel.messages.values()]
    counts = Counter(key for each in messages if (key := key_of(each)))
    del counts["diagnose:LD-1"]  # of a deleted card, too
    assert set(counts.values()) == {1}, counts
    assert "confirm:LD-1" in counts, counts
    assert any(name.startswith("page:") for name in counts), counts


async def assert_report_at_most_once(harness: Harness, *, may_be_unsure: bool) -> None:
    """The cloud's count agrees with the state that people read."""
    state = (await find_ticket(harness, CNAME)).cloud_report.state
    number = count_cloud_reports(harness, CNAME)
    if state is ReportState.ACCEPTED:
        assert number == 1
    else:
        assert may_be_unsure
        assert state is ReportState.UNCONFIRMED
        assert number <= 1


def list_left(session: Session) -> list[str]:
    """List the jobs that would run on, or were given up; refused blocks are so until a restart."""
    jobs = session.scalars(select(Job).where(col(Job.kind).not_in(_PERIODIC)))
    return [
        f"{job.name} {job.due_at} {job.failures} {job.last_error}"
        for job in jobs
        if job.finished_at is None or job.last_error.split(":")[0] not in _EXPECTED_ERRORS
    ]
