"""The workspaces that installed Lagdesk, and the states of installations under way."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlmodel import JSON, Field, Session, SQLModel

from bot.store.models import Trait
from bot.ticket import UtcTime


class Install(SQLModel, table=True):
    """One workspace's installation; `data` holds its token and is shown to nobody."""

    team: str = Field(primary_key=True)
    enterprise: str = ""
    data: dict[str, Any] = Field(sa_type=JSON)
    at: dt.datetime = Field(sa_type=UtcTime)


def save(session: Session, team: str, data: dict[str, Any], now: dt.datetime) -> None:
    """Remember an installation; a newer one replaces it."""
    session.merge(Install(team=team, data=data, at=now))


def find(session: Session, team: str) -> dict[str, Any] | None:
    """Return a workspace's installation."""
    install = session.get(Install, team)
    return install.data if install else None


def forget(session: Session, team: str) -> None:
    """Forget a workspace that removed Lagdesk."""
    install = session.get(Install, team)
    if install is not None:
        session.delete(install)


def issue_state(session: Session, state: str, now: dt.datetime) -> None:
    """Remember that an installation began."""
    session.add(Trait(name=f"oauth_state:{state}", value="issued", at=now))


def consume_state(session: Session, state: str, not_before: dt.datetime) -> bool:
    """Tell whether this installation began here a short while ago; each state works once."""
    trait = session.get(Trait, f"oauth_state:{state}")
    if trait is None:
        return False
    session.delete(trait)
    return trait.at >= not_before
