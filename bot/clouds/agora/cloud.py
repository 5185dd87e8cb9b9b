"""Agora as the desk sees it. Only the joining of its rooms is here; see the files beside."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from bot.call import Call, CallRecord, Report
from bot.clouds.agora.app_metrics import Overviews
from bot.clouds.agora.call_statistics import Crowds
from bot.clouds.agora.calls import find_calls
from bot.clouds.agora.client import Asking, span_params
from bot.clouds.agora.details import fetch_record
from bot.clouds.agora.events import Diagnoses
from bot.clouds.agora.schemas import Envelope
from bot.clouds.endpoints import Endpoint
from bot.clouds.errors import cannot, refused
from bot.clouds.response_cache import Answers, PassingAnswers
from bot.clouds.storage import EventBook
from bot.errors import CloudError, CloudRefusedError
from bot.i18n.messages import message
from bot.ports import Capabilities, Crowd, EventAnswer, Gathering, Overview, Topic, Window

UID_MAX: Final = 2**32 - 1
_CNAME_SIGNS: Final = "! # $ % & ( ) + - : ; < = . > ? @ [ ] ^ _ { } | ~ ,"
_CNAME: Final = re.compile(r"[A-Za-z0-9 !#$%&()+\-:;<=.>?@\[\]^_{}|~,]{1,64}")
_UID: Final = re.compile(r"[1-9][0-9]{0,9}")
_CHECK_SPAN: Final = dt.timedelta(minutes=10)
_NOT_FOUND: Final = 404


class AgoraCloud:
    """Agora Analytics, of the 2020 contract or of today's. Implements `bot.ports.Cloud`.

    `report` is `reportV2`, `report` or `off`.
    """

    name: Final = "agora"

    def __init__(
        self,
        asking: Asking,
        *,
        report: str = "reportV2",
        book: EventBook | None = None,
        answers: Answers | None = None,
    ) -> None:
        self._asking = asking
        self._overviews = Overviews(asking, answers or PassingAnswers())
        self._report = report
        self._diagnoses = Diagnoses(asking, book)
        self._crowds = Crowds(asking)

    def __repr__(self) -> str:
        return f"AgoraCloud(apps={sorted(self.apps)})"

    @property
    def apps(self) -> Sequence[str]:
        """Our names of the apps it carries."""
        return tuple(self._asking.apps)

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; while the generation is not known yet, what either can."""
        is_current = self._asking.known == "current"
        lists = self._asking.endpoint("lists", "current" if is_current else "seed")
        record = self._asking.endpoint(
            *(("metrics", "current") if is_current else ("details", "seed"))
        )
        diagnosis = self._asking.endpoint("diagnosis", "seed")
        return Capabilities(
            reports=self._report != "off",
            events=not is_current,
            look_back=lists.look_back or dt.timedelta(0),
            metrics_delay=record.delay,
            events_delay=diagnosis.delay,
            cname=_CNAME,
            cname_hint=message(
                "1 to 64 letters, digits, spaces or these signs: %(signs)s", signs=_CNAME_SIGNS
            ),
            uid=_UID,
            uid_max=UID_MAX,
            crowds=is_current,
            uid_hint=message("A whole number from 1 to %(most)s", most=UID_MAX),
        )

    @property
    def generation(self) -> str:
        """Which generation of the API answers, "" while that is not known yet."""
        return self._asking.known or ""

    async def recall(self) -> None:
        """Take over what other processes learnt, so that `capabilities` are right at once."""
        await self._asking.recall()

    async def find_calls(self, app: str, cname: str, window: Window) -> tuple[Call, ...]:
        """Return the calls of this channel that touch the window, newest first."""
        return await find_calls(self._asking, app, cname, window)

    async def fetch_record(self, call: Call, uids: Sequence[str], window: Window) -> CallRecord:
        """Return participants and series of these uids within the window."""
        return await fetch_record(self._asking, call, uids, window)

    async def fetch_events(self, app: str, cname: str, window: Window) -> EventAnswer:
        """Return Agora's own diagnosis of a channel, of all channels when `cname` is ""."""
        return await self._diagnoses.fetch(app, cname, window)

    async def recall_events(
        self, app: str, cname: str, window: Window, because: CloudError
    ) -> EventAnswer:
        """Return what was seen of a channel by earlier looks; asks the cloud nothing."""
        return await self._diagnoses.recall(app, cname, window, because)

    async def gather_events(self, app: str) -> Gathering:
        """Look once where nobody has looked, with what people leave of the allowance."""
        return await self._diagnoses.gather(app)

    async def fetch_crowd(self, call: Call, window: Window) -> Crowd:
        """Return how everybody in a call fared; today's API only. Raises CloudError."""
        return await self._crowds.fetch(call, window)

    async def fetch_overview(self, app: str, topic: Topic) -> Overview:
        """Return the figures of a whole app; what failed is told in it, never raised."""
        return await self._overviews.fetch(app, topic)

    async def send_report(self, report: Report) -> None:
        """Report a bad call; never asked twice in here, for Agora would file it twice.

        Raises CloudCannotError when reports are off or today's Agora has no such call,
        CloudRefusedError for uids it cannot take, and any other CloudError.
        """
        if self._report == "off":
            raise cannot("agora", "reportV2")
        row = self._asking.endpoint(self._report)
        content = msgspec.json.encode(_report_body(row, report))
        try:
            await self._asking.body(report.app, row, {}, Envelope, content=content)
        except CloudRefusedError as error:
            if error.status == _NOT_FOUND and self._asking.known == "current":
                raise cannot("agora", row.name) from None
            raise

    async def check(self, app: str) -> str:
        """List the last minutes' calls, which proves the key; returns the generation and plan."""
        generation = await self._asking.generation(app)
        row = self._asking.endpoint("lists", generation)
        until = self._asking.clock.now() - row.delay
        await self._asking.lists(app, row, span_params(Window(until - _CHECK_SPAN, until)))
        return generation if generation == "seed" else f"{generation}, {self._asking.plan}"

    async def close(self) -> None:
        """Give connections back."""
        await self._asking.close()


def _report_body(row: Endpoint, report: Report) -> dict[str, str | int]:
    """The app id goes into the address, everything else into the body; uids are numbers."""
    body: dict[str, str | int] = {
        "cname": report.cname,
        "teacher_uid": _number(row, report.teacher_uid),
        "ts": int(report.occurred_at.timestamp()),
        "type": int(report.issue_type),
    }
    if row.name == "reportV2":
        body["student_uid"] = _number(row, report.student_uid)
        body["abnormal_uid"] = _number(row, report.abnormal_uid)
    if report.comments:
        body["comments"] = report.comments
    return body


def _number(row: Endpoint, uid: str) -> int:
    if not _UID.fullmatch(uid) or int(uid) > UID_MAX:
        raise refused(row, status=0, code="uid")
    return int(uid)
