"""A wrong uid: the ticket names who was in the call, and one click uses the one that is meant."""

from __future__ import annotations

import pytest

from tests.conftest import Harness
from tests.scenario_helpers import (
    direct_messages,
    ephemeral_texts,
    find_card,
    find_diagnosis_posts,
    find_ticket,
    report,
    text_of,
)


@pytest.mark.parametrize(
    ("name", "cname", "wrong", "texts"),
    [
        (
            *("sam", "class_77_2", {"student_uid": "20003"}),
            ("In the call then: •••01, •••02. Probably meant: •••02.", "The student is •••02"),
        ),
        ("lin", "class_77_8", {"teacher_uid": "99887766"}, ("可能是 •••01", "老师是 •••01")),
    ],
)
async def test_one_click_uses_the_uid_that_is_meant(
    http_harness: Harness, name: str, cname: str, wrong: dict[str, str], texts: tuple[str, str]
) -> None:
    """A digit off, or somebody else's: the reporter clicks, and the right call is diagnosed."""
    person = http_harness.workspace.person(name)
    assert (await report(person, cname, **wrong)).ok
    await http_harness.settled()
    await http_harness.pass_time(400)
    ticket_before = await find_ticket(http_harness, cname)
    (explained,) = direct_messages(http_harness, person, cname)
    reported_at = f"<!date^{int(ticket_before.occurred_at.timestamp())}"
    assert reported_at in text_of(explained)
    assert [text for text in texts if text not in text_of(explained)] == []
    assert "not in the call •••" in text_of(find_card(http_harness, cname))
    await person.click(explained, "verdict.use_person.0")
    await http_harness.settled()
    await http_harness.pass_time(400)
    ticket = await find_ticket(http_harness, cname)
    assert (ticket.teacher_uid, ticket.student_uid) == ("10001", "20002")
    assert ticket.cause == "network.loss"
    (diagnosis,) = find_diagnosis_posts(http_harness, cname)
    assert "use_person" not in text_of(diagnosis)


async def test_nobody_else_uses_it(http_harness: Harness) -> None:
    """A teacher who did not report it is refused; support may."""
    sam, lin, zhou = (http_harness.workspace.person(name) for name in ("sam", "lin", "zhou"))
    assert (await report(sam, "class_77_3", student_uid="20020")).ok
    await http_harness.settled()
    await http_harness.pass_time(400)
    (diagnosis,) = find_diagnosis_posts(http_harness, "class_77_3")
    await lin.click(diagnosis, "verdict.use_person.0")
    assert any("支持" in text for text in ephemeral_texts(lin, "escalations"))
    assert (await find_ticket(http_harness, "class_77_3")).student_uid == "20020"
    await zhou.click(diagnosis, "verdict.use_person.0")
    assert (await find_ticket(http_harness, "class_77_3")).student_uid == "20002"
