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
from bot.clouds.endpoints import Endpoint
from bot.clouds.errors import cannot, clean_code, nonsense
from bot.clouds.huawei.client import Asking, days_of, span_params, whole_seconds
from bot.clouds.huawei.schemas import Id, Moment, decode, moment
from bot.errors import CloudError, CloudRefusedError
from bot.ports import Window

log = logging.getLogger(__name__)
EVENT_KIND: Final = "huawei.event_id"
EXPERIENCE_KIND: Final = "huawei.exp_id"
_TRAIT: Final = "huawei.client_events"
_ASK_AGAIN: Final = dt.timedelta(days=7)
_FRESH: Final = dt.timedelta(minutes=5)
_BEFORE: Final = dt.timedelta(minutes=1)
_HOUR: Final = dt.timedelta(hours=1)
_EDGE: Final = dt.timedelta(seconds=30)
_NOT_FOUND: Final = 404
_NOBODY: Final = frozenset({"", "0"})
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


class _Info(msgspec.Struct):
    """The part of `event_info` we read."""

    uid: Id | None = None
    session: Id | None = None
    network: str | None = msgspec.field(name="accessNet", default=None)


class _Row(msgspec.Struct):
    """One event. The sample writes `evnet_id`, the table `event_id` (W27)."""

    ctime: Moment = None
    event_id: Id | None = None
    evnet_id: Id | None = None
    event_info: msgspec.Raw = msgspec.Raw(b"null")


class _Events(_Row):
    """13.11: one event as the table has it, or a list as the sample has it (W26)."""

    data: list[_Row] | msgspec.UnsetType | None = msgspec.UNSET


class _Cause(msgspec.Struct):
    ts: Moment = None
    event_id: Id | None = None
    peer_id: Id | None = None


class _Experience(msgspec.Struct):
    """One person's trouble; `abnormal_list` may be null (W30)."""

    uid: Id | None = None
    room_id: Id | None = None
    exp_id: Id | None = None
    abnormal_list: list[_Cause] | None = None


class _Experiences(_Experience):
    """13.12: one object as the table has it, or a list in `data`."""

    data: list[_Experience] | msgspec.UnsetType | None = msgspec.UNSET


class ClientEvents:
    """13.11 and 13.12, as long as they are there. `choice`: `off` never asks, `on` always does."""

    def __init__(self, asking: Asking, choice: str = "auto") -> None:
        self._asking = asking
        self._choice = choice

    async def events(self, app: str, cname: str, window: Window) -> tuple[ClientEvent, ...]:
        """Return what the clients of a room told within the window (13.11), an hour at a time.

        Raises CloudCannotError when the API is gone, and any other CloudError.
        """
        row = self._asking.endpoint("client_events")
        found: list[ClientEvent] = []
        for body in await self._bodies(app, row, cname, window):
            found += (event for each in _rows(row, body) if (event := _event(row, each)))
        inside = [event for event in found if window.since <= event.at <= window.until]
        return tuple(sorted(inside, key=lambda event: event.at))

    async def experiences(self, app: str, cname: str, window: Window) -> tuple[AbnormalEvent, ...]:
        """Return what went wrong for whom (13.12); its numbers have no table and stay numbers.

        Rows outside the window, which the document's sample has, are left out. Raises as `events`.
        """
        row = self._asking.endpoint("client_abnormal")
        found: dict[tuple[object, ...], AbnormalEvent] = {}
        answers = await self._bodies(app, row, cname, window)
        for each in (one for body in answers for one in _experiences(row, body)):
            for event in _abnormal_events(row, each, cname):
                if window.since <= event.at <= window.until:
                    found[*event.key, event.factors] = event
        return tuple(sorted(found.values(), key=lambda event: event.at))

    async def told_anyway(self, app: str, cname: str, window: Window) -> tuple[AbnormalEvent, ...]:
        """Return the experiences of a room; whatever goes wrong, nothing is known.

        For a room of which 13.13, which names causes, tells nothing.
        """
        try:
            return await self.experiences(app, cname, window)
        except CloudError as error:
            log.debug("%s", error)
            return ()

    async def networks(self, app: str, cname: str, people: Sequence[Participant]) -> dict[str, str]:
        """Return the network type of sessions, as far as the clients told when they joined.

        One question about the hour after the first of them joined; whatever goes wrong, nothing
        is known, for a diagnosis does without.
        """
        since = min((one.joined_at for one in people), default=None)
        now = self._asking.clock.now()
        look_back = self._asking.endpoint("client_events").look_back or _HOUR
        if since is None or since - _BEFORE < now - look_back + _EDGE or self._choice == "off":
            return {}
        window = Window(since - _BEFORE, min(since - _BEFORE + _HOUR, now))
        try:
            events = await self.events(app, cname, window)
        except CloudError as error:
            log.debug("%s", error)
            return {}
        return {event.session: event.network for event in events if event.session and event.network}

    async def _bodies(self, app: str, row: Endpoint, cname: str, window: Window) -> list[bytes]:
        """Ask hour by hour. The room is always named, though the document calls it optional."""
        asked = {"app_id": self._asking.apps[app], "room_id": cname}
        pieces = days_of(whole_seconds(window), row.max_span)
        return [await self._ask(app, row, {**asked, **span_params(piece)}) for piece in pieces]

    async def _ask(self, app: str, row: Endpoint, params: dict[str, str]) -> bytes:
        """Ask unless the API is known to be gone; remember when it is."""
        now = self._asking.clock.now()
        if self._choice == "off" or (self._choice == "auto" and await self._is_gone(now)):
            raise cannot("huawei", row.name)
        try:
            return bytes(await self._asking.kept_body(app, row, params, msgspec.Raw, _FRESH))
        except CloudRefusedError as error:
            if error.status != _NOT_FOUND or error.code.startswith("RTC."):
                raise
            await self._asking.memory.remember(_TRAIT, now.isoformat(), now)
            raise cannot("huawei", row.name) from None

    async def _is_gone(self, now: dt.datetime) -> bool:
        try:
            since = dt.datetime.fromisoformat(await self._asking.memory.recall(_TRAIT) or "")
        except ValueError:
            return False
        return now - since < _ASK_AGAIN


def _rows(row: Endpoint, content: bytes) -> Sequence[_Row]:
    """Read either shape of 13.11, or a bare list."""
    if content.lstrip().startswith(b"["):
        return decode(row, content, list[_Row])
    body = decode(row, content, _Events)
    if body.data is not msgspec.UNSET:
        return body.data or ()
    if body.ctime is None:
        raise nonsense(row, "no data")
    return (body,)


def _event(row: Endpoint, found: _Row) -> ClientEvent | None:
    event_id = found.event_id if found.event_id is not None else found.evnet_id
    try:
        at = moment(found.ctime)
    except ValueError:
        raise nonsense(row, "ctime") from None
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


def _info(raw: bytes) -> _Info:
    """Read `event_info`: JSON in a text, whose quotes may be escaped once more (W28)."""
    try:
        text = msgspec.json.decode(raw, type=str)
    except _DECODE_ERRORS:
        text = raw.decode(errors="replace")
    for attempt in (text, text.replace('\\"', '"')):
        try:
            return msgspec.json.decode(attempt, type=_Info)
        except _DECODE_ERRORS:
            continue
    return _Info()


def _experiences(row: Endpoint, content: bytes) -> Sequence[_Experience]:
    """Read either shape of 13.12, or a bare list."""
    if content.lstrip().startswith(b"["):
        return decode(row, content, list[_Experience])
    body = decode(row, content, _Experiences)
    if body.data is not msgspec.UNSET:
        return body.data or ()
    if body.exp_id is None and body.uid is None:
        raise nonsense(row, "no data")
    return (body,)


def _abnormal_events(row: Endpoint, found: _Experience, cname: str) -> Iterable[AbnormalEvent]:
    for cause in found.abnormal_list or ():
        try:
            at = moment(cause.ts)
        except ValueError:
            raise nonsense(row, "ts") from None
        if at is None or found.uid is None:
            continue
        peer_uid = None if cause.peer_id is None else str(cause.peer_id)
        peer_uid = None if peer_uid in (*_NOBODY, str(found.uid)) else peer_uid
        code = Code(EVENT_KIND, clean_code("" if cause.event_id is None else cause.event_id))
        yield AbnormalEvent(
            uid=str(found.uid),
            cname=cname if found.room_id is None else str(found.room_id),
            kind=Code(EXPERIENCE_KIND, clean_code("" if found.exp_id is None else found.exp_id)),
            at=at,
            factors=(Factor(code, peer_uid),),
            peer_uid=peer_uid,
        )
