"""The form of a person's preferences."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack.block_kit import validate_view
from bot.services.preferences.service import Preferences
from handlers.preferences.forms import preferences_view, read_preferences
from tests.handlers.samples import EN


def fields_of(saved: Preferences, apps: list[str]) -> dict[str, dict[str, Any]]:
    """The form's fields by id."""
    view = preferences_view(saved, apps, EN, at="home")
    assert validate_view(view) == []
    assert (view["callback_id"], view["private_metadata"]) == ("preferences", '{"at": "home"}')
    return {block["block_id"]: block for block in view["blocks"]}


@pytest.mark.parametrize(
    ("saved", "language", "app"),
    [(Preferences("", ""), "auto", "-"), (Preferences("zh", "adults"), "zh", "adults")],
)
def test_saved_preferences_are_selected(saved: Preferences, language: str, app: str) -> None:
    """Without any, Slack's language and the first app."""
    fields = fields_of(saved, ["kids", "adults"])
    assert list(fields) == ["language", "app"]
    assert fields["language"]["element"]["initial_option"]["value"] == language
    assert fields["app"]["element"]["initial_option"]["value"] == app


def test_options() -> None:
    """Every language; the app only where there are several."""
    fields = fields_of(Preferences("", ""), ["kids"])
    assert list(fields) == ["language"]
    values = {
        name: [option["value"] for option in field["element"]["options"]]
        for name, field in fields.items()
    }
    assert values["language"] == ["auto", "zh", "en"]
    many = fields_of(Preferences("", ""), [f"app{n}" for n in range(150)])
    assert len(many["app"]["element"]["options"]) == 100


@pytest.mark.parametrize(
    ("language", "app", "expected"),
    [
        ("auto", "-", Preferences("", "")),
        ("zh", "adults", Preferences("zh", "adults")),
    ],
)
def test_a_submitted_form(language: str, app: str, expected: Preferences) -> None:
    """Following Slack and the first app are stored as no choice."""
    state: dict[str, Any] = {
        "language": {"value": {"selected_option": {"value": language}}},
        "app": {"value": {"selected_option": {"value": app}}},
    }
    assert read_preferences(state) == expected
