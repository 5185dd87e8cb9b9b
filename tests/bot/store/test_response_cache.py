"""The last response to each request."""

from __future__ import annotations

from bot.store import Store
from bot.store.response_cache import CachedResponse, SqlResponseCache
from tests.bot.store.factories import MINUTE, NOON
from tests.bot.store.schema import schema_of_database, schema_of_model


async def test_newest_response_replaces_the_one_before(empty_store: Store) -> None:
    """One response is stored for a request, with the moment it was fetched."""
    cache = SqlResponseCache(empty_store)
    assert await cache.get("usage:kids") is None
    await cache.put("usage:kids", "one", NOON)
    await cache.put("usage:adults", "other", NOON)
    await cache.put("usage:kids", "two", NOON + MINUTE)
    assert await cache.get("usage:kids") == ("two", NOON + MINUTE)
    assert await cache.get("usage:adults") == ("other", NOON)


def test_table_is_that_of_the_migrations(migrated_store: Store) -> None:
    """A migrated database needs no further revision."""
    assert schema_of_model(CachedResponse) == schema_of_database(migrated_store, CachedResponse)
