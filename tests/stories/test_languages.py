"""Whose language: a person's own on private surfaces, a channel's where many read."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from bot.sandbox.slack import Person
from tests.conftest import Harness
from tests.scenario_helpers import direct_messages, ephemeral_texts, find_card, report, text_of

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def harness(http_harness: Harness) -> Harness:
    """A running Lagdesk; nothing here depends on the transport."""
    return http_harness


@pytest.fixture
async def channel_in_english(harness: Harness) -> AsyncIterator[None]:
    """Whatever a test chose for the escalation channel is undone."""
    yield
    support = harness.workspace.person("sam")
    assert (await support.command("/lagdesk", "channel-language en", "escalations")).ok


async def run_command(person: Person, text: str, channel: str = "teachers") -> str:
    """Run /lagdesk and return its response."""
    outcome = await person.command("/lagdesk", text, channel)
    assert outcome.ok
    return outcome.text


async def test_language_is_a_persons_own(harness: Harness) -> None:
    """Chosen, it wins over Slack's; auto follows Slack again; forms and answers obey."""
    maya = harness.workspace.person("maya")
    assert _CHINESE.search(await run_command(maya, "language zh"))
    await maya.command("/report", "")
    view = await maya.wait_for_view("report")
    assert _CHINESE.search(view["title"]["text"])
    await maya.close(view)
    await report(maya, f"zh-{id(harness)}")
    await harness.settled()
    assert _CHINESE.search(direct_messages(harness, maya, f"zh-{id(harness)}")[0]["text"])
    assert not _CHINESE.search(await run_command(maya, "language en"))
    assert not _CHINESE.search(await run_command(maya, "LANGUAGE  Auto"))
    assert not _CHINESE.search(await run_command(maya, "help"))


async def test_slack_locale_is_followed_when_it_changes(harness: Harness) -> None:
    """user_change is handled; the next response is in the new language."""
    guest = harness.workspace.person("guest")
    assert not _CHINESE.search(await run_command(guest, "help"))
    harness.workspace.update_user("guest", locale="zh-CN")
    await harness.workspace.until(
        lambda: any(c["name"] == "event user_change" for c in harness.workspace.calls)
    )
    assert _CHINESE.search(await run_command(guest, "help"))
    harness.workspace.update_user("guest", locale="en-GB")
    seen = len([c for c in harness.workspace.calls if c["name"] == "event user_change"])
    await harness.workspace.until(
        lambda: (
            len([c for c in harness.workspace.calls if c["name"] == "event user_change"]) >= seen
        )
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sam", "dance"),
        ("lin", "dance"),
        ("sam", "language"),
        ("lin", "language klingon"),
        ("sam", "channel-language"),
        ("zhou", "channel-language auto2"),
        ("sam", "<!channel>"),
    ],
)
async def test_wrong_words_are_answered_with_help(harness: Harness, name: str, text: str) -> None:
    """Help for the command, in the reader's language, and no markup of theirs."""
    answer = await run_command(harness.workspace.person(name), text)
    is_chinese = name in ("lin", "zhou")
    doctor = "自检" if is_chinese else "doctor"
    if text.startswith(("language", "channel")):  # only what they meant is explained
        assert answer.count("`/lagdesk ") == 1
    else:
        assert f"`/lagdesk {'语言' if is_chinese else 'language'} en`" in answer
        assert (f"`/lagdesk {doctor}`" in answer) == (name in ("sam", "zhou"))
    assert is_chinese == bool(_CHINESE.search(answer))
    assert "<!" not in answer


async def test_help_names_every_command(harness: Harness) -> None:
    """`/lagdesk` alone helps, by examples; what is typed is no link."""
    for name in ("sam", "lin"):
        answer = await run_command(harness.workspace.person(name), "")
        for command in ("/report", "/diagnose", "/tickets", "/lagdesk"):
            assert f"`{command} " in answer
        assert not re.search(r"<[^!@#h]", answer)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("帮助", "`/lagdesk 设置`"),
        ("說明", "`/lagdesk 语言 en`"),
        ("周報", "2026-W46"),
        ("準確率", "诊断"),
        ("升級規則", "升级"),
        ("语言 中文", "中文"),
        ("語言 自動", "Slack"),
        ("频道语言 双语", "只有支持人员"),
        ("圖表 圖片", "只有支持人员"),
        ("操作記錄", "只有支持人员"),
        ("自检", "只有支持人员"),
    ],
)
async def test_commands_in_chinese(harness: Harness, typed: str, answer: str) -> None:
    """The words have Chinese names, also in traditional characters."""
    assert answer in await run_command(harness.workspace.person("lin"), typed)


@pytest.mark.parametrize("locale", ["zh-TW", "zh-HK"])
async def test_reader_of_traditional_chinese(harness: Harness, locale: str) -> None:
    """Reads Chinese, opens forms, and finds what was written in either kind of characters."""
    maya = harness.workspace.person("maya")
    harness.workspace.update_user("maya", locale=locale)
    await report(maya, f"{locale}-1", comments="畫面卡頓")
    await report(maya, f"{locale}-2", comments="画面卡顿")
    await harness.settled()
    assert "工单" in direct_messages(harness, maya, f"{locale}-1")[0]["text"]
    assert (await maya.command("/lagdesk", "設定")).ok
    await maya.close(await maya.wait_for_view("preferences"))
    for typed in ("卡頓", "卡顿", "待處理"):
        assert (await maya.command("/tickets", typed)).ok
        assert all(f"{locale}-{each}" in ephemeral_texts(maya)[-1] for each in (1, 2))
    harness.workspace.update_user("maya", locale="en-US")


@pytest.mark.usefixtures("channel_in_english")
async def test_channel_language_is_for_support(harness: Harness) -> None:
    """Support chooses; what is posted there follows; others are refused and nothing changes."""
    guest, sam = harness.workspace.person("guest"), harness.workspace.person("sam")
    assert "support" in (await run_command(guest, "channel-language zh")).lower()
    assert "中文" in await run_command(sam, "channel-language zh", "escalations")
    await report(sam, "channel-zh")
    await harness.settled()
    assert "待处理" in text_of(find_card(harness, "channel-zh"))
    assert "has been created" in direct_messages(harness, sam, "channel-zh")[0]["text"]
    await run_command(sam, "channel-language both", "escalations")
    await report(sam, "channel-both")
    await harness.settled()
    text = text_of(find_card(harness, "channel-both"))
    assert "待处理 / Open" in text


def home_of(person: Person) -> dict[str, Any] | None:
    """What stands on somebody's App Home."""
    return person.home


async def test_home_is_in_the_readers_language(harness: Harness) -> None:
    """The App Home lists a person's own tickets and how to begin."""
    sam, lin = harness.workspace.person("sam"), harness.workspace.person("lin")
    await report(lin, "home-lin")
    await harness.settled()
    for person, title in ((sam, "My tickets"), (lin, "我的工单")):
        await person.open_home()
        home = await harness.workspace.until(partial(home_of, person))
        text = text_of(home)
        assert title in text
        drawn = (home or {})["blocks"]
        own = "".join(text_of(b) for b in drawn if b["block_id"].startswith("own-"))
        assert ("home-lin" in own) == (person is lin)
        assert "/report" in text
        assert not re.search("10001|20002", own)
