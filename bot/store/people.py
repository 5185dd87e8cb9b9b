"""The questions asked of what people and channels chose."""

from __future__ import annotations

from sqlmodel import Session

from bot.store.tables import Channel, Reader


def reader_locale(session: Session, team: str, person: str) -> str:
    """Return the language a person chose, "" when they follow Slack's."""
    reader = session.get(Reader, (team, person))
    return reader.locale if reader else ""


def channel_locale(session: Session, team: str, channel: str) -> str:
    """Return the language chosen for a channel, "" when it follows the default."""
    chosen = session.get(Channel, (team, channel))
    return chosen.locale if chosen else ""


def choose_reader_locale(session: Session, team: str, person: str, locale: str) -> None:
    """Remember a person's language; "" follows Slack's again."""
    session.merge(Reader(team=team, person=person, locale=locale))


def choose_channel_locale(session: Session, team: str, channel: str, locale: str) -> None:
    """Remember a channel's language; "" follows the default again."""
    session.merge(Channel(team=team, channel=channel, locale=locale))
