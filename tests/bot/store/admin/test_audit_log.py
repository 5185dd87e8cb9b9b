"""Who did what, on both databases."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.store import Session, Store
from bot.store.admin import audit_log
from bot.store.admin.audit_log import AuditEntry
from tests.bot.store.factories import MINUTE, NOON
from tests.bot.store.schema import schema_of_database, schema_of_model


def entry(origin: str, action: str, minute: int, **changes: Any) -> AuditEntry:
    """An audit entry, this many minutes after noon."""
    fields = {"team": "T1", "person": "U1", "ticket": 7, "at": NOON + minute * MINUTE}
    return AuditEntry(**{**fields, "origin": origin, "action": action, **changes})


async def test_view_delivered_twice_has_one_entry(each_database: Store) -> None:
    """Also with two writers at once; another action of the view is an entry of its own."""

    def add(action: str) -> Any:
        return lambda session: audit_log.add_entry(session, entry("V9", action, 0))

    added = await asyncio.gather(*(each_database.transact(add("room.reveal")) for _ in range(2)))
    assert sorted(added) == [False, True]
    assert await each_database.transact(add("room.record"))


async def test_who_did_what_newest_first(each_database: Store) -> None:
    """Outcomes stand beside their orders; other workspaces and tickets are apart."""
    uid = {"uid": "20002", "cname": "琴房"}
    entries = [
        entry("V1", "room.dismiss", 1, detail=uid),
        entry("V1", "room.dismiss.refused", 2),
        entry("V2", "room.record", 3, ticket=8),
        entry("V3", "tickets.export", 3, ticket=None),
        entry("V1", "room.reveal", 9, team="T2"),
    ]

    def save(session: Session) -> None:
        assert [True] * len(entries) == [audit_log.add_entry(session, each) for each in entries]

    await each_database.transact(save)

    def look(session: Session) -> None:
        newest = audit_log.list_newest(session, "T1", None, 3)
        assert [each.origin for each in newest] == ["V3", "V2", "V1"]
        (only,) = [
            each for each in audit_log.list_newest(session, "T1", 7, 20) if each.origin == "V1"
        ]
        assert (uid, NOON + MINUTE) == (only.detail, only.at)
        assert audit_log.outcomes(session, "T1", ["V1", "V2"]) == {"V1": "refused"}
        assert audit_log.outcomes(session, "T2", ["V1"]) == {}
        assert audit_log.outcomes(session, "T1", []) == {}

    await each_database.read(look)


def test_table_is_that_of_the_migrations(migrated_store: Store) -> None:
    """A migrated database needs no further revision."""
    assert schema_of_model(AuditEntry) == schema_of_database(migrated_store, AuditEntry)
