"""Installations, and the states of those under way."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.store import Session, Store
from bot.store.admin import installations
from bot.store.admin.installations import Installation
from tests.bot.store.factories import MINUTE, MOMENT, NOON
from tests.bot.store.schema import schema_of_database, schema_of_model


def test_workspace_has_one_installation(session: Session) -> None:
    """A later one replaces it, and a workspace that removed Lagdesk has none."""
    installations.save(session, "T2", {"token": "old"}, NOON)
    installations.save(session, "T1", {"token": "first"}, NOON)
    installations.save(session, "T2", {"token": "new"}, NOON + MINUTE)
    assert installations.find(session, "T2") == {"token": "new"}
    assert installations.list_teams(session) == ["T1", "T2"]
    installations.delete(session, "T2")
    installations.delete(session, "T9")
    assert installations.find(session, "T2") is None
    assert installations.list_teams(session) == ["T1"]


@pytest.mark.parametrize(
    ("state", "not_before", "is_valid"),
    [
        ("state", NOON, True),
        ("state", NOON + MOMENT, False),
        ("forged", NOON, False),
    ],
)
def test_state_is_valid_once_and_for_a_time(
    *, state: str, not_before: dt.datetime, is_valid: bool, session: Session
) -> None:
    """Only a state of ours that is young enough is valid, and it is used up."""
    installations.issue_state(session, "state", NOON)
    assert installations.consume_state(session, state, not_before) is is_valid
    session.flush()
    assert not installations.consume_state(session, state, NOON)


def test_exchange_of_a_token_is_claimed_once(shared_store: Store) -> None:
    """Until the claim is too old, which a process that died has left."""

    def claim(now: dt.datetime) -> bool:
        return shared_store.transact_sync(
            lambda session: installations.claim_rotation(session, "T1", now, now - MINUTE)
        )

    claims = [claim(NOON), claim(NOON), claim(NOON + MINUTE), claim(NOON + MINUTE)]
    assert claims == [True, False, True, False]


def test_table_is_that_of_the_migrations(migrated_store: Store) -> None:
    """A migrated database needs no further revision."""
    assert schema_of_model(Installation) == schema_of_database(migrated_store, Installation)
