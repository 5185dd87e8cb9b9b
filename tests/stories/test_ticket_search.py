"""Stories of finding tickets: words of both languages, filters, pages, and sharing."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from bot.sandbox.slack import Person
from tests.conftest import Harness
from tests.scenario_helpers import find_card, report, text_of
from tests.stories.test_tickets import list_tickets, newest, resolve

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
HUNT = ("hunt-1", "hunt-2", "hunt-3")


def cnames_in(message: str) -> list[str]:
    """The rooms of this story that a list names, newest first."""
    return list(dict.fromkeys(re.findall(r"hunt-\d", message)))


async def find(person: Person, text: str) -> list[str]:
    """What /tickets finds with a text and the words all these tickets share."""
    return cnames_in(await list_tickets(person, f"{text} 一起找"))


async def file_three(harness: Harness) -> tuple[Person, Person, Person]:
    """Three tickets: of a teacher, resolved; of another; and claimed with a reply."""
    sam, lin, wang = (harness.workspace.person(name) for name in ("sam", "lin", "wang"))
    if "hunt-1" not in await list_tickets(sam, "一起找"):
        await report(lin, "hunt-1", comments="一起找：视频卡顿，听不清")
        await report(wang, "hunt-2", comments="一起找: the picture froze <!here> twice")
        await report(lin, "hunt-3", comments="一起找 nothing special")
        await harness.settled()
        await resolve(harness, sam, "hunt-1", resolution="换了路由器")
        await sam.click(find_card(harness, "hunt-3"), "ticket.claim")
        await harness.settled()
    return sam, lin, wang


async def test_words_and_filters_together(http_harness: Harness) -> None:
    """Every word and filter counts, in any order and both languages; a cause by its names."""
    sam, lin, wang = await file_three(http_harness)
    for text, expected in {
        "": HUNT[::-1],
        "卡顿": ["hunt-1"],
        "路由器 视频": ["hunt-1"],
        "FROZ": ["hunt-2"],
        "open": ["hunt-3", "hunt-2"],
        "claimed": ["hunt-3"],
        "已解决": ["hunt-1"],
        "cause=loss resolved": ["hunt-1"],
        "by=@lin": ["hunt-3", "hunt-1"],
        f"提交人=@{wang.id}": ["hunt-2"],
        "assignee=me": ["hunt-3"],
        "mine": ["hunt-3"],
        "未解决 by=me": [],
        "app=KIDS since=7天 cloud=声网 resolved": ["hunt-1"],
        '"open"': [],
        "since=1s": [],
        '卡顿 * " ) AND (': [],
    }.items():
        http_harness.clock.move(2)
        assert (text, list(expected)) == (text, await find(sam, text))
    assert await find(lin, "all") == ["hunt-3", "hunt-1"]
    assert await find(lin, "卡顿") == ["hunt-1"]
    assert await find(wang, "卡顿") == []
    assert await find(wang, f"by=<@{lin.id}>") == []
    assert await find(sam, "丢包 resolved") == ["hunt-1"]
    assert await find(sam, "packet 弱网 resolved") == ["hunt-1"]
    line = await list_tickets(sam, "hunt-1 卡顿")
    assert re.search(r"/archives/[^|]+\|LD-\d+>\* hunt-1 · Resolved · Packet loss · .+ ago", line)


async def heard(harness: Harness) -> None:
    """Wait until what people wrote has arrived, and what follows is done."""
    await asyncio.gather(*harness.workspace._tasks)
    await harness.settled()


async def test_replies_are_found(http_harness: Harness) -> None:
    """A reply is found and quoted, short and escaped; edits and deletions are followed."""
    sam, lin, _ = await file_three(http_harness)
    zhou = http_harness.workspace.person("zhou")
    card = find_card(http_harness, "hunt-2")
    text = "我看了：学生 20002 和 7654321 在用酒店的无线网络 <!channel> & *很慢*，" + "等等" * 60
    reply = await zhou.post_message("escalations", text, card["ts"])
    await heard(http_harness)
    message = await list_tickets(sam, "酒店")
    assert cnames_in(message) == ["hunt-2"]
    assert "In its thread: " in message
    assert "酒店的无线网络" in message
    assert not re.search(r"20002|7654321|<!channel>", message)
    assert "等等" * 30 not in message
    assert "消息列里提到：" in await list_tickets(zhou, "酒店")
    assert cnames_in(await list_tickets(lin, "酒店")) == []
    own = await list_tickets(http_harness.workspace.person("wang"), "酒店 froze")
    assert (cnames_in(own), "消息列里提到" in own) == (["hunt-2"], False)
    await zhou.edit(reply, "是宿舍")
    await heard(http_harness)
    assert cnames_in(await list_tickets(sam, "酒店")) == []
    assert cnames_in(await list_tickets(sam, "宿舍")) == ["hunt-2"]
    await zhou.delete(reply)
    await heard(http_harness)
    assert cnames_in(await list_tickets(sam, "宿舍")) == []


async def test_pages_keep_filters_and_are_shared(http_harness: Harness) -> None:
    """The next page asks the same; a page is shared where it is read, in the channel's words."""
    sam, lin, _ = await file_three(http_harness)
    workspace = http_harness.workspace
    for number in range(11):
        await report(lin, f"sheet-{number:02}", comments="翻页用")
    await report(sam, "sheet-99", comments="翻页用")
    await http_harness.settled()
    message = await list_tickets(sam, f"by=<@{lin.id}> 翻页 open")
    assert len(set(re.findall(r"sheet-\d\d", message))) == 10
    await sam.click(newest(sam), "tickets.more")
    message = text_of(newest(sam))
    assert set(re.findall(r"sheet-\d\d", message)) == {"sheet-00"}
    assert "tickets.more" not in message
    before = len(workspace.messages(workspace.channel("teachers").id))
    assert (await sam.click(newest(sam), "tickets.share")).ok
    posted = workspace.messages(workspace.channel("teachers").id)[before:]
    assert [re.findall(r"sheet-\d\d", text_of(each))[0] for each in posted] == ["sheet-00"]
    assert f"Shared by <@{sam.id}>" in text_of(posted[0])
    assert "tickets.show" not in text_of(posted[0])
    await list_tickets(lin, "all 翻页")
    assert _CHINESE.search(text_of(newest(lin)))
    forged = json.dumps({"which": "all", "words": ["翻页"], "by": sam.id})
    assert (await lin.click(newest(lin), "tickets.share", value=forged)).ok
    assert "sheet-99" not in text_of(workspace.messages(workspace.channel("teachers").id)[-1])


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("colour=red", "Filters: app=, cause=", "筛选条件"),
        ("app=nowhere", "Apps: kids", "kids"),
        ("app=", "Apps: kids", "kids"),
        ("原因=月亮", "There is no cause called", "没有叫"),
        ("cloud=zoom", "There is no cloud called zoom", "没有叫"),
        ("by=@somebody", "choose the person", "选人"),
        ("since=yesterday", "7d, 12h", "7d、12h"),
        ("since=7d since=8d", "only once", "只能写一次"),
    ],
)
async def test_wrong_filters_are_explained(
    http_harness: Harness, text: str, english: str, chinese: str
) -> None:
    """A wrong filter is answered privately with what is allowed and how the command is used."""
    for name, expected in {"sam": english, "zhou": chinese}.items():
        outcome = await http_harness.workspace.person(name).command("/tickets", text)
        assert expected in outcome.text
        assert "`/tickets LD-12`" in outcome.text
