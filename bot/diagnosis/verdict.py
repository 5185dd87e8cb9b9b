"""A verdict, its evidence, and both as the exported JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Final

import msgspec

from bot.call import Call, Code, Direction, Media, MissingItem, MissingKind, MissingReason, Side
from bot.causes import HEALTHY, NOT_FOUND, UNKNOWN
from bot.decoding import convert_object

OTHERS_AFFECTED: Final = "others_affected"  # evidence: the share of others with the same fault
BEFORE: Final = "before"  # evidence: a value before the fault, for comparison
AFTER: Final = "after"
NETWORK: Final = "network"  # evidence: the network that a cloud says somebody was connected with
BURSTS: Final = "bursts"  # evidence: in how many bursts a link was bad
REQUIRED_KINDS: Final = frozenset(
    {MissingKind.CALL, MissingKind.TEACHER_METRICS, MissingKind.STUDENT_METRICS}
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact in favour of a cause: a metric beyond its limit, or a code a cloud gave.

    `value` and `threshold` are in `unit`; a value without a threshold is there for comparison.
    `uid` is the participant it was measured at or reported for; `peer` the other end it is about,
    None when it is about `uid` alone. `text`: of the metric `network` what the cloud wrote, of a
    value for comparison BEFORE, AFTER or "" (meanwhile).
    """

    source: str
    at: dt.datetime
    uid: str
    _: KW_ONLY
    media: Media | None = None
    direction: Direction | None = None
    peer: str | None = None
    metric: str = ""
    value: float | None = None
    unit: str = ""
    threshold: float | None = None
    code: Code | None = None
    text: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the evidence as exported; the inverse of `from_json`."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        data |= {"at": write_time(self.at)}
        del data["code"]
        if not self.text:
            del data["text"]
        if self.code is None:
            return data
        measured = ("metric", "value", "unit", "threshold")
        common = {name: value for name, value in data.items() if name not in measured}
        return common | {"kind": self.code.kind, "code": self.code.value}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Evidence:
        """Read what `to_json` returned. Raises msgspec.ValidationError for anything else."""
        code = Code(data["kind"], data["code"]) if "code" in data else None
        return convert_object({**data, "code": code}, cls)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a call was bad, at which end, how certain that is, and which data were missing.

    `cause` is a key such as `network.loss`, or `none` (looked healthy), or `unknown`.
    `side` and `uid` are where the fault lies. `confidence` runs from 0 to 1, None when unknown.
    `others` are the next causes; of a healthy verdict, the cause of other, bad minutes of the call.
    `likely_call` is the one that is probably meant when no call was found; `uids_in_call` are
    those who were in the call when somebody named was not. `judged_at` is the moment that was
    judged, if the call did not run at the reported one.
    """

    cause: str
    since: dt.datetime
    until: dt.datetime
    media: Media | None = None
    direction: Direction | None = None
    side: Side | None = None
    uid: str | None = None
    confidence: float | None = None
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[MissingItem, ...] = ()
    others: tuple[Verdict, ...] = ()
    likely_call: Call | None = None
    uids_in_call: tuple[str, ...] = ()
    judged_at: dt.datetime | None = None

    @property
    def moment(self) -> dt.datetime:
        """When it was bad: the time of the first evidence, else the beginning of the span."""
        return self.evidence[0].at if self.evidence else self.since

    @property
    def retry_at(self) -> dt.datetime | None:
        """The earliest time a retry may return more data; None when none will."""
        times = [item.retry_at for item in self.missing if item.retry_at is not None]
        return min(times, default=None)

    @property
    def known_at(self) -> dt.datetime | None:
        """The earliest time an unknown verdict may become known; None when it never will."""
        times = [item.retry_at for item in self.missing if item.what in REQUIRED_KINDS]
        if not times:
            return self.retry_at
        later = [at for at in times if at is not None]
        return min(later) if len(later) == len(times) else None

    def result(self, cname: str) -> str:
        """Return the cause; `not_found` when the cloud lists no call of the channel `cname`."""
        absences = (
            item.detail
            for item in self.missing
            if (item.what, item.why) == (MissingKind.CALL, MissingReason.NOT_FOUND)
        )
        is_absent = self.likely_call is not None or cname in absences
        return NOT_FOUND if self.cause == UNKNOWN and is_absent else self.cause

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as exported; the inverse of `from_json`."""
        hints = {
            "likely_call": self.likely_call,
            "uids_in_call": self.uids_in_call,
            "judged_at": self.judged_at,
        }
        given = {name: msgspec.to_builtins(hint) for name, hint in hints.items() if hint}
        return given | {
            "cause": self.cause,
            "media": self.media,
            "direction": self.direction,
            "side": self.side,
            "uid": self.uid,
            "confidence": self.confidence,
            "from": write_time(self.since),
            "to": write_time(self.until),
            "evidence": [evidence.to_json() for evidence in self.evidence],
            "missing": [_missing_to_json(item) for item in self.missing],
            "others": [other.to_json() for other in self.others],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        """Read what `to_json` returned. Raises msgspec.ValidationError for anything else."""
        nested = {
            "since": data["from"],
            "until": data["to"],
            "evidence": [Evidence.from_json(item) for item in data["evidence"]],
            "others": [cls.from_json(item) for item in data["others"]],
        }
        return convert_object({**data, **nested}, cls)


def accepted_cause(verdict: Mapping[str, Any] | None) -> str:
    """Return what a ticket is resolved with when its verdict, as exported, is accepted.

    Of a healthy verdict with bad minutes beside it, these: the reporter's time was wrong.
    """
    if verdict is None:
        return UNKNOWN
    bad_minutes = verdict["others"] if verdict["cause"] == HEALTHY else ()
    return str(next(iter(bad_minutes), verdict)["cause"])


def write_time(moment: dt.datetime) -> str:
    """Write a moment as ISO 8601 in UTC."""
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def read_time(text: str) -> dt.datetime:
    """Read what `write_time` wrote."""
    return dt.datetime.fromisoformat(text)


def _missing_to_json(item: MissingItem) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.to_builtins(item)
    return data | {"retry_at": write_time(item.retry_at) if item.retry_at else None}
