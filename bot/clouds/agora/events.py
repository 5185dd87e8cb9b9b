"""Agora's own diagnosis: a minute's allowance of one answer of ten rows, for all channels.

What was looked at is kept per app, so that one answer serves every channel and the next question
goes where nobody has looked yet. An answer of ten rows may hide more: it is asked again in
narrower stretches, down to a minute.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.call import AbnormalEvent, Code, Factor, Lack, LackReason, Missing
from bot.clouds.agora.asking import Asking, coarse, span_params
from bot.clouds.agora.wire import CauseRow, Diagnosis, EventRow, required
from bot.clouds.endpoints import Endpoint
from bot.clouds.refusals import cannot, clean_code, nonsense
from bot.errors import CloudOverQuotaError, CloudRefusedError
from bot.ports import EventAnswer, Window

_EDGE: Final = dt.timedelta(seconds=15)  # our clock and the cloud's may differ
_NARROWEST: Final = dt.timedelta(minutes=1)
_KEPT: Final = dt.timedelta(minutes=90)
_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class Look:
    """One answer: the stretch it covers, its events, and whether it held all it can hold."""

    span: Window
    events: tuple[AbnormalEvent, ...]
    is_full: bool

    @property
    def is_settled(self) -> bool:
        """Nothing more can be learnt about this stretch."""
        return not self.is_full or self.span.span <= _NARROWEST


class Diagnoses:
    """Agora's diagnosis of every app, as far as it was looked at."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._looks: dict[str, list[Look]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def fetch(self, app: str, cname: str, window: Window) -> EventAnswer:
        """Return the events of a channel (of all when `cname` is "") within the window.

        Asks for what nobody has looked at, as far as the allowance goes. Raises CloudCannotError
        in today's generation, CloudOverQuotaError when nothing of the window could be looked at,
        and any other CloudError.
        """
        if await self._asking.generation(app) != "seed":
            raise cannot("agora", "diagnosis")
        async with self._locks.setdefault(app, asyncio.Lock()):
            return await self._fetch(app, cname, window)

    async def _fetch(self, app: str, cname: str, window: Window) -> EventAnswer:
        row = self._asking.endpoint("diagnosis", "seed")
        now = self._asking.clock.now()
        looks = [look for look in self._looks.get(app, []) if look.span.until > now - _KEPT]
        self._looks[app] = looks
        span, missing = _askable(row, looks, window, now)
        stopped: CloudOverQuotaError | None = None
        while span is not None and stopped is None:
            target = next_look(looks, span)
            if target is None:
                break
            try:
                looks.append(await self._look(app, row, target))
            except CloudOverQuotaError as error:
                stopped = error
        seen = [look for look in looks if _overlaps(look.span, window)]
        if stopped is not None and not seen:
            raise stopped
        gaps = _gaps(looks, span, stopped) if span is not None else ()
        return EventAnswer(_events(seen, cname, window), missing + gaps)

    async def _look(self, app: str, row: Endpoint, span: Window) -> Look:
        try:
            body, _ = await self._asking.body(app, row, span_params(span), Diagnosis)
        except CloudRefusedError as error:
            if error.status != _NOT_FOUND:
                raise
            raise cannot("agora", row.name) from None
        rows = body.data or []
        events = tuple(_event(row, found) for found in rows)
        return Look(span, events, is_full=len(rows) >= (row.row_cap or len(rows) + 1))


def next_look(looks: Iterable[Look], span: Window) -> Window | None:
    """Choose what to ask next: the unsettled stretch nearest the middle, None when all is known.

    Within a stretch that was full, at most half of it is asked.
    """
    looks = list(looks)
    middle = span.since + span.span / 2
    open_parts = unsettled(looks, span)
    if not open_parts:
        return None
    part = min(open_parts, key=lambda part: _distance(part, middle))
    halves = [look.span.span / 2 for look in looks if look.is_full and _overlaps(look.span, part)]
    length = min([part.span, *(max(_NARROWEST, half) for half in halves)])
    length = dt.timedelta(seconds=math.ceil(length.total_seconds()))
    since = min(max(middle - length / 2, part.since), part.until - length)
    since = since.replace(microsecond=0)
    return Window(since, since + length)


def unsettled(looks: Iterable[Look], span: Window) -> list[Window]:
    """Return the parts of a stretch about which more can be learnt, in order."""
    parts = [span]
    for look in looks:
        if look.is_settled:
            parts = [rest for part in parts for rest in _without(part, look.span)]
    return parts


def _askable(
    row: Endpoint, looks: list[Look], window: Window, now: dt.datetime
) -> tuple[Window | None, tuple[Missing, ...]]:
    """The part of the window that is out and still remembered, in whole seconds."""
    newest = coarse(now - row.delay)
    oldest = (now - (row.look_back or window.span) + _EDGE).replace(microsecond=0)
    missing: list[Missing] = []
    if window.until > newest:
        due_at = window.until + row.delay + dt.timedelta(seconds=10)
        missing.append(Missing(Lack.EVENTS, LackReason.NOT_OUT_YET, due_at))
    gone = Window(window.since, min(oldest, window.until))
    if gone.until > gone.since and unsettled(looks, gone):
        what = Lack.EVENTS if gone == window else Lack.MINUTES
        missing.append(Missing(what, LackReason.FORGOTTEN, detail=_stretch(gone)))
    since = max(window.since.replace(microsecond=0), oldest)
    until = min(_up_to_second(window.until), newest)
    return (Window(since, until) if until > since else None), tuple(missing)


def _gaps(
    looks: list[Look], span: Window, stopped: CloudOverQuotaError | None
) -> tuple[Missing, ...]:
    """Say which stretches were not looked at, and which may hold more than we were told."""
    found = [
        Missing(Lack.EVENTS, LackReason.MAY_BE_INCOMPLETE, detail=_stretch(look.span))
        for look in looks
        if look.is_full and look.is_settled and _overlaps(look.span, span)
    ]
    retry_at = stopped.retry_at if stopped else None
    for part in unsettled(looks, span):
        was_full = any(look.is_full and _overlaps(look.span, part) for look in looks)
        what, why = (
            (Lack.EVENTS, LackReason.MAY_BE_INCOMPLETE)
            if was_full
            else (Lack.MINUTES, LackReason.OVER_QUOTA)
        )
        found.append(Missing(what, why, retry_at, _stretch(part)))
    return tuple(found)


def _events(looks: Iterable[Look], cname: str, window: Window) -> tuple[AbnormalEvent, ...]:
    found = {
        event.key: event
        for look in looks
        for event in look.events
        if cname in ("", event.cname) and window.since <= event.at <= window.until
    }
    return tuple(sorted(found.values(), key=lambda event: event.at))


def _event(row: Endpoint, found: EventRow) -> AbnormalEvent:
    try:
        at = required(found.ts)
    except ValueError:
        raise nonsense(row, "ts") from None
    return AbnormalEvent(
        uid=str(found.user),
        cname=found.cname,
        kind=Code("agora.exp_id", clean_code(found.exp_id)),
        at=at,
        factors=tuple(_factor(cause) for cause in found.cause_tags or ()),
    )


def _factor(cause: CauseRow) -> Factor:
    """The same factor may stand twice, once per person it lies with: nothing is merged."""
    peer_uid = None if cause.host_user in (None, 0, "0", "") else str(cause.host_user)
    return Factor(Code("agora.factor_id", clean_code(cause.factor_id)), peer_uid)


def _without(part: Window, taken: Window) -> list[Window]:
    if not _overlaps(part, taken):
        return [part]
    rest = [Window(part.since, taken.since), Window(taken.until, part.until)]
    return [piece for piece in rest if piece.until > piece.since]


def _overlaps(one: Window, other: Window) -> bool:
    return one.since < other.until and other.since < one.until


def _distance(part: Window, moment: dt.datetime) -> dt.timedelta:
    if part.since <= moment <= part.until:
        return dt.timedelta(0)
    return min(abs(part.since - moment), abs(part.until - moment))


def _stretch(span: Window) -> str:
    """A stretch of time as it is shown: ISO 8601 UTC, both ends."""
    ends = (span.since.astimezone(dt.UTC), span.until.astimezone(dt.UTC))
    return "/".join(f"{end:%Y-%m-%dT%H:%M:%SZ}" for end in ends)


def _up_to_second(moment: dt.datetime) -> dt.datetime:
    whole = moment.replace(microsecond=0)
    return whole if whole == moment else whole + dt.timedelta(seconds=1)
