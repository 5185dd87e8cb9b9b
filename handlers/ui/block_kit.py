"""Block Kit from slackblocks: explicit ids, required alt text, texts cut to Slack's limits."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, Final, Literal

import slackblocks as sb

Block = dict[str, Any]
Element = Any
OptionGroup = tuple[str, Sequence[tuple[str, str]]]  # a label, and (value, text) pairs

TEXT_LENGTH: Final = 3000
FIELD_LENGTH: Final = 2000
HEADER_LENGTH: Final = 150
OPTION_LENGTH: Final = 75
TITLE_LENGTH: Final = 24
LABEL_LENGTH: Final = 2000
PLACEHOLDER_LENGTH: Final = 150
CONFIRMATION_TITLE_LENGTH: Final = 100
CONFIRMATION_TEXT_LENGTH: Final = 300
CONFIRMATION_BUTTON_LENGTH: Final = 30
_CUT_TOKEN: Final = re.compile(r"(<[^>]*|&[a-z]{0,4})$")
INPUT_ACTION_ID: Final = "value"  # the action id of every form element; its block's id is the field


def clip(text: str, length: int) -> str:
    """Cut a text to Slack's limit, ending in an ellipsis; never empty."""
    clipped = text if len(text) <= length else text[: length - 1] + "…"
    return clipped or " "


def clip_mrkdwn(text: str, length: int) -> str:
    """Cut mrkdwn to Slack's limit, never inside a token such as a date, or an entity."""
    if len(text) <= length:
        return clip(text, length)
    head = text[: length - 1]
    return clip(_CUT_TOKEN.sub("", head) + "…", length)


def plain_text(text: str, length: int) -> sb.Text:
    """Build a plain_text object."""
    return sb.Text(clip(text, length), type_=sb.TextType.PLAINTEXT, emoji=True)


def mrkdwn(text: str, length: int = TEXT_LENGTH) -> sb.Text:
    """Build a mrkdwn text object; user text in it must already be escaped.

    Verbatim, so Slack does not turn URLs and names in user text into links.
    """
    return sb.Text(clip_mrkdwn(text, length), type_=sb.TextType.MARKDOWN, verbatim=True)


def header(block_id: str, text: str) -> Block:
    """Build a header block."""
    return _to_dict(sb.HeaderBlock(plain_text(text, HEADER_LENGTH), block_id=block_id))


def section(
    block_id: str, text: str, *, fields: Sequence[str] = (), accessory: Element | None = None
) -> Block:
    """Build a section block, with up to ten short fields in two columns."""
    field_texts: list[str | sb.Text] = [mrkdwn(field, FIELD_LENGTH) for field in fields[:10]]
    body = mrkdwn(text) if text else None
    return _to_dict(
        sb.SectionBlock(body, block_id=block_id, fields=field_texts or None, accessory=accessory)
    )


def context(block_id: str, *texts: str) -> Block:
    """Build a context block."""
    elements = [mrkdwn(text) for text in texts if text][:10]
    return _to_dict(sb.ContextBlock(list(elements), block_id=block_id))


def divider(block_id: str) -> Block:
    """Build a divider block."""
    return _to_dict(sb.DividerBlock(block_id=block_id))


def actions(block_id: str, *elements: Element) -> Block:
    """Build an actions block."""
    return _to_dict(sb.ActionsBlock(list(elements), block_id=block_id))


def button(
    action_id: str,
    text: str,
    value: str,
    *,
    style: str | None = None,
    confirmation: Element | None = None,
) -> Element:
    """Build a button; `style` is `primary` or `danger`, `confirmation` asks before it is sent."""
    label = plain_text(text, OPTION_LENGTH)
    return sb.Button(
        label,
        action_id=action_id,
        value=value,
        style=style,  # type: ignore[arg-type]  # a literal
        confirm=confirmation,
    )


def confirmation(title: str, text: str, *, yes: str, no: str) -> Element:
    """Build the dialog in which Slack asks whether a click was meant."""
    return sb.ConfirmationDialogue(
        plain_text(title, CONFIRMATION_TITLE_LENGTH),
        plain_text(text, CONFIRMATION_TEXT_LENGTH),
        plain_text(yes, CONFIRMATION_BUTTON_LENGTH),
        plain_text(no, CONFIRMATION_BUTTON_LENGTH),
    )


def image(block_id: str, file_id: str, *, alt_text: str, title: str) -> Block:
    """Build an image block of an uploaded file."""
    slack_file = sb.SlackFile(None, file_id)
    return _to_dict(
        sb.ImageBlock(
            alt_text=clip(alt_text, FIELD_LENGTH),
            title=plain_text(title, FIELD_LENGTH),
            slack_file=slack_file,
            block_id=block_id,
        )
    )


def field(
    field_id: str, label: str, element: Element, *, hint: str = "", optional: bool = False
) -> Block:
    """Build an input block."""
    return _to_dict(
        sb.InputBlock(
            plain_text(label, LABEL_LENGTH),
            element,
            block_id=field_id,
            hint=plain_text(hint, LABEL_LENGTH) if hint else None,
            optional=optional,
        )
    )


def text_input(
    value: str = "", *, placeholder: str = "", multiline: bool = False, max_length: int = 200
) -> Element:
    """Build a text input."""
    return sb.PlainTextInput(
        action_id=INPUT_ACTION_ID,
        initial_value=value[:max_length] or None,
        multiline=multiline,
        max_length=max_length,
        placeholder=plain_text(placeholder, PLACEHOLDER_LENGTH) if placeholder else None,
    )


def select(options: Sequence[tuple[str, str]], selected: str = "") -> Element:
    """Build a select menu for an input block, from (value, text) pairs."""
    return action_select(INPUT_ACTION_ID, options, selected)


def action_select(action_id: str, options: Sequence[tuple[str, str]], selected: str) -> Element:
    """Build a select menu that sends an action at once, from (value, text) pairs."""
    built = _options(options)
    initial = next(iter(_selected(built, [selected])), None)
    return sb.StaticSelectMenu(action_id=action_id, options=built, initial_option=initial)


def grouped_select(
    groups: Sequence[OptionGroup], action_id: str = INPUT_ACTION_ID, selected: str = ""
) -> Element:
    """Build a select menu whose options are in groups; `fill_in` selects one later."""
    built = [(plain_text(label, OPTION_LENGTH), _options(pairs)) for label, pairs in groups]
    every = [option for _, options in built for option in options]
    menu = sb.StaticSelectMenu(
        action_id=action_id, option_groups=[sb.OptionGroup(*each) for each in built]
    )
    # slackblocks takes only a group as initial option, Slack only an option
    menu.initial_option = next(iter(_selected(every, [selected])), None)
    return menu


def external_select(placeholder: str) -> Element:
    """Build a select menu whose options the app returns for what is typed, or for nothing."""
    return sb.ExternalSelectMenu(
        action_id=INPUT_ACTION_ID,
        placeholder=plain_text(placeholder, PLACEHOLDER_LENGTH),
        min_query_length=0,
    )


def option(value: str, text: str) -> Block:
    """Build an option of an external select."""
    resolved: Block = _options([(value, text)])[0]._resolve()  # noqa: SLF001 - see _to_dict
    return resolved


def checkboxes(options: Sequence[tuple[str, str]], selected: Collection[str]) -> Element:
    """Build checkboxes from (value, text) pairs; `selected` are checked."""
    built = _options(options)
    return sb.CheckboxGroup(
        action_id=INPUT_ACTION_ID,
        options=built,
        initial_options=_selected(built, selected) or None,
    )


def overflow(action_id: str, options: Sequence[tuple[str, str]]) -> Element:
    """Build an overflow menu of up to five (value, text) pairs."""
    return sb.OverflowMenu(action_id=action_id, options=_options(options[:5]))


def multi_select(options: Sequence[tuple[str, str]], selected: Collection[str]) -> Element:
    """Build a menu to choose several from, from (value, text) pairs."""
    built = _options(options)
    return sb.StaticMultiSelectMenu(
        action_id=INPUT_ACTION_ID,
        options=built,
        initial_options=_selected(built, selected) or None,
    )


def channel_select(selected: str = "") -> Element:
    """Build a menu of the channels that the reader can see, private ones included."""
    kinds: list[Literal["im", "mpim", "private", "public"]] = ["public", "private"]
    return sb.ConversationSelectMenu(
        action_id=INPUT_ACTION_ID,
        initial_conversation=selected or None,
        filter=sb.ConversationFilter(include=kinds),
    )


def user_select() -> Element:
    """Build a menu of the workspace's users."""
    return sb.UserSelectMenu(action_id=INPUT_ACTION_ID)


def radio(options: Sequence[tuple[str, str]], selected: str = "") -> Element:
    """Build radio buttons from (value, text) pairs."""
    built = _options(options)
    initial = next(iter(_selected(built, [selected])), None)
    return sb.RadioButtonGroup(action_id=INPUT_ACTION_ID, options=built, initial_option=initial)


def _options(pairs: Sequence[tuple[str, str]]) -> list[sb.Option]:
    return [sb.Option(plain_text(text, OPTION_LENGTH), value) for value, text in pairs]


def _selected(options: Sequence[sb.Option], values: Collection[str]) -> list[sb.Option]:
    return [option for option in options if option.value in values]


def datetime_input() -> Element:
    """Build a date and time picker."""
    return sb.DateTimePicker(action_id=INPUT_ACTION_ID)


def fill_in(field: Block, value: str | int) -> Block:
    """Return an input block with an initial value: a text, an option's value, or epoch seconds.

    It stays empty for "" and for an option that it does not have.
    """
    element = field["element"]
    initial: Block = {}
    if element["type"] == "datetimepicker":
        initial = {"initial_date_time": value}
    elif options := [each for each in _options_of(element) if each["value"] == value]:
        initial = {"initial_option": options[0]}
    elif value and "max_length" in element:
        initial = {"initial_value": str(value)[: element["max_length"]]}
    return field | {"element": element | initial}


def _options_of(element: Block) -> list[Block]:
    grouped = [each for group in element.get("option_groups", ()) for each in group["options"]]
    return [*element.get("options", ()), *grouped]


def with_hint(field: Block, hint: str) -> Block:
    """Return an input block with a hint below it."""
    return field | {"hint": plain_text(hint, LABEL_LENGTH)._resolve()}  # noqa: SLF001 - slackblocks has no public way to JSON


def modal(
    callback_id: str,
    title: str,
    blocks: Sequence[Block],
    *,
    submit: str,
    close: str,
    private_metadata: str = "",
) -> Block:
    """Build a modal view from this module's blocks; without `submit` it has no submit button."""
    view = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain_text(title, TITLE_LENGTH)._resolve(),  # noqa: SLF001 - likewise
        "close": plain_text(close, TITLE_LENGTH)._resolve(),  # noqa: SLF001 - likewise
        "blocks": list(blocks),
        "private_metadata": private_metadata,
    }
    if submit:
        view["submit"] = plain_text(submit, TITLE_LENGTH)._resolve()  # noqa: SLF001 - likewise
    return view


def home(blocks: Sequence[Block]) -> Block:
    """Build an App Home view."""
    return {"type": "home", "blocks": list(blocks)}


def _to_dict(block: sb.Block) -> Block:
    resolved: Block = block._resolve()  # noqa: SLF001 - slackblocks has no public way to JSON
    return resolved
