"""The forms for acting on a running call: who is in it, what can be done, what that means."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call import Side
from bot.errors import InputError
from bot.i18n.messages import message
from bot.ports import Occupancy
from bot.sandbox.slack.block_kit import validate_view
from bot.services.call_control.service import CallControlAction, CallControlRequest, RoomView
from handlers.call_control.forms import (
    ConfirmForm,
    RoomForm,
    refusal_view,
    room_command,
    uids_view,
)
from handlers.slack.request import Requester
from handlers.ui.block_kit import Block
from tests.handlers.samples import EN, ZH, make_ticket, texts_of

TICKET = make_ticket(cloud="huawei")
REMOVE, DISMISS, RECORD = (
    CallControlAction.REMOVE_STUDENT,
    CallControlAction.DISMISS,
    CallControlAction.RECORD,
)
HEAD = ["*LD-12* · channel class_77_1", "Teacher •••01, student •••02"]


def room_view(*choices: CallControlAction, is_loading: bool = False, **values: Any) -> Block:
    """The modal with these choices."""
    view = RoomForm.view(RoomView(TICKET, choices, **values), EN, is_loading=is_loading)
    assert validate_view(view) == []
    return view


@pytest.mark.parametrize(
    ("uids", "invisible", "expected"),
    [
        (
            ("10001", "20002"),
            (),
            [
                "2 people are in the channel now.",
                "The teacher and the student are among them.",
            ],
        ),
        (
            ("10001",),
            (),
            [
                "1 person is in the channel now.",
                "The teacher is among them, the student is not.",
            ],
        ),
        (
            ("20002", "3"),
            (),
            [
                "2 people are in the channel now.",
                "The student is among them, the teacher is not.",
            ],
        ),
        (
            (),
            (),
            [
                "0 people are in the channel now.",
                "Neither the teacher nor the student is among them.",
            ],
        ),
        (
            ("10001", "20002", "3"),
            ("3",),
            [
                "3 people are in the channel now.",
                "The teacher and the student are among them.",
                "1 of them is invisible to the others.",
            ],
        ),
        (
            ("10001", "20002", "3"),
            ("3", "10001"),
            [
                "3 people are in the channel now.",
                "The teacher and the student are among them.",
                "2 of them are invisible to the others.",
            ],
        ),
    ],
)
def test_who_is_in_the_channel(
    uids: tuple[str, ...],
    invisible: tuple[str, ...],
    expected: list[str],
) -> None:
    """How many, whether teacher and student are among them, and how many are invisible."""
    view = room_view(occupancy=Occupancy(uids, invisible=invisible))
    assert texts_of(view["blocks"])["who"] == [*HEAD, *expected]


def test_while_it_is_not_known_who_is_in_the_channel() -> None:
    """It is being fetched, or failed."""
    assert texts_of(room_view(is_loading=True)["blocks"])["who"] == [
        *HEAD,
        "Asking Huawei Cloud who is in the channel …",
    ]
    failed = room_view(failure=message("Not found."))
    assert texts_of(failed["blocks"])["who"] == [*HEAD, "Not found."]
    assert texts_of(room_view()["blocks"])["who"] == HEAD


def test_choices() -> None:
    """Each action that is possible; without any there is nothing to submit."""
    view = room_view(REMOVE, DISMISS, occupancy=Occupancy(("1", "2", "3")))
    assert (view["callback_id"], view["title"]["text"]) == ("room", "Manage call: LD-12")
    assert (view["submit"]["text"], view["close"]["text"]) == ("Next", "Cancel")
    options = view["blocks"][1]["element"]["options"]
    assert [(option["value"], option["text"]["text"]) for option in options] == [
        (REMOVE.value, "Remove the student •••02 from the channel"),
        (DISMISS.value, "Close the channel for everybody"),
    ]
    state = {"choice": {"value": {"selected_option": {"value": DISMISS.value}}}}
    assert RoomForm.parse(state, view["private_metadata"]) == RoomForm(12, DISMISS.value, 3)
    empty = room_view()
    assert "submit" not in empty
    assert RoomForm.parse({}, empty["private_metadata"]) == RoomForm(12, "", None)


def test_a_recording_needs_a_rule() -> None:
    """The reader learns which setting is missing."""
    (line,) = texts_of(room_view(needs_rule=True)["blocks"])["rule"]
    assert line.endswith("set a recording rule for its app in HUAWEI_RECORD_RULES.")
    assert "rule" not in texts_of(room_view()["blocks"])


@pytest.mark.parametrize("metadata", ["", "[]", '{"number": "12", "people": "3"}'])
def test_forged_metadata(metadata: str) -> None:
    """It is about no ticket."""
    assert RoomForm.parse({}, metadata) == RoomForm(0, "", None)
    assert ConfirmForm.parse({}, metadata) == ConfirmForm(0, "", "")


@pytest.mark.parametrize(
    ("choice", "people", "blocks", "submit"),
    [
        (REMOVE, 3, ["danger"], "Remove the student"),
        (DISMISS, 3, ["danger", "people"], "Close the channel"),
        (DISMISS, 0, ["danger", "people"], "Close the channel"),
        (DISMISS, None, ["danger"], "Close the channel"),
        (RECORD, 3, ["danger", "side"], "Record"),
    ],
)
def test_the_confirmation(
    choice: CallControlAction,
    people: int | None,
    blocks: list[str],
    submit: str,
) -> None:
    """It names the consequence, and how many people it affects where that is known."""
    view = ConfirmForm.view(TICKET, choice, people, EN)
    assert validate_view(view) == []
    assert [block["block_id"] for block in view["blocks"]] == blocks
    assert (view["callback_id"], view["submit"]["text"], view["close"]["text"]) == (
        *("room_confirm", submit, "Back"),
    )
    texts = texts_of(view["blocks"])
    assert texts["danger"][0] == ":warning: *Are you sure?*"
    assert "class_77_1" in texts["danger"][1]
    if "people" in texts:
        assert texts["people"] == [f"{people} people are in the channel now."]
    form = ConfirmForm.parse({}, view["private_metadata"])
    assert form == ConfirmForm(12, choice.value, "")


@pytest.mark.parametrize("abnormal_side", list(Side))
def test_the_other_sides_stream_is_recorded(abnormal_side: Side) -> None:
    """It is what the person with the problem receives; the reader may choose otherwise."""
    ticket = make_ticket(cloud="huawei", abnormal_side=abnormal_side)
    field = ConfirmForm.view(ticket, RECORD, None, EN)["blocks"][1]
    assert field["element"]["initial_option"]["value"] == abnormal_side.other.value
    state = {"side": {"value": {"selected_option": {"value": "student"}}}}
    assert ConfirmForm.parse(state, "{}").side == "student"


def test_full_uids() -> None:
    """Unmasked, with a note that it is recorded; there is nothing to submit."""
    view = uids_view(TICKET, EN)
    assert texts_of(view["blocks"]) == {
        "uids": ["Teacher: `10001`", "Student: `20002`"],
        "noted": ["Lagdesk keeps a record of who saw them, and when."],
    }
    assert (view["title"]["text"], view["close"]["text"]) == ("Full uids", "Close")
    assert "submit" not in view
    assert uids_view(TICKET, ZH)["close"]["text"] == "关闭"


def test_a_refusal() -> None:
    """Why nothing was done."""
    view = refusal_view(InputError({"x": message("Not found.")}), EN)
    assert view["title"]["text"] == "Not done"
    assert list(texts_of(view["blocks"])) == ["why"]
    assert "submit" not in view


def test_the_request_of_a_form() -> None:
    """One submitted view is one command."""
    command = room_command(Requester("T1", "U7", "C1"), 12, DISMISS, {"id": "V9"})
    assert command == CallControlRequest("T1", 12, "U7", DISMISS, "V9")
