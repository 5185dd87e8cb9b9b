"""Queries of the preferences of people and channels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from bot.store.models import ChannelPreferences, UserPreferences


def get_user_preferences(session: Session, team: str, person: str) -> UserPreferences:
    """Return a person's preferences, defaults when none are stored."""
    return session.get(UserPreferences, (team, person)) or UserPreferences(team=team, person=person)


def list_chosen(session: Session, limit: int) -> Sequence[UserPreferences]:
    """List the preferences of people who have chosen a language or an app."""
    is_chosen = (col(UserPreferences.locale) != "") | (col(UserPreferences.default_app) != "")
    return session.exec(select(UserPreferences).where(is_chosen).limit(limit)).all()


def set_default_app(session: Session, team: str, person: str, app: str) -> None:
    """Store a person's default app; "" for none."""
    _user_preferences(session, team, person).default_app = app


def save_home_filters(session: Session, team: str, person: str, filters: Mapping[str, Any]) -> None:
    """Store the filters of a person's App Home."""
    _user_preferences(session, team, person).home_filters = dict(filters)


def mark_onboarded(session: Session, team: str, person: str, now: dt.datetime) -> None:
    """Store that a person has dismissed the first hint."""
    _user_preferences(session, team, person).onboarded_at = now


def _user_preferences(session: Session, team: str, person: str) -> UserPreferences:
    """Find a person's row, or create one."""
    return session.merge(get_user_preferences(session, team, person))


def channel_locale(session: Session, team: str, channel: str) -> str:
    """Return the language chosen for a channel, "" when it follows the default."""
    preferences = session.get(ChannelPreferences, (team, channel))
    return preferences.locale if preferences else ""


def set_user_locale(session: Session, team: str, person: str, locale: str) -> None:
    """Store a person's language; "" follows Slack's again."""
    _user_preferences(session, team, person).locale = locale


def set_channel_locale(session: Session, team: str, channel: str, locale: str) -> None:
    """Store a channel's language; "" follows the default again."""
    session.merge(ChannelPreferences(team=team, channel=channel, locale=locale))
