"""Verdicts as exported JSON, and when a retry may return more."""

from __future__ import annotations

import datetime as dt
import json
from typing import Final

import msgspec
import pytest

from bot.call import Code, Direction, Media, MissingItem, MissingKind, MissingReason, Side
from bot.diagnosis import Evidence, Verdict
from bot.diagnosis.verdict import accepted_cause

NOON: Final = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
SHANGHAI_NOON: Final = NOON.astimezone(dt.timezone(dt.timedelta(hours=8)))
MEASURED: Final = Evidence(
    source="agora",
    at=SHANGHAI_NOON,
    uid="10001",
    media=Media.VIDEO,
    direction=Direction.UP,
    metric="uplink_loss",
    value=27.5,
    unit="%",
    threshold=5.0,
)
CODED: Final = Evidence(
    source="agora", at=NOON, uid="20002", peer="10001", code=Code("agora.factor_id", "21")
)
MINUTES: Final = dt.timedelta(minutes=1)


def missing(kind: MissingKind, minutes: int | None) -> MissingItem:
    """A missing item with a retry time, in minutes after noon."""
    retry_at = None if minutes is None else NOON + minutes * MINUTES
    return MissingItem(kind, MissingReason.NOT_OUT_YET, retry_at)


def test_the_exported_json() -> None:
    """Its keys, their order and UTC times are a contract."""
    other = Verdict("device.cpu_high", NOON, NOON)
    verdict = Verdict(
        "network.loss",
        SHANGHAI_NOON,
        NOON + MINUTES,
        Media.VIDEO,
        Direction.UP,
        Side.TEACHER,
        "10001",
        0.9,
        (MEASURED, CODED),
        (MissingItem(MissingKind.MINUTES, MissingReason.OVER_QUOTA, SHANGHAI_NOON, "12:00"),),
        (other,),
    )
    common = {"media": None, "direction": None, "peer": None}
    time = "2026-11-21T12:00:00Z"
    expected = {
        "cause": "network.loss",
        "media": "video",
        "direction": "up",
        "side": "teacher",
        "uid": "10001",
        "confidence": 0.9,
        "from": time,
        "to": "2026-11-21T12:01:00Z",
        "evidence": [
            {"source": "agora", "at": time, "uid": "10001"}
            | {"media": "video", "direction": "up", "peer": None}
            | {"metric": "uplink_loss", "value": 27.5, "unit": "%", "threshold": 5.0},
            {"source": "agora", "at": time, "uid": "20002"}
            | {**common, "peer": "10001", "kind": "agora.factor_id", "code": "21"},
        ],
        "missing": [{"what": "minutes", "why": "over_quota", "retry_at": time, "detail": "12:00"}],
        "others": [
            {"cause": "device.cpu_high", "media": None, "direction": None, "side": None}
            | {"uid": None, "confidence": None, "from": time, "to": time}
            | {"evidence": [], "missing": [], "others": []}
        ],
    }
    assert json.dumps(verdict.to_json()) == json.dumps(expected)
    assert Verdict.from_json(json.loads(json.dumps(expected))) == verdict


def test_a_missing_item_without_a_retry() -> None:
    """Its `retry_at` is null."""
    verdict = Verdict("unknown", NOON, NOON, missing=(missing(MissingKind.CALL, None),))
    assert verdict.to_json()["missing"][0]["retry_at"] is None
    assert Verdict.from_json(verdict.to_json()) == verdict


def test_other_json_is_refused() -> None:
    """An unknown side, or a value of another type."""
    data = Verdict("none", NOON, NOON, confidence=0.5).to_json()
    for wrong in ({"side": "parent"}, {"confidence": "high"}, {"from": "noon"}):
        with pytest.raises(msgspec.ValidationError):
            Verdict.from_json(data | wrong)


@pytest.mark.parametrize(
    ("cause", "others", "accepted"),
    [
        ("none", (), "none"),
        ("none", ("network.loss",), "network.loss"),
        ("device.cpu_high", ("network.loss",), "device.cpu_high"),
        ("unknown", (), "unknown"),
    ],
)
def test_what_an_accepted_verdict_is(cause: str, others: tuple[str, ...], accepted: str) -> None:
    """Its cause, or that of the bad minutes beside a healthy moment."""
    verdict = Verdict(cause, NOON, NOON, others=tuple(Verdict(o, NOON, NOON) for o in others))
    assert accepted_cause(verdict.to_json()) == accepted
    assert accepted_cause(None) == "unknown"


@pytest.mark.parametrize(
    ("items", "retry", "known"),
    [
        ((), None, None),
        (((MissingKind.EVENTS, 5), (MissingKind.MINUTES, 3)), 3, 3),
        (((MissingKind.EVENTS, 5), (MissingKind.CALL, 9)), 5, 9),
        (((MissingKind.TEACHER_METRICS, 9), (MissingKind.STUDENT_METRICS, 7)), 7, 7),
        (((MissingKind.TEACHER_METRICS, 9), (MissingKind.STUDENT_METRICS, None)), 9, None),
        (((MissingKind.CALL, None), (MissingKind.EVENTS, 2)), 2, None),
        (((MissingKind.FIGURES, None),), None, None),
    ],
)
def test_when_a_retry_may_return_more(
    items: tuple[tuple[MissingKind, int | None], ...], retry: int | None, known: int | None
) -> None:
    """The earliest time of any item; for an unknown verdict every end's data must come."""
    verdict = Verdict("unknown", NOON, NOON, missing=tuple(missing(*item) for item in items))
    assert verdict.retry_at == (None if retry is None else NOON + retry * MINUTES)
    assert verdict.known_at == (None if known is None else NOON + known * MINUTES)
