"""Arguments of a call: a form has strings only, JSON what it is; pages by cursor."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack.api.arguments import Arguments
from bot.sandbox.slack.api.paging import paginate
from bot.sandbox.slack.errors import WebApiError


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (True, True),
        (1, True),
        ("1", True),
        ("true", True),
        ("True", True),
        (False, False),
        (0, False),
        ("0", False),
        ("false", False),
        ("", False),
        (None, False),
    ],
)
def test_flags(given: object, *, expected: bool) -> None:
    """Slack takes 1 and true for yes, as a word or as JSON."""
    assert Arguments({"flag": given}).flag("flag") is expected


def test_a_flag_that_is_not_given_has_its_default() -> None:
    """Which is no, unless the method says otherwise."""
    assert [Arguments({}).flag("flag", default=yes) for yes in (True, False)] == [True, False]
    assert not Arguments({}).flag("flag")


@pytest.mark.parametrize(
    ("given", "expected"),
    [('{"a": 1}', {"a": 1}), ("[1", "[1"), ("word", "word"), ({"a": 1}, {"a": 1}), (None, None)],
)
def test_json_in_a_form(given: object, expected: object) -> None:
    """JSON in a string is parsed; what is no JSON is left for the method to refuse."""
    assert Arguments({"blocks": given}).decoded("blocks") == expected


@pytest.mark.parametrize("given", ["x", "1.5", [], {}, None])
def test_numbers_are_whole(given: object) -> None:
    """Anything else is refused."""
    with pytest.raises(WebApiError, match="invalid_arguments"):
        Arguments({"limit": given}).number("limit", 5)


def test_text_and_numbers() -> None:
    """Numbers may be written as text and the other way around."""
    arguments = Arguments({"ts": 1.5, "limit": "7"})
    assert (arguments.text("ts"), arguments.text("none")) == ("1.5", "")
    assert (arguments.number("limit", 5), arguments.number("none", 5)) == (7, 5)
    assert (arguments.has("ts"), arguments.has("none")) == (True, False)


@pytest.mark.parametrize(
    ("limit", "pages"),
    [(1, [1, 1, 1, 1]), (3, [3, 1]), (4, [4]), (1000, [4]), (0, [2, 2]), (None, [2, 2])],
)
def test_pages(limit: int | None, pages: list[int]) -> None:
    """A page has `limit` items, by default 2 here; the last one has no cursor."""
    seen: list[list[int]] = []
    cursor: Any = ""
    while cursor or not seen:
        given = {"cursor": cursor} | ({} if limit is None else {"limit": limit})
        page, metadata = paginate(range(4), Arguments(given), 2)
        seen.append(page)
        cursor = metadata["response_metadata"]["next_cursor"]
    assert [len(page) for page in seen] == pages
    assert [item for page in seen for item in page] == [0, 1, 2, 3]


@pytest.mark.parametrize("limit", [-1, 1001])
def test_a_limit_has_limits(limit: int) -> None:
    """One to a thousand."""
    with pytest.raises(WebApiError, match="invalid_limit"):
        paginate(range(4), Arguments({"limit": limit}), 2)
