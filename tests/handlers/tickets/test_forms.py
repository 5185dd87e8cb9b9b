"""Forms: drawn within Slack's limits, read without trust."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from bot.causes import RESOLUTION_TITLES
from bot.i18n.messages import LocaleName
from bot.i18n.translator import Translator
from bot.sandbox.slack.block_kit import validate_view
from bot.services.tickets.recent_classes import RecentClass
from handlers.tickets.forms import ReportForm, ResolveForm, with_warning
from handlers.tickets.recent_classes import with_late_values, with_own_values, with_recent_classes
from handlers.tickets.resolutions import canned_resolutions
from handlers.ui.causes import cause_menu
from handlers.ui.renderer import Renderer
from tests.handlers.samples import make_ticket

NOW = dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)
UIDS = ("teacher_uid", "student_uid")
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


def test_where_a_uid_is_found() -> None:
    """The last of the uids says it, in the reader's language."""
    expectations: dict[LocaleName, str] = {"zh": "控制台", "en": "the cloud's console"}
    for locale, expected in expectations.items():
        view = ReportForm().view(Renderer(Translator(locale)), ["kids"], NOW)
        hints = {block["block_id"]: block.get("hint", {}).get("text") for block in view["blocks"]}
        assert expected in hints["student_uid"]
        assert hints["teacher_uid"] is None


@pytest.mark.parametrize("locale", LOCALES)
def test_resolve_form(locale: LocaleName) -> None:
    """Every cause is an option once, the diagnosed ones first, of which one is preselected."""
    renderer = Renderer(Translator(locale))
    options = cause_menu(renderer, RESOLUTION_TITLES, ["network.loss", "media.no_sound"])
    keys = [key for _, pairs in options for key, _ in pairs]
    assert keys[:2] == ["network.loss", "media.no_sound"]
    assert sorted(keys) == sorted(RESOLUTION_TITLES)
    usual = canned_resolutions((), renderer)
    view = ResolveForm(12, cause="network.loss").view(renderer, options, usual, "LD-12")
    assert blocks_of(view) == ["cause", "canned", "resolution"]
    assert [each["text"]["text"] for each in view["blocks"][1]["element"]["options"]] == usual
    assert view["blocks"][0]["element"]["initial_option"]["value"] == "network.loss"
    unknown = ResolveForm(12, cause="nothing.known").view(renderer, options, usual, "LD-12")
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
    view = ResolveForm(12).view(EN, [("", [("none", "fine")])], ["cable"], "LD-12")
    assert ResolveForm.parse({}, view["private_metadata"]).number == 12


def fields_of(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A form's fields by id."""
    return {block["block_id"]: block for block in view["blocks"]}


EN = Renderer(Translator("en"))


def test_an_empty_report_form() -> None:
    """Feedback and now are preselected, no app is; only the comment is optional."""
    fields = fields_of(ReportForm().view(EN, ["kids", "adults"], NOW))
    assert "initial_option" not in fields["app"]["element"]
    assert fields["issue_type"]["element"]["initial_option"]["value"] == "4"
    assert [option["value"] for option in fields["issue_type"]["element"]["options"]] == [
        *("1", "2", "3", "4"),
    ]
    assert "initial_option" not in fields["abnormal_side"]["element"]
    assert [option["value"] for option in fields["abnormal_side"]["element"]["options"]] == [
        *("teacher", "student"),
    ]
    assert [name for name in fields if fields[name].get("optional")] == ["comments"]
    assert [name for name in fields if fields[name]["element"].get("multiline")] == ["comments"]


def test_a_chosen_class_fills_in_what_is_left_empty() -> None:
    """Its app too, which is chosen in the form only for a typed channel."""
    view = ReportForm().view(EN, ["kids", "adults"], NOW)
    recent = [RecentClass(12, "adults", "class_77_1", "10001", "20002")]
    fields = fields_of(with_recent_classes(view, recent, EN))
    assert [name for name in fields if fields[name].get("optional")] == [
        *("recent", "app", "cname", "teacher_uid", "student_uid", "comments"),
    ]


@pytest.mark.parametrize(
    ("apps", "where"), [(["kids"], "class_77_1"), (["kids", "adults"], "class_77_1 (kids)")]
)
def test_a_warning_of_another_ticket(apps: list[str], where: str) -> None:
    """It names the app where there are several."""
    warning, *_ = with_warning(ReportForm().view(EN, apps, NOW), make_ticket(), EN)["blocks"]
    assert f"LD-12 is already open for {where}, reported" in warning["elements"][0]["text"]


def test_a_prefilled_report_form() -> None:
    """What the form has is filled in, and read as it was written."""
    form = ReportForm(
        app="adults",
        cname="room",
        teacher_uid="1",
        student_uid="2",
        abnormal_side="student",
        issue_type="3",
        occurred_at=NOW - dt.timedelta(hours=1),
        comments="hello",
    )
    fields = fields_of(form.view(EN, ["kids", "adults"], NOW))
    texts = {name: field["element"].get("initial_value") for name, field in fields.items()}
    assert {name: text for name, text in texts.items() if text} == {
        "cname": "room",
        "teacher_uid": "1",
        "student_uid": "2",
        "comments": "hello",
    }
    chosen = {name: field["element"].get("initial_option") for name, field in fields.items()}
    assert {name: option["value"] for name, option in chosen.items() if option} == {
        "app": "adults",
        "abnormal_side": "student",
        "issue_type": "3",
    }
    assert fields["occurred_at"]["element"]["initial_date_time"] == int(NOW.timestamp()) - 3600
    state: dict[str, Any] = {name: {"value": {"value": text}} for name, text in texts.items()}
    for name, option in chosen.items():
        if option:
            state[name] = {"value": {"selected_option": option}}
    moment = fields["occurred_at"]["element"]["initial_date_time"]
    state["occurred_at"] = {"value": {"selected_date_time": moment}}
    assert ReportForm.parse(state) == form
    opened = replace(form, app="", teacher_uid="")
    view = with_late_values(form.view(EN, ["kids", "adults"], NOW), opened, form, EN)
    late = [each for each in view["blocks"] if each["block_id"] in ("app", "teacher_uid")]
    assert [each["hint"]["text"] for each in late] == [
        f"Left empty, it is {value}." for value in (form.app, form.teacher_uid)
    ]
    assert [each["optional"] for each in late] == [True, True]
    for name in ("app", "teacher_uid"):  # Slack fills in no field that is open
        state[name] = {"value": {}}
    assert ReportForm.parse(state, view["private_metadata"]) == form
    state["teacher_uid"] = {"value": {"value": "3"}}
    assert ReportForm.parse(state, view["private_metadata"]).teacher_uid == "3"


@pytest.mark.parametrize(
    ("classes", "own"),
    [
        ((("kids", "1", "7"), ("kids", "1", "8"), ("kids", "1", "9")), ("1", "")),
        ((("kids", "1", "7"), ("kids", "2", "7"), ("kids", "3", "7")), ("", "7")),
        ((("kids", "1", "7"), ("kids", "1", "8"), ("kids", "1", "8")), ("", "")),
        ((("kids", "1", "7"), ("kids", "1", "8"), ("adults", "1", "9")), ("", "")),
        ((("kids", "1", "7"), ("kids", "1", "8"), ("kids", "2", "9")), ("", "")),
    ],
)
def test_the_reporters_own_uid(
    classes: tuple[tuple[str, str, str], ...], own: tuple[str, str]
) -> None:
    """What is in all of their classes is filled in, in their own words and for its app alone."""
    recent = [RecentClass(n, app, f"room_{n}", *uids) for n, (app, *uids) in enumerate(classes)]
    view = with_recent_classes(ReportForm().view(EN, ["kids", "adults"], NOW), recent, EN)
    assert validate_view(view) == []
    filled = with_own_values(ReportForm(), recent, is_own_text=True)
    assert (filled.app, uids_of(filled)) == ("kids", own)
    for app, is_own_text, expected in (
        ("kids", True, own),
        ("kids", False, ("", "")),
        ("adults", True, ("", "")),
    ):
        form = with_own_values(ReportForm(app=app), recent, is_own_text=is_own_text)
        assert uids_of(form) == expected
    for uids in (("4", "5"), own[::-1]):
        typed = ReportForm(teacher_uid=uids[0], student_uid=uids[1])
        assert uids_of(with_own_values(typed, recent, is_own_text=True)) == uids


def uids_of(form: ReportForm) -> tuple[str, str]:
    """Both uids of a form."""
    return form.teacher_uid, form.student_uid


def test_lengths_of_inputs() -> None:
    """Longer than the rules, so that a mistake is explained instead of cut off."""
    view = ReportForm().view(EN, [f"app{n}" for n in range(101)], NOW)
    fields = fields_of(view)
    lengths = {name: field["element"].get("max_length") for name, field in fields.items()}
    assert {name: length for name, length in lengths.items() if length} == {
        "cname": 128,
        "teacher_uid": 64,
        "student_uid": 64,
        "comments": 1000,
    }
    assert len(fields["app"]["element"]["options"]) == 100
    assert validate_view(view) == []


def test_a_form_without_an_app() -> None:
    """Before any app is configured, the form can still be built."""
    assert "app" not in fields_of(ReportForm().view(EN, [], NOW))


def test_what_is_written_in_a_resolve_form() -> None:
    """What was done is chosen, written, or both."""
    canned = ["new cable", "new router"]
    view = ResolveForm(12).view(EN, [("", [("none", "fine")])], canned, "LD-12")
    assert (view["title"]["text"], view["submit"]["text"]) == ("Resolve LD-12", "Resolve")
    cause, chosen, written = view["blocks"]
    assert [bool(field.get("optional")) for field in (cause, chosen, written)] == [
        False,
        True,
        True,
    ]
    assert (written["element"]["multiline"], written["element"]["max_length"]) == (True, 1000)
    state: dict[str, Any] = {
        "cause": {"value": {"selected_option": {"value": "network.loss"}}},
        "resolution": {"value": {"value": " by post "}},
    }
    form = ResolveForm.parse(state, view["private_metadata"])
    assert form == ResolveForm(12, "network.loss", "", "by post")
    assert form.text(canned) == "by post"
    state["canned"] = {"value": {"selected_option": {"value": "1"}}}
    assert ResolveForm.parse(state, "").text(canned) == "new router\nby post"
    assert ResolveForm(12, canned="1").text(canned) == "new router"
    assert ResolveForm(12, canned="2").text(canned) == ""
