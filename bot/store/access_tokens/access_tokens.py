"""Personal access tokens, stored as hashes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Index, delete, func
from sqlmodel import Field, Session, SQLModel, col, or_, select

from bot.columns import UtcTime
from bot.store.workspaces.workspaces import Workspace

_ID_LENGTH: Final = 16


class AccessToken(SQLModel, table=True):
    """A token with which a person reads as themselves outside Slack; `label` is their own text."""

    __tablename__ = "access_token"
    __table_args__ = (Index("ix_access_token_team_person", "team", "person"),)

    hash: str = Field(primary_key=True)
    team: str
    person: str
    label: str
    created_at: dt.datetime = Field(sa_type=UtcTime)
    last_used_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)

    @property
    def id(self) -> str:
        """The name of the token where people and logs see it."""
        return self.hash[:_ID_LENGTH]


def add(session: Session, token: AccessToken) -> None:
    """Store a token."""
    session.add(token)


def find(session: Session, token_hash: str) -> AccessToken | None:
    """Return the token with a hash."""
    return session.get(AccessToken, token_hash)


def list_of_person(session: Session, team: str, person: str) -> Sequence[AccessToken]:
    """Return a person's tokens, oldest first."""
    order = (col(AccessToken.created_at), col(AccessToken.hash))
    statement = select(AccessToken).where(*_is_of(team, person)).order_by(*order)
    return session.exec(statement).all()


def count(session: Session, team: str, person: str) -> int:
    """Return how many tokens a person has."""
    statement = select(func.count()).select_from(AccessToken).where(*_is_of(team, person))
    return session.exec(statement).one()


def count_in(session: Session, team: str) -> int:
    """Return how many tokens there are in a workspace, in all for ""."""
    statement = select(func.count()).select_from(AccessToken)
    if team:
        statement = statement.where(AccessToken.team == team)
    return session.exec(statement).one()


def find_of_person(session: Session, team: str, person: str, token_id: str) -> AccessToken | None:
    """Return a token by its id, if it is this person's."""
    return next((t for t in list_of_person(session, team, person) if t.id == token_id), None)


def mark_used(session: Session, token_hash: str, now: dt.datetime, not_since: dt.datetime) -> None:
    """Store that a token was used now, unless that is already stored for after `not_since`."""
    token = session.get(AccessToken, token_hash)
    if token is not None and (token.last_used_at is None or token.last_used_at <= not_since):
        token.last_used_at = now


def delete_of_installation(session: Session, name: str) -> None:
    """Delete the tokens of a workspace, or of all workspaces of an organization."""
    of_organization = select(Workspace.team).where(Workspace.enterprise == name)
    team = col(AccessToken.team)
    statement = delete(AccessToken).where(or_(team == name, team.in_(of_organization)))
    session.connection().execute(statement)


def _is_of(team: str, person: str) -> tuple[ColumnElement[bool], ...]:
    return col(AccessToken.team) == team, col(AccessToken.person) == person
