"""Cases of verdicts that witnesses decided: kept and exported without their uids."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from bot.call import Call, Media, Metric
from bot.diagnosis.calibration import FITTED
from bot.ports import Diagnosis
from bot.services.diagnosis.cases import case_of
from bot.services.diagnosis.evidence import load_evidence, pack_series, save_evidence
from bot.store import Session
from tests.bot.diagnosis.cases_reader import accepts, diagnose_case
from tests.bot.diagnosis.conftest import STUDENT, T0, TEACHER, CallBuilder
from tests.bot.services.conftest import ServiceHarness
from tests.bot.store.factories import make_ticket, store_tickets

OTHERS = ("30003", "30004")
BAD_S = (-60.0, 60.0)


def diagnosis_of(*witness_loss: float) -> Diagnosis:
    """A student who receives badly, and others who lose so much of the same teacher."""
    builder = CallBuilder()
    for media in Media:
        builder.set_values(STUDENT, Metric.END_TO_END_LOSS, media, 30, BAD_S)
    for uid, percent in zip(OTHERS, witness_loss, strict=False):
        builder.add_witness(uid, percent, BAD_S, Metric.END_TO_END_LOSS)
    call = Call("agora", "kids", "c1", "class_1", builder.report().occurred_at)
    return Diagnosis(
        report=builder.report(),
        cloud="agora",
        verdict=builder.diagnose(FITTED),
        requested_at=T0,
        calls=(call,),
        series=tuple(builder.series()),
        witnesses=tuple(builder.witnesses),
    )


def keep(harness: ServiceHarness, found: Diagnosis) -> Diagnosis:
    """Save a ticket's evidence and load it."""
    report = found.report
    ticket = make_ticket(
        teacher_uid=report.teacher_uid, student_uid=report.student_uid, occurred_at=T0
    )
    ticket.verdict = found.verdict.to_json()
    packed_series = asyncio.run(pack_series(found))

    def work(session: Session) -> Diagnosis | None:
        store_tickets(session, ticket)
        save_evidence(session, ticket, found, packed_series, now=T0)
        return load_evidence(session, ticket)

    kept = harness.context.store.transact_sync(work)
    assert kept is not None
    return kept


@pytest.mark.parametrize(
    ("witness_loss", "cause"),
    [((), "network.loss"), ((30, 30), "server.route"), ((0, 0), "network.loss")],
)
def test_a_case_replays_a_verdict_that_witnesses_decided(
    service_harness: ServiceHarness, witness_loss: tuple[float, ...], cause: str
) -> None:
    """With what they measured, and nothing that names them."""
    found = diagnosis_of(*witness_loss)
    kept = keep(service_harness, found)
    case = json.loads(json.dumps(case_of(kept, cause)))
    verdict = diagnose_case(case)
    assert (verdict.cause, verdict.confidence) == (found.verdict.cause, found.verdict.confidence)
    assert accepts(case, verdict)
    assert verdict.cause == cause
    assert {one["uid"] for one in case["witnesses"]} == {
        f"other{n + 1}" for n in range(len(witness_loss))
    }
    assert not {one.uid for one in (*kept.series, *kept.witnesses)} & {*OTHERS}
    assert not any(uid in json.dumps(case) for uid in (*OTHERS, TEACHER, STUDENT))


def test_only_what_tells_of_the_two_is_kept(service_harness: ServiceHarness) -> None:
    """What others received of each other, and other metrics, are dropped."""
    found = diagnosis_of(30, 30)
    of_others = [replace(one, peer_uid=OTHERS[0]) for one in found.witnesses]
    kept = keep(service_harness, replace(found, witnesses=(*found.witnesses, *of_others)))
    assert {one.peer_uid for one in kept.witnesses} == {TEACHER}
    assert {one.metric for one in kept.witnesses} == {
        *(Metric.END_TO_END_LOSS, Metric.LATENCY, Metric.JITTER)
    }
    assert {one.uid for one in kept.series} == {TEACHER, STUDENT}
