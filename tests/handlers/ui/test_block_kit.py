"""Block Kit as Slack expects it: ids, texts and options, cut to Slack's documented limits."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from handlers.ui import block_kit
from handlers.ui.block_kit import Block, Element

PAIRS = [("1", "One"), ("2", "Two"), ("3", "Three")]


def plain(text: str) -> dict[str, Any]:
    """A plain_text object."""
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str) -> dict[str, Any]:
    """A mrkdwn object in which Slack makes no links of its own."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def option(value: str, text: str) -> dict[str, Any]:
    """An option of a menu."""
    return {"text": plain(text), "value": value}


OPTIONS = [option(*pair) for pair in PAIRS]


def element_of(element: Element) -> dict[str, Any]:
    """The element of an input block, without the action id that every one has."""
    built: dict[str, Any] = block_kit.field("f", "L", element)["element"]
    assert built.pop("action_id") == "value"
    return built


@pytest.mark.parametrize(
    ("text", "expected"),
    [("abcde", "abcde"), ("abcdef", "abcd…"), ("", " ")],
)
def test_texts_are_cut_to_a_length(text: str, expected: str) -> None:
    """A text as long as the limit stays, a longer one ends in an ellipsis; Slack wants one."""
    assert expected == block_kit.clip(text, 5)
    assert expected == block_kit.clip_mrkdwn(text, 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ab <!date^1^x|y> and more", "ab …"),
        ("ab &amp; cde and so on", "ab …"),
        ("a <b> cd efghij", "a <b> …"),
        ("<@U1234567890>", "…"),
    ],
)
def test_a_cut_never_leaves_half_a_token(text: str, expected: str) -> None:
    """A date, a mention or an entity at the limit is left out whole."""
    length = 5 if text.startswith("ab &") else 7
    assert expected == block_kit.clip_mrkdwn(text, length)


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (
            block_kit.section("s", "t", fields=["a"], accessory=block_kit.button("x", "B", "v")),
            {
                "type": "section",
                "block_id": "s",
                "text": mrkdwn("t"),
                "fields": [mrkdwn("a")],
                "accessory": {
                    "type": "button",
                    "text": plain("B"),
                    "action_id": "x",
                    "value": "v",
                },
            },
        ),
        (block_kit.section("s", "t"), {"type": "section", "block_id": "s", "text": mrkdwn("t")}),
        (
            block_kit.section("s", "", fields=["a"]),
            {"type": "section", "block_id": "s", "fields": [mrkdwn("a")]},
        ),
        (
            block_kit.context("c", "a", "", "b"),
            {"type": "context", "block_id": "c", "elements": [mrkdwn("a"), mrkdwn("b")]},
        ),
        (
            block_kit.actions("a", block_kit.button("x", "B", "v", style="danger")),
            {
                "type": "actions",
                "block_id": "a",
                "elements": [
                    {
                        "type": "button",
                        "text": plain("B"),
                        "action_id": "x",
                        "value": "v",
                        "style": "danger",
                    },
                ],
            },
        ),
        (
            block_kit.image("i", "F0123456789", alt_text="", title="T"),
            {
                "type": "image",
                "block_id": "i",
                "slack_file": {"id": "F0123456789"},
                "alt_text": " ",
                "title": plain("T"),
            },
        ),
        (block_kit.home([{"type": "divider"}]), {"type": "home", "blocks": [{"type": "divider"}]}),
    ],
    ids=lambda value: "" if isinstance(value, str) else value["type"],
)
def test_blocks(block: Block, expected: Block) -> None:
    """Each block has its id, its texts and nothing else."""
    assert expected == block


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        (
            block_kit.text_input(),
            {"type": "plain_text_input", "max_length": 200},
        ),
        (
            block_kit.text_input("abc", placeholder="P", multiline=True, max_length=2),
            {
                "type": "plain_text_input",
                "multiline": True,
                "max_length": 2,
                "initial_value": "ab",
                "placeholder": plain("P"),
            },
        ),
        (block_kit.select(PAIRS), {"type": "static_select", "options": OPTIONS}),
        (
            block_kit.select(PAIRS, "2"),
            {"type": "static_select", "options": OPTIONS, "initial_option": OPTIONS[1]},
        ),
        (block_kit.radio(PAIRS, "9"), {"type": "radio_buttons", "options": OPTIONS}),
        (
            block_kit.radio(PAIRS, "3"),
            {"type": "radio_buttons", "options": OPTIONS, "initial_option": OPTIONS[2]},
        ),
        (block_kit.checkboxes(PAIRS, []), {"type": "checkboxes", "options": OPTIONS}),
        (
            block_kit.checkboxes(PAIRS, ["1", "3"]),
            {
                "type": "checkboxes",
                "options": OPTIONS,
                "initial_options": [OPTIONS[0], OPTIONS[2]],
            },
        ),
        (block_kit.user_select(), {"type": "users_select"}),
        (block_kit.datetime_input(), {"type": "datetimepicker"}),
    ],
)
def test_form_elements(element: Element, expected: dict[str, Any]) -> None:
    """A form's elements have the action id `value` and at most the options selected."""
    built = {key: value for key, value in element_of(element).items() if value is not None}
    assert expected == built


@pytest.mark.parametrize(
    ("element", "value", "initial"),
    [
        (block_kit.text_input(max_length=2), "abc", {"initial_value": "ab"}),
        (block_kit.text_input(), "", {}),
        (block_kit.select(PAIRS), "2", {"initial_option": OPTIONS[1]}),
        (block_kit.radio(PAIRS), "2", {"initial_option": OPTIONS[1]}),
        (block_kit.radio(PAIRS), "9", {}),
        (block_kit.datetime_input(), 1795231200, {"initial_date_time": 1795231200}),
    ],
)
def test_fill_in(element: Element, value: Any, initial: dict[str, Any]) -> None:
    """The value is added to a copy; the empty field can be filled in again."""
    field = block_kit.field("field", "Field", element)
    before = copy.deepcopy(field)
    assert block_kit.fill_in(field, value) == {**before, "element": before["element"] | initial}
    assert field == before


def test_menus_that_send_an_action() -> None:
    """A menu outside a form has an action id of its own; an overflow menu takes five options."""
    menu = block_kit.action_select("act", PAIRS, "2")
    overflow = block_kit.overflow("more", [(str(n), "x") for n in range(6)])
    first, second = block_kit.actions("a", menu, overflow)["elements"]
    assert (first["action_id"], first["initial_option"]) == ("act", OPTIONS[1])
    assert second["action_id"] == "more"
    assert [each["value"] for each in second["options"]] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("arguments", "hint", "optional"),
    [({}, None, False), ({"hint": "H", "optional": True}, plain("H"), True)],
)
def test_fields(arguments: dict[str, Any], hint: object, *, optional: bool) -> None:
    """A field is required and without a hint unless it says otherwise."""
    field = block_kit.field("f", "L", block_kit.user_select(), **arguments)
    assert (field["type"], field["block_id"], field["label"]) == ("input", "f", plain("L"))
    assert (field.get("hint"), field.get("optional", False)) == (hint, optional)


def test_modals() -> None:
    """A modal without fields has no submit button."""
    view = block_kit.modal("cb", "T", [], submit="", close="C")
    assert view == {
        "type": "modal",
        "callback_id": "cb",
        "title": plain("T"),
        "close": plain("C"),
        "blocks": [],
        "private_metadata": "",
    }
    form = block_kit.modal("cb", "T", [], submit="S", close="C", private_metadata="{}")
    assert (form["submit"], form["private_metadata"]) == (plain("S"), "{}")


@pytest.mark.parametrize(
    ("limit", "cut"),
    [
        (3000, lambda text: block_kit.section("s", text)["text"]),
        (2000, lambda text: block_kit.section("s", "", fields=[text])["fields"][0]),
        (3000, lambda text: block_kit.context("c", text)["elements"][0]),
        (75, lambda text: block_kit.actions("a", _button(text))["elements"][0]["text"]),
        (75, lambda text: element_of(block_kit.select([("1", text)]))["options"][0]["text"]),
        (2000, lambda text: _image(text, "T")["title"] | {"text": _image(text, "T")["alt_text"]}),
        (2000, lambda text: _image("a", text)["title"]),
        (2000, lambda text: block_kit.field("f", text, block_kit.user_select())["label"]),
        (2000, lambda text: block_kit.field("f", "L", block_kit.user_select(), hint=text)["hint"]),
        (150, lambda text: element_of(block_kit.text_input(placeholder=text))["placeholder"]),
        (24, lambda text: block_kit.modal("m", text, [], submit="", close="c")["title"]),
        (24, lambda text: block_kit.modal("m", "t", [], submit="", close=text)["close"]),
        (24, lambda text: block_kit.modal("m", "t", [], submit=text, close="c")["submit"]),
    ],
)
def test_slacks_limits(limit: int, cut: Any) -> None:
    """Slack, "Block Kit": each text may have exactly so many characters."""
    assert cut("x" * limit)["text"] == "x" * limit
    assert cut("x" * (limit + 1))["text"] == "x" * (limit - 1) + "…"


def test_a_section_has_ten_fields_and_a_context_ten_texts() -> None:
    """What is beyond is left out."""
    texts = [str(number) for number in range(11)]
    assert len(block_kit.section("s", "", fields=texts)["fields"]) == 10
    assert len(block_kit.context("c", *texts)["elements"]) == 10


def _button(text: str) -> Element:
    return block_kit.button("x", text, "v")


def _image(alt_text: str, title: str) -> Block:
    return block_kit.image("i", "F0123456789", alt_text=alt_text, title=title)
