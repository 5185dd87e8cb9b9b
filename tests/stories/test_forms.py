"""Forms: how they open, what they accept, and the errors under invalid fields."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from bot.sandbox.slack import Person
from tests.conftest import START, Harness
from tests.scenario_helpers import (
    FORM,
    count_cloud_reports,
    ephemeral_texts,
    find_card,
    find_cards,
    find_ticket,
    report,
    text_of,
)

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
NOW = int(START.timestamp())
CHINA = dt.timezone(dt.timedelta(hours=8))


async def open_form(person: Person, text: str = "") -> dict[str, Any]:
    """Open the form by the command."""
    await person.command("/report", text)
    return await person.wait_for_view("report")


def value_of(view: dict[str, Any], field: str) -> str | None:
    """What a field is prefilled with."""
    element = next(block for block in view["blocks"] if block["block_id"] == field)["element"]
    chosen = element.get("initial_option")
    value: str | None = chosen["value"] if chosen else element.get("initial_value")
    return value


WRONG = [
    ("cname", ""),
    ("cname", "   "),
    ("cname", "c" * 65),
    ("cname", "上课77"),
    ("cname", "class\U0001f600"),
    ("cname", 'a"b'),
    ("teacher_uid", "0"),
    ("teacher_uid", str(2**32)),
    ("teacher_uid", "9" * 60),
    ("teacher_uid", "-1"),
    ("teacher_uid", "1.5"),
    ("teacher_uid", "ten"),
    ("teacher_uid", ""),
    ("student_uid", "10001"),
    ("student_uid", "١٢٣٤a"),
    ("abnormal_side", "both"),
    ("abnormal_side", ""),
    ("issue_type", "5"),
    ("issue_type", "<!channel>"),
    ("occurred_at", NOW + 3600),
    ("occurred_at", NOW - 400 * 86400),
    ("occurred_at", 2**62),
    ("occurred_at", -(2**40)),
    ("occurred_at", ""),
]


@pytest.mark.parametrize(
    ("number", "field", "value"),
    [(number, *wrong) for number, wrong in enumerate(WRONG)],
    ids=[f"{field}-{number}" for number, (field, _) in enumerate(WRONG)],
)
async def test_wrong_field_is_said_under_it(
    http_harness: Harness, number: int, field: str, value: Any
) -> None:
    """Each wrong field is named in the person's language, and nothing is stored."""
    name = ("lin", "sam")[number % 2]
    person, cname = http_harness.workspace.person(name), f"wrong-{number}"
    view = await open_form(person, cname)
    outcome = await person.submit(view, {**FORM, "cname": cname, field: value}, force=True)
    assert {field} == set(outcome.errors)
    assert (name == "lin") == bool(_CHINESE.search(outcome.errors[field]))
    await http_harness.settled()
    assert find_cards(http_harness, cname) == []
    assert count_cloud_reports(http_harness, cname) == 0
    await person.close(view, everything=True)


async def test_every_field_wrong_then_corrected(harness: Harness) -> None:
    """All errors are displayed at once; the corrected form makes one ticket."""
    person = harness.workspace.person("wang")
    view = await open_form(person)
    wrong: dict[str, Any] = {
        "cname": "课",
        "teacher_uid": "x",
        "student_uid": "0",
        "abnormal_side": "nobody",
    }
    wrong |= {"issue_type": "9", "occurred_at": NOW + 86400}
    outcome = await person.submit(view, wrong, force=True)
    assert set(wrong) == set(outcome.errors)
    assert outcome.action == "errors"

    right = {**FORM, "cname": "corrected-1", "occurred_at": NOW - 60}
    assert (await person.submit(view, right)).action == "close"
    await harness.settled()
    assert "corrected-1" in text_of(find_card(harness, "corrected-1"))
    assert count_cloud_reports(harness, "corrected-1") == 1


async def test_same_uid_is_told_beside_a_wrong_name(http_harness: Harness) -> None:
    """One round of corrections is enough."""
    person = http_harness.workspace.person("sam")
    view = await open_form(person)
    same = {**FORM, "cname": "", "student_uid": "10001"}
    outcome = await person.submit(view, same, force=True)
    assert set(outcome.errors) == {"cname", "student_uid"}
    await person.close(view)


async def test_accidents_are_tidied(http_harness: Harness) -> None:
    """Full-width digits, invisible characters and signs around are no mistakes."""
    person = http_harness.workspace.person("lin")
    view = await open_form(person)
    typed = {"cname": " tidy-１。", "teacher_uid": "#１０,００１", "student_uid": " 0020002\u202c"}
    assert (await person.submit(view, {**FORM, **typed})).errors == {}
    await http_harness.settled()
    find_card(http_harness, "tidy-1")
    sent = next(r for r in http_harness.clouds.reports if r.fields["cname"] == "tidy-1")
    assert (sent.fields["teacher_uid"], sent.fields["student_uid"]) == (10001, 20002)


@pytest.mark.parametrize("uid", ["1", str(2**32 - 1)])
async def test_uids_at_the_edge_are_taken(http_harness: Harness, uid: str) -> None:
    """Agora's uids run from 1 to 2^32-1."""
    person, cname = http_harness.workspace.person("sam"), f"edge-{uid}"
    view = await open_form(person, cname)
    assert (await person.submit(view, {**FORM, "student_uid": uid})).errors == {}
    await http_harness.settled()
    assert count_cloud_reports(http_harness, cname) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {"cname": None, "teacher_uid": None, "comments": None}),
        ("class_5", {"cname": "class_5", "teacher_uid": None}),
        (
            "class_5 10001 20002 the picture froze",
            {
                "cname": "class_5",
                "teacher_uid": "10001",
                "student_uid": "20002",
                "comments": "the picture froze",
            },
        ),
        (
            "class_77_1 teacher 10001 student 20002",
            {"cname": "class_77_1", "teacher_uid": "10001", "student_uid": "20002"},
        ),
    ],
)
async def test_command_prefills_the_form(
    http_harness: Harness, text: str, expected: dict[str, str | None]
) -> None:
    """`/report` takes nothing, arguments, or a sentence."""
    person = http_harness.workspace.person("sam")
    view = await open_form(person, text)
    assert expected == {field: value_of(view, field) for field in expected}
    await person.close(view)


async def test_global_shortcut_opens_an_empty_form(harness: Harness) -> None:
    """The shortcut knows nothing to prefill; the form speaks the person's language."""
    person = harness.workspace.person("lin")
    assert (await person.shortcut("report_call")).ok
    view = await person.wait_for_view("report")
    assert view["title"]["text"] == "提交通话问题"
    assert value_of(view, "cname") is None
    await person.close(view)


@pytest.mark.parametrize(
    "text",
    [
        "class_77_1 teacher 10001 student 20002, the sound stutters",
        "class_77_1 老师 10001 学生 20002，声音断断续续",
    ],
)
async def test_message_shortcut_prefills_from_its_text(http_harness: Harness, text: str) -> None:
    """A message in Chinese or English is parsed for the channel and both uids."""
    person = http_harness.workspace.person("wang")
    posted = await person.post_message("teachers", text)
    assert (await person.message_shortcut("report_message", posted)).ok
    view = await person.wait_for_view("report")
    values = [value_of(view, field) for field in ("cname", "teacher_uid", "student_uid")]
    assert values == ["class_77_1", "10001", "20002"]
    await person.close(view)


async def test_form_warns_of_an_open_ticket(harness: Harness) -> None:
    """Whoever opens the form for a channel reads which ticket is open; a resolved one is not named."""
    lin, sam = harness.workspace.person("lin"), harness.workspace.person("sam")
    assert (await report(lin, "warn_1")).ok
    await harness.settled()
    label = (await find_ticket(harness, "warn_1")).label
    for person, warning in (
        (lin, f"|{label}>，提交于"),
        (sam, f"|{label}> is already open for warn_1"),
    ):
        view = await open_form(person, "warn_1")
        await harness.workspace.until(partial(is_warning, harness, view))
        current = form_of(harness, view)
        assert warning in text_of(current["blocks"][0])
        assert value_of(current, "cname") == "warn_1"
        await person.close(view)
    await sam.click(find_card(harness, "warn_1"), "ticket.resolve")
    resolution = {"cause": "unknown", "resolution": "done"}
    await sam.submit(await sam.wait_for_view("resolve"), resolution)
    assert not is_warning(harness, await open_form(sam, "warn_1"))


def is_warning(harness: Harness, view: dict[str, Any]) -> bool:
    """Whether a modal warns of another ticket."""
    return "unresolved" in text_of(form_of(harness, view))


def form_of(harness: Harness, view: dict[str, Any]) -> dict[str, Any]:
    """A modal as it is now."""
    current: dict[str, Any] = harness.workspace.views[view["id"]]
    return current


@pytest.mark.parametrize(
    "shape",
    [
        lambda text: {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]},
        lambda text: {
            "blocks": [
                {
                    "type": "section",
                    "fields": [{"type": "mrkdwn", "text": part} for part in text.split(", ")],
                }
            ]
        },
        lambda text: {"attachments": [{"text": text}]},
        lambda text: {"attachments": [{"is_share": True, "text": text}]},
    ],
    ids=["block", "fields", "attachment", "forwarded"],
)
async def test_message_shortcut_reads_all_of_a_message(
    http_harness: Harness, shape: Callable[[str], dict[str, Any]]
) -> None:
    """A message whose text is elsewhere prefills the form as well."""
    person = http_harness.workspace.person("wang")
    posted = await person.post_message("teachers", "")
    posted |= shape("class_77_1, teacher 10001, student 20002")
    assert (await person.message_shortcut("report_message", posted)).ok
    view = await person.wait_for_view("report")
    values = [value_of(view, field) for field in ("cname", "teacher_uid", "student_uid")]
    assert values == ["class_77_1", "10001", "20002"]
    await person.close(view)


async def test_ticket_of_a_message_has_its_time_and_links_to_it(harness: Harness) -> None:
    """Two hours later, the ticket is about the moment when the message was written."""
    person = harness.workspace.person("lin")
    posted = await person.post_message("teachers", "old_1 老师 10001 学生 20002，卡住了")
    await harness.pass_time(7200)
    assert (await person.message_shortcut("report_message", posted)).ok
    view = await person.wait_for_view("report")
    assert (await person.submit(view, {"abnormal_side": "student"})).action == "close"
    await harness.settled()
    ticket = await find_ticket(harness, "old_1")
    assert int(ticket.occurred_at.timestamp()) == int(float(posted["ts"]))
    channel = harness.workspace.channel("teachers").id
    link = f"slack.com/archives/{channel}/p{posted['ts'].replace('.', '')}|Original message>"
    assert link in text_of(find_card(harness, "old_1"))


async def test_form_has_the_time_of_the_text(http_harness: Harness) -> None:
    """In its author's zone, with the words it was read from; else the message's own, with why."""
    workspace, start = http_harness.workspace, START.astimezone(CHINA)
    lin, sam = workspace.person("lin"), workspace.person("sam")
    bot, sent = workspace.app.bot_user_id, f"{start:%H:%M}"
    for author, reader, text, days, time, why in (
        (lin.id, lin, "昨晚8点半学生听不到老师", 1, "20:30", "“昨晚8点半”"),
        (lin.id, sam, "昨晚8点半学生听不到老师", 1, "20:30", "20:30 UTC+8 on its author's clock"),
        (lin.id, lin, "学生听不到老师", 0, sent, "这条消息发出的时间"),
        (bot, lin, "昨晚8点半学生听不到老师", 0, sent, "不知道发消息人的时区"),
        ("", sam, "昨晚8点半学生听不到老师", 0, sent, "time zone is unknown"),
    ):
        posted = await lin.post_message("teachers", text)
        posted["user"] = author
        assert (await reader.message_shortcut("report_message", posted)).ok
        view = await reader.wait_for_view("report")
        block = next(each for each in view["blocks"] if each["block_id"] == "occurred_at")
        moment = dt.datetime.fromtimestamp(block["element"]["initial_date_time"], CHINA)
        expected = start - dt.timedelta(days=days)
        assert f"{moment:%m-%d %H:%M}" == f"{expected:%m-%d} {time}"
        assert why in block["hint"]["text"]
        await reader.close(view)


async def test_late_form_is_told_to_whoever_typed(harness: Harness) -> None:
    """An expired trigger is answered with a message: command, shortcut and button."""
    person = harness.workspace.person("sam")
    for error in ("expired_trigger_id", "http_500", "dropped"):
        harness.workspace.fail_next("views.open", error)
        outcome = await person.command("/report", "late")
        assert "too slow" in outcome.text
    harness.workspace.fail_next("views.open", "expired_trigger_id")
    assert (await person.shortcut("report_call")).ok
    assert "too slow" in text_of(harness.workspace.messages(person.dm_channel_id())[-1])

    posted = await person.post_message("teachers", "class_1 teacher 1 student 2")
    harness.workspace.fail_next("views.open", "expired_trigger_id")
    await person.message_shortcut("report_message", posted)
    assert "too slow" in ephemeral_texts(person)[-1]


async def test_slow_slack_does_not_make_us_late(harness: Harness) -> None:
    """When Slack asks us to wait, people are answered in time, and nothing is sent before."""
    workspace, person = harness.workspace, harness.workspace.person("sam")
    workspace.fail_next("views.open", "ratelimited", retry_after=30)
    tried = len([call for call in workspace.calls if call["name"] == "views.open"])
    for _ in range(2):
        outcome = await person.command("/report", "late")
        assert not outcome.late
        assert "30" in outcome.text
    assert len([call for call in workspace.calls if call["name"] == "views.open"]) == tried + 1
    harness.clock.move(30)
    await person.command("/report", "late")
    await person.wait_for_view("report")
