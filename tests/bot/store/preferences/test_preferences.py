"""What people and channels chose."""

from __future__ import annotations

from bot.store import Session
from bot.store.preferences import preferences
from tests.bot.store.factories import NOON


def test_choices_of_a_person_are_independent(session: Session) -> None:
    """Each choice leaves the others as they are; another person, or workspace, chose nothing."""
    preferences.set_user_locale(session, "T1", "U1", "zh")
    preferences.set_default_app(session, "T1", "U1", "kids")
    preferences.save_home_filters(session, "T1", "U1", {"state": "open"})
    preferences.mark_onboarded(session, "T1", "U1", NOON)
    session.flush()
    session.expire_all()
    chosen = preferences.get_user_preferences(session, "T1", "U1")
    assert (chosen.locale, chosen.default_app) == ("zh", "kids")
    assert chosen.home_filters == {"state": "open"}
    assert chosen.onboarded_at == NOON
    for key in (("T2", "U1"), ("T1", "U2")):
        other = preferences.get_user_preferences(session, *key)
        assert (other.locale, other.default_app) == ("", "")
        assert preferences.get_user_preferences(session, *key).locale == ""


def test_language_follows_slack_again(session: Session) -> None:
    """An empty choice is no choice."""
    assert preferences.get_user_preferences(session, "T1", "U1").locale == ""
    preferences.set_user_locale(session, "T1", "U1", "zh")
    assert preferences.get_user_preferences(session, "T1", "U1").locale == "zh"
    preferences.set_user_locale(session, "T1", "U1", "")
    assert preferences.get_user_preferences(session, "T1", "U1").locale == ""


def test_channel_has_a_language_of_its_own(session: Session) -> None:
    """Each channel's last choice counts."""
    assert preferences.channel_locale(session, "T1", "C1") == ""
    for locale in ("zh", "both"):
        preferences.set_channel_locale(session, "T1", "C1", locale)
    assert preferences.channel_locale(session, "T1", "C1") == "both"
    assert preferences.channel_locale(session, "T1", "C2") == ""
