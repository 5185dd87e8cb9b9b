"""The home and what people choose for themselves: their language, their app, their quiet."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.clouds import AgoraAccount
from bot.sandbox.slack import Person
from tests.conftest import Harness, open_harness, slack_errors_of
from tests.scenario_helpers import Json, report, text_of

ACCOUNT = AgoraAccount()


@pytest.fixture(scope="module")
async def school(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """Lagdesk with two apps."""
    apps = f"kids={ACCOUNT.apps['kids']},grown=00000000000000000000000000000001"
    async with open_harness(tmp_path_factory.mktemp("lagdesk"), AGORA_APPS=apps) as built:
        yield built
        assert slack_errors_of(built.workspace) == []


async def test_settings_are_kept_and_obeyed(school: Harness) -> None:
    """Language and app are chosen in one form; the next form obeys them."""
    wang = school.workspace.person("wang")
    await wang.command("/lagdesk", "settings")
    view = await wang.wait_for_view("preferences")
    assert view["title"]["text"] == "我的设置"
    chosen = {"language": "en", "app": "grown"}
    seen = count_published(school)
    assert (await wang.submit(view, chosen)).ok
    assert count_published(school) == seen
    await wang.command("/report", "")
    form = await wang.wait_for_view("report")
    assert form["title"]["text"] == "Report a bad call"
    assert form["blocks"][0]["element"]["initial_option"]["value"] == "grown"
    await wang.close(form)
    await wang.command("/lagdesk", "notify")
    again = await wang.wait_for_view("preferences")
    assert again["title"]["text"] == "My settings"
    assert again["blocks"][1]["element"]["initial_option"]["value"] == "grown"
    assert (await wang.submit(again, {"language": "auto", "app": "-"})).ok
    await wang.command("/lagdesk", "settings")
    last = await wang.wait_for_view("preferences")
    assert last["title"]["text"] == "我的设置"
    await wang.close(last)


async def home_of(harness: Harness, person: Person) -> Json:
    """Open a person's App Home and return its text."""
    seen = count_published(harness)
    await person.open_home()
    await harness.workspace.until(lambda: count_published(harness) > seen)
    return shown_to(person)


def count_published(harness: Harness) -> int:
    """How often a home was published, over everybody."""
    return sum(call["name"] == "views.publish" for call in harness.workspace.calls)


def shown_to(person: Person) -> Json:
    """The home somebody looks at."""
    assert person.home is not None
    return person.home


def rows_of(home: Json) -> list[str]:
    """The queue's rows, as text."""
    rows = [block for block in home["blocks"] if block["block_id"].startswith("row-")]
    return [text_of(block) for block in rows]


async def test_support_works_from_the_queue(school: Harness) -> None:
    """The urgent and the oldest stand first; filters stay; a claim shows at once."""
    lin, sam = school.workspace.person("lin"), school.workspace.person("sam")
    for number in range(12):
        await report(lin, f"queue_{number:02}", app="grown" if number % 2 else "kids")
    await school.settled()
    home = await home_of(school, sam)
    assert "Open: *12* · Claimed: *0*" in text_of(home)
    assert "A bad call?" in text_of(home)
    assert len(rows_of(home)) == 10
    assert "queue_00" in rows_of(home)[0]
    await sam.click(home, "home.more")
    assert len(rows_of(shown_to(sam))) == 2
    await sam.click(shown_to(sam), "home.first")
    await sam.choose(shown_to(sam), "home.app", "grown")
    assert len(rows_of(shown_to(sam))) == 6
    await sam.click(shown_to(sam), "ticket.claim")
    assert "Open: *11* · Claimed: *1*" in text_of(shown_to(sam))
    await sam.choose(shown_to(sam), "home.whose", "mine")
    await sam.click(shown_to(sam), "home.greeted")
    (row,) = rows_of(await home_of(school, sam))
    assert "queue_01" in row
    assert f"Claimed by <@{sam.id}>" in row
    assert "A bad call?" not in text_of(shown_to(sam))


async def test_two_claim_from_their_homes(school: Harness) -> None:
    """One wins; the other gets a message with the name, and sees the current queue."""
    zhou, maya = school.workspace.person("zhou"), school.workspace.person("maya")
    theirs, late = await home_of(school, zhou), await home_of(school, maya)
    await zhou.click(theirs, "ticket.claim")
    await maya.click(late, "ticket.claim")
    text = school.workspace.messages(maya.dm_channel_id())[-1]["text"]
    assert f"<@{zhou.id}> has already claimed LD-" in text
    assert f"Claimed by <@{zhou.id}>" in text_of(shown_to(maya))


async def test_teacher_sees_their_own_and_no_queue(school: Harness) -> None:
    """A teacher's home has no queue, in their language, a page at a time; the form opens there."""
    lin, guest = school.workspace.person("lin"), school.workspace.person("guest")
    home = await home_of(school, lin)
    assert "待办工单" not in text_of(home)
    assert text_of(home).count('"own-') == 10
    await lin.click(home, "home.more")
    assert text_of(shown_to(lin)).count('"own-') == 2
    assert "queue_00" in text_of(shown_to(lin))
    await lin.click(shown_to(lin), "home.report")
    await lin.close(await lin.wait_for_view("report"))
    await lin.click(shown_to(lin), "home.settings")
    settings = await lin.wait_for_view("preferences")
    school.workspace.fail_next("views.publish", "internal_error")
    assert (
        await lin.submit(settings, {"language": "en"})
    ).ok  # saved, though the home is not shown
    await lin.click(shown_to(lin), "home.settings")
    settings = await lin.wait_for_view("preferences")
    assert settings["title"]["text"] == "My settings"
    assert (await lin.submit(settings)).ok
    assert "My tickets" in text_of(shown_to(lin))
    assert "queue_" not in text_of(await home_of(school, guest))
