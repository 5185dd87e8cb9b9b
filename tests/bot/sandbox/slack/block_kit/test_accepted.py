"""What two independent builders make must pass, at the limits too: slackblocks and slack_sdk."""

from __future__ import annotations

from typing import Any

import pytest
import slackblocks as sb
from slack_sdk.models import blocks as sdk
from slack_sdk.models.blocks.basic_components import DispatchActionConfig, SlackFile
from slack_sdk.models.blocks.block_elements import FileInputElement
from slack_sdk.models.metadata import Metadata
from slack_sdk.models.views import View

from bot.sandbox.slack.block_kit import validate_message, validate_view

PICTURE = "https://example.com/a.png"
TRIGGERS = ["on_enter_pressed", "on_character_entered"]


def _plain(text: str = "x") -> sb.PlainText:
    return sb.PlainText(text, emoji=True)


def _option(value: str = "a", text: str = "x") -> sb.Option:
    return sb.Option(_plain(text), value, description="d")


def _confirm() -> sb.Confirm:
    return sb.Confirm("t" * 100, "a" * 300, "c" * 30, "d" * 30, style="danger")


def _messages_of(text: str = "x") -> sb.RichTextSection:
    return sb.RichTextSection(
        [
            sb.RichText(text, bold=True, code=False),
            sb.RichTextLink("https://example.com", "link", unsafe=True, italic=True),
            sb.RichTextUser("U1", bold=True, highlight=True),
            sb.RichTextUserGroup("S1"),
            sb.RichTextChannel("C1", unlink=True),
            sb.RichTextEmoji("wave", skin_tone=6),
        ]
    )


def _rich() -> sb.RichTextBlock:
    return sb.RichTextBlock(
        [
            _messages_of(),
            sb.RichTextList(
                "ordered", [_messages_of(), _messages_of()], indent=8, offset=3, border=1
            ),
            sb.RichTextCodeBlock([sb.RichText("code")], border=0),
            sb.RichTextQuote([sb.RichText("quote")], border=1),
        ]
    )


def _axis(labels: int) -> sb.AxisConfig:
    return sb.AxisConfig([f"{number:020}" for number in range(labels)], "x" * 50, "y" * 50)


def _series(name: str, labels: int) -> sb.DataSeries:
    return sb.DataSeries(name, [sb.DataPoint(f"{n:020}", n / 3) for n in range(labels)])


def _card() -> sb.CardBlock:
    return sb.CardBlock(
        hero_image=sb.Image("a", PICTURE),
        title="t" * 150,
        subtitle="s" * 150,
        body="b" * 200,
        subtext="s" * 200,
        slack_icon=sb.SlackIcon("rocket"),
        actions=[sb.Button("x", action_id=str(number)) for number in range(3)],
    )


def _rows(count: int) -> list[list[sb.RawText | sb.RawNumber | sb.RichTextBlock]]:
    row: list[sb.RawText | sb.RawNumber | sb.RichTextBlock] = [_rich()]
    row.extend(sb.RawNumber(1.5, "1.5") for _ in range(19))
    return [[sb.RawText("x")] * 20, *[row] * count]


def _task(number: int) -> sb.TaskCardBlock:
    return sb.TaskCardBlock(
        str(number),
        "title",
        details=sb.RichTextBlock(_messages_of()),
        output=sb.RichTextBlock(_messages_of()),
        sources=[sb.URLSource("https://example.com", "source")],
        status="complete",
    )


MESSAGE_BLOCKS: dict[str, sb.Block] = {
    "section": sb.SectionBlock("a" * 3000, fields=["f" * 600] * 10),
    "section with button": sb.SectionBlock(
        "x",
        accessory=sb.Button(
            "b" * 75,
            "a" * 255,
            url="https://example.com",
            value="v" * 2000,
            style="primary",
            confirm=_confirm(),
            accessibility_label="l" * 75,
            agent_prompt="p" * 4000,
            agent_prompt_display="d",
        ),
    ),
    "section with picture": sb.SectionBlock(
        "x", accessory=sb.Image("alt", slack_file=sb.SlackFile(None, "F0123456789"))
    ),
    "section with overflow": sb.SectionBlock(
        "x",
        accessory=sb.OverflowMenu(
            "a", [sb.Option(_plain(), str(n), url="https://example.com") for n in range(5)]
        ),
    ),
    "header": sb.HeaderBlock("h" * 150),
    "divider": sb.DividerBlock("b" * 255),
    "image": sb.ImageBlock(PICTURE, "a" * 2000, "t" * 2000),
    "file": sb.FileBlock("external"),
    "markdown": sb.MarkdownBlock("m" * 12_000),
    "context": sb.ContextBlock([sb.Text("x"), _plain(), *[sb.Image("alt", PICTURE)] * 8]),
    "actions": sb.ActionsBlock(
        [
            sb.Button("x", "b"),
            sb.WorkflowButton(
                "x", sb.Workflow.from_url("https://example.com", a="1"), action_id="w"
            ),
            sb.StaticSelectMenu(
                "s",
                [_option(str(number)) for number in range(100)],
                initial_option=_option("99"),
                placeholder="p" * 150,
                confirm=_confirm(),
                focus_on_load=True,
            ),
            sb.StaticSelectMenu("g", option_groups=[sb.OptionGroup("l" * 75, [_option()])] * 100),
            sb.ExternalSelectMenu("e", _option(), 0),
            sb.UserSelectMenu("u", "U1"),
            sb.ChannelSelectMenu("c", "C1", response_url_enabled=True),
            sb.ConversationSelectMenu(
                "v",
                "C1",
                default_to_current_conversation=True,
                response_url_enabled=True,
                filter=sb.ConversationFilter(["im", "public"], exclude_bot_users=True),
            ),
            sb.StaticMultiSelectMenu(
                "ms", [_option()], initial_options=[_option()], max_selected_items=1
            ),
            sb.ExternalMultiSelectMenu("me", 3, [_option()]),
            sb.UserMultiSelectMenu("mu", ["U1"]),
            sb.ChannelMultiSelectMenu("mc", ["C1"]),
            sb.ConversationMultiSelectMenu("mv", ["C1"]),
            sb.CheckboxGroup("cb", [sb.Option("*x*", str(n)) for n in range(10)]),
            sb.RadioButtonGroup("rb", [_option(str(n)) for n in range(10)], _option("3")),
            sb.DatePicker("d", "2024-02-29", placeholder="p"),
            sb.TimePicker("t", "23:59", timezone="Asia/Shanghai"),
            sb.DateTimePicker("dt", 1_795_000_000),
        ]
    ),
    "context actions": sb.ContextActionsBlock(
        [
            sb.FeedbackButtons(
                sb.FeedbackButton("t" * 75, "v" * 2000, "l" * 75), sb.FeedbackButton("x", "y"), "a"
            ),
            sb.IconButton("x", "trash", "b", "v", _confirm(), visible_to_user_ids=["U1"] * 10),
        ]
    ),
    "input": sb.InputBlock("l" * 2000, sb.PlainTextInput("a"), hint="h" * 2000),
    "rich text": _rich(),
    "table": sb.TableBlock(
        [[sb.RawText("x"), _messages_of()] * 10] * 100,
        column_settings=[sb.ColumnSettings("right", is_wrapped=True)] * 20,
    ),
    "data table": sb.DataTableBlock(
        _rows(200),
        "caption",
        100,
        19,
    ),
    "line chart": sb.DataVisualizationBlock(
        "t" * 50, sb.LineChart([_series(str(n), 20) for n in range(12)], _axis(20))
    ),
    "bar chart": sb.DataVisualizationBlock("t", sb.BarChart([_series("n" * 20, 1)], _axis(1))),
    "area chart": sb.DataVisualizationBlock("t", sb.AreaChart([_series("n", 1)], _axis(1))),
    "pie chart": sb.DataVisualizationBlock(
        "t", sb.PieChart([sb.ChartSegment("l" * 20, 0.001)] * 12)
    ),
    "card": _card(),
    "carousel": sb.CarouselBlock([_card() for _ in range(10)]),
    "container": sb.ContainerBlock(
        [sb.SectionBlock("x"), *[sb.DividerBlock() for _ in range(8)], _rich()],
        title="t" * 150,
        subtitle="s" * 150,
        icon=sb.Image("a", PICTURE),
        width="full",
        is_collapsible=True,
        default_collapsed=True,
    ),
    "video": sb.VideoBlock(
        "a" * 2000,
        PICTURE,
        "t" * 200,
        "https://example.com/v",
        "a" * 50,
        description="d" * 200,
        provider_name="p" * 50,
        title_url="https://example.com",
    ),
    "plan": sb.PlanBlock("title", [_task(number) for number in range(50)]),
    "task card": _task(1),
}


@pytest.mark.parametrize("name", MESSAGE_BLOCKS)
def test_slackblocks_in_a_message_pass(name: str) -> None:
    """Every block slackblocks can make, filled to its limits, is accepted in a message."""
    message = sb.Message("C1", "text", [MESSAGE_BLOCKS[name]]).to_dict()
    assert [problem.line for problem in validate_message(message)] == []


@pytest.mark.parametrize("name", MESSAGE_BLOCKS)
def test_slackblocks_in_an_attachment_pass(name: str) -> None:
    """The same blocks pass in an attachment."""
    attachment = sb.Attachment([MESSAGE_BLOCKS[name]], "#ff0000")
    message = sb.Message("C1", "text", attachments=[attachment]).to_dict()
    assert [problem.line for problem in validate_message(message)] == []


DISPATCH = sb.DispatchActionConfiguration(TRIGGERS)
INPUTS: dict[str, sb.Element] = {
    "text": sb.PlainTextInput(
        "a", "v", multiline=True, min_length=3000, max_length=3000, dispatch_action_config=DISPATCH
    ),
    "number": sb.NumberInput(True, "a", "1.5", -1, 2.5, DISPATCH, placeholder="p"),  # noqa: FBT003
    "email": sb.EmailInput("a", "a@example.com", DISPATCH, placeholder="p"),
    "url": sb.URLInput("a", "https://example.com", DISPATCH, placeholder="p"),
    "file": sb.FileInput("a", ["png"], 10),
    "rich text": sb.RichTextInput("a", _rich(), DISPATCH, placeholder="p", max_lines=100),
    "date": sb.DatePicker("a", "2026-11-21"),
    "time": sb.TimePicker("a", "00:00"),
    "date and time": sb.DateTimePicker("a", 1_795_000_000),
    "select": sb.StaticSelectMenu("a", [_option("v" * 150, "t" * 75)]),
    "boxes": sb.CheckboxGroup("a", [_option()], [_option()]),
    "radio": sb.RadioButtonGroup("a", [_option()]),
    "people": sb.UserMultiSelectMenu("a"),
}


@pytest.mark.parametrize("name", INPUTS)
def test_slackblocks_inputs_in_a_modal_pass(name: str) -> None:
    """Every input element slackblocks can make is accepted in a modal."""
    block = sb.InputBlock("Label", INPUTS[name], dispatch_action=True, optional=True)
    alert = sb.AlertBlock("a" * 200, "warning")
    view = sb.ModalView(
        "t" * 24,
        [alert, block],
        "c" * 24,
        "s" * 24,
        "m" * 3000,
        "i" * 255,
        clear_on_close=True,
        notify_on_close=True,
        external_id="e" * 255,
    ).to_dict()
    assert [problem.line for problem in validate_view(view)] == []


def test_a_full_home_tab_of_slackblocks_passes() -> None:
    """A home tab takes 100 blocks, charts and tables among them."""
    blocks = [MESSAGE_BLOCKS[name] for name in ("pie chart", "line chart", "card", "carousel")]
    dividers = [sb.DividerBlock() for _ in range(95)]
    view = sb.HomeTabView([sb.DataTableBlock(_rows(2), "x"), *blocks, *dividers], "m").to_dict()
    assert [problem.line for problem in validate_view(view)] == []


PARTS = sdk.RichTextElementParts
SDK_BLOCKS: list[sdk.Block] = [
    sdk.SectionBlock(
        text="*x*",
        fields=["a", "b"],
        accessory=sdk.ButtonElement(
            text="x",
            action_id="a",
            value="v",
            style="danger",
            confirm=sdk.ConfirmObject(title="t", text="x"),
            visible_to_user_ids=["U1"],
        ),
        expand=True,
    ),
    sdk.ActionsBlock(
        elements=[
            sdk.StaticSelectElement(
                action_id="s",
                options=[sdk.Option(value="a", text="A"), sdk.Option(value="b", text="B")],
                initial_option=sdk.Option(value="b", text="B"),
                placeholder="p",
            ),
            sdk.ConversationSelectElement(
                action_id="c", filter=sdk.ConversationFilter(include=["im"])
            ),
            sdk.OverflowMenuElement(action_id="o", options=[sdk.Option(value="a", text="A")]),
            sdk.DateTimePickerElement(action_id="d", initial_date_time=1_795_000_000),
        ]
    ),
    sdk.HeaderBlock(text="h"),
    sdk.ContextBlock(
        elements=[
            sdk.MarkdownTextObject(text="x"),
            sdk.ImageElement(image_url=PICTURE, alt_text="a"),
        ]
    ),
    sdk.ContextActionsBlock(
        elements=[
            sdk.FeedbackButtonsElement(
                action_id="f",
                positive_button=sdk.FeedbackButtonObject(text="+", value="1"),
                negative_button=sdk.FeedbackButtonObject(text="-", value="0"),
            ),
            sdk.IconButtonElement(icon="trash", text="Delete", action_id="i"),
        ]
    ),
    sdk.ImageBlock(alt_text="a", slack_file=SlackFile(id="F0123456789")),
    sdk.MarkdownBlock(text="**x**"),
    sdk.TableBlock(
        rows=[
            [
                sdk.RawTextObject(text="x").to_dict(),
                sdk.RawNumberObject(value=1, text="1").to_dict(),
            ]
        ],
        column_settings=[None, sdk.TableBlockColumnSettings(align="right").to_dict()],
    ),
    sdk.RichTextBlock(
        elements=[
            sdk.RichTextSectionElement(
                elements=[
                    PARTS.Text(text="x", style=PARTS.TextStyle(bold=True, underline=True)),
                    PARTS.Date(timestamp=1, format="{date}", fallback="then"),
                    PARTS.Broadcast(range="here"),
                    PARTS.Color(value="#aabbcc"),
                    PARTS.Team(team_id="T1"),
                    PARTS.Emoji(name="wave", unicode="1f44b"),
                ]
            )
        ]
    ),
    sdk.PlanBlock(
        title="p", tasks=[sdk.TaskCardBlock(task_id="1", title="t", status="pending").to_dict()]
    ),
    sdk.CardBlock(title="t", body="b"),
    sdk.CarouselBlock(elements=[sdk.CardBlock(title="t").to_dict()]),
    sdk.ContainerBlock(title="t", child_blocks=[sdk.DividerBlock()]),
]


@pytest.mark.parametrize("block", SDK_BLOCKS, ids=lambda block: block.type)
def test_models_of_slack_sdk_in_a_message_pass(block: sdk.Block) -> None:
    """Every block of Slack's own models is accepted in a message."""
    metadata = Metadata("ticket", {"number": 12}).to_dict()
    message = {"text": "x", "blocks": [block.to_dict()], "metadata": metadata, "channel": "C1"}
    assert [problem.line for problem in validate_message(message)] == []


def test_a_modal_of_slack_sdk_passes() -> None:
    """A view of Slack's own models, with inputs and an alert, is accepted."""
    elements: list[Any] = [
        sdk.PlainTextInputElement(
            action_id="a",
            max_length=10,
            dispatch_action_config=DispatchActionConfig(trigger_actions_on=TRIGGERS),
        ),
        sdk.NumberInputElement(action_id="a", is_decimal_allowed=False, min_value=1, max_value=9),
        FileInputElement(action_id="a", filetypes=["png"], max_files=1),
        sdk.UserMultiSelectElement(action_id="a", initial_users=["U1"]),
    ]
    inputs = [sdk.InputBlock(label="l", element=element, hint="h") for element in elements]
    view = View(
        type="modal",
        title="t",
        submit="s",
        close="c",
        callback_id="report",
        private_metadata="{}",
        blocks=[sdk.AlertBlock(text="x", level="info"), *inputs],
    ).to_dict()
    assert [problem.line for problem in validate_view(view)] == []
