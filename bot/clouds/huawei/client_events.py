"""Events reported by clients: 13.11 and 13.12, which are no longer in the document's index.

After a 404 they are not requested for a week. IP addresses and names in 13.11 are not parsed.
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
from bot.clouds.huawei.client import HuaweiClient, span_params
from bot.clouds.huawei.schemas import Id, JsonTime, decode, parse_time
from bot.clouds.windows import CLOCK_SKEW, split_window, whole_seconds
from bot.decoding import decode_json
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
_NOT_FOUND: Final = 404
_NO_UID: Final = frozenset({"", "0"})
_DECODE_ERRORS: Final = (msgspec.MsgspecError, ValueError, RecursionError)


@dataclass(frozen=True, slots=True)
class ClientEvent:
    """An event reported by a client. `code` is documented nowhere: it is shown as a number (W31).

    Empty texts are unknown; `network` is for example `4g`.
    """

    at: dt.datetime
    code: Code
    uid: str = ""
    session: str = ""
    network: str = ""


class _EventInfo(msgspec.Struct):
    """The part of `event_info` that is parsed."""

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
    """13.11: one event as in the table, or a list as in the sample (W26)."""

    data: list[_EventRow] | msgspec.UnsetType | None = msgspec.UNSET


class _CauseRow(msgspec.Struct):
    ts: JsonTime = None
    event_id: Id | None = None
    peer_id: Id | None = None


class _ExperienceRow(msgspec.Struct):
    """One user's abnormal experience; `abnormal_list` may be null (W30)."""

    uid: Id | None = None
    room_id: Id | None = None
    exp_id: Id | None = None
    abnormal_list: list[_CauseRow] | None = None


class _Experiences(_ExperienceRow):
    """13.12: one object as in the table, or a list in `data`."""

    data: list[_ExperienceRow] | msgspec.UnsetType | None = msgspec.UNSET


class ClientEvents:
    """Fetches 13.11 and 13.12. `choice`: `off`, `on`, or `auto` (not for a week after a 404)."""

    def __init__(self, client: HuaweiClient, choice: str = "auto") -> None:
        self._client = client
        self._choice = choice

    async def events(self, app: str, cname: str, window: Window) -> tuple[ClientEvent, ...]:
        """Return the events of a room's clients within the window (13.11), fetched by the hour.

        Raises CloudUnsupportedError when the endpoint is gone, and any other CloudError.
        """
        endpoint = self._client.find_endpoint("client_events")
        events: list[ClientEvent] = []
        for body in await self._bodies(app, endpoint, cname, window):
            events += (event for each in _rows(endpoint, body) if (event := _event(endpoint, each)))
        inside = [event for event in events if window.since <= event.at <= window.until]
        return tuple(sorted(inside, key=lambda event: event.at))

    async def experiences(self, app: str, cname: str, window: Window) -> tuple[AbnormalEvent, ...]:
        """Return abnormal experiences (13.12); their numbers are documented nowhere.

        Rows outside the window, as in the document's sample, are skipped. Raises as `events`.
        """
        endpoint = self._client.find_endpoint("client_abnormal")
        unique: dict[tuple[object, ...], AbnormalEvent] = {}
        experiences_bodies = await self._bodies(app, endpoint, cname, window)
        for each in (one for body in experiences_bodies for one in _experiences(endpoint, body)):
            for event in _abnormal_events(endpoint, each, cname):
                if window.since <= event.at <= window.until:
                    unique[*event.key, event.factors] = event
        return tuple(sorted(unique.values(), key=lambda event: event.at))

    async def experiences_or_empty(
        self, app: str, cname: str, window: Window
    ) -> tuple[AbnormalEvent, ...]:
        """Return the experiences of a room, () after any CloudError."""
        try:
            return await self.experiences(app, cname, window)
        except CloudError as error:
            log.debug("no abnormal experiences of clients: %s", error)
            return ()

    async def networks(
        self, app: str, cname: str, participants: Sequence[Participant]
    ) -> dict[str, str]:
        """Return the network type by session id, as the clients reported it when they joined.

        One request, about the hour after the first of them joined; {} after any CloudError, as a
        diagnosis works without.
        """
        since = min((one.joined_at for one in participants), default=None)
        now = self._client.clock.now()
        lookback = self._client.find_endpoint("client_events").retention
        if since is None or since - _BEFORE < now - lookback + CLOCK_SKEW or self._choice == "off":
            return {}
        window = Window(since - _BEFORE, min(since - _BEFORE + _HOUR, now))
        try:
            events = await self.events(app, cname, window)
        except CloudError as error:
            log.debug("no network types of clients: %s", error)
            return {}
        return {event.session: event.network for event in events if event.session and event.network}

    async def _bodies(
        self, app: str, endpoint: Endpoint, cname: str, window: Window
    ) -> list[bytes]:
        """Fetch by the hour. The room is always given, though the document calls it optional."""
        params = {"app_id": self._client.apps[app], "room_id": cname}
        chunks = split_window(whole_seconds(window), endpoint.max_span)
        return [
            await self._fetch(app, endpoint, {**params, **span_params(chunk)}) for chunk in chunks
        ]

    async def _fetch(self, app: str, endpoint: Endpoint, params: dict[str, str]) -> bytes:
        """Fetch unless the endpoint is known to be gone; store when it is."""
        now = self._client.clock.now()
        if self._choice == "off" or (self._choice == "auto" and await self._is_gone(now)):
            raise unsupported("huawei", endpoint.name)
        try:
            return bytes(await self._client.cached_get(app, endpoint, params, msgspec.Raw, _TTL))
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
    """Parse either shape of 13.11, or a bare list."""
    if content.lstrip().startswith(b"["):
        return decode(endpoint, content, list[_EventRow])
    body = decode(endpoint, content, _Events)
    if body.data is not msgspec.UNSET:
        return body.data or ()
    if body.ctime is None:
        raise invalid_response(endpoint, "no data")
    return (body,)


def _event(endpoint: Endpoint, row: _EventRow) -> ClientEvent | None:
    event_id = row.event_id if row.event_id is not None else row.evnet_id
    try:
        at = parse_time(row.ctime)
    except ValueError:
        raise invalid_response(endpoint, "ctime") from None
    if at is None or event_id is None:
        return None
    info = _info(bytes(row.event_info))
    return ClientEvent(
        at=at,
        code=Code(EVENT_KIND, clean_code(event_id)),
        uid="" if info.uid is None else str(info.uid),
        session="" if info.session is None else str(info.session),
        network=info.network or "",
    )


def _info(raw: bytes) -> _EventInfo:
    """Parse `event_info`: JSON in a string, whose quotes may be escaped twice (W28)."""
    try:
        text = decode_json(raw, str)
    except _DECODE_ERRORS:
        text = raw.decode(errors="replace")
    for attempt in (text, text.replace('\\"', '"')):
        try:
            return decode_json(attempt, _EventInfo)
        except _DECODE_ERRORS:
            continue
    return _EventInfo()


def _experiences(endpoint: Endpoint, content: bytes) -> Sequence[_ExperienceRow]:
    """Parse either shape of 13.12, or a bare list."""
    if content.lstrip().startswith(b"["):
        return decode(endpoint, content, list[_ExperienceRow])
    body = decode(endpoint, content, _Experiences)
    if body.data is not msgspec.UNSET:
        return body.data or ()
    if body.exp_id is None and body.uid is None:
        raise invalid_response(endpoint, "no data")
    return (body,)


def _abnormal_events(
    endpoint: Endpoint, row: _ExperienceRow, cname: str
) -> Iterable[AbnormalEvent]:
    for cause in row.abnormal_list or ():
        try:
            at = parse_time(cause.ts)
        except ValueError:
            raise invalid_response(endpoint, "ts") from None
        if at is None or row.uid is None:
            continue
        peer_uid = None if cause.peer_id is None else str(cause.peer_id)
        peer_uid = None if peer_uid in (*_NO_UID, str(row.uid)) else peer_uid
        code = Code(EVENT_KIND, clean_code("" if cause.event_id is None else cause.event_id))
        yield AbnormalEvent(
            uid=str(row.uid),
            cname=cname if row.room_id is None else str(row.room_id),
            kind=Code(EXPERIENCE_KIND, clean_code("" if row.exp_id is None else row.exp_id)),
            at=at,
            factors=(Factor(code, peer_uid),),
            peer_uid=peer_uid,
        )
