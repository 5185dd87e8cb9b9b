"""The next version of Lagdesk, `python -m tests.next_version ...`: one more column, one more job.

It is this version with a migration that adds a column to tickets and to jobs, and with jobs of a
kind that this version does not know.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text

from bot import app
from bot.cli.main import main
from bot.jobs.run import Run, job
from bot.services.context import Context
from bot.store import schema

KIND: Final = "next"
REVISION: Final = "9999"
_MIGRATION: Final = f"""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{REVISION}", "%s"


def upgrade() -> None:
    for table in ("ticket", "job"):
        op.add_column(table, sa.Column("next_value", sa.String(), nullable=True))
"""
_FILL: Final = text("UPDATE ticket SET next_value = 'filled' WHERE number = :number")


class NextJobs:
    """Fills the new column."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @job(KIND)
    async def fill(self, run: Run, number: int) -> None:
        """Fill the new column of a ticket."""
        await self._context.commit(run.fenced(lambda s: s.execute(_FILL, {"number": number})))


@contextmanager
def next_migrations() -> Iterator[None]:
    """Know one more revision than this version."""
    known = schema._MIGRATIONS
    with tempfile.TemporaryDirectory(prefix="lagdesk-next-") as name:
        folder = Path(name) / "migrations"
        shutil.copytree(known, folder)
        newest = max(path.name for path in (folder / "versions").glob("0*.py"))
        (folder / "versions" / f"{REVISION}_next.py").write_text(
            _MIGRATION % newest.partition("_")[0]
        )
        schema._MIGRATIONS = folder  # type: ignore[misc]
        yield
        schema._MIGRATIONS = known  # type: ignore[misc]


def run() -> int:
    """Run a command of the next version."""
    known: Any = app._other_jobs

    def with_next(context: Context, *more: Any) -> list[object]:
        return [*known(context, *more), NextJobs(context)]

    app._other_jobs = with_next  # type: ignore[assignment]
    with next_migrations():
        return main()


if __name__ == "__main__":
    sys.exit(run())
