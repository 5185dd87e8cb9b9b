"""Fetches one call: its sessions (13.2) and metrics (13.10)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.call import Call, CallRecord, MissingItem, MissingKind, MissingReason, Participant, Series
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import invalid_response
from bot.clouds.huawei.client import HuaweiClient, fetch_pages
from bot.clouds.huawei.metrics import MIDS, NETWORK_MIDS
from bot.clouds.huawei.schemas import Qos, QosRow
from bot.clouds.huawei.series import build_series
from bot.clouds.huawei.sessions import fetch_sessions
from bot.clouds.publication import (
    newest_published,
    published_window,
    widen,
)
from bot.clouds.windows import split_window, whole_seconds
from bot.ports import Window

_THREAD_FROM_ROWS: Final = 200


async def fetch_record(
    client: HuaweiClient, call: Call, uids: Sequence[str], window: Window
) -> CallRecord:
    """Return participants and series of these uids within the window, and what is missing.

    Data that is expired, not published yet or unknown is listed in `missing`; any other failure
    is raised as CloudError. Data may be published earlier than documented, so the request is for
    everything up to now.
    """
    endpoint = client.find_endpoint("qos")
    now = client.clock.now()
    published_until = newest_published(endpoint, now)
    part, missing = published_window(endpoint, call, window, now, newest=now)
    if part is None:
        return CallRecord(call, missing=missing, fresh_until=published_until)
    span = whole_seconds(part)
    sessions = await fetch_sessions(client, call, uids, widen(endpoint, call, span, now))
    rows, is_complete = await _CallQuery(client, call, endpoint).fetch(uids, span)
    if not (sessions.is_complete and is_complete):
        missing += (MissingItem(MissingKind.CALL, MissingReason.MAY_BE_INCOMPLETE, detail=call.id),)

    def build() -> tuple[Series, ...]:
        return build_series(endpoint, rows, sessions.participants, uids, span)

    series = build() if len(rows) < _THREAD_FROM_ROWS else await asyncio.to_thread(build)
    if not sessions.participants and not series and not missing:
        missing = (MissingItem(MissingKind.CALL, MissingReason.NOT_FOUND, detail=call.id),)
    return CallRecord(
        call, sessions.participants, series, missing, min(span.until, published_until)
    )


async def fetch_participants(
    client: HuaweiClient, call: Call, window: Window
) -> tuple[Participant, ...]:
    """Return who was in a call within the window. Raises CloudError."""
    endpoint, now = client.find_endpoint("users"), client.clock.now()
    part, _ = published_window(endpoint, call, window, now, newest=now)
    if part is None:
        return ()
    span = widen(endpoint, call, whole_seconds(part), now)
    return (await fetch_sessions(client, call, (), span)).participants


async def fetch_witnesses(
    client: HuaweiClient, call: Call, uids: Sequence[str], window: Window
) -> tuple[Series, ...]:
    """Return what others than these uids measured of networks. Raises CloudError.

    With one request of the whole room, so of a large one only a part.
    """
    endpoint, now = client.find_endpoint("qos"), client.clock.now()
    part, _ = published_window(endpoint, call, window, now, newest=now)
    if part is None:
        return ()
    span = whole_seconds(part)
    query = _CallQuery(client, call, endpoint)
    page = {"limit": str(endpoint.page_size), "offset": "0"}
    rows = [
        row for row in await query.page("", NETWORK_MIDS, span, page) if str(row.uid) not in uids
    ]
    return await asyncio.to_thread(build_series, endpoint, rows, (), (), span)


@dataclass(frozen=True, slots=True)
class _CallQuery:
    """The requests about one window of one call."""

    client: HuaweiClient
    call: Call
    endpoint: Endpoint

    async def fetch(self, uids: Sequence[str], span: Window) -> tuple[list[QosRow], bool]:
        """Fetch every metric of each uid, of the whole room when there are none.

        `user_id` is the sender according to the document, and maybe who measured. Requested for
        both people of a class, either reading returns what each sent and received of the other.
        """
        collected: list[QosRow] = []
        is_complete = True
        for uid in uids or ("",):
            for chunk in split_window(span, self.endpoint.max_span):
                rows, complete = await self._pages(uid, chunk)
                collected += rows
                is_complete &= complete
        return collected, is_complete

    async def _pages(self, uid: str, span: Window) -> tuple[list[QosRow], bool]:
        async def fetch_page(page: dict[str, str]) -> tuple[list[QosRow], int | None]:
            return await self.page(uid, MIDS, span, page), None

        return await fetch_pages(fetch_page, self.endpoint.page_size)

    async def page(
        self, uid: str, mids: Sequence[str], span: Window, page: dict[str, str]
    ) -> list[QosRow]:
        """Fetch one page of these metrics of a uid, of the whole room when it is empty."""
        params: dict[str, str | Sequence[str]] = {
            "app_id": self.client.apps[self.call.app],
            "room_id": self.call.cname,
            "mid": mids,
            **({"user_id": uid} if uid else {}),
            **page,
        }
        window = widen(self.endpoint, self.call, span, self.client.clock.now())
        body = await self.client.cached_window(self.call.app, self.endpoint, params, Qos, window)
        if body.data is None and body.room_id is None:
            raise invalid_response(self.endpoint, "no data")
        return body.data or []
