"""What Huawei's clients told it: 13.11 and 13.12, which have left the index and may be gone.

A 404 is remembered for a week; then they are asked once more. Addresses and names of people
that 13.11 carries are not read.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from bot.call import AbnormalEvent, Code, Factor, Participant
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import clean_code, invalid_response, unsupported
from bot.clouds.huawei.client import HuaweiClient, span_params, split_window, whole_seconds
from bot.clouds.huawei.schemas import Id, JsonTime, decode, parse_time
from bot.errors import CloudError, CloudRefusedError
from bot.ports import Window

log = logging.getLogger(__name__)
EVENT_KIND: Final = "huawei.event_id"
EXPERIENCE_KIND: Final = "huawei.exp_id"
_STORE_KEY: Final = "huawei.client_events"
_RETRY_AFTER: Final = dt.timedelta(days=7)
_TTL: Final = dt.timedelta(minutes=5)
_BEFORE: Final = dt.timedelta(minutes=1)
_HOUR: Final = dt.timedelta(hours=1)
_CLOCK_SKEW: Final = dt.timedelta(seconds=30)
_NOT_FOUND: Final = 404
_NO_UID: Final = frozenset({"", "0"})
_DECODE_ERRORS: Final = (msgspec.MsgspecError, ValueError, RecursionError)


@dataclass(frozen=True, slots=True)
class ClientEvent:
    """Something a client told. `code` has no table anywhere: it is shown as a number (W31).

    Empty texts are not known; `network` is such as `4g`.
    """

    at: dt.datetime
    code: Code
    uid: str = ""
    session: str = ""
    network: str = ""


class _EventInfo(msgspec.Struct):
    """The part of `event_info` we read."""

    uid: Id | None = None
    session: Id | None = None
    network: str | None = msgspec.field(name="accessNet", default=None)


class _EventRow(msgspec.Struct):
    """One event. The sample writes `evnet_id`, the table `event_id` (W27)."""

    ctime: JsonTime = None
    event_id: Id | None = None
    evnet_id: Id | None = None
    event_info: msgspec.Raw = msgspec.Raw(b"null")


class _Events(_EventRow):
    """13.11: one event as the table has it, or a list as the sample has it (W26)."""

    data: list[_EventRow] | msgspec.UnsetType | None = msgspec.UNSET


class _CauseRow(msgspec.Struct):
    ts: JsonTime = None
    event_id: Id | None = None
    peer_id: Id | None = None


class _ExperienceRow(msgspec.Struct):
    """One person's trouble; `abnormal_list` may be null (W30)."""

    uid: Id | None = None
    room_id: Id | None = None
    exp_id: Id | None = None
    abnormal_list: list[_CauseRow] | None = None


class _Experiences(_ExperienceRow):
    """13.12: one object as the table has it, or a list in `data`."""

    data: list[_ExperienceRow] | msgspec.UnsetType | None = msgspec.UNSET


class ClientEvents:
    """13.11 and 13.12, as long as they are there. `choice`: `off` never asks, `on` always does."""

    def __init__(self, client: HuaweiClient, choice: str = "auto") -> None:
        self._client = client
        self._choice = choice

    async def events(self, app: str, cname: str, window: Window) -> tuple[ClientEvent, ...]:
        """Return what the clients of a room told within the window (13.11), an hour at a time.

        Raises CloudCannotError when the API is gone, and any other CloudError.
        """
        endpoint = self._client.find_endpoint("client_events")
        found: list[ClientEvent] = []
        for body in await self._bodies(app, endpoint, cname, window):
            found += (event for each in _rows(endpoint, body) if (event := _event(endpoint, each)))
        inside = [event for event in found if window.since <= event.at <= window.until]
        return tuple(sorted(inside, key=lambda event: event.at))

    async def experiences(self, app: str, cname: str, window: Window) -> tuple[AbnormalEvent, ...]:
        """Return what went wrong for whom (13.12); its numbers have no table and stay numbers.

        Rows outside the window, which the document's sample has, are left out. Raises as `events`.
        """
        endpoint = self._client.find_endpoint("client_abnormal")
        found: dict[tuple[object, ...], AbnormalEvent] = {}
        experiences_bodies = await self._bodies(app, endpoint, cname, window)
        for each in (one for body in experiences_bodies for one in _experiences(endpoint, body)):
            for event in _abnormal_events(endpoint, each, cname):
                if window.since <= event.at <= window.until:
                    found[*event.key, event.factors] = event
        return tuple(sorted(found.values(), key=lambda event: event.at))

    async def experiences_or_empty(
        self, app: str, cname: str, window: Window
    ) -> tuple[AbnormalEvent, ...]:
        """Return the experiences of a room; whatever goes wrong, nothing is known.

        For a room of which 13.13, which names causes, tells nothing.
        """
        try:
            return await self.experiences(app, cname, window)
        except CloudError as error:
            log.debug("%s", error)
            return ()

    async def networks(
        self, app: str, cname: str, participants: Sequence[Participant]
    ) -> dict[str, str]:
        """Return the network type of sessions, as far as the clients told when they joined.

        One question about the hour after the first of them joined; whatever goes wrong, nothing
        is known, for a diagnosis does without.
        """
        since = min((one.joined_at for one in participants), default=None)
        now = self._client.clock.now()
        look_back = self._client.find_endpoint("client_events").look_back or _HOUR
        if (
            since is None
            or since - _BEFORE < now - look_back + _CLOCK_SKEW
            or self._choice == "off"
        ):
            return {}
        window = Window(since - _BEFORE, min(since - _BEFORE + _HOUR, now))
        try:
            events = await self.events(app, cname, window)
        except CloudError as error:
            log.debug("%s", error)
            return {}
        return {event.session: event.network for event in events if event.session and event.network}

    async def _bodies(
        self, app: str, endpoint: Endpoint, cname: str, window: Window
    ) -> list[bytes]:
        """Ask hour by hour. The room is always named, though the document calls it optional."""
        params = {"app_id": self._client.apps[app], "room_id": cname}
        chunks = split_window(whole_seconds(window), endpoint.max_span)
        return [
            await self._fetch(app, endpoint, {**params, **span_params(chunk)}) for chunk in chunks
        ]

    async def _fetch(self, app: str, endpoint: Endpoint, params: dict[str, str]) -> bytes:
        """Ask unless the API is known to be gone; remember when it is."""
        now = self._client.clock.now()
        if self._choice == "off" or (self._choice == "auto" and await self._is_gone(now)):
            raise unsupported("huawei", endpoint.name)
        try:
            return bytes(await self._client.cached_body(app, endpoint, params, msgspec.Raw, _TTL))
        except CloudRefusedError as error:
            if error.status != _NOT_FOUND or error.code.startswith("RTC."):
                raise
            await self._client.key_value_store.put(_STORE_KEY, now.isoformat(), now)
            raise unsupported("huawei", endpoint.name) from None

    async def _is_gone(self, now: dt.datetime) -> bool:
        try:
            since = dt.datetime.fromisoformat(
                await self._client.key_value_store.get(_STORE_KEY) or ""
            )
        except ValueError:
            return False
        return now - since < _RETRY_AFTER


def _rows(endpoint: Endpoint, content: bytes) -> Sequence[_EventRow]:
    """Read either shape of 13.11, or a bare list."""
    if content.lstrip().startswith(b"["):
        return decode(endpoint, content, list[_EventRow])
    body = decode(endpoint, content, _Events)
    if body.data is not msgspec.UNSET:
        return body.data or ()
    if body.ctime is None:
        raise invalid_response(endpoint, "no data")
    return (body,)


def _event(endpoint: Endpoint, found: _EventRow) -> ClientEvent | None:
    event_id = found.event_id if found.event_id is not None else found.evnet_id
    try:
        at = parse_time(found.ctime)
    except ValueError:
        raise invalid_response(endpoint, "ctime") from None
    if at is None or event_id is None:
        return None
    info = _info(bytes(found.event_info))
    return ClientEvent(
        at=at,
        code=Code(EVENT_KIND, clean_code(event_id)),
        uid="" if info.uid is None else str(info.uid),
        session="" if info.session is None else str(info.session),
        network=info.network or "",
    )


def _info(raw: bytes) -> _EventInfo:
    """Read `event_info`: JSON in a text, whose quotes may be escaped once more (W28)."""
    try:
        text = msgspec.json.decode(raw, type=str)
    except _DECODE_ERRORS:
        text = raw.decode(errors="replace")
    for attempt in (text, text.replace('\\"', '"')):
        try:
            return msgspec.json.decode(attempt, type=_EventInfo)
        except _DECODE_ERRORS:
            continue
    return _EventInfo()


def _experiences(endpoint: Endpoint, content: bytes) -> Sequence[_ExperienceRow]:
    """Read either shape of 13.12, or a bare list."""
    if content.lstrip().startswith(b"["):
        return decode(endpoint, content, list[_ExperienceRow])
    body = decode(endpoint, content, _Experiences)
    if body.data is not msgspec.UNSET:
        return body.data or ()
    if body.exp_id is None and body.uid is None:
        raise invalid_response(endpoint, "no data")
    return (body,)


def _abnormal_events(
    endpoint: Endpoint, found: _ExperienceRow, cname: str
) -> Iterable[AbnormalEvent]:
    for cause in found.abnormal_list or ():
        try:
            at = parse_time(cause.ts)
        except ValueError:
            raise invalid_response(endpoint, "ts") from None
        if at is None or found.uid is None:
            continue
        peer_uid = None if cause.peer_id is None else str(cause.peer_id)
        peer_uid = None if peer_uid in (*_NO_UID, str(found.uid)) else peer_uid
        code = Code(EVENT_KIND, clean_code("" if cause.event_id is None else cause.event_id))
        yield AbnormalEvent(
            uid=str(found.uid),
            cname=cname if found.room_id is None else str(found.room_id),
            kind=Code(EXPERIENCE_KIND, clean_code("" if found.exp_id is None else found.exp_id)),
            at=at,
            factors=(Factor(code, peer_uid),),
            peer_uid=peer_uid,
        )
