"""A workflow's step reports a call: its ticket and link come back, or what is wrong with an input."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlmodel import col, select

from bot.sandbox.slack.delivery.transport import sign
from bot.sandbox.slack.state.model import StepExecution
from bot.store import Session
from bot.ticket import Ticket
from handlers.workflow_step.definition import CALLBACK_ID
from tests.conftest import Harness
from tests.scenario_helpers import direct_messages, find_card, find_ticket, text_of

LIN, SAM = "U07LIN00001", "U07SAM00003"
INPUTS = {
    "channel_name": "step_1",
    "teacher_uid": "10001",
    "student_uid": "20002",
    "side": "student",
}


async def run(harness: Harness, person: str = "lin", **inputs: Any) -> StepExecution:
    """Run the workflow as somebody, and wait for its end."""
    runner = harness.workspace.person(person)
    given = INPUTS | {"reporter": runner.id} | inputs
    execution = runner.run_step(CALLBACK_ID, given)
    await harness.workspace.until(lambda: execution.state != "running")
    await harness.settled()
    return execution


async def tickets_of(harness: Harness, cname: str) -> list[Ticket]:
    """The tickets about a channel."""

    def work(session: Session) -> list[Ticket]:
        return list(session.exec(select(Ticket).where(col(Ticket.cname) == cname)))

    return await harness.application.store.read(work)


@pytest.mark.parametrize(
    ("side", "cname"),
    [("teacher", "side_1"), ("老师", "side_2"), ("Student", "side_3"), ("學生", "side_4")],
)
async def test_a_step_files_a_ticket(harness: Harness, side: str, cname: str) -> None:
    """Its outputs are the number and the thread's link; its reporter is told as after the form."""
    inputs = {"comment": "no sound", "type": "投诉", "app": "KIDS", "side": side}
    before = int(harness.clock()) - 60
    execution = await run(harness, channel_name=cname, time=before, **inputs)
    ticket = await find_ticket(harness, cname)
    assert execution.state == "completed"
    assert execution.outputs == {"ticket": ticket.label, "link": ticket.thread.permalink}
    assert urlsplit(ticket.thread.permalink).path.startswith(f"/archives/{harness.escalations}/p")
    assert (ticket.issue_type, ticket.comments) == (3, "no sound")
    assert ticket.occurred_at.timestamp() == before
    assert "no sound" in text_of(find_card(harness, cname))
    lin = harness.workspace.person("lin")
    assert len(direct_messages(harness, lin, cname)) == 1


@pytest.mark.parametrize(
    ("person", "inputs", "expected"),
    [
        ("lin", {"teacher_uid": "x"}, "老师"),
        ("sam", {"teacher_uid": "x"}, "Teacher's uid: "),
        ("sam", {"channel_name": "课堂"}, "Channel name (cname): "),
        ("sam", {"side": "both"}, "Who had the problem?: Choose who had the problem"),
        ("sam", {"type": "9"}, "Type: Choose one of the types"),
        ("sam", {"app": "nobody"}, "App: Choose one of the apps"),
        ("sam", {"time": "yesterday"}, "When did it happen?: Give a time"),
        ("sam", {"time": "2026-11-11T10:00:00"}, "When did it happen?: Give a time"),
        ("sam", {"time": 4102444800}, "When did it happen?: This time is in the future"),
        ("sam", {"student_uid": "10001"}, "Student's uid: Teacher and student cannot"),
        ("sam", {"reporter": "U07NOBODY99"}, "Reporter: Choose a person"),
        ("sam", {"reporter": "somebody"}, "Reporter: Choose a person"),
        ("sam", {"reporter": "U07LAGDESK0"}, "Reporter: Choose a person"),
    ],
)
async def test_an_invalid_input_fails_the_step(
    harness: Harness, person: str, inputs: dict[str, Any], expected: str
) -> None:
    """With the input's name in the reporter's language, and without a ticket."""
    execution = await run(harness, person, **{"channel_name": "step_invalid", **inputs})
    assert execution.state == "failed"
    assert expected in execution.error
    assert await tickets_of(harness, "step_invalid") == []


async def test_every_invalid_input_is_named(harness: Harness) -> None:
    """A line each."""
    execution = await run(harness, "sam", teacher_uid="x", student_uid="y", side="z")
    assert len(execution.error.splitlines()) == 3


async def test_slacks_retry_makes_nothing_twice(harness: Harness) -> None:
    """Neither a retry of the event, nor the same execution under another event id."""
    await run(harness, channel_name="step_again")
    await harness.workspace.redeliver(2)
    delivery = harness.workspace.last_delivery
    assert delivery
    delivery.payload["event_id"] = "Ev0OTHER"
    await harness.workspace.redeliver()
    await harness.settled()
    assert len(await tickets_of(harness, "step_again")) == 1
    calls = [call["name"] for call in harness.workspace.calls]
    executions = [e for e in harness.workspace.executions.values() if e.state == "completed"]
    assert calls.count("functions.completeSuccess") == len(executions)


async def test_slack_cannot_take_the_end_now(harness: Harness) -> None:
    """It is sent again until Slack takes it."""
    harness.workspace.fail_next("functions.completeSuccess", "http_500", times=2)
    lin = harness.workspace.person("lin")
    inputs = INPUTS | {"channel_name": "step_500", "reporter": lin.id}
    before = len(harness.workspace.calls)
    execution = lin.run_step(CALLBACK_ID, inputs)
    await harness.workspace.until(
        lambda: any("complete" in call["name"] for call in harness.workspace.calls[before:])
    )
    for _ in range(4):
        await harness.settled()
        await harness.pass_time(60)
    assert execution.state == "completed"


async def test_a_cancelled_workflow(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    """The ticket stays; the step is left alone."""
    lin = harness.workspace.person("lin")
    inputs = INPUTS | {"channel_name": "step_cancelled", "reporter": lin.id}
    lin.run_step(CALLBACK_ID, inputs).state = "cancelled"
    with caplog.at_level(logging.INFO):
        await harness.workspace.until(lambda: "was not ended" in caplog.text)
    await harness.settled()
    assert len(await tickets_of(harness, "step_cancelled")) == 1


@pytest.mark.parametrize(
    "event",
    [
        {"function": {"callback_id": "another"}, "function_execution_id": "Fx1", "inputs": INPUTS},
        {"function": {"callback_id": CALLBACK_ID}, "inputs": INPUTS},
        {"function": {"callback_id": CALLBACK_ID}, "function_execution_id": "", "inputs": INPUTS},
        {"function": {"callback_id": CALLBACK_ID}, "function_execution_id": "F 1", "inputs": []},
        {"function_execution_id": "Fx2"},
    ],
)
async def test_other_events(http_harness: Harness, event: dict[str, Any]) -> None:
    """Of other functions, or without an execution: acknowledged, and nothing happens."""
    workspace, before = http_harness.workspace, len(http_harness.workspace.calls)
    body = {
        "type": "event_callback",
        "team_id": workspace.team_id,
        "event_id": f"Ev{hash(json.dumps(event)) % 10**9}",
        "event": {"type": "function_executed", **event},
        "authorizations": [{"team_id": workspace.team_id, "is_enterprise_install": False}],
    }
    assert (await _send(http_harness, body)) == 200
    await http_harness.settled()
    assert [call["name"] for call in workspace.calls[before:] if "functions" in call["name"]] == []


async def _send(harness: Harness, body: dict[str, Any]) -> int:
    transport: Any = harness.workspace.transport
    data = json.dumps(body).encode()
    headers = {**sign(harness.workspace.signing_secret, data), "Content-Type": "application/json"}
    session = harness.slack.clients.session
    async with session.post(transport.url, data=data, headers=headers) as answer:
        return int(answer.status)
