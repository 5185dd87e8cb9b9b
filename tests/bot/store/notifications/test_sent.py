"""The private messages that were sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from bot.store import Session
from bot.store.models import SentNotification
from bot.store.notifications import sent
from tests.bot.store.factories import DAY, MINUTE, MOMENT, NOON, make_ticket, store_tickets


@dataclass(frozen=True)
class Answer:
    """A message of a reporter."""

    person: str = "U1"
    team: str = "T1"
    channel: str = "D1"
    thread_ts: str = ""


def add(session: Session, key: str = "0", **changes: Any) -> None:
    """Store a message to U1 that a ticket is resolved, sent at noon."""
    fields: dict[str, Any] = {"ticket": 7, "person": "U1", "kind": "resolved", "channel": "D1"}
    session.add(
        SentNotification(
            **{
                **fields,
                "key": key,
                "ts": f"{key}.0",
                "attempted_at": NOON,
                "sent_at": NOON,
                **changes,
            }
        )
    )
    session.flush()


def test_messages_of_a_kind_that_were_sent(session: Session) -> None:
    """Those of other tickets and kinds, and those not posted yet, do not count."""
    add(session, "1")
    add(session, "2", ticket=8)
    add(session, "3", kind="claimed")
    add(session, "4", ts="")
    assert [each.key for each in sent.list_sent(session, 7, "resolved")] == ["1"]


@pytest.mark.parametrize(
    ("answer", "after", "expected"),
    [
        (Answer(), NOON, 2),
        (Answer(), NOON + MINUTE, 2),
        (Answer(), NOON + MINUTE + MOMENT, None),
        (Answer(team="T2"), NOON, None),
        (Answer(person="U2"), NOON, None),
        (Answer(channel="D2"), NOON, None),
        (Answer(thread_ts="1.0"), NOON, 1),
        (Answer(thread_ts="1.0"), NOON + DAY, 1),
        (Answer(thread_ts="3.0"), NOON, 3),
        (Answer(thread_ts="9.0"), NOON, None),
        (Answer(channel="D2", thread_ts="1.0"), NOON, None),
        (Answer(person="U2", thread_ts="1.0"), NOON, None),
    ],
)
def test_message_that_a_reply_answers(
    answer: Answer, after: Any, expected: int | None, session: Session
) -> None:
    """In a thread its ticket, else the one of this person that was resolved last."""
    ends = (NOON, NOON + MINUTE, None)
    store_tickets(session, *(make_ticket(resolved_at=end) for end in ends))
    for number in (1, 2, 3):
        add(session, str(number), ticket=number, kind="filed")
    add(session, "9", ticket=1)
    found = sent.find_answered(session, "filed", answer, after)
    assert (found.number if found else None) == expected


def test_newest_attempt_of_a_kind(session: Session) -> None:
    """Sent or not, of the ticket and the kind only."""
    assert sent.find_newest(session, 7, "resolved") is None
    add(session, "1", attempted_at=NOON + MINUTE, sent_at=None)
    add(session, "2")
    add(session, "3", ticket=8, attempted_at=NOON + 2 * MINUTE)
    add(session, "4", kind="claimed", attempted_at=NOON + 2 * MINUTE)
    found = sent.find_newest(session, 7, "resolved")
    assert found is not None
    assert found.key == "1"
