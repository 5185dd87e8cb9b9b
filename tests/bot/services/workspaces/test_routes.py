"""Routes and time zones as people write them."""

from __future__ import annotations

import pytest

from bot.errors import InputError
from bot.services.workspaces.routes import read_routes, write_routes
from bot.services.workspaces.settings import Route
from bot.services.workspaces.zones import find_zone

APPS = ("kids", "adults")


@pytest.mark.parametrize(
    ("line", "route"),
    [
        ("kids C0123456789", Route("kids", "", "C0123456789")),
        ("  KIDS   ZH  C0123456789 ", Route("kids", "zh", "C0123456789")),
        ("en G0123456789 S0123456789", Route("", "en", "G0123456789", "S0123456789")),
        ("C0123456789 kids", Route("kids", "", "C0123456789")),
        (
            "adults <#C0123456789|leads> <!subteam^S0123456789|@support>",
            Route("adults", "", "C0123456789", "S0123456789"),
        ),
        ("ｋｉｄｓ　C0123456789", Route("kids", "", "C0123456789")),
    ],
)
def test_line(line: str, route: Route) -> None:
    """In any order and case, with ids as people write or paste them; written as they are read."""
    assert read_routes(line, APPS) == (route,)
    assert read_routes(write_routes((route,)), APPS) == (route,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kids", "Line 1"),
        ("kids C0123456789\nC0123456780", "Line 2"),
        ("kids adults C0123456789", "Line 1"),
        ("piano C0123456789", "piano"),
        ("kids #leads", "#leads"),
        ("kids S0123456789", "Line 1"),
        ("kids C0123456789\n\nkids C0123456780", "Two lines"),
    ],
)
def test_what_is_no_route(text: str, expected: str) -> None:
    """The first line that is wrong is named."""
    with pytest.raises(InputError) as error:
        read_routes(text, APPS)
    assert expected in str(error.value.fields["routes"])


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Asia/Shanghai", "Asia/Shanghai"),
        (" europe/berlin", "Europe/Berlin"),
        ("shanghai", "Asia/Shanghai"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
        ("", ""),
        ("Mars/Olympus", ""),
    ],
)
def test_zone(text: str, zone: str) -> None:
    """By its name, or by its city alone."""
    assert find_zone(text) == zone
