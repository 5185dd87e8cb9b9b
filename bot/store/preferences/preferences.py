"""The questions asked of what people and channels chose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from bot.store.models import ChannelPreferences, UserPreferences


def user_locale(session: Session, team: str, person: str) -> str:
    """Return the language a person chose, "" when they follow Slack's."""
    preferences = session.get(UserPreferences, (team, person))
    return preferences.locale if preferences else ""


def get_user_preferences(session: Session, team: str, person: str) -> UserPreferences:
    """Return what a person chose; nothing chosen is an empty choice."""
    return session.get(UserPreferences, (team, person)) or UserPreferences(team=team, person=person)


def set_default_app(session: Session, team: str, person: str, app: str) -> None:
    """Remember the app a person reports from most; "" for none."""
    _user_preferences(session, team, person).default_app = app


def set_muted(session: Session, team: str, person: str, kinds: Sequence[str]) -> None:
    """Remember which kinds of private messages a person does without."""
    _user_preferences(session, team, person).muted_kinds = list(kinds)


def save_home_filters(session: Session, team: str, person: str, filters: Mapping[str, Any]) -> None:
    """Remember the filters a person left their home with."""
    _user_preferences(session, team, person).home_filters = dict(filters)


def mark_onboarded(session: Session, team: str, person: str, now: dt.datetime) -> None:
    """Remember that a person has read the first hint."""
    _user_preferences(session, team, person).onboarded_at = now


def _user_preferences(session: Session, team: str, person: str) -> UserPreferences:
    """Find a person's row to change it, or begin one."""
    return session.merge(get_user_preferences(session, team, person))


def channel_locale(session: Session, team: str, channel: str) -> str:
    """Return the language chosen for a channel, "" when it follows the default."""
    preferences = session.get(ChannelPreferences, (team, channel))
    return preferences.locale if preferences else ""


def set_user_locale(session: Session, team: str, person: str, locale: str) -> None:
    """Remember a person's language; "" follows Slack's again."""
    _user_preferences(session, team, person).locale = locale


def set_channel_locale(session: Session, team: str, channel: str, locale: str) -> None:
    """Remember a channel's language; "" follows the default again."""
    session.merge(ChannelPreferences(team=team, channel=channel, locale=locale))
