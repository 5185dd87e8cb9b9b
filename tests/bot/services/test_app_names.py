"""The app that a person names in a command."""

from __future__ import annotations

import pytest

from bot.services.app_names import find_app


@pytest.mark.parametrize(
    ("name", "app"),
    [("kids", "kids"), ("Kids", "Kids"), ("KIDS", "Kids"), ("kid", None), ("", None)],
)
def test_names_that_differ_in_case_only(name: str, app: str | None) -> None:
    """The exact name first, then the first app that differs in case only."""
    assert app == find_app(name, ["adults", "Kids", "kids"])
