"""Ratings of verdicts by cause."""

from __future__ import annotations

from typing import Any

import pytest

from bot.store import Session, Store
from bot.store.diagnosis import feedback
from bot.store.diagnosis.feedback import CauseAccuracy, Rating, VerdictFeedback
from tests.bot.store.factories import MOMENT, NOON
from tests.bot.store.schema import schema_of_database, schema_of_model

RIGHT, PARTLY, WRONG = Rating.RIGHT, Rating.PARTLY, Rating.WRONG


def rate(session: Session, ticket: int, cause: str, rating: Rating, **changes: Any) -> None:
    """Store a rating of U1 at noon."""
    fields: dict[str, Any] = {"person": "U1", "team": "T1", "at": NOON}
    feedback.save_feedback(
        session, VerdictFeedback(ticket=ticket, cause=cause, rating=rating, **{**fields, **changes})
    )


def test_ratings_are_counted_by_cause(session: Session) -> None:
    """The most rated cause first, and of equals by name; other teams and times are apart."""
    ratings = [RIGHT, RIGHT, PARTLY, WRONG]
    for ticket, rating in enumerate(ratings):
        rate(session, ticket, "network.loss", rating)
    for ticket, cause in enumerate(("room.volume", "device.camera"), len(ratings)):
        rate(session, ticket, cause, WRONG)
    rate(session, 90, "network.loss", WRONG, team="T2")
    rate(session, 91, "network.loss", WRONG, at=NOON - MOMENT)
    session.flush()
    assert feedback.accuracy_by_cause(session, "T1", NOON) == [
        CauseAccuracy("network.loss", right=2, partly=1, wrong=1),
        CauseAccuracy("device.camera", right=0, partly=0, wrong=1),
        CauseAccuracy("room.volume", right=0, partly=0, wrong=1),
    ]


def test_true_causes(session: Session) -> None:
    """The verdict's cause where it was right, else what somebody says; the latest counts."""
    rate(session, 1, "network.loss", RIGHT)
    rate(session, 2, "network.loss", WRONG)
    rate(session, 3, "network.loss", WRONG)
    rate(session, 4, "network.loss", RIGHT)
    rate(session, 4, "network.loss", PARTLY, person="U2", at=NOON + MOMENT)
    session.flush()
    feedback.save_true_cause(session, 3, "U1", "device.busy")
    feedback.save_true_cause(session, 3, "U9", "device.cpu_high")  # has not rated it
    feedback.save_true_cause(session, 4, "U2", "none")
    expected = [(1, "network.loss"), (3, "device.busy"), (4, "none")]
    assert feedback.true_causes(session) == expected


def test_a_later_rating_replaces_the_earlier_of_a_person(session: Session) -> None:
    """Each person rates a ticket once."""
    for person, rating in (("U1", WRONG), ("U2", WRONG), ("U1", RIGHT)):
        rate(session, 7, "network.loss", rating, person=person)
    session.flush()
    assert feedback.accuracy_by_cause(session, "T1", NOON) == [
        CauseAccuracy("network.loss", right=1, partly=0, wrong=1)
    ]


@pytest.mark.parametrize(
    ("right", "partly", "wrong", "total", "share"),
    [(3, 0, 1, 4, 0.75), (0, 2, 0, 2, 0.5), (1, 1, 1, 3, 0.5), (0, 0, 0, 0, 0.0)],
)
def test_partly_counts_half(right: int, partly: int, wrong: int, total: int, share: float) -> None:
    """The share of all ratings; none without a rating."""
    accuracy = CauseAccuracy("network.loss", right, partly, wrong)
    assert (accuracy.total, accuracy.share) == (total, share)


def test_table_is_that_of_the_migrations(migrated_store: Store) -> None:
    """A migrated database needs no further revision."""
    assert schema_of_model(VerdictFeedback) == schema_of_database(migrated_store, VerdictFeedback)
