"""The details say whether the cloud's findings confirm or contradict a verdict."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bot.call import (
    AbnormalEvent,
    Code,
    Direction,
    Factor,
    IssueType,
    Media,
    Metric,
    MissingItem,
    MissingKind,
    MissingReason,
    Report,
    Series,
    Side,
    Unit,
)
from bot.diagnosis import HEALTHY, UNKNOWN, Evidence, Verdict
from bot.i18n.messages import message
from bot.i18n.translator import Translator
from bot.ports import Diagnosis
from bot.ticket import Ticket
from handlers.diagnosis.details_modal import details_view
from handlers.ui.renderer import Renderer
from tests.handlers.samples import EN, texts_of
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


def lines_of(case: Diagnosis, ticket: Ticket) -> dict[str, list[str]]:
    """Return the modal's lines by block id, with readable times."""
    return texts_of(details_view(ticket, case, EN)["blocks"])


def test_the_parts_of_the_modal(ticket: Ticket) -> None:
    """Parts without content are left out; the others say that there is nothing."""
    view = details_view(ticket, diagnosis("network.loss", evidence=()), EN)
    assert (view["callback_id"], view["title"]["text"]) == ("details", "LD-12: details")
    assert "submit" not in view
    texts = texts_of(view["blocks"])
    assert list(texts) == ["verdict:0", "cloud:0", "missing:0"]
    assert texts["verdict:0"][1].startswith("Period of the fault: ")
    assert texts["cloud:0"] == [
        "*Lagdesk and the cloud*",
        "Agora's own diagnosis gives no cause.",
    ]
    assert texts["missing:0"] == ["*What is missing*", "Nothing is missing."]


def test_missing_items_and_failures(ticket: Ticket) -> None:
    """Both are listed under one title."""
    case = replace(
        diagnosis("network.loss", missing=(UNSEEN,)),
        failures=(message("Slack does not respond."),),
    )
    assert lines_of(case, ticket)["missing:0"] == [
        "*What is missing*",
        "Missing: the cloud's own diagnosis (the cloud does not respond).",
        "Slack does not respond.",
    ]


def test_other_causes_have_their_evidence(ticket: Ticket) -> None:
    """A cause without numbers says so."""
    plain, measured = Verdict("device.cpu_high", NOW, NOW), Verdict("network.loss", NOW, NOW)
    others = (plain, replace(measured, evidence=(MEASURED,)))
    case = diagnosis("network.loss")
    texts = lines_of(replace(case, verdict=replace(case.verdict, others=others)), ticket)
    assert texts["other-0:0"] == [
        "*Also: Somebody: The device's CPU is overloaded. Possibly (0%).*",
        "No numbers.",
    ]
    assert texts["other-1:0"][1].startswith("• Student •••02: Uplink packet loss 31%")


@pytest.mark.parametrize(
    ("metric", "unit", "threshold", "source"),
    [
        ("uplink_loss", "%", 5.0, ". Limit: Agora's published thresholds"),
        ("jitter", "ms", 500.0, ". Limit: Huawei's diagnosis thresholds"),
        ("latency", "ms", 400.0, ". Limit: Twilio's call quality warnings"),
        ("latency", "ms", 250.0, ". Limit: default thresholds of webrtc-issue-detector"),
        ("router_latency", "ms", 100.0, ". Limit: Lagdesk's own threshold"),
        ("latency", "ms", 7.0, ""),
        ("latency", "ms", None, ""),
    ],
)
def test_the_source_of_a_limit(
    metric: str,
    unit: str,
    threshold: float | None,
    source: str,
    ticket: Ticket,
) -> None:
    """Each limit names the document it is from; an unknown one names none."""
    item = Evidence("agora", NOW, "20002", metric=metric, value=900.0, unit=unit)
    case = diagnosis("network.loss", evidence=(replace(item, threshold=threshold),))
    (line,) = lines_of(case, ticket)["evidence:0"][1:]
    assert line.partition(" UTC")[2] == source


def series(metric: Metric, unit: Unit, *values: float, **more: Any) -> Series:
    """A metric of the student's."""
    times = np.arange(len(values), dtype=float)
    fields: dict[str, Any] = {"uid": "20002", "code": LOSS, **more}
    return Series(sid="s", metric=metric, unit=unit, times=times, values=np.array(values), **fields)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (
            series(Metric.UPLINK_LOSS, Unit.PERCENT, 1.0, 4.0, 2.0, media=Media.VIDEO),
            "• Student •••02: Uplink packet loss (video) at most 4% (limit 5%)",
        ),
        (
            series(Metric.CAPTURE_FPS, Unit.FPS, 15.0, 12.0, 14.0, media=Media.VIDEO),
            "• Student •••02: Capture frame rate at least 12 fps (limit 3 fps)",
        ),
        (
            series(Metric.APP_CPU, Unit.PERCENT, 40.0, media=Media.VIDEO, uid="10001"),
            "• Teacher •••01: App CPU at most 40% (limit 70%)",
        ),
        (
            series(Metric.SYSTEM_CPU, Unit.PERCENT, 40.0, media=Media.VIDEO),
            "• Student •••02: System CPU at most 40% (limit 80%)",
        ),
        (
            series(Metric.JITTER, Unit.MS, 9.0, media=Media.AUDIO, direction=Direction.DOWN),
            "• Student •••02: Jitter (audio, downlink) at most 9 ms (limit 500 ms)",
        ),
        (
            series(Metric.LATENCY, Unit.MS, 9.0, media=Media.AUDIO, direction=Direction.DOWN),
            "• Student •••02: Latency (audio) at most 9 ms (limit 400 ms)",
        ),
        (series(Metric.LATENCY, Unit.MS, 9.0, uid="30003"), None),
        (series(Metric.SEND_FPS, Unit.FPS, 9.0), None),
        (series(Metric.LATENCY, Unit.MS), None),
    ],
)
def test_what_was_checked(measured: Series, expected: str | None, ticket: Ticket) -> None:
    """The worst value of each metric with a limit, of teacher and student."""
    texts = lines_of(replace(diagnosis("network.loss"), series=(measured,)), ticket)
    assert texts.get("checked:0") == (["*Within the limits*", expected] if expected else None)
    assert "outside:0" not in texts


@pytest.mark.parametrize(
    ("cause", "title"),
    [
        ("network.loss", "Outside the limits"),
        ("none", "Outside the limits, but too briefly to be noticed"),
    ],
)
def test_what_is_outside_its_limit_comes_first(cause: str, title: str, ticket: Ticket) -> None:
    """A peak that the verdict does not count does not contradict it."""
    loss = series(Metric.UPLINK_LOSS, Unit.PERCENT, 1.0, 9.0, media=Media.VIDEO)
    frames = series(Metric.CAPTURE_FPS, Unit.FPS, 15.0, 2.0, media=Media.VIDEO)
    fine = series(Metric.SYSTEM_CPU, Unit.PERCENT, 40.0, media=Media.VIDEO)
    texts = lines_of(replace(diagnosis(cause), series=(fine, loss, frames)), ticket)
    names = list(texts)
    assert names.index("outside:0") + 1 == names.index("checked:0")
    assert texts["outside:0"] == [
        f"*{title}*",
        "• Student •••02: Uplink packet loss (video) at most 9% (limit 5%)",
        "• Student •••02: Capture frame rate at least 2 fps (limit 3 fps)",
    ]


def test_only_events_about_teacher_or_student_count(ticket: Ticket) -> None:
    """As the event's person, its peer, or the peer of a factor."""
    about_peer = AbnormalEvent("3", "c", LOSS, NOW, (Factor(CPU, "10001"),))
    with_peer = AbnormalEvent("3", "c", LOSS, NOW, (Factor(CPU),), "20002")
    stranger = AbnormalEvent("3", "c", LOSS, NOW, (Factor(CPU, "4"),), "5")
    for event, expected in (
        (about_peer, "Agora's own diagnosis: an overloaded CPU."),
        (with_peer, "Agora's own diagnosis: an overloaded CPU."),
        (stranger, "Agora's own diagnosis gives no cause."),
    ):
        texts = lines_of(replace(diagnosis(UNKNOWN), events=(event,)), ticket)
        assert texts["cloud:0"][1] == expected


def test_sections_are_split_between_lines(ticket: Ticket) -> None:
    """A section is shorter than 2800 characters; 200 events are listed."""
    case = diagnosis("network.loss", LOSS)
    case = replace(case, events=case.events * 250)
    blocks = details_view(ticket, case, EN)["blocks"]
    pieces = [block for block in blocks if block["block_id"].startswith("events:")]
    assert [block["block_id"] for block in pieces] == [f"events:{n}" for n in range(len(pieces))]
    assert sum(len(block["text"]["text"].splitlines()) for block in pieces) == 1 + 200
    lengths = [len(block["text"]["text"]) for block in pieces[:-1]]
    assert all(2500 < length <= 2800 for length in lengths)


def test_a_modal_has_95_blocks_at_most(ticket: Ticket) -> None:
    """Slack takes 100."""
    case = diagnosis("network.loss")
    others = (Verdict("device.cpu_high", NOW, NOW),) * 120
    case = replace(case, verdict=replace(case.verdict, others=others))
    assert len(details_view(ticket, case, EN)["blocks"]) == 95
