"""The result of every verdict, also of those that found no cause."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TICKET = sa.table("ticket", sa.column("cause", sa.String), sa.column("verdict", sa.JSON))
_FOUND_NONE = ("none", "unknown")


def upgrade() -> None:
    """Go to this revision."""
    result = _TICKET.c.verdict["cause"].as_string()
    missing = sa.and_(_TICKET.c.cause == "", result.in_(_FOUND_NONE))
    op.execute(_TICKET.update().where(missing).values(cause=result))


def downgrade() -> None:
    """Go back to the one before."""
    results = (*_FOUND_NONE, "not_found")
    op.execute(_TICKET.update().where(_TICKET.c.cause.in_(results)).values(cause=""))
