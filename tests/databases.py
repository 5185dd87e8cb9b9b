"""SQLite databases for tests: copies of one that each process migrates once."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from bot.store import Store


@cache
def _migrated() -> bytes:
    """Return an empty database at the newest revision; migrating takes 50 ms, copying one."""
    with tempfile.TemporaryDirectory(prefix="lagdesk-") as folder:
        file = Path(folder) / "lagdesk.db"
        store = Store(f"sqlite:///{file}")
        store.migrate()
        store.close()
        return file.read_bytes()


def create_sqlite(folder: Path) -> str:
    """Create an empty database at the newest revision, unless there is one; return its URL."""
    file = folder / "lagdesk.db"
    if not file.exists():
        file.write_bytes(_migrated())
    return f"sqlite:///{file}"
