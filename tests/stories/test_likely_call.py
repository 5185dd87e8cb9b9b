"""A wrong app, another capital, another hour: the ticket names the call that is probably meant."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.clouds import AgoraAccount
from bot.sandbox.scenario import build_simulated_call
from tests.conftest import Harness, open_harness
from tests.scenario_helpers import (
    direct_messages,
    ephemeral_texts,
    find_card,
    find_cards,
    find_diagnosis_posts,
    find_replies,
    find_ticket,
    report,
    text_of,
)
from tests.stories.test_report import linked_line, ticket_number
from tests.stories.test_returning_reporter import open_form


@pytest.fixture
async def two_apps(tmp_path: Path) -> AsyncIterator[Harness]:
    """Lagdesk with two apps; all calls are those of `kids`."""
    apps = ",".join(f"{name}={app_id}" for name, app_id in AgoraAccount().apps.items())
    async with open_harness(tmp_path, AGORA_APPS=apps) as harness:
        yield harness


async def report_and_wait(harness: Harness, cname: str, **fields: Any) -> dict[str, Any]:
    """Report a call as sam; return the diagnosis in the thread."""
    await report(harness.workspace.person("sam"), cname, **fields)
    await harness.settled()
    await harness.pass_time(400)
    (diagnosis,) = find_replies(harness, find_card(harness, cname))
    return diagnosis


@pytest.mark.parametrize(
    ("cname", "app", "likely"),
    [
        ("class_77_2", "adults", "class_77_2 in the app kids has been running since"),
        ("Class_77_2", "kids", "class_77_2 in the app kids has been running since"),
    ],
)
async def test_one_click_uses_the_call_that_is_meant(
    two_apps: Harness, cname: str, app: str, likely: str
) -> None:
    """The thread and the reporter read where the call ran; one click corrects the report."""
    diagnosis = await report_and_wait(two_apps, cname, app=app)
    sam = two_apps.workspace.person("sam")
    explained = direct_messages(two_apps, sam, cname)[-1]
    assert likely in text_of(diagnosis)
    assert likely in text_of(explained)
    await sam.click(explained, "verdict.use_call")
    await two_apps.settled()
    await two_apps.pass_time(400)
    card = find_card(two_apps, "class_77_2")
    assert "Packet loss (video, uplink)" in text_of(find_replies(two_apps, card)[0])
    assert "verdict.use_call" not in text_of(find_replies(two_apps, card)[0])


async def test_room_that_ran_on_another_hour(two_apps: Harness) -> None:
    """The channel's own call of the last day is named; used, it is judged when it was reported."""
    at = int(two_apps.clock() - 8 * 3600)
    diagnosis = await report_and_wait(two_apps, "class_77_2", app="kids", occurred_at=at)
    assert f"No call was found in class_77_2 around <!date^{at}^" in text_of(diagnosis)
    assert "class_77_2 in the app kids has been running since" in text_of(diagnosis)
    assert f"(instead of <!date^{at}^" in text_of(find_card(two_apps, "class_77_2"))
    await two_apps.workspace.person("sam").click(diagnosis, "verdict.use_call")
    await two_apps.settled()
    await two_apps.pass_time(400)
    assert "Packet loss (video, uplink)" in text_of(find_card(two_apps, "class_77_2"))


async def test_healthy_minutes_of_a_bad_call(two_apps: Harness) -> None:
    """A report four minutes too late names the bad minutes, and is resolved with their cause."""
    sim_call = next(each for each in two_apps.clouds.sim_calls if each.cname == "class_77_14")
    at = int(sim_call.faults[0].ends_at) + 240
    diagnosis = await report_and_wait(two_apps, "class_77_14", app="kids", occurred_at=at)
    assert "Normal around" in text_of(diagnosis)
    assert "Packet loss (video, uplink)" in text_of(diagnosis)
    picture = next(block for block in diagnosis["blocks"] if block["type"] == "image")
    assert "Normal when reported, bad at another time" in picture["alt_text"]
    start, end = re.findall(r"(\d\d):(\d\d)", picture["alt_text"])[:2]
    assert (int(end[0]) - int(start[0])) * 60 + int(end[1]) - int(start[1]) > 6
    card = text_of(find_card(two_apps, "class_77_14"))
    assert "Looked healthy" in card
    assert "+ Packet loss (video, uplink)" in card
    sam = two_apps.workspace.person("sam")
    await sam.click(diagnosis, "verdict.right")
    await two_apps.settled()
    await sam.click(sam.ephemerals("escalations")[-1], "ticket.accept")
    assert (await find_ticket(two_apps, "class_77_14")).resolved_cause == "network.loss"


async def test_only_support_and_the_reporter_use_it(two_apps: Harness) -> None:
    """Somebody else's click changes nothing, and says why."""
    diagnosis = await report_and_wait(two_apps, "class_77_2", app="adults")
    lin = two_apps.workspace.person("lin")
    await lin.click(diagnosis, "verdict.use_call")
    await two_apps.settled()
    assert any("支持" in text for text in ephemeral_texts(lin, "escalations"))
    (unchanged,) = find_replies(two_apps, find_card(two_apps, "class_77_2"))
    assert "verdict.use_call" in text_of(unchanged)


async def test_inquiry_names_it_too(two_apps: Harness) -> None:
    """`/diagnose` in the wrong app says in which the channel ran; one click diagnoses it."""
    await two_apps.pass_time(3 * 3600)
    sam = two_apps.workspace.person("sam")
    await sam.command("/diagnose", "class_77_2 app=adults since=30m")
    await two_apps.settled()
    assert "class_77_2 in the app kids ran" in ephemeral_texts(sam)[-1]
    await sam.click(sam.ephemerals("teachers")[-1], "diagnose.use_call")
    await two_apps.settled()
    answer = ephemeral_texts(sam)[-1]
    assert "Packet loss (video, uplink)" in answer
    assert "No call was found" not in answer


async def test_forged_call_of_an_inquiry(two_apps: Harness) -> None:
    """A button with another app than the workspace's diagnoses nothing."""
    sam = two_apps.workspace.person("sam")
    await sam.command("/diagnose", "class_77_2 app=adults")
    await two_apps.settled()
    post = sam.ephemerals("teachers")[-1]
    for forged in ('["elsewhere", "class_77_2"]', "{}", "nonsense"):
        await sam.click(post, "diagnose.use_call", value=forged)
        await two_apps.settled()
        assert "There is no app" in ephemeral_texts(sam)[-1]


async def test_report_just_after_the_class(two_apps: Harness) -> None:
    """People report when a class is over: its last minutes are judged, and the thread says so."""
    now = two_apps.clock()
    two_apps.clouds.add(
        build_simulated_call(
            *("uplink_loss_video", "class_over"),
            seed=1,
            started_at=float(int(now - 3000)),
            length_s=2000.0,
            complaint_after_s=1800.0,
        )
    )
    at = int(now - 1000 + 100)
    diagnosis = await report_and_wait(two_apps, "class_over", app="kids", occurred_at=at)
    said = f"Judged are the minutes nearest to it, around <!date^{at - 220}^"
    assert said in text_of(diagnosis)
    card = text_of(find_card(two_apps, "class_over"))
    assert "Packet loss (video, uplink)" in card
    assert f"<!date^{at}^" in card
    (explained,) = direct_messages(two_apps, two_apps.workspace.person("sam"), "class_over")
    assert said in text_of(explained)


async def test_wrong_app_and_hour_at_once(two_apps: Harness) -> None:
    """A room that ran in another app five hours ago is offered, with what was reported instead."""
    await two_apps.pass_time(5 * 3600)
    diagnosis = await report_and_wait(two_apps, "class_77_2", app="adults")
    assert "class_77_2 in the app kids ran" in text_of(diagnosis)
    card = text_of(find_card(two_apps, "class_77_2"))
    assert "kids (instead of adults)" in card
    assert "(instead of <!date^" in card
    await two_apps.workspace.person("sam").click(diagnosis, "verdict.use_call")
    await two_apps.settled()
    await two_apps.pass_time(400)
    assert (await find_ticket(two_apps, "class_77_2")).app == "kids"


async def test_no_likely_call_is_no_offer(two_apps: Harness) -> None:
    """A channel that ran nowhere leaves the sentence as it was."""
    diagnosis = await report_and_wait(two_apps, "class_that_never_was", app="kids")
    assert "verdict.use_call" not in text_of(diagnosis)
    assert "No call was found in class_that_never_was around" in text_of(diagnosis)


async def test_call_that_is_over(two_apps: Harness) -> None:
    """Used after its end, it is judged by its last whole minutes; who clicks reads which."""
    await two_apps.pass_time(3 * 3600)
    diagnosis = await report_and_wait(two_apps, "class_77_2", app="kids")
    sam = two_apps.workspace.person("sam")
    await sam.click(diagnosis, "verdict.use_call")
    await two_apps.settled()
    await two_apps.pass_time(400)
    sim_call = next(each for each in two_apps.clouds.sim_calls if each.cname == "class_77_2")
    moment = (await find_ticket(two_apps, "class_77_2")).occurred_at.timestamp()
    assert 119 < sim_call.ended_at - moment < 122
    said = ephemeral_texts(sam, "escalations")[-1]
    assert f"is now checked around <!date^{int(moment)}^" in said
    assert "Packet loss (video, uplink)" in text_of(find_card(two_apps, "class_77_2"))


async def test_minutes_that_are_published_later(two_apps: Harness) -> None:
    """A call that is bad eight minutes after a healthy moment is looked at again, unasked."""
    now = two_apps.clock()
    two_apps.clouds.add(
        build_simulated_call(
            *("uplink_loss_video", "class_later"),
            seed=1,
            started_at=float(int(now - 600)),
            length_s=3600.0,
            complaint_after_s=600.0 + 540,
        )
    )
    diagnosis = await report_and_wait(two_apps, "class_later", app="kids")
    assert "looked healthy" in text_of(diagnosis)
    await two_apps.pass_time(600)
    (diagnosis,) = find_diagnosis_posts(two_apps, "class_later")
    assert "but the same call was bad around" in text_of(diagnosis)
    sam = two_apps.workspace.person("sam")
    (explained,) = direct_messages(two_apps, sam, "class_later")
    assert "Packet loss (video, uplink)" in text_of(explained)


async def test_correction_to_a_call_that_is_reported(two_apps: Harness) -> None:
    """Both cards name each other, and the reporter's next form does not repeat the mistake."""
    lin, wang = (two_apps.workspace.person(name) for name in ("lin", "wang"))
    assert (await report(lin, "class_77_2", app="adults")).ok
    await two_apps.settled()
    assert (await open_form(lin))["app"]["initial_option"]["value"] == "adults"
    assert (await report(wang, "class_77_2", app="kids")).ok
    await two_apps.settled()
    await two_apps.pass_time(400)
    explained = direct_messages(two_apps, lin, "class_77_2")[-1]
    await lin.click(explained, "verdict.use_call")
    await two_apps.settled()
    wrong, right = find_cards(two_apps, "class_77_2")
    assert f"|LD-{ticket_number(right)}>" in text_of(linked_line(wrong))
    assert f"|LD-{ticket_number(wrong)}>" in text_of(linked_line(right))
    assert (await open_form(lin))["app"]["initial_option"]["value"] == "kids"
