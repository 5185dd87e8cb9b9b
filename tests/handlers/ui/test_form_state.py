"""A submitted form's state: values of the wrong type are treated as missing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from handlers.ui.form_state import (
    State,
    read_metadata,
    read_metadata_number,
    read_moment,
    read_user,
    read_value,
    read_values,
)

MALFORMED: list[Any] = [{}, {"f": {}}, {"f": "x"}, {"f": {"other": {}}}, {"f": {"value": []}}]


def state_of(**element: Any) -> State:
    """The state of one field."""
    return {"f": {"value": element}}


@pytest.mark.parametrize("state", MALFORMED)
def test_malformed_state_is_empty(state: State) -> None:
    """Any other shape than Slack's has no values."""
    assert (read_value(state, "f"), read_values(state, "f"), read_user(state, "f")) == ("", (), "")
    assert read_moment(state, "f") is None


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ({"value": "text"}, "text"),
        ({"value": None}, ""),
        ({"value": 12}, ""),
        ({"selected_option": {"value": "student"}}, "student"),
        ({"selected_option": {"value": 3}}, ""),
        ({"selected_option": None, "value": "text"}, "text"),
        ({"selected_option": "student"}, ""),
    ],
)
def test_texts_and_options(element: dict[str, Any], expected: str) -> None:
    """A text, or the selected option's value."""
    assert expected == read_value(state_of(**element), "f")


@pytest.mark.parametrize(
    ("selected", "expected"),
    [
        ([{"value": "a"}, {"value": "b"}], ("a", "b")),
        ([{"value": 1}, "b", {"value": "c"}, {}], ("c",)),
        ({"value": "a"}, ()),
        (None, ()),
    ],
)
def test_several_options(selected: object, expected: tuple[str, ...]) -> None:
    """Every selected option that has a text as value."""
    assert expected == read_values(state_of(selected_options=selected), "f")


@pytest.mark.parametrize(("user", "expected"), [("U1", "U1"), (None, ""), (["U1"], "")])
def test_users(user: object, expected: str) -> None:
    """The selected user's id."""
    assert expected == read_user(state_of(selected_user=user), "f")


@pytest.mark.parametrize(
    ("epoch_s", "expected"),
    [
        (1795231200, dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)),
        (0, dt.datetime(1970, 1, 1, tzinfo=dt.UTC)),
        (True, None),
        ("1795231200", dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)),
        ("now", None),
        (1.5, None),
        (10**30, None),
        (10**12, None),
        (None, None),
    ],
)
def test_moments(epoch_s: object, expected: dt.datetime | None) -> None:
    """Epoch seconds as a whole number within the calendar."""
    assert read_moment(state_of(selected_date_time=epoch_s), "f") == expected


@pytest.mark.parametrize(
    ("metadata", "number", "content"),
    [
        ('{"number": 12}', 12, {"number": 12}),
        ('{"number": "12"}', 0, {"number": "12"}),
        ('{"number": true}', 0, {"number": True}),
        ('{"number": 1.5}', 0, {"number": 1.5}),
        ('{"other": 1}', 0, {"other": 1}),
        ("", 0, {}),
        ("[12]", 0, {}),
        ("null", 0, {}),
        ("{", 0, {}),
    ],
)
def test_metadata(metadata: str, number: int, content: dict[str, Any]) -> None:
    """A JSON object, and the ticket's number in it; no ticket has the number 0."""
    assert content == read_metadata(metadata)
    assert number == read_metadata_number(metadata)
