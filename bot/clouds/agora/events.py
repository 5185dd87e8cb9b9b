"""Agora's own diagnosis: a minute's allowance of one answer of ten rows, for all channels.

What was looked at is kept per app in a book all processes share, so that one answer serves every
channel and the next question goes where nobody has looked yet. An answer of ten rows may hide
more: it is asked again in narrower stretches, down to a minute.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import math
from collections.abc import Iterable, Sequence
from typing import Final

from bot.call import AbnormalEvent, Code, Factor, Lack, LackReason, Missing
from bot.clouds.agora.client import Asking, coarse, span_params
from bot.clouds.agora.schemas import CauseRow, Diagnosis, EventRow, required
from bot.clouds.endpoints import Endpoint
from bot.clouds.errors import cannot, clean_code, nonsense
from bot.clouds.reasons import reason_of, retry_of
from bot.clouds.storage import EventBook, PocketBook
from bot.errors import CloudCannotError, CloudError, CloudOverQuotaError, CloudRefusedError
from bot.ports import NARROWEST, EventAnswer, Gathering, Look, Window

__all__ = ["Diagnoses", "Look", "longest_look", "next_look", "unsettled"]

_EDGE: Final = dt.timedelta(seconds=15)  # our clock and the cloud's may differ
_PUBLISHED: Final = dt.timedelta(seconds=10)  # "now" is rounded down to this grain
_WIDER: Final = dt.timedelta(minutes=1)  # asked along, for those who ask about the next seconds
_BUSY: Final = dt.timedelta(minutes=15)  # after a full answer the next may be full again
_FRESH: Final = dt.timedelta(minutes=2)
_NOT_FOUND: Final = 404


class Diagnoses:
    """Agora's diagnosis of every app, as far as anybody looked at it."""

    def __init__(self, asking: Asking, book: EventBook | None = None) -> None:
        self._asking = asking
        self._book: EventBook = book or PocketBook()
        self._locks: dict[str, asyncio.Lock] = {}

    async def fetch(self, app: str, cname: str, window: Window) -> EventAnswer:
        """Return the events of a channel (of all when `cname` is "") within the window.

        Asks for what nobody has looked at, as far as the allowance goes; stretches nobody saw
        are missing, also when the cloud fails us now. Raises CloudCannotError in today's
        generation, and any other CloudError but CloudOverQuotaError when nobody looked at any of
        it.
        """
        await self._require_seed(app)
        async with self._lock(app):
            missing = await self._fetch(app, window)
        return EventAnswer(tuple(await self._book.events(app, cname, window)), missing)

    async def gather(self, app: str) -> Gathering:
        """Look once at the longest stretch of the last hour nobody has looked at.

        Spends only what is not kept for people. Raises any CloudError.
        """
        await self._require_seed(app)
        row = self._asking.endpoint("diagnosis", "seed")
        async with self._lock(app):
            now = self._asking.clock.now()
            span = Window(_oldest(row, now), coarse(now - row.delay))
            looks = list(await self._book.looks(app, span))
            target = longest_look(looks, span)
            if target is not None:
                looks.append(await self._look(app, row, target, background=True))
        left = await self._asking.left_today(app, row)
        is_behind = _is_busy(looks, span) or bool(unsettled(looks, span))
        return Gathering(is_behind, left)

    async def recall(
        self, app: str, cname: str, window: Window, because: CloudError
    ) -> EventAnswer:
        """Return what was seen of a channel, without asking; see `EventSource.recall_events`."""
        now = self._asking.clock.now()
        looks = list(await self._book.looks(app, window))
        span, missing = _askable(self._asking.endpoint("diagnosis", "seed"), looks, window, now)
        if not looks or span is None:
            return EventAnswer()
        events = await self._book.events(app, cname, window)
        return EventAnswer(tuple(events), missing + _gaps(looks, span, because, now))

    def _lock(self, app: str) -> asyncio.Lock:
        return self._locks.setdefault(app, asyncio.Lock())

    async def _require_seed(self, app: str) -> None:
        if await self._asking.generation(app) != "seed":
            raise cannot("agora", "diagnosis")

    async def _fetch(self, app: str, window: Window) -> tuple[Missing, ...]:
        row = self._asking.endpoint("diagnosis", "seed")
        now = self._asking.clock.now()
        wide = Window(window.since - _WIDER, window.until + _WIDER)
        looks = list(await self._book.looks(app, wide))
        span, missing = _askable(row, looks, window, now)
        if span is None:
            return missing
        stopped: CloudError | None = None
        while stopped is None and unsettled(looks, span):
            target = next_look(looks, _widen(span, row, now))
            if target is None:
                break
            try:
                looks.append(await self._look(app, row, target))
            except CloudCannotError:
                raise
            except CloudError as error:
                stopped = error
                looks = list(await self._book.looks(app, wide))  # somebody was first, perhaps
                seen = any(look.span.overlaps(span) for look in looks)
                if not seen and not isinstance(error, CloudOverQuotaError):
                    raise
        return missing + _gaps(looks, span, stopped, now)

    async def _look(
        self, app: str, row: Endpoint, span: Window, *, background: bool = False
    ) -> Look:
        try:
            body, _ = await self._asking.body(
                app, row, span_params(span), Diagnosis, background=background
            )
        except CloudRefusedError as error:
            if error.status != _NOT_FOUND:
                raise
            raise cannot("agora", row.name) from None
        rows = body.data or []
        events = tuple(_event(row, found) for found in rows)
        look = Look(span, events, is_full=len(rows) >= (row.row_cap or len(rows) + 1))
        await self._book.note(app, look, self._asking.clock.now())
        return look


def longest_look(looks: Iterable[Look], span: Window) -> Window | None:
    """Choose what the background asks next: the longest unsettled stretch, the newest of equals.

    Older gaps come before minutes that have just gone by, unless much happens: then nothing is
    left over for them. None when all is known. Of a stretch that was full, at most the newest
    half is asked.
    """
    looks = list(looks)
    parts = unsettled(looks, span)
    if not parts:
        return None
    if len(parts) > 1 and parts[-1].span < _FRESH and not _is_busy(looks, span):
        parts.pop()
    part = max(parts, key=lambda part: (part.span, part.until))
    return Window(part.until - _length(looks, part), part.until)


def _is_busy(looks: Iterable[Look], span: Window) -> bool:
    """Tell whether an answer about the last minutes was full."""
    return any(look.is_full and look.span.until > span.until - _BUSY for look in looks)


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
    length = _length(looks, part)
    since = min(max(middle - length / 2, part.since), part.until - length)
    since = since.replace(microsecond=0)
    return Window(since, since + length)


def _length(looks: Iterable[Look], part: Window) -> dt.timedelta:
    """How much of a stretch to ask, in whole seconds: of what was full, half."""
    halves = [look.span.span / 2 for look in looks if look.is_full and look.span.overlaps(part)]
    length = min([part.span, *(max(NARROWEST, half) for half in halves)])
    return dt.timedelta(seconds=math.ceil(length.total_seconds()))


def unsettled(looks: Iterable[Look], span: Window) -> list[Window]:
    """Return the parts of a stretch about which more can be learnt, in order."""
    parts = [span]
    for look in looks:
        if look.is_settled:
            parts = [rest for part in parts for rest in _without(part, look.span)]
    return parts


def _askable(
    row: Endpoint, looks: Sequence[Look], window: Window, now: dt.datetime
) -> tuple[Window | None, tuple[Missing, ...]]:
    """The part of the window that is out and still remembered, in whole seconds."""
    newest, oldest = coarse(now - row.delay), _oldest(row, now)
    missing: list[Missing] = []
    if window.until > newest:
        # a little later than need be: who complained in the same moment asks with one question
        due_at = window.until + row.delay * 1.25 + _PUBLISHED
        missing.append(Missing(Lack.EVENTS, LackReason.NOT_OUT_YET, due_at))
    gone = Window(window.since, min(oldest, window.until))
    if gone.until > gone.since:
        missing += [
            Missing(Lack.MINUTES, LackReason.FORGOTTEN, detail=_stretch(part))
            for part in unsettled(looks, gone)
        ]
    since = max(window.since.replace(microsecond=0), oldest)
    until = min(_up_to_second(window.until), newest)
    return (Window(since, until) if until > since else None), tuple(missing)


def _widen(span: Window, row: Endpoint, now: dt.datetime) -> Window:
    """Ask a little more at no cost: the next complaint is about nearly the same minutes."""
    since = max(span.since - _WIDER, _oldest(row, now))
    return Window(since, max(span.until, min(span.until + _WIDER, coarse(now - row.delay))))


def _oldest(row: Endpoint, now: dt.datetime) -> dt.datetime:
    """The oldest moment that can be asked about."""
    return (now - (row.look_back or dt.timedelta(0)) + _EDGE).replace(microsecond=0)


def _gaps(
    looks: list[Look], span: Window, stopped: CloudError | None, now: dt.datetime
) -> tuple[Missing, ...]:
    """Say which stretches were not looked at, and which may hold more than we were told."""
    found = [
        Missing(Lack.EVENTS, LackReason.MAY_BE_INCOMPLETE, detail=_stretch(look.span))
        for look in looks
        if look.is_full and look.is_settled and look.span.overlaps(span)
    ]
    reason = reason_of(stopped) if stopped else LackReason.OVER_QUOTA
    retry_at = retry_of(stopped, now) if stopped else None
    for part in unsettled(looks, span):
        was_full = any(look.is_full and look.span.overlaps(part) for look in looks)
        what, why = (
            (Lack.EVENTS, LackReason.MAY_BE_INCOMPLETE) if was_full else (Lack.MINUTES, reason)
        )
        found.append(Missing(what, why, retry_at, _stretch(part)))
    return tuple(found)


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
    if not part.overlaps(taken):
        return [part]
    rest = [Window(part.since, taken.since), Window(taken.until, part.until)]
    return [piece for piece in rest if piece.until > piece.since]


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
