"""Huawei's own diagnosis: 13.13, abnormal experiences and their causes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from bot.call import AbnormalEvent, Code, Direction, Factor, MissingItem, MissingKind, MissingReason
from bot.cause_codes import canonical_code, cause_of
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import clean_code, invalid_response
from bot.clouds.huawei.client import HuaweiClient, fetch_pages, span_params
from bot.clouds.huawei.schemas import EventRow, Events, parse_required_time
from bot.clouds.publication import time_to_live
from bot.clouds.windows import round_down, split_window, whole_seconds
from bot.ports import EventsResult, Window

TYPE_KIND: Final = "huawei.abnormal_type"
FACTOR_KIND: Final = "huawei.abnormal_factor"
_IN_CALL_TYPES: Final = frozenset({"2", "3"})
_REMOTE: Final = "remote"
_NO_UID: Final = frozenset({"", "0"})


async def fetch_events(client: HuaweiClient, app: str, cname: str, window: Window) -> EventsResult:
    """Return the cloud's diagnosis of a room (of all when `cname` is "") within the window."""
    endpoint = client.find_endpoint("abnormal_events")
    now = client.clock.now()
    missing: list[MissingItem] = []
    if window.until > now - endpoint.delay:
        due_at = window.until + endpoint.delay
        missing.append(MissingItem(MissingKind.EVENTS, MissingReason.NOT_OUT_YET, due_at))
    until = round_down(now) if window.until > now else window.until
    span = whole_seconds(Window(min(window.since, until), until))
    rows: list[EventRow] = []
    for chunk in split_window(span, endpoint.max_span):
        chunk_rows, is_complete = await _fetch_rows(client, app, endpoint, cname, chunk)
        rows += chunk_rows
        if not is_complete:
            missing.append(MissingItem(MissingKind.EVENTS, MissingReason.MAY_BE_INCOMPLETE))
    return EventsResult(_events(endpoint, rows, cname, window), tuple(missing))


def factor_kind(abnormal_type: str) -> str:
    """Return the kind of a factor, whose numbers depend on the type of the event (W32)."""
    if abnormal_type in _IN_CALL_TYPES:
        return f"{FACTOR_KIND}.type2_3"
    return f"{FACTOR_KIND}.type{abnormal_type}"


def factor_code(abnormal_type: str, factor: object) -> Code:
    """Return a factor's code as in 13.13, whose numbers have one digit more than in 13.14 (W33)."""
    return canonical_code(Code(factor_kind(abnormal_type), clean_code(factor)))


async def _fetch_rows(
    client: HuaweiClient, app: str, endpoint: Endpoint, cname: str, span: Window
) -> tuple[list[EventRow], bool]:
    params = {
        "app": client.apps[app],
        **span_params(span),
        **({"room_id": cname} if cname else {}),
    }
    ttl = time_to_live(endpoint, span.until, client.clock.now())

    async def fetch_page(page: dict[str, str]) -> tuple[list[EventRow], int | None]:
        body = await client.cached_get(app, endpoint, params | page, Events, ttl)
        if body.events is None and body.total is None:
            raise invalid_response(endpoint, "no events")
        return body.events or [], body.total

    return await fetch_pages(fetch_page, endpoint.page_size)


def _events(
    endpoint: Endpoint, rows: Iterable[EventRow], cname: str, window: Window
) -> tuple[AbnormalEvent, ...]:
    """Return the events of a room; rows of one moment, user and type are one event."""
    events: dict[tuple[float, str, str, str], AbnormalEvent] = {}
    for each in rows:
        event = _event(endpoint, each)
        if cname not in ("", event.cname) or not window.since <= event.at <= window.until:
            continue
        earlier = events.get(event.key)
        events[event.key] = event if earlier is None else _merge(earlier, event)
    return tuple(sorted(events.values(), key=lambda event: event.at))


def _merge(earlier: AbnormalEvent, later: AbnormalEvent) -> AbnormalEvent:
    new = tuple(factor for factor in later.factors if factor not in earlier.factors)
    return replace(
        earlier,
        factors=earlier.factors + new,
        peer_uid=earlier.peer_uid if earlier.peer_uid is not None else later.peer_uid,
    )


def _event(endpoint: Endpoint, row: EventRow) -> AbnormalEvent:
    try:
        at = parse_required_time(row.time)
    except ValueError:
        raise invalid_response(endpoint, "time") from None
    kind = clean_code(row.abnormal_type)
    peer_uid = None if row.peer_uid is None else str(row.peer_uid)
    peer_uid = None if peer_uid in (*_NO_UID, str(row.uid)) else peer_uid
    factors: tuple[Factor, ...] = ()
    if row.abnormal_factor is not None:
        code = factor_code(kind, row.abnormal_factor)
        factors = (Factor(code, _responsible_uid(code, row.location, peer_uid)),)
    return AbnormalEvent(
        uid=str(row.uid),
        cname=str(row.room_id),
        kind=Code(TYPE_KIND, kind),
        at=at,
        factors=factors,
        peer_uid=peer_uid,
    )


def _responsible_uid(code: Code, location: str | None, peer_uid: str | None) -> str | None:
    """Return the peer a cause is attributed to, None for the user of the event.

    A downlink cause belongs to the receiver, even where the sample calls it remote (W37).
    """
    cause = cause_of(code)
    if location not in (None, _REMOTE) or (cause and cause.direction is Direction.DOWN):
        return None
    return peer_uid
