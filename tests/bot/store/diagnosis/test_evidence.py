"""The evidence of verdicts."""

from __future__ import annotations

from bot.store import Session, Store
from bot.store.diagnosis import evidence
from bot.store.diagnosis.evidence import StoredEvidence
from tests.bot.store.factories import NOON
from tests.bot.store.schema import schema_of_database, schema_of_model


def test_later_evidence_replaces_the_earlier(session: Session) -> None:
    """A ticket has one, and none once it is about another call."""
    for packed, ticket in ((b"one", 7), (b"other", 8), (b"two", 7)):
        evidence.save(session, ticket, packed, {"calls": []}, NOON)
    found = evidence.find(session, 7)
    assert found is not None
    assert (found.packed_series, found.facts, found.at) == (b"two", {"calls": []}, NOON)
    evidence.delete_for_ticket(session, 7)
    session.expire_all()
    assert evidence.find(session, 7) is None
    assert evidence.find(session, 8) is not None


def test_table_is_that_of_the_migrations(migrated_store: Store) -> None:
    """A migrated database needs no further revision."""
    assert schema_of_model(StoredEvidence) == schema_of_database(migrated_store, StoredEvidence)
