"""The search index, with every ticket there is."""

from __future__ import annotations

from alembic import op

from bot.store.tickets import search_index

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    search_index.create(op.get_bind())
    search_index.index_all(op.get_bind())


def downgrade() -> None:
    """Go back to the one before."""
    search_index.drop(op.get_bind())
