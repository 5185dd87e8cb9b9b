"""Alembic's entry: runs the revisions beside it on the connection the store hands over."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import AutoString, SQLModel

from bot import store
from bot.columns import EnumText, UtcTime

for module in pkgutil.walk_packages(store.__path__, "bot.store."):
    import_module(module.name)  # fills the metadata


def render_plainly(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types as the plain types they are kept as."""
    _ = autogen
    if kind == "type" and isinstance(item, UtcTime):
        return "sa.DateTime()"
    if kind == "type" and isinstance(item, EnumText):
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
