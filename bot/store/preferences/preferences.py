"""The questions asked of what people and channels chose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from bot.store.models import Channel, Reader


def reader_locale(session: Session, team: str, person: str) -> str:
    """Return the language a person chose, "" when they follow Slack's."""
    reader = session.get(Reader, (team, person))
    return reader.locale if reader else ""


def find_reader(session: Session, team: str, person: str) -> Reader:
    """Return what a person chose; nothing chosen is an empty choice."""
    return session.get(Reader, (team, person)) or Reader(team=team, person=person)


def choose_app(session: Session, team: str, person: str, app: str) -> None:
    """Remember the app a person reports from most; "" for none."""
    _reader(session, team, person).default_app = app


def mute(session: Session, team: str, person: str, kinds: Sequence[str]) -> None:
    """Remember which kinds of private messages a person does without."""
    _reader(session, team, person).muted = list(kinds)


def keep_home(session: Session, team: str, person: str, kept: Mapping[str, Any]) -> None:
    """Remember the filters a person left their home with."""
    _reader(session, team, person).home = dict(kept)


def note_greeted(session: Session, team: str, person: str, now: dt.datetime) -> None:
    """Remember that a person has read the first hint."""
    _reader(session, team, person).greeted_at = now


def _reader(session: Session, team: str, person: str) -> Reader:
    """Find a person's row to change it, or begin one."""
    return session.merge(find_reader(session, team, person))


def channel_locale(session: Session, team: str, channel: str) -> str:
    """Return the language chosen for a channel, "" when it follows the default."""
    chosen = session.get(Channel, (team, channel))
    return chosen.locale if chosen else ""


def choose_reader_locale(session: Session, team: str, person: str, locale: str) -> None:
    """Remember a person's language; "" follows Slack's again."""
    _reader(session, team, person).locale = locale


def choose_channel_locale(session: Session, team: str, channel: str, locale: str) -> None:
    """Remember a channel's language; "" follows the default again."""
    session.merge(Channel(team=team, channel=channel, locale=locale))
