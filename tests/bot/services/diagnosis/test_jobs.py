"""Diagnosing a ticket: what is posted, stored and enqueued, and what a deleted message does."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import numpy as np
import pytest

from bot.call import Call, Code, Metric, MissingItem, MissingKind, MissingReason, Series, Unit
from bot.diagnosis import Verdict
from bot.errors import SlackUnreachableError
from bot.i18n.messages import message
from bot.jobs.run import Run
from bot.ports import Destination, Diagnosis, MessageRef, UploadedImage
from bot.services.diagnosis.jobs import DiagnosisJobs
from bot.services.publishing import Publisher
from bot.services.tickets.updates import fetch_permalink
from bot.store.diagnosis import evidence
from bot.ticket import Ticket
from tests.bot.services.conftest import TEAM, ServiceHarness
from tests.bot.services.contexts import (
    SLACK_GONE,
    SLACK_UNREACHABLE,
    NoMessages,
    PostedMessages,
    RecordedCalls,
    job_functions,
)

MINUTE: Final = dt.timedelta(minutes=1)
CHART: Final = UploadedImage("F1", "a chart")
FILE_GONE: Final = SlackUnreachableError(
    message("deleted"), code="invalid_slack_file", maybe_arrived=False
)


def series(ticket: Ticket) -> Series:
    """Three samples of the student around the complaint."""
    times = ticket.occurred_at.timestamp() + np.array([-20.0, 0.0, 20.0])
    values, code = np.array([1.0, 2.0, 3.0]), Code("agora.metric", "x")
    return Series("20002", "s1", Metric.SEND_FPS, Unit.FPS, times, values, code)


def diagnosed(ticket: Ticket, cause: str = "network.loss", **changes: Any) -> Diagnosis:
    """A diagnosis of the ticket's call."""
    at = ticket.occurred_at
    verdict = Verdict(cause, at, at, uid="20002", missing=changes.pop("missing", ()))
    return Diagnosis(ticket.report, "agora", verdict, at + MINUTE, **changes)


def gap(at: dt.datetime | None, what: MissingKind = MissingKind.CALL) -> tuple[MissingItem, ...]:
    """Something that is missing until a moment."""
    return (MissingItem(what, MissingReason.NOT_OUT_YET, at),)


class Jobs:
    """The jobs with a given diagnosis, and what they post."""

    def __init__(self, harness: ServiceHarness, finder: Any = None, **results: Any) -> None:
        self.service = RecordedCalls(diagnose=results.pop("diagnose", ()))
        self.posts = RecordedCalls(**results)
        publisher = Publisher(finder or NoMessages())
        service: Any = self.service
        self.jobs = DiagnosisJobs(harness.context, service, publisher, self.posts)


async def filed(harness: ServiceHarness, **thread: str) -> Ticket:
    """A ticket with a card, and nothing enqueued."""
    ticket = await harness.report()

    def change(stored: Ticket) -> None:
        stored.thread.move_to("C-SUPPORT", "1.0")
        for name, value in thread.items():
            setattr(stored.thread, name, value)

    await harness.change(ticket.id, change)
    await harness.finish_jobs()
    return await harness.ticket(ticket.id)


async def enqueued(harness: ServiceHarness, ticket: Ticket) -> set[str]:
    """Return the kinds of the ticket's jobs that are due now."""
    kinds = ["card", "chart", "attach_chart", "call_statistics", "group_incident"]
    kinds += ["confirm", "diagnose", "report"]
    jobs = {kind: await harness.job(f"{kind}:{ticket.label}") for kind in kinds}
    return {kind for kind, job in jobs.items() if job and job.due_at == harness.clock.now()}


async def test_diagnosis_waits_for_the_card(service_harness: ServiceHarness) -> None:
    """For a minute: the card's job runs it as soon as it is posted."""
    ticket = await service_harness.report()
    made = Jobs(service_harness)
    waits_until = await made.jobs.diagnose(Run("k"), ticket.id)
    assert waits_until == service_harness.clock.now() + MINUTE
    assert made.service.calls == made.posts.calls == []


async def test_final_diagnosis(service_harness: ServiceHarness) -> None:
    """It is posted in the thread, stored with its evidence, drawn, and sent to the reporter."""
    ticket = await filed(service_harness)
    result = diagnosed(ticket, series=(series(ticket),))
    made = Jobs(service_harness, diagnose=[result], post_diagnosis=[MessageRef("C", "2.0")])
    assert await made.jobs.diagnose(Run("diagnose:k"), ticket.id) is None
    assert made.service.calls == [("diagnose", ticket.report, service_harness.context.clouds)]
    name, _, posted, run = made.posts.calls[0]
    assert (made.posts.names, posted.verdict, run.key) == (
        ["post_diagnosis"],
        result.verdict,
        "diagnose:k",
    )
    assert name == "post_diagnosis"
    stored = await service_harness.ticket(ticket.id)
    assert stored.thread.diagnosis_ts == "2.0"
    assert stored.verdict == result.verdict.to_json()
    assert stored.diagnosed_at == result.requested_at
    assert (stored.cause, stored.at_fault_uid, stored.is_live) == ("network.loss", "20002", None)
    assert await enqueued(service_harness, ticket) == {"card", "chart", "group_incident", "confirm"}


async def test_card_is_replaced_meanwhile(service_harness: ServiceHarness) -> None:
    """What was posted, or linked to, in the thread of the earlier card does not count."""
    ticket = await filed(service_harness)
    made = Jobs(service_harness, diagnose=[diagnosed(ticket)])

    def change(stored: Ticket) -> None:
        stored.thread.move_to("C-SUPPORT", "9.0")
        stored.thread.permalink = "https://slack/9"

    async def replace_card(*_: object) -> Any:
        await service_harness.change(ticket.id, change)
        return MessageRef("C-SUPPORT", "2.0")

    made.posts.post_diagnosis = replace_card  # type: ignore[attr-defined]
    await made.jobs.diagnose(Run("k"), ticket.id)
    thread = (await service_harness.ticket(ticket.id)).thread
    assert (thread.card_ts, thread.diagnosis_ts) == ("9.0", "")

    async def replace_card_again(_ticket: Ticket) -> str:
        await service_harness.change(ticket.id, lambda t: t.thread.move_to("C-SUPPORT", "10.0"))
        return "https://slack/old"

    stored = await service_harness.ticket(ticket.id)
    stored.thread.permalink = ""
    await fetch_permalink(Run("k"), service_harness.context, stored, replace_card_again)
    assert (await service_harness.ticket(ticket.id)).thread.permalink == "https://slack/9"


@pytest.mark.parametrize("cause", ["none", "unknown"])
async def test_without_a_cause_there_is_no_incident(
    service_harness: ServiceHarness, cause: str
) -> None:
    """Nothing was measured, so nothing is drawn; the reporter reads that nothing was seen."""
    ticket = await filed(service_harness)
    made = Jobs(service_harness, diagnose=[diagnosed(ticket, cause)])
    await made.jobs.diagnose(Run("k"), ticket.id)
    assert (await service_harness.ticket(ticket.id)).cause == cause
    assert await enqueued(service_harness, ticket) == {"card", "confirm"}


async def test_ticket_of_an_incident_is_not_grouped_again(service_harness: ServiceHarness) -> None:
    """It has its incident."""
    ticket = await filed(service_harness)

    def join(stored: Ticket) -> None:
        stored.incident = 7

    await service_harness.change(ticket.id, join)
    made = Jobs(service_harness, diagnose=[diagnosed(ticket)])
    await made.jobs.diagnose(Run("k"), ticket.id)
    assert await enqueued(service_harness, ticket) == {"card", "confirm"}


async def test_incomplete_diagnosis_is_repeated(service_harness: ServiceHarness) -> None:
    """It is posted, but neither drawn nor sent to the reporter; the final one is, once."""
    ticket = await filed(service_harness)
    now = service_harness.clock.now()
    first = diagnosed(ticket, "unknown", missing=gap(now + MINUTE), series=(series(ticket),))
    final = diagnosed(ticket, series=(series(ticket),))
    results = [first, final, final]
    made = Jobs(service_harness, diagnose=results, post_diagnosis=[MessageRef("C", "2.0")])
    assert await made.jobs.diagnose(Run("k"), ticket.id) == now + MINUTE
    assert await enqueued(service_harness, ticket) == set()
    store = service_harness.context.store
    assert await store.read(lambda session: evidence.find(session, ticket.id)) is None
    assert await made.jobs.diagnose(Run("k"), ticket.id) is None
    assert await enqueued(service_harness, ticket) == {"card", "chart", "group_incident", "confirm"}
    await service_harness.finish_jobs()
    assert await made.jobs.diagnose(Run("k"), ticket.id) is None
    assert await enqueued(service_harness, ticket) == {"chart", "group_incident"}
    assert made.posts.names == ["post_diagnosis", "update_diagnosis", "update_diagnosis"]


@pytest.mark.parametrize(("age_h", "is_repeated"), [(25, True), (27, False)])
async def test_missing_data_is_awaited_for_26_hours(
    service_harness: ServiceHarness, age_h: int, *, is_repeated: bool
) -> None:
    """Counted from the report."""
    ticket = await filed(service_harness)
    service_harness.clock.move(age_h * 3600)
    retry_at = service_harness.clock.now() + 10 * MINUTE
    made = Jobs(service_harness, diagnose=[diagnosed(ticket, "unknown", missing=gap(retry_at))])
    assert await made.jobs.diagnose(Run("k"), ticket.id) == (retry_at if is_repeated else None)


async def test_post_of_an_earlier_attempt_is_edited(service_harness: ServiceHarness) -> None:
    """A retry searches the thread since the report."""
    ticket = await filed(service_harness)
    finder = PostedMessages(k=MessageRef("C", "2.0"))
    made = Jobs(service_harness, finder, diagnose=[diagnosed(ticket)])
    await made.jobs.diagnose(Run("k", is_retry=True), ticket.id)
    assert made.posts.names == ["update_diagnosis"]
    since = ticket.created_at - MINUTE / 2
    assert finder.searched == [(Destination(TEAM, "C-SUPPORT", "1.0"), "k", since)]
    assert (await service_harness.ticket(ticket.id)).thread.diagnosis_ts == "2.0"


async def test_deleted_post_is_posted_again(service_harness: ServiceHarness) -> None:
    """At its new position."""
    ticket = await filed(service_harness, diagnosis_ts="2.0")
    made = Jobs(
        service_harness,
        diagnose=[diagnosed(ticket)],
        update_diagnosis=[SLACK_GONE],
        post_diagnosis=[MessageRef("C", "3.0")],
    )
    await made.jobs.diagnose(Run("k"), ticket.id)
    assert made.posts.names == ["update_diagnosis", "post_diagnosis"]
    assert (await service_harness.ticket(ticket.id)).thread.diagnosis_ts == "3.0"


async def test_picture_that_was_deleted_in_slack(service_harness: ServiceHarness) -> None:
    """The diagnosis is edited without it, and it is drawn again: updates go on."""
    ticket = await filed(service_harness, diagnosis_ts="2.0", chart_file_id="F-DELETED")
    made = Jobs(service_harness, diagnose=[diagnosed(ticket)], update_diagnosis=[FILE_GONE])
    await made.jobs.diagnose(Run("k"), ticket.id)
    assert made.posts.names == ["update_diagnosis"] * 2
    assert made.posts.calls[1][1].thread.chart_file_id == ""
    stored = await service_harness.ticket(ticket.id)
    assert stored.thread.chart_file_id == ""
    assert stored.verdict is not None
    assert "chart" in await enqueued(service_harness, ticket)


async def test_other_failures_are_retried(service_harness: ServiceHarness) -> None:
    """The picture stays, and nothing is stored."""
    ticket = await filed(service_harness, diagnosis_ts="2.0", chart_file_id="F1")
    made = Jobs(service_harness, diagnose=[diagnosed(ticket)], update_diagnosis=[SLACK_UNREACHABLE])
    with pytest.raises(SlackUnreachableError):
        await made.jobs.diagnose(Run("k"), ticket.id)
    stored = await service_harness.ticket(ticket.id)
    assert (stored.thread.chart_file_id, stored.verdict) == ("F1", None)


async def test_class_in_progress_is_more_urgent(service_harness: ServiceHarness) -> None:
    """The escalation is planned anew and the card edited; unchanged, neither."""
    ticket = await filed(service_harness)
    calls = (Call("agora", "kids", "c1", "class_77_1", ticket.occurred_at),)
    made = Jobs(service_harness, diagnose=[diagnosed(ticket, calls=calls)] * 2)
    await made.jobs.diagnose(Run("k"), ticket.id)
    stored = await service_harness.ticket(ticket.id)
    assert stored.is_live
    assert stored.escalates_at == ticket.created_at + 7.5 * MINUTE
    assert "card" in await enqueued(service_harness, ticket)
    await service_harness.finish_jobs()
    await made.jobs.diagnose(Run("k"), ticket.id)
    assert "card" not in await enqueued(service_harness, ticket)


async def test_healthy_call_is_escalated_later(service_harness: ServiceHarness) -> None:
    """The verdict postpones the step that was planned for an unexplained one."""
    ticket = await filed(service_harness)
    made = Jobs(service_harness, diagnose=[diagnosed(ticket, "none")])
    assert ticket.escalates_at == ticket.created_at + 15 * MINUTE
    await made.jobs.diagnose(Run("k"), ticket.id)
    stored = await service_harness.ticket(ticket.id)
    assert stored.escalates_at == ticket.created_at + 30 * MINUTE


async def test_worse_diagnosis_changes_nothing(service_harness: ServiceHarness) -> None:
    """It is neither posted nor stored while the earlier one is in the thread."""
    ticket = await filed(service_harness, diagnosis_ts="2.0")
    at = service_harness.clock.now() + 10 * MINUTE
    worse = diagnosed(ticket, "unknown", missing=gap(at))
    made = Jobs(service_harness, diagnose=[diagnosed(ticket), worse, worse])
    await made.jobs.diagnose(Run("k"), ticket.id)
    assert await made.jobs.diagnose(Run("k"), ticket.id) == at
    assert made.posts.names == ["update_diagnosis"]
    assert (await service_harness.ticket(ticket.id)).cause == "network.loss"
    await service_harness.change(ticket.id, lambda t: t.thread.move_to("C-SUPPORT", "5.0"))
    await made.jobs.diagnose(Run("k"), ticket.id)
    assert made.posts.names == ["update_diagnosis", "post_diagnosis"]


async def test_earlier_tickets_are_in_the_diagnosis(service_harness: ServiceHarness) -> None:
    """Of the people of the call."""
    people = {"teacher_uid": "70001", "student_uid": "70002"}
    for _ in range(2):
        await service_harness.report(**people)
    ticket = await service_harness.report(**people)
    await service_harness.change(ticket.id, lambda t: t.thread.move_to("C-SUPPORT", "1.0"))
    made = Jobs(service_harness, diagnose=[diagnosed(ticket)])
    await made.jobs.diagnose(Run("k"), ticket.id)
    (history,) = made.posts.calls[0][2].participant_histories
    assert (history.side, history.tickets) == ("student", 3)


async def with_evidence(harness: ServiceHarness, **thread: str) -> Ticket:
    """A diagnosed ticket with evidence."""
    ticket = await filed(harness, **thread)
    made = Jobs(harness, diagnose=[diagnosed(ticket, series=(series(ticket),))])
    await made.jobs.diagnose(Run("k"), ticket.id)
    await harness.finish_jobs()
    return await harness.ticket(ticket.id)


async def test_chart_is_drawn(service_harness: ServiceHarness) -> None:
    """From the stored evidence; another job adds it to the diagnosis."""
    ticket = await with_evidence(service_harness)
    made = Jobs(service_harness, upload_chart=[CHART])
    await made.jobs.draw_chart(Run("k"), ticket.id)
    assert made.posts.names == ["upload_chart"]
    assert [each.uid for each in made.posts.calls[0][2].series] == ["20002"]
    thread = (await service_harness.ticket(ticket.id)).thread
    assert (thread.chart_file_id, thread.chart_alt_text) == ("F1", "a chart")
    assert "attach_chart" in await enqueued(service_harness, ticket)


@pytest.mark.parametrize("error", [None, SLACK_GONE])
async def test_chart_is_added_to_the_diagnosis(service_harness: ServiceHarness, error: Any) -> None:
    """As it was uploaded; a deleted diagnosis needs none."""
    ticket = await with_evidence(service_harness, chart_file_id="F1")
    made = Jobs(service_harness, update_diagnosis=[error] if error else [])
    await made.jobs.attach_chart(Run("k"), ticket.id)
    assert made.posts.names == ["update_diagnosis"]
    assert made.posts.calls[0][2].verdict.to_json() == ticket.verdict
    assert made.posts.calls[0][1].thread.chart_file_id == "F1"


async def test_nothing_to_draw(service_harness: ServiceHarness) -> None:
    """Without evidence, without a post, or without a chart."""
    ticket = await with_evidence(service_harness)
    made = Jobs(service_harness, upload_chart=[None])
    await made.jobs.draw_chart(Run("k"), ticket.id)
    assert made.posts.names == ["upload_chart"]
    await made.jobs.draw_chart(Run("k"), (await filed(service_harness, diagnosis_ts="2.0")).id)
    await service_harness.change(ticket.id, lambda t: t.thread.move_to("C-SUPPORT", "9.0"))
    await made.jobs.draw_chart(Run("k"), ticket.id)
    assert made.posts.names == ["upload_chart"]
    await made.jobs.attach_chart(Run("k"), ticket.id)
    assert made.posts.names == ["upload_chart"]


def test_diagnosis_handlers(service_harness: ServiceHarness) -> None:
    """The names under which jobs are stored."""
    made = Jobs(service_harness).jobs
    assert job_functions(made) == {
        "diagnose": made.diagnose,
        "chart": made.draw_chart,
        "attach_chart": made.attach_chart,
    }
