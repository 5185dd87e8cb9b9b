"""Asking for one call: the seed's `call/details`, today's `call/sessions` + `call/metrics`."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.call import Call, CallRecord, Lack, LackReason, Missing
from bot.clouds.agora.calls import pieces
from bot.clouds.agora.client import Asking, Generation, coarse, span_params
from bot.clouds.agora.record import (
    cut_off,
    participants_of,
    series_of,
    started_record_is_due,
)
from bot.clouds.agora.schemas import Details, StayRow, UserRow
from bot.clouds.endpoints import Endpoint
from bot.clouds.errors import TooEarlyError
from bot.errors import CloudRefusedError
from bot.ports import Window

_EDGE: Final = dt.timedelta(seconds=30)  # our clock and the cloud's may differ
_SECOND: Final = dt.timedelta(seconds=1)
_ENDED_FRESH: Final = dt.timedelta(minutes=10)
_RUNNING_FRESH: Final = dt.timedelta(seconds=20)
_UIDS_MAX: Final = 10
_SIDS_MAX: Final = 20
_STAYS_MAX: Final = 40  # of a whole class, at one call a second
_PAGES_MAX: Final = 10
_THREAD_FROM_BYTES: Final = 1024 * 1024
_NOT_FOUND: Final = 404


@dataclass(slots=True)
class _Told:
    """What one call's questions brought, still in Agora's rows."""

    users: list[UserRow] = field(default_factory=list)
    stays: list[StayRow] = field(default_factory=list)
    size_bytes: int = 0


async def fetch_record(
    asking: Asking, call: Call, uids: Sequence[str], window: Window
) -> CallRecord:
    """Return participants and series of these uids within the window, and what is missing.

    What is not out yet, forgotten, unknown or cut off is said in `missing`; any other failure
    is raised as CloudError.
    """
    generation = await asking.generation(call.app)
    try:
        return await _fetch(asking, call, uids, window, generation)
    except CloudRefusedError as error:
        if error.status != _NOT_FOUND:
            raise
        return await _fetch_otherwise(asking, call, uids, window, generation)


async def _fetch_otherwise(
    asking: Asking, call: Call, uids: Sequence[str], window: Window, generation: Generation
) -> CallRecord:
    """404: either this API is of the other generation, or the call is unknown to it."""
    other: Generation = "current" if generation == "seed" else "seed"
    if asking.is_auto:
        try:
            record = await _fetch(asking, call, uids, window, other)
        except CloudRefusedError as error:
            if error.status != _NOT_FOUND:
                raise
        else:
            await asking.learn(other)
            return record
    return CallRecord(call, missing=(Missing(Lack.CALL, LackReason.NOT_FOUND, detail=call.id),))


async def _fetch(
    asking: Asking, call: Call, uids: Sequence[str], window: Window, generation: Generation
) -> CallRecord:
    row = asking.endpoint("details" if generation == "seed" else "metrics", generation)
    now = asking.clock.now()
    span, missing = _askable(row, call, window, now)
    newest = now - row.delay
    if span is None:
        return CallRecord(call, missing=missing, fresh_until=newest)
    try:
        told = await _ask(asking, call, uids, span, generation)
    except TooEarlyError as error:
        early = Missing(Lack.CALL, LackReason.NOT_OUT_YET, error.retry_at, call.id)
        return CallRecord(call, missing=(early,), fresh_until=newest)
    if not told.users:
        nobody = (
            () if uids and generation == "current" else (started_record_is_due(call, row, span),)
        )
        return CallRecord(call, missing=missing + nobody, fresh_until=span.until)
    if generation == "seed":
        missing += cut_off(row, told.users, uids)

    def build() -> CallRecord:
        participants = participants_of(row, told.users, uids)
        series = series_of(row, told.stays, participants, span, generation)
        return CallRecord(call, participants, series, missing, span.until)

    return build() if told.size_bytes < _THREAD_FROM_BYTES else await asyncio.to_thread(build)


def _askable(
    row: Endpoint, call: Call, window: Window, now: dt.datetime
) -> tuple[Window | None, tuple[Missing, ...]]:
    """The part of the window that lies in the call, is out, and is still remembered."""
    since = max(window.since, call.started_at)
    until = window.until if call.ended_at is None else min(window.until, call.ended_at)
    oldest = now - row.look_back + _EDGE if row.look_back else since
    newest = now - row.delay
    if until < since:
        return None, (Missing(Lack.CALL, LackReason.NOT_FOUND, detail=call.id),)
    if until < oldest:
        return None, (Missing(Lack.CALL, LackReason.FORGOTTEN, detail=call.id),)
    missing: tuple[Missing, ...] = ()
    if until > newest:
        missing = (Missing(Lack.CALL, LackReason.NOT_OUT_YET, until + row.delay, call.id),)
        until = coarse(newest)
    since = max(since, oldest)
    return (Window(since, until) if until > since else None), missing


async def _ask(
    asking: Asking, call: Call, uids: Sequence[str], span: Window, generation: Generation
) -> _Told:
    told = _Told()
    row = asking.endpoint("details" if generation == "seed" else "metrics", generation)
    whole = Window(span.since.replace(microsecond=0), _up_to_second(span.until))
    for piece in pieces(whole, row.max_span):
        inquiry = _Inquiry(asking, call, piece, told)
        await (inquiry.ask_details() if generation == "seed" else inquiry.ask_sessions(uids))
    return told


@dataclass(frozen=True, slots=True)
class _Inquiry:
    """The questions about one stretch of one call; the answers gather in `told`."""

    asking: Asking
    call: Call
    span: Window
    told: _Told

    async def ask_details(self) -> None:
        """Ask the seed, which knows no filter: everybody it names, with everything measured."""
        params = {"exclude_server_user": "true", "exclude_metrics_info": "false"}
        body = await self._ask("details", params)
        self.told.users += body.call_info or ()
        self.told.stays += body.metrics or ()

    async def ask_sessions(self, uids: Sequence[str]) -> None:
        """Ask today's API: first for the stays of these uids, then for what was measured."""
        users: list[UserRow] = []
        for first in range(0, max(1, len(uids)), _UIDS_MAX):
            users += await self._session_pages(uids[first : first + _UIDS_MAX])
        self.told.users += users
        # Nobody in particular was asked for: those who send tell the most.
        chosen = users if uids else sorted(users, key=lambda user: not user.speaker)[:_STAYS_MAX]
        sids = sorted({str(user.sid) for user in chosen})
        for first in range(0, len(sids), _SIDS_MAX):
            params = {"sids": ",".join(sids[first : first + _SIDS_MAX])}
            self.told.stays += (await self._ask("metrics", params)).metrics or ()

    async def _session_pages(self, uids: Sequence[str]) -> list[UserRow]:
        size = self.asking.endpoint("sessions", "current").row_cap or 1
        params = {"exclude_server_user": "true", "page_size": str(size)}
        if uids:
            params["uids"] = ",".join(uids)
        users: list[UserRow] = []
        for page_no in range(1, _PAGES_MAX + 1):
            body = await self._ask("sessions", {**params, "page_no": str(page_no)})
            page = body.call_info or []
            users += page
            if len(page) < size or len(users) >= (body.total_size or len(users) + 1):
                break
        return users

    async def _ask(self, name: str, params: dict[str, str]) -> Details:
        row = self.asking.endpoint(name, "seed" if name == "details" else "current")
        has_ended = self.call.ended_at is not None and self.span.until >= self.call.ended_at
        fresh_for = _ENDED_FRESH if has_ended else _RUNNING_FRESH
        asked = {"call_id": self.call.id, **span_params(self.span), **params}
        body, size_bytes = await self.asking.kept_body(
            self.call.app, row, asked, Details, fresh_for
        )
        self.told.size_bytes += size_bytes
        return body


def _up_to_second(moment: dt.datetime) -> dt.datetime:
    whole = moment.replace(microsecond=0)
    return whole if whole == moment else whole + _SECOND
