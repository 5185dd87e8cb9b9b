"""The workspaces that installed Lagdesk, and the states of installations under way."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlmodel import JSON, Field, Session, SQLModel, col, select

from bot.columns import UtcTime
from bot.store.models import KeyValue
from bot.store.statements import insertion


class Installation(SQLModel, table=True):
    """An installation in a workspace, or in all workspaces of an organization.

    `team` is the id of either; `data` contains the token and is never displayed.
    """

    __tablename__ = "installation"

    team: str = Field(primary_key=True)
    data: dict[str, Any] = Field(sa_type=JSON)
    at: dt.datetime = Field(sa_type=UtcTime)


def save(session: Session, team: str, data: dict[str, Any], now: dt.datetime) -> None:
    """Store an installation; it replaces an earlier one."""
    session.merge(Installation(team=team, data=data, at=now))


def find(session: Session, team: str) -> dict[str, Any] | None:
    """Return a workspace's installation."""
    installation = session.get(Installation, team)
    return installation.data if installation else None


def list_teams(session: Session) -> list[str]:
    """List the workspaces that installed Lagdesk."""
    return sorted(session.exec(select(Installation.team)).all())


def list_all(session: Session) -> list[Installation]:
    """Return every installation."""
    return list(session.exec(select(Installation)).all())


def claim_rotation(session: Session, team: str, now: dt.datetime, not_before: dt.datetime) -> bool:
    """Claim the exchange of a token, unless another process claimed it after `not_before`."""
    new = insertion(session.get_bind().dialect.name, KeyValue).values(
        name=f"token_rotation:{team}", value="", at=now
    )
    claim = new.on_conflict_do_update(
        index_elements=["name"], set_={"at": now}, where=col(KeyValue.at) <= not_before
    )
    return session.connection().execute(claim.returning(col(KeyValue.name))).first() is not None


def delete(session: Session, team: str) -> bool:
    """Delete the installation of a workspace that removed Lagdesk; return whether it was there."""
    installation = session.get(Installation, team)
    if installation is None:
        return False
    session.delete(installation)
    return True


def issue_state(session: Session, state: str, now: dt.datetime) -> None:
    """Store the state of an installation that began."""
    session.add(KeyValue(name=f"oauth_state:{state}", value="issued", at=now))


def consume_state(session: Session, state: str, not_before: dt.datetime) -> bool:
    """Delete a state; return whether it was valid. A state is valid once, for a short time."""
    row = session.get(KeyValue, f"oauth_state:{state}")
    if row is None:
        return False
    session.delete(row)
    return row.at >= not_before
