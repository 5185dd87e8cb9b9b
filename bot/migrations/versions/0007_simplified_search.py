"""The search index with traditional Chinese characters as simplified ones."""

from __future__ import annotations

from alembic import op

from bot.store.tickets import search_index

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index all tickets again."""
    search_index.drop(op.get_bind())
    search_index.create(op.get_bind())
    search_index.index_all(op.get_bind())


def downgrade() -> None:
    """Go back; the earlier index needs no other tables."""
