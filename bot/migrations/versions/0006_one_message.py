"""One private message a ticket: nothing to mute, no messages of their own about its steps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_JOB = sa.table("job", sa.column("name", sa.String), sa.column("kind", sa.String))
_STEPS = ("claimed", "resolved")


def upgrade() -> None:
    """Go to this revision."""
    of_steps = [_JOB.c.name.like(f"%:{step}:%") for step in _STEPS]
    messages = sa.and_(_JOB.c.kind.in_(("notify", "update_notification")), sa.or_(*of_steps))
    op.execute(_JOB.delete().where(sa.or_(_JOB.c.kind.in_(("explain", "alert")), messages)))
    with op.batch_alter_table("user_preferences") as table:
        table.drop_column("muted_kinds")


def downgrade() -> None:
    """Go back to the one before."""
    muted = sa.Column("muted_kinds", sa.JSON(), server_default=sa.text("'[]'"), nullable=False)
    with op.batch_alter_table("user_preferences") as table:
        table.add_column(muted)
