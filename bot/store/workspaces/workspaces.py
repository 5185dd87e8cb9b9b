"""The workspaces that Lagdesk serves, and the settings chosen in each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import func, text
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from bot.columns import UtcTime

_TICK: Final = dt.timedelta(microseconds=1)


class Workspace(SQLModel, table=True):
    """A workspace. It stays when Lagdesk is removed from it, and so do its tickets.

    `installed_at` is when Lagdesk was installed there first, None without OAuth. An installation
    for all workspaces of an organization has a row of its own; those of its workspaces name it as
    their `enterprise`. `chosen` has the
    settings chosen with `/lagdesk setup`, by name; what is not in it has its default.
    """

    __tablename__ = "workspace"

    team: str = Field(primary_key=True)
    installed_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    enterprise: str = Field(default="", sa_column_kwargs={"server_default": ""})
    chosen: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSON, sa_column_kwargs={"server_default": text("'{}'")}
    )


def list_all(session: Session) -> list[Workspace]:
    """Return every workspace, those that installed Lagdesk first in that order."""
    order = (col(Workspace.installed_at).is_(None), col(Workspace.installed_at), Workspace.team)
    return list(session.exec(select(Workspace).order_by(*order)).all())


def register(session: Session, team: str, now: dt.datetime) -> None:
    """Store that a workspace installed Lagdesk: when it did so first, and after all others."""
    workspace = _get(session, team)
    newest = session.exec(select(func.max(Workspace.installed_at))).one()
    if workspace.installed_at is None:
        workspace.installed_at = max(now, newest + _TICK) if newest else now


def join(session: Session, team: str, enterprise: str) -> None:
    """Store that a workspace is served by its organization's installation."""
    _get(session, team).enterprise = enterprise


def choose(session: Session, team: str, chosen: Mapping[str, Any]) -> None:
    """Store a workspace's settings in place of the earlier ones."""
    _get(session, team).chosen = dict(chosen)


def _get(session: Session, team: str) -> Workspace:
    return session.merge(session.get(Workspace, team) or Workspace(team=team))
