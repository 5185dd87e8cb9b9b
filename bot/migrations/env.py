"""Alembic's entry: runs the revisions beside it on the connection the store hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import AutoString, SQLModel

import bot.store.admin.audit_log
import bot.store.admin.installations
import bot.store.call_control.recordings
import bot.store.call_control.room_commands
import bot.store.diagnosis.events
import bot.store.diagnosis.evidence
import bot.store.diagnosis.feedback
import bot.store.escalation.incidents
import bot.store.models  # noqa: F401 - importing these fills the metadata
from bot.ticket import OneOf, UtcTime


def render_plainly(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types as the plain types they are kept as."""
    _ = autogen
    if kind == "type" and isinstance(item, UtcTime):
        return "sa.DateTime()"
    if kind == "type" and isinstance(item, OneOf):
        return "sa.String(20)"
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    render_item=render_plainly,
)
with context.begin_transaction():
    context.run_migrations()
