"""The forms of a card's menu: what they contain, and how they are read."""

from __future__ import annotations

import pytest

from bot.i18n.translator import Translator
from bot.sandbox.slack.block_kit import validate_view
from bot.services.tickets.actions import TicketLinks
from handlers.tickets.menu_forms import CorrectForm, HandOverForm, LinkForm, MergeForm
from handlers.ui.block_kit import Block
from handlers.ui.form_state import State
from handlers.ui.renderer import Renderer
from tests.handlers.samples import EN, make_ticket

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
    state = {"person": {"value": {"selected_user": "U7"}}}
    assert HandOverForm.parse(state, METADATA) == HandOverForm(12, "U7")
    assert HandOverForm.parse({}, "") == HandOverForm(0, "")


@pytest.mark.parametrize(
    ("links", "initial"),
    [(TicketLinks(TICKET), None), (TicketLinks(TICKET, (), OTHER), "LD-7")],
)
def test_merge(links: TicketLinks, initial: str | None) -> None:
    """A likely duplicate is filled in."""
    view = MergeForm.view(links, EN)
    assert heads(view) == ("merge", "Merge LD-12", "Merge", "Cancel")
    (field,) = view["blocks"]
    assert field["block_id"] == "ticket"
    assert field["element"].get("initial_value") == initial
    assert field["element"]["placeholder"]["text"] == "LD-12"
    assert field["element"]["max_length"] == 30
    assert not field.get("optional")
    assert field["hint"]["text"].startswith("The reporter is notified")
    state = {"ticket": {"value": {"value": "LD-7"}}}
    assert MergeForm.parse(state, METADATA) == MergeForm(12, "LD-7")


def test_link() -> None:
    """A ticket's number is required where there is no link to remove."""
    view = LinkForm.view(TicketLinks(TICKET), EN)
    assert heads(view) == ("link", "Link LD-12", "Save", "Cancel")
    (field,) = view["blocks"]
    assert not field.get("optional")
    assert "hint" not in field


def test_remove_links() -> None:
    """Ten linked tickets are offered; then both fields are optional."""
    linked = tuple(make_ticket(number=100 + n, cname=f"room{n}") for n in range(12))
    ticket, unlink = LinkForm.view(TicketLinks(TICKET, linked), EN)["blocks"]
    assert (ticket["optional"], unlink["optional"]) == (True, True)
    assert unlink["block_id"] == "unlink"
    options = unlink["element"]["options"]
    assert len(options) == 10
    assert (options[0]["value"], options[0]["text"]["text"]) == ("100", "LD-100 · room0")
    assert "initial_options" not in unlink["element"]
    state: State = {
        "ticket": {"value": {"value": "LD-7"}},
        "unlink": {"value": {"selected_options": [{"value": "100"}, {"value": "101"}]}},
    }
    assert LinkForm.parse(state, METADATA) == LinkForm(12, "LD-7", ("100", "101"))


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
