"""Ratings of verdicts, their counts, and the details behind a verdict."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pytest

from bot.errors import NotAllowedError, NotFoundError
from bot.services.diagnosis.feedback import CauseAccuracy, FeedbackService, Rating
from bot.ticket import Ticket
from tests.bot.services.conftest import OUTSIDER, REPORTER, SUPPORT, TEAM, ServiceHarness

DAY: Final = dt.timedelta(days=1)


async def explained(harness: ServiceHarness, cause: str) -> Ticket:
    """A ticket with a verdict."""
    ticket = await harness.report()

    def explain(stored: Ticket) -> None:
        stored.verdict = {"cause": cause}

    await harness.change(ticket.id, explain)
    return ticket


async def test_last_rating_of_each_person_counts(service_harness: ServiceHarness) -> None:
    """Of support and the reporter, for the cause at that time, in this workspace and span."""
    service = FeedbackService(service_harness.context)
    await service.save(TEAM, (await explained(service_harness, "old")).id, SUPPORT, Rating.WRONG)
    service_harness.clock.move(DAY.total_seconds())
    ticket = await explained(service_harness, "loss")
    await service.save(TEAM, ticket.id, SUPPORT, Rating.WRONG)
    await service.save(TEAM, ticket.id, SUPPORT, Rating.RIGHT)
    await service.save(TEAM, ticket.id, REPORTER, Rating.PARTLY)
    unexplained = await service_harness.report()
    await service.save(TEAM, unexplained.id, REPORTER, Rating.WRONG)
    with pytest.raises(NotAllowedError):
        await service.save(TEAM, ticket.id, OUTSIDER, Rating.WRONG)
    recent = [CauseAccuracy("loss", 1, 1, 0), CauseAccuracy("", 0, 0, 1)]
    assert await service.accuracy(TEAM, DAY / 2) == recent
    assert await service.accuracy(TEAM, DAY) == [*recent, CauseAccuracy("old", 0, 0, 1)]
    assert await service.accuracy("T-OTHER", DAY) == []
    assert await service.accuracy(None, DAY / 2) == recent
    with pytest.raises(NotAllowedError):
        await service.save_true_cause(TEAM, ticket.id, OUTSIDER, "none")
    assert list(service.stream_cases()) == []  # nobody measured anything


@pytest.mark.parametrize(
    ("person", "error"), [(SUPPORT, NotFoundError), (OUTSIDER, NotAllowedError)]
)
async def test_details_before_the_diagnosis(
    service_harness: ServiceHarness, person: str, error: type[Exception]
) -> None:
    """Whoever may see the ticket reads that there are none yet."""
    ticket = await service_harness.report()
    with pytest.raises(error):
        await FeedbackService(service_harness.context).details(TEAM, ticket.id, person)
