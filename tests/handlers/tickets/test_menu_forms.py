"""The forms of a card's menu: what they contain, and how they are read."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.i18n.translator import Translator
from bot.sandbox.slack.block_kit import validate_view
from bot.services.tickets.actions import TicketLinks
from bot.ticket import Status
from bot.tracker_issue import IssueState, TrackerIssue, with_issue
from handlers.tickets.hand_over_form import HandOverForm
from handlers.tickets.menu_forms import (
    CorrectForm,
    LinkForm,
    SnoozeForm,
    ticket_option,
)
from handlers.ui.block_kit import Block
from handlers.ui.form_state import State, to_moment
from handlers.ui.renderer import Renderer
from tests.handlers.samples import EN, NOW, make_ticket

TICKET, OTHER = make_ticket(), make_ticket(number=7, cname="room7")
METADATA = '{"number": 12}'


def heads(view: Block) -> tuple[str, str, str, str]:
    """A form's id, title and buttons; it is about ticket 12."""
    assert validate_view(view) == []
    assert view["private_metadata"] == METADATA
    texts = (view[name]["text"] for name in ("title", "submit", "close"))
    return (view["callback_id"], *texts)


def test_hand_over() -> None:
    """To a person of the workspace."""
    view = HandOverForm.view(TICKET, EN)
    assert heads(view) == ("hand_over", "Hand over LD-12", "Hand over", "Cancel")
    (field,) = view["blocks"]
    assert (field["block_id"], field["element"]["type"]) == ("person", "users_select")
    assert field["hint"]["text"] == "They are notified privately."
    assert not field.get("optional")
    claimed = HandOverForm.view(make_ticket(status=Status.CLAIMED), EN)
    assert claimed["submit"]["text"] == "Hand over or unclaim"
    (field,) = claimed["blocks"]
    assert field["optional"]
    assert "Leave empty to unclaim" in field["hint"]["text"]
    state = {"person": {"value": {"selected_user": "U7"}}}
    assert HandOverForm.parse(state, METADATA) == HandOverForm(12, "U7")
    assert HandOverForm.parse({}, "") == HandOverForm(0, "")


def test_handing_over_to_a_tracker() -> None:
    """The person becomes optional; a tracker with an issue is offered no more, its link is."""
    view = HandOverForm.view(TICKET, EN, ("jira", "zendesk"))
    validate_view(view)
    target, person = view["blocks"]
    values = [option["value"] for option in target["element"]["options"]]
    assert (values, person["optional"]) == (["person", "jira", "zendesk"], True)
    created = TrackerIssue("jira", "U1", IssueState.CREATED, name="SUP-1", url="https://jira/1")
    resolved = make_ticket(status=Status.RESOLVED, issues=with_issue([], created))
    view = HandOverForm.view(resolved, EN, ("jira", "zendesk"))
    validate_view(view)
    target, issues = view["blocks"]
    assert [option["value"] for option in target["element"]["options"]] == ["zendesk"]
    assert "<https://jira/1|SUP-1>" in issues["elements"][0]["text"]
    state: State = {"target": {"value": {"selected_option": {"value": "jira"}}}}
    assert HandOverForm.parse(state, METADATA).tracker == "jira"
    forged: State = {"target": {"value": {"selected_option": {"value": "other"}}}}
    assert HandOverForm.parse(forged, METADATA).tracker == ""


@pytest.mark.parametrize(
    ("day", "mornings"),
    [
        (21, ["tomorrow, 9:00 2026-11-22 09:00", "Monday, 9:00 2026-11-23 09:00"]),  # a Saturday
        (22, ["tomorrow, 9:00 2026-11-23 09:00"]),
        (23, ["tomorrow, 9:00 2026-11-24 09:00", "Monday, 9:00 2026-11-30 09:00"]),
    ],
)
def test_snooze(day: int, mornings: list[str]) -> None:
    """Until a usual time in the reader's zone, or any other; a forged value is none."""
    shanghai = Renderer(Translator("en", "Asia/Shanghai"))
    view = SnoozeForm.view(TICKET, shanghai, NOW.replace(day=day))
    assert heads(view) == ("snooze", "Snooze LD-12", "Snooze", "Cancel")
    until, at = view["blocks"]
    options = {
        each["text"]["text"]: to_moment(each["value"]) for each in until["element"]["options"]
    }
    assert options.pop("1 h from now") == NOW.replace(day=day) + dt.timedelta(hours=1)
    assert options.pop("4 h from now") == NOW.replace(day=day) + dt.timedelta(hours=4)
    assert [
        f"{name.removeprefix('Until ')} {shanghai.translator.local_time(moment):%Y-%m-%d %H:%M}"
        for name, moment in options.items()
        if moment
    ] == mornings
    assert (at["element"]["type"], at["optional"]) == ("datetimepicker", True)
    state: State = {"until": {"value": {"selected_option": {"value": "1795231200"}}}}
    assert SnoozeForm.parse(state, METADATA) == SnoozeForm(12, NOW)
    other = {**state, "at": {"value": {"selected_date_time": 1795231260}}}
    assert SnoozeForm.parse(other, METADATA) == SnoozeForm(12, NOW + dt.timedelta(minutes=1))
    assert SnoozeForm.parse({}, "") == SnoozeForm(0)


@pytest.mark.parametrize("status", list(Status))
def test_link_or_merge(status: Status) -> None:
    """A ticket is chosen in a list, and how it belongs; a resolved ticket can only be linked."""
    view = LinkForm.view(TicketLinks(make_ticket(status=status)), EN)
    assert heads(view) == ("link", "Link LD-12", "Save", "Cancel")
    ticket, *relation = view["blocks"]
    assert (ticket["block_id"], ticket["element"]["type"]) == ("ticket", "external_select")
    assert ticket["element"]["min_query_length"] == 0
    assert not ticket.get("optional")
    if status is Status.RESOLVED:
        assert relation == []
        return
    assert relation[0]["element"]["initial_option"]["value"] == "related"
    assert relation[0]["hint"]["text"].startswith("The reporter is notified")
    state = {name: {"value": {"selected_option": {"value": value}}} for name, value in CHOSEN}
    assert LinkForm.parse(state, METADATA) == LinkForm(12, 7, "duplicate")
    assert LinkForm.parse({}, "") == LinkForm(0)


CHOSEN = (("ticket", "7"), ("relation", "duplicate"))


def test_option_of_a_ticket() -> None:
    """What tells it apart is within the length that Slack allows."""
    long = make_ticket(cname="c" * 64)
    assert ticket_option(OTHER, EN) == {
        "text": {
            "type": "plain_text",
            "text": "LD-7 · Open · room7 · 2026-11-21 03:20 UTC",
            "emoji": True,
        },
        "value": "7",
    }
    assert len(ticket_option(long, EN)["text"]["text"]) == 75


def test_remove_links() -> None:
    """Ten linked tickets are offered; then no ticket has to be chosen."""
    linked = tuple(make_ticket(number=100 + n, cname=f"room{n}") for n in range(12))
    ticket, _, unlink = LinkForm.view(TicketLinks(TICKET, linked), EN)["blocks"]
    assert (ticket["optional"], unlink["optional"]) == (True, True)
    assert unlink["block_id"] == "unlink"
    options = unlink["element"]["options"]
    assert len(options) == 10
    assert (options[0]["value"], options[0]["text"]["text"]) == ("100", "LD-100 · room0")
    assert "initial_options" not in unlink["element"]
    state: State = {
        "unlink": {"value": {"selected_options": [{"value": "100"}, {"value": "101"}]}},
    }
    assert LinkForm.parse(state, METADATA) == LinkForm(12, unlinked=("100", "101"))


FIELDS = [
    *("app", "cname", "teacher_uid", "student_uid", "abnormal_side", "issue_type", "occurred_at"),
]


def test_correct_with_masked_uids() -> None:
    """The report without its comment; a uid that is left empty stays."""
    view = CorrectForm.view(TICKET, ["kids", "adults"], EN, "U7")
    assert heads(view) == ("correct", "Correct LD-12", "Save", "Cancel")
    assert [field["block_id"] for field in view["blocks"]] == FIELDS
    fields = {field["block_id"]: field for field in view["blocks"]}
    assert [name for name in FIELDS if fields[name].get("optional")] == [
        "teacher_uid",
        "student_uid",
    ]
    assert fields["student_uid"]["hint"]["text"] == "Leave empty to keep •••02."
    assert "initial_value" not in fields["teacher_uid"]["element"]
    assert fields["cname"]["element"]["initial_value"] == "class_77_1"
    assert "hint" not in fields["cname"]
    for name, value in (("abnormal_side", "student"), ("issue_type", "3"), ("app", "kids")):
        assert fields[name]["element"]["initial_option"]["value"] == value
    assert fields["occurred_at"]["element"]["initial_date_time"] == 1795231200


def test_correct_where_uids_are_not_masked() -> None:
    """They are filled in and required."""
    renderer = Renderer(Translator("en"), mask=False)
    view = CorrectForm.view(TICKET, ["kids"], renderer, "U7")
    assert [field["block_id"] for field in view["blocks"]] == FIELDS[1:]
    assert not any(field.get("optional") for field in view["blocks"])
    assert view["blocks"][1]["element"]["initial_value"] == "10001"
    assert view["blocks"][2]["element"]["initial_value"] == "20002"
    form = CorrectForm.parse({"cname": {"value": {"value": "room"}}}, METADATA)
    assert (form.number, form.report.cname) == (12, "room")
