"""Forms: drawn within Slack's limits, read without trust."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.causes import RESOLUTION_TITLES
from bot.i18n.messages import LocaleName
from bot.i18n.translator import Translator
from handlers.tickets.forms import ReportForm, ResolveForm
from handlers.tickets.handlers import cause_options
from handlers.ui.renderer import Renderer

NOW = dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)
LOCALES: list[LocaleName] = ["zh", "en", "both"]


def blocks_of(view: dict[str, Any]) -> list[str]:
    """The fields of a form, in order."""
    return [block["block_id"] for block in view["blocks"]]


@pytest.mark.parametrize("locale", LOCALES)
def test_report_form(locale: LocaleName) -> None:
    """The contract's fields, each with the action id `value`; `app` only when there are two."""
    renderer = Renderer(Translator(locale))
    fields = ["cname", "teacher_uid", "student_uid", "abnormal_side", "issue_type"]
    fields += ["occurred_at", "comments"]
    one, two = (ReportForm().view(renderer, apps, NOW) for apps in (["kids"], ["kids", "adults"]))
    assert fields == blocks_of(one)
    assert ["app", *fields] == blocks_of(two)
    assert {block["element"]["action_id"] for block in two["blocks"]} == {"value"}
    assert two["callback_id"] == "report"
    assert len(two["title"]["text"]) <= 24
    moment = next(b for b in two["blocks"] if b["block_id"] == "occurred_at")
    assert int(NOW.timestamp()) == moment["element"]["initial_date_time"]


@pytest.mark.parametrize("locale", LOCALES)
def test_resolve_form(locale: LocaleName) -> None:
    """Every cause is an option, within a menu's limits; a diagnosed one is preselected."""
    renderer = Renderer(Translator(locale))
    options = cause_options(renderer)
    assert len(RESOLUTION_TITLES) == len(options) <= 100
    view = ResolveForm(12, cause="network.loss").view(renderer, options, "LD-12")
    assert blocks_of(view) == ["cause", "resolution"]
    assert view["blocks"][0]["element"]["initial_option"]["value"] == "network.loss"
    unknown = ResolveForm(12, cause="nothing.known").view(renderer, options, "LD-12")
    assert "initial_option" not in unknown["blocks"][0]["element"]


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"cname": {}},
        {"cname": {"value": None}},
        {"cname": {"value": {"value": None}}},
        {"cname": {"value": {"value": 12}}},
        {"cname": {"value": {"value": ["x"]}}},
        {"cname": "x"},
        {"cname": {"other": {"value": "x"}}},
        {"abnormal_side": {"value": {"selected_option": {"value": 3}}}},
        {"abnormal_side": {"value": {"selected_option": "student"}}},
        {"occurred_at": {"value": {"selected_date_time": "soon"}}},
        {"occurred_at": {"value": {"selected_date_time": True}}},
        {"occurred_at": {"value": {"selected_date_time": 10**30}}},
    ],
)
def test_forged_state_is_empty(state: Any) -> None:
    """What is missing or has another shape is read as an empty field."""
    form = ReportForm.parse(state)
    assert (form.cname, form.abnormal_side, form.occurred_at) == ("", "", None)


@pytest.mark.parametrize("metadata", ["", "[]", "null", '{"number": "12"}', '{"number": 1.5}'])
def test_forged_number_is_nobodys(metadata: str) -> None:
    """A resolve form with other metadata than ours is about ticket 0."""
    assert ResolveForm.parse({}, metadata).number == 0


def test_the_ticket_of_a_form_is_read_again() -> None:
    """The modal's metadata has the ticket's number."""
    view = ResolveForm(12).view(Renderer(Translator("en")), [("none", "fine")], "LD-12")
    assert ResolveForm.parse({}, view["private_metadata"]).number == 12
