"""Why a call was bad: in the thread for everybody, by /diagnose for one, in their languages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from bot.sandbox.scenario import build_simulated_call
from bot.sandbox.slack import Person
from tests.conftest import Harness, open_harness, slack_errors_of
from tests.scenario_helpers import (
    ephemeral_texts,
    find_diagnosis_posts,
    report,
    text_of,
)


@pytest.fixture(scope="module")
async def both(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """Lagdesk with both languages on shared surfaces."""
    folder = tmp_path_factory.mktemp("lagdesk")
    async with open_harness(folder, DEFAULT_LOCALE="both") as built:
        yield built
        assert slack_errors_of(built.workspace) == []


async def request_diagnosis(harness: Harness, person: Person, text: str) -> list[str]:
    """Request a diagnosis and return the responses; nothing that stays precedes them."""
    before = len(ephemeral_texts(person))
    outcome = await person.command("/diagnose", text)
    assert (outcome.late, outcome.text) == (False, "")
    await harness.settled()
    return ephemeral_texts(person)[before:]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("sam", "class_77_3", "CPU is overloaded"),
        ("lin", "class_77_3", "CPU 负载过高"),
        ("sam", "class_77_6", "The call looked healthy around <!date^"),
        ("sam", "nowhere_1", "the call (not found)"),
        ("lin", "nowhere_1", "缺少这次通话的数据：云端没有记录"),
        ("guest", "class_77_1 app=kids", "Weak Wi-Fi signal"),
        ("sam", "class_77_1 --app=kids since= 30 min", "Weak Wi-Fi signal"),
        ("sam", "class_77_1 —app=Kids。", "Weak Wi-Fi signal"),
        ("sam", "*class_77_1*", "Weak Wi-Fi signal"),
        ("lin", "class_77_1。", "Wi-Fi 信号弱"),
    ],
)
async def test_diagnose_answers_privately(
    both: Harness, name: str, text: str, expected: str
) -> None:
    """The answer is for the reader alone, in their language, at once where data is out."""
    person = both.workspace.person(name)
    (answer,) = await request_diagnosis(both, person, text)
    assert expected in answer
    assert "10001" not in answer
    assert "20002" not in answer
    assert [m for m in both.workspace.messages("teachers") if "class_77" in text_of(m)] == []


@pytest.mark.parametrize(("name", "zone"), [("lin", "UTC+8"), ("sam", "UTC"), ("maya", "UTC-5")])
async def test_charts_are_in_the_readers_zone(both: Harness, name: str, zone: str) -> None:
    """Slack's date tokens are in each reader's zone; a chart's axis is too, and names it."""
    (answer,) = await request_diagnosis(both, both.workspace.person(name), "class_77_1")
    assert f'"x_label": "2026-11-{"10" if zone == "UTC-5" else "11"} {zone}"' in answer


async def test_call_that_has_just_begun_is_answered_twice(both: Harness) -> None:
    """First that nothing is known yet and when it will be, then the answer; not more."""
    person = both.workspace.person("sam")
    answers = await request_diagnosis(both, person, "class_77_9")
    assert "There is no data about this call yet" in answers[0]
    for _ in range(5):
        await both.pass_time(120)
    later = [text for text in ephemeral_texts(person) if "class_77_9" in text][1:]
    assert len(later) == 1
    assert "There is no data" not in later[0]


async def test_channel_without_a_call_is_looked_for_once_more(both: Harness) -> None:
    """A class may have begun so lately that it is not listed; after three minutes that is known."""
    person = both.workspace.person("sam")
    for cname in ("late_1", "nowhere_3"):
        answers = await request_diagnosis(both, person, cname)
        assert f"No call was found in {cname}. If the class began less than 3 min" in answers[0]
    started_at = both.clock() - 60
    both.clouds.add(build_simulated_call("healthy", "late_1", seed=9, started_at=started_at))
    for _ in range(4):
        await both.pass_time(181)
    healthy, nothing = (
        [text for text in ephemeral_texts(person) if cname in text][1:]
        for cname in ("late_1", "nowhere_3")
    )
    assert (len(healthy), len(nothing)) == (1, 1)
    assert "looked healthy" in healthy[0]
    assert "No call was found in nowhere_3. Check the channel" in nothing[0]


async def test_since_says_how_far_back(both: Harness) -> None:
    """A call that ended before `since` is not found."""
    person = both.workspace.person("sam")
    sim_call = both.clouds.sim_call("class_77_7")
    assert sim_call is not None
    (answer,) = await request_diagnosis(both, person, "class_77_12 since=2h")
    assert "not found" not in answer
    (answer,) = await request_diagnosis(both, person, "nowhere_2 since=5m")
    assert "not found" in answer


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("sam", "", "cname) is missing"),
        ("lin", "", "缺少频道名"),
        ("sam", "a b c", "only one channel"),
        ("lin", "a b c", "一次只能写一个频道"),
        ("sam", "class_1 app=nothing", "There is no app called nothing"),
        ("sam", "class_1 since=soon", "since=, such as 90s"),
        ("sam", "课堂", "1 to 64 letters"),
        ("lin", "x" * 65, "64"),
        ("sam", "<!channel>&amp; app=<!here>", "There is no app called @here"),
    ],
)
async def test_wrong_arguments_are_answered_with_help(
    both: Harness, name: str, text: str, expected: str
) -> None:
    """What is wrong, and how the command is used, in the reader's language."""
    outcome = await both.workspace.person(name).command("/diagnose", text)
    assert expected in outcome.text
    assert "`/diagnose class_77_1`" in outcome.text
    assert ("说明一次通话为什么不好" in outcome.text) == (name == "lin")
    assert "<!" not in outcome.text


async def test_answer_survives_slack(both: Harness) -> None:
    """When Slack breaks the answer's address for a moment, the answer comes later."""
    person = both.workspace.person("zhou")
    both.workspace.fail_next("response_url", "http_500")
    await request_diagnosis(both, person, "class_77_10")
    assert [text for text in ephemeral_texts(person) if "CPU 负载过高" in text] == []
    await both.pass_time(10)
    assert len([text for text in ephemeral_texts(person) if "CPU 负载过高" in text]) == 1


async def test_thread_names_sides_codes_and_both_languages(both: Harness) -> None:
    """Faults are described by side, words in both languages and facts once, without uids."""
    person = both.workspace.person("sam")
    await report(person, "class_77_2")
    text = await look_until(both, "class_77_2", "Packet loss (video, uplink)")
    assert "Packet loss (video, uplink) · 老师 / Teacher •••01 · <!date^" in text
    assert "• 老师 / Teacher •••01 · 上行丢包率（视频） / Uplink packet loss (video) " in text
    assert " · 阈值 / limit 5% · " in text
    assert not re.search(r"10001|20002", text)
    (post,) = find_diagnosis_posts(both, "class_77_2")
    for line in text_of(post).split("\\n"):
        moments = re.findall(r"<!date\^\d+\^[^|]*", line)
        assert len(moments) == len(set(moments)), line


async def look_until(harness: Harness, cname: str, expected: str) -> str:
    """Let time pass until the post in the thread says something, half an hour at most."""
    await harness.settled()
    text = ""
    for _ in range(15):
        await harness.pass_time(120)
        text = text_of(find_diagnosis_posts(harness, cname)[0])
        if expected in text:
            break
    return text


async def test_big_class_says_who_is_cut_off(both: Harness) -> None:
    """When the cloud names ten people only, the missing one is named, masked."""
    await report(both.workspace.person("sam"), "class_77_big", student_uid="20012")
    text = await look_until(both, "class_77_big", "ten people")
    assert "the cloud lists ten people at most · •••01" in text
    assert len(find_diagnosis_posts(both, "class_77_big")) == 1
