"""Messages that name tickets."""

from __future__ import annotations

from typing import Any

import pytest

from bot.store import Session
from bot.store.models import Mention
from bot.store.tickets import mentions
from tests.bot.store.factories import MINUTE, MOMENT, NOON


def mention(numbers: list[int], **changes: Any) -> Mention:
    """A message in thread 1.0 that names tickets."""
    fields: dict[str, Any] = {"team": "T1", "channel": "C1", "ts": "1.5", "thread_ts": "1.0"}
    return Mention(**{**fields, "person": "U1", "ticket_numbers": numbers, "at": NOON, **changes})


def test_each_ticket_of_a_message_is_new_once(session: Session) -> None:
    """The same message again adds nothing, an edit what it names in addition."""
    assert mentions.save_mention(session, mention([12, 13])) == [12, 13]
    assert mentions.save_mention(session, mention([12, 13], at=NOON + MINUTE)) == []
    key = ("T1", "C1", "1.5")
    stored = session.get_one(Mention, key)
    assert (stored.ticket_numbers, stored.at) == ([12, 13], NOON)
    edit = mention([14, 13], at=NOON + 2 * MINUTE)
    assert mentions.save_mention(session, edit) == [14]
    session.flush()
    session.expire_all()
    stored = session.get_one(Mention, key)
    assert (stored.ticket_numbers, stored.at) == ([12, 13, 14], NOON + 2 * MINUTE)


def test_another_message_is_another_mention(session: Session) -> None:
    """A message is its team, channel and time."""
    mentions.save_mention(session, mention([12]))
    for other in ({"team": "T2"}, {"channel": "C2"}, {"ts": "1.6"}):
        assert mentions.save_mention(session, mention([12], **other)) == [12]


@pytest.mark.parametrize(
    ("changes", "is_listed"),
    [
        ({}, True),
        ({"at": NOON - MINUTE + MOMENT}, True),
        ({"at": NOON - MINUTE}, False),
        ({"team": "T2"}, False),
        ({"channel": "C2"}, False),
        ({"thread_ts": "2.0"}, False),
    ],
)
def test_mentions_in_a_thread(
    *, changes: dict[str, Any], is_listed: bool, session: Session
) -> None:
    """Those later than the moment, by any message of the thread."""
    mentions.save_mention(session, mention([12], **changes))
    listed = mentions.list_in_thread(session, "T1", "C1", "1.0", NOON - MINUTE)
    assert [each.ticket_numbers for each in listed] == ([[12]] if is_listed else [])
