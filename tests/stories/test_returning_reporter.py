"""Who has reported before types little: their app, their uid and their last classes are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event

from bot.sandbox.clouds import AgoraAccount
from bot.sandbox.slack import Person
from tests.conftest import FakeClock, Harness
from tests.scenario_helpers import find_ticket, open_external_services, report, text_of

APPS = ",".join(f"{name}={app_id}" for name, app_id in AgoraAccount().apps.items())


async def open_form(person: Person, text: str = "") -> dict[str, dict[str, Any]]:
    """Open the form; return its fields' elements by name."""
    await person.command("/report", text)
    view = await person.wait_for_view("report")
    return {block["block_id"]: block.get("element", {}) for block in view["blocks"]}


async def test_last_class_is_chosen(http_harness: Harness) -> None:
    """Who reported before chooses the class and types nothing; what is typed counts more."""
    lin = http_harness.workspace.person("lin")
    assert (await report(lin, "class_again")).ok
    for _ in range(2):
        option, *_ = (await open_form(lin))["recent"]["options"]
        assert option["text"]["text"] == "class_again · 10001 · 20002 · kids"
        chosen = {"recent": option["value"], "abnormal_side": "student"}
        assert (await lin.submit(lin.views[-1], chosen)).ok
    ticket = await find_ticket(http_harness, "class_again")
    assert (ticket.app, ticket.teacher_uid, ticket.student_uid) == ("kids", "10001", "20002")
    option, *_ = (await open_form(lin))["recent"]["options"]
    missing = await lin.submit(lin.views[-1], {"abnormal_side": "student"})
    assert list(missing.errors) == ["recent"]
    chosen = {"recent": option["value"], "abnormal_side": "student", "student_uid": "20003"}
    assert (await lin.submit(lin.views[-1], {**chosen, "cname": "class_other"})).ok
    assert (await find_ticket(http_harness, "class_other")).student_uid == "20003"


async def test_nothing_is_read_before_the_form_opens(http_harness: Harness) -> None:
    """Of a person in no cache either: preferences and classes are read when it is open."""
    maya, calls = http_harness.workspace.person("maya"), http_harness.workspace.calls
    store, reads = http_harness.application.store, list[bool]()

    def note(_connection: Any, _cursor: Any, _statement: str, parameters: Any, *_: Any) -> None:
        if maya.id in str(parameters):
            reads.append(calls[-1]["name"] == "views.open")

    event.listen(store.engine, "before_cursor_execute", note)
    await open_form(maya)
    event.remove(store.engine, "before_cursor_execute", note)
    assert reads == [True, True]
    assert maya.views[-1]["title"]["text"] == "Report a bad call"


async def test_own_app_and_uid_after_a_restart(tmp_path: Path, fake_clock: FakeClock) -> None:
    """Three classes with one teacher: their app and uid are filled in, by every process."""
    async with open_external_services(tmp_path, fake_clock) as services:
        sam, lin = (services.workspace.person(name) for name in ("sam", "lin"))
        async with services.run_lagdesk(AGORA_APPS=APPS):
            for number, student in enumerate(("20002", "20003", "20004")):
                cname = f"class_{number}"
                assert (await report(sam, cname, app="adults", student_uid=student)).ok
        async with services.run_lagdesk(AGORA_APPS=APPS):
            fields = await open_form(sam, "class_new")
            assert fields["app"]["initial_option"]["value"] == "adults"
            assert fields["teacher_uid"]["initial_value"] == "10001"
            assert "initial_value" not in fields["student_uid"]
            hints = [text_of(field.get("hint")) for field in sam.views[-1]["blocks"]]
            assert [hint for hint in hints if "Left empty, it is 10001." in hint]
            typed = {"student_uid": "20005", "abnormal_side": "student"}
            assert (await sam.submit(sam.views[-1], typed)).ok
            posted = await lin.post_message("teachers", "class_of_another")
            await sam.message_shortcut("report_message", posted)
            view = await sam.wait_for_view("report")
            (other,) = (each for each in view["blocks"] if each["block_id"] == "teacher_uid")
            assert "initial_value" not in other["element"]
            assert "initial_option" not in (await open_form(lin))["app"]
