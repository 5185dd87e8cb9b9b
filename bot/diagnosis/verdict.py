"""What an examination says: verdict, evidence, and their JSON. No rule, no sentence is here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.call import (
    Code,
    Direction,
    Media,
    MissingItem,
    MissingKind,
    MissingReason,
    Side,
)

HEALTHY: Final = "none"
UNKNOWN: Final = "unknown"
REQUIRED_KINDS: Final = frozenset(
    {MissingKind.CALL, MissingKind.TEACHER_METRICS, MissingKind.STUDENT_METRICS}
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for a cause: a metric out of bounds, or a code a cloud gave.

    `value` and `threshold` are in `unit`. `uid` is who it was measured on (metric) or who it
    happened to (code); `peer` the other end it speaks of, None for the own side.
    """

    source: str
    at: dt.datetime
    uid: str
    metric: str = ""
    value: float | None = None
    unit: str = ""
    threshold: float | None = None
    media: Media | None = None
    direction: Direction | None = None
    code: Code | None = None
    peer: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Write the evidence as the contract's JSON; the inverse of `from_json`."""
        common: dict[str, Any] = {"source": self.source, "at": write_time(self.at), "uid": self.uid}
        common |= {"media": self.media, "direction": self.direction, "peer": self.peer}
        if self.code is not None:
            return common | {"kind": self.code.kind, "code": self.code.value}
        numbers = {"value": self.value, "unit": self.unit, "threshold": self.threshold}
        return common | {"metric": self.metric} | numbers

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Evidence:
        """Read what `to_json` wrote."""
        code = Code(data["kind"], data["code"]) if "code" in data else None
        return cls(
            source=data["source"],
            at=read_time(data["at"]),
            uid=data["uid"],
            metric=data.get("metric", ""),
            value=data.get("value"),
            unit=data.get("unit", ""),
            threshold=data.get("threshold"),
            media=Media(data["media"]) if data.get("media") else None,
            direction=Direction(data["direction"]) if data.get("direction") else None,
            code=code,
            peer=data.get("peer"),
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was wrong, with whom, how sure we are, and what we could not see.

    `cause` is a key such as `network.loss`, or `none` (looked healthy), or `unknown`.
    `side` and `uid` are where the fault lies. `confidence` runs from 0 to 1, None when unknown.
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

    @property
    def retry_at(self) -> dt.datetime | None:
        """When asking again may tell more; None: it will not."""
        times = [
            missing_item.retry_at
            for missing_item in self.missing
            if missing_item.retry_at is not None
        ]
        return min(times, default=None)

    @property
    def known_at(self) -> dt.datetime | None:
        """When what is unknown may become known; None: never, whatever else comes out."""
        times = [
            missing_item.retry_at
            for missing_item in self.missing
            if missing_item.what in REQUIRED_KINDS
        ]
        if not times:
            return self.retry_at
        later = [at for at in times if at is not None]
        return min(later) if len(later) == len(times) else None

    def to_json(self) -> dict[str, Any]:
        """Write the verdict as the contract's JSON; the inverse of `from_json`."""
        return {
            "cause": self.cause,
            "media": self.media,
            "direction": self.direction,
            "side": self.side,
            "uid": self.uid,
            "confidence": self.confidence,
            "from": write_time(self.since),
            "to": write_time(self.until),
            "evidence": [evidence.to_json() for evidence in self.evidence],
            "missing": [_missing_to_json(missing_item) for missing_item in self.missing],
            "others": [other.to_json() for other in self.others],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        """Read what `to_json` wrote."""
        return cls(
            cause=data["cause"],
            since=read_time(data["from"]),
            until=read_time(data["to"]),
            media=Media(data["media"]) if data["media"] else None,
            direction=Direction(data["direction"]) if data["direction"] else None,
            side=Side(data["side"]) if data["side"] else None,
            uid=data["uid"],
            confidence=data["confidence"],
            evidence=tuple(Evidence.from_json(item) for item in data["evidence"]),
            missing=tuple(_missing_from_json(item) for item in data["missing"]),
            others=tuple(cls.from_json(item) for item in data["others"]),
        )


def write_time(moment: dt.datetime) -> str:
    """Write a moment as ISO 8601 in UTC."""
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def read_time(text: str) -> dt.datetime:
    """Read what `write_time` wrote."""
    return dt.datetime.fromisoformat(text)


def _missing_to_json(missing_item: MissingItem) -> dict[str, Any]:
    retry_at = write_time(missing_item.retry_at) if missing_item.retry_at else None
    return {
        "what": missing_item.what,
        "why": missing_item.why,
        "retry_at": retry_at,
        "detail": missing_item.detail,
    }


def _missing_from_json(data: Mapping[str, Any]) -> MissingItem:
    retry_at = read_time(data["retry_at"]) if data["retry_at"] else None
    return MissingItem(
        MissingKind(data["what"]), MissingReason(data["why"]), retry_at, data["detail"]
    )
