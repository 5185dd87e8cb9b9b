"""Weekly summaries by workspace: two can share a channel. "" is the only workspace, without OAuth."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLE = "weekly_summary"


def upgrade() -> None:
    """Go to this revision."""
    op.execute(
        f"UPDATE {_TABLE} SET team = '' WHERE team NOT IN (SELECT team FROM workspace"  # noqa: S608 - a constant
        " WHERE installed_at IS NOT NULL OR enterprise <> '')"
    )
    _set_key("week", "channel", "team")


def downgrade() -> None:
    """Go back to the one before, with one summary of each week and channel."""
    op.execute(
        f"DELETE FROM {_TABLE} WHERE team > (SELECT min(team) FROM {_TABLE} AS other"  # noqa: S608 - a constant
        f" WHERE other.week = {_TABLE}.week AND other.channel = {_TABLE}.channel)"
    )
    _set_key("week", "channel")


def _set_key(*names: str) -> None:
    """Change the primary key; SQLite can do so only by copying the table."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(f"{_TABLE}_pkey", _TABLE, type_="primary")
        op.create_primary_key(f"{_TABLE}_pkey", _TABLE, list(names))
        return
    reflected = sa.Table(_TABLE, sa.MetaData(), autoload_with=op.get_bind())
    columns = (
        sa.Column(each.name, each.type, nullable=each.nullable, primary_key=each.name in names)
        for each in reflected.columns
    )
    copy = sa.Table(_TABLE, sa.MetaData(), *columns)
    with op.batch_alter_table(_TABLE, copy_from=copy, recreate="always"):
        pass
