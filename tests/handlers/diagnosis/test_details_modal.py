"""The details say whether the cloud's findings confirm or contradict a verdict."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.call import (
    AbnormalEvent,
    Code,
    Factor,
    IssueType,
    MissingItem,
    MissingKind,
    MissingReason,
    Report,
    Side,
)
from bot.diagnosis import HEALTHY, UNKNOWN, Evidence, Verdict
from bot.i18n.translator import Translator
from bot.ports import Diagnosis
from bot.ticket import Ticket
from handlers.diagnosis.details_modal import details_view
from handlers.ui.renderer import Renderer
from tests.scenario_helpers import text_of

NOW = dt.datetime(2026, 11, 20, 8, 0, tzinfo=dt.UTC)
LOSS = Code("agora.factor_id", "21")
CPU = Code("agora.factor_id", "10")
MEASURED = Evidence(
    "agora",
    NOW,
    "20002",
    metric="uplink_loss",
    value=31.0,
    unit="%",
    threshold=5.0,
)
FINDING = Evidence("agora", NOW, "20002", code=LOSS)


def diagnosis(
    cause: str,
    *factors: Code,
    evidence: tuple[Evidence, ...] = (MEASURED,),
    missing: tuple[MissingItem, ...] = (),
    about: str = "20002",
) -> Diagnosis:
    """A verdict about the student, and an event of the cloud's with these factors."""
    report = Report("kids", "c", "10001", "20002", Side.STUDENT, IssueType.HELP, NOW)
    uid = None if cause in (HEALTHY, UNKNOWN) else "20002"
    verdict = Verdict(
        cause,
        NOW,
        NOW,
        side=Side.STUDENT,
        uid=uid,
        evidence=evidence,
        missing=missing,
    )
    kind = Code("agora.exp_id", "3")
    event = AbnormalEvent(about, "c", kind, NOW, tuple(Factor(code) for code in factors))
    return Diagnosis(report, "agora", verdict, NOW, events=(event,) if factors else ())


def read(case: Diagnosis, ticket: Ticket) -> str:
    """Return the text of the modal, in English."""
    return text_of(details_view(ticket, case, Renderer(Translator("en"))))


@pytest.fixture
def ticket() -> Ticket:
    """Any ticket."""
    return Ticket(
        number=12,
        origin="x",
        app="kids",
        cloud="agora",
        cname="c",
        teacher_uid="10001",
        student_uid="20002",
        abnormal_side=Side.STUDENT,
        issue_type=2,
        occurred_at=NOW,
        created_at=NOW,
        reporter="U1",
    )


UNSEEN = MissingItem(MissingKind.EVENTS, MissingReason.UNREACHABLE)
HALF_SEEN = MissingItem(MissingKind.EVENTS, MissingReason.MAY_BE_INCOMPLETE)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (diagnosis("network.loss", LOSS, evidence=(MEASURED, FINDING)), "own diagnosis agrees"),
        (diagnosis("network.loss", LOSS), "somebody else"),
        (diagnosis("network.loss", CPU), "measure"),
        (diagnosis("network.loss", CPU, about="3"), "own diagnosis gives no cause."),
        (diagnosis(HEALTHY, CPU), "was abnormal"),
        (diagnosis(UNKNOWN, CPU), "own diagnosis: an overloaded CPU"),
        (diagnosis("network.loss"), "own diagnosis gives no cause."),
        (diagnosis("network.loss", missing=(UNSEEN,)), "based on measurements"),
        (diagnosis("network.loss", missing=(HALF_SEEN,)), "as far as it could be read"),
    ],
)
def test_agreement_with_the_cloud_is_displayed(
    case: Diagnosis,
    expected: str,
    ticket: Ticket,
) -> None:
    """Confirmed, contradicted, about another user, absent, or unavailable."""
    assert expected in read(case, ticket)


def test_a_limit_names_its_document(ticket: Ticket) -> None:
    """A value has its threshold and that threshold's publisher; uids are masked."""
    text = read(diagnosis("network.loss"), ticket)
    assert "31% (limit 5%)" in text
    assert "Limit: Agora's published thresholds" in text
    assert "20002" not in text


def test_everything_fits_slacks_limits(ticket: Ticket) -> None:
    """Hundreds of events fit sections of 3000 characters and 100 blocks."""
    case = diagnosis("network.loss", *[LOSS] * 400)
    view = details_view(ticket, case, Renderer(Translator("both")))
    assert len(view["blocks"]) <= 100
    assert max(len(block["text"]["text"]) for block in view["blocks"]) <= 3000
