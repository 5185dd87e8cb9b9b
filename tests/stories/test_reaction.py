"""Who reacts to a message with the emoji is offered the report form, filled in from it."""

from __future__ import annotations

from typing import Any

from bot.sandbox.slack import Person
from tests.conftest import Harness
from tests.scenario_helpers import find_ticket, text_of


async def react_and_open(harness: Harness, person: Person, posted: dict[str, Any]) -> Any:
    """React to a message, and accept the offer; return the form."""
    before = len(person.ephemerals("teachers"))
    await person.react(posted, "ticket")
    await harness.workspace.until(lambda: len(person.ephemerals("teachers")) > before)
    assert (await person.click(person.ephemerals("teachers")[-1], "reaction.report")).ok
    return await person.wait_for_view("report")


async def test_reaction_with_the_emoji(http_harness: Harness) -> None:
    """Who reacts to a message with it is offered the form, filled in from that message."""
    harness, wang = http_harness, http_harness.workspace.person("wang")
    lin = harness.workspace.person("lin")
    posted = await lin.post_message("teachers", "class_77_12 老师 10001 学生 20002 听不到声音")
    before = len(wang.ephemerals("teachers"))
    for name in ("eyes", "ticket"):
        await wang.react(posted, name)
    await harness.workspace.until(lambda: len(wang.ephemerals("teachers")) > before)
    (offer,) = wang.ephemerals("teachers")[before:]
    assert "提交" in text_of(offer)
    assert (await wang.click(offer, "reaction.report")).ok
    view = await wang.wait_for_view("report")
    fields = {block["block_id"]: block.get("element") for block in view["blocks"]}
    assert fields["cname"]["initial_value"] == "class_77_12"
    assert fields["student_uid"]["initial_value"] == "20002"
    assert (await wang.submit(view, {"abnormal_side": "student"})).ok
    assert (
        posted["ts"].replace(".", "")
        in (await find_ticket(harness, "class_77_12")).source_permalink
    )


async def test_reaction_to_a_reply(http_harness: Harness) -> None:
    """The form has the reply's words, not those of the message above, and links to the reply."""
    harness, sam = http_harness, http_harness.workspace.person("sam")
    asked = await sam.post_message("teachers", "class_77_13 any problems?")
    reply = await sam.post_message("teachers", "yes, class_77_14 teacher 10001", asked["ts"])
    view = await react_and_open(harness, sam, reply)
    fields = {block["block_id"]: block.get("element") for block in view["blocks"]}
    assert fields["cname"]["initial_value"] == "class_77_14"
    assert fields["teacher_uid"]["initial_value"] == "10001"
    assert (await sam.submit(view, {"student_uid": "20002", "abnormal_side": "student"})).ok
    permalink = (await find_ticket(harness, "class_77_14")).source_permalink
    assert f"thread_ts={asked['ts']}" in permalink


async def test_message_that_cannot_be_read(http_harness: Harness) -> None:
    """The form says what to do instead, in the reader's language."""
    harness = http_harness
    for name, advice in (("sam", "in the message's own menu"), ("lin", "这条消息的菜单")):
        person = harness.workspace.person(name)
        posted = await person.post_message("teachers", "class_77_15 teacher 10001")
        for method in ("conversations.history", "conversations.replies"):
            harness.workspace.fail_next(method, "not_in_channel")
        view = await react_and_open(harness, person, posted)
        assert advice in text_of(view["blocks"][0])
        assert "class_77_15" not in text_of(view)
        await person.close(view)
