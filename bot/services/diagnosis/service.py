"""From a question to a diagnosis: what to ask the cloud, when, and what stays unseen."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.call import (
    AbnormalEvent,
    Call,
    CallRecord,
    IssueType,
    Lack,
    LackReason,
    Missing,
    Report,
    Side,
)
from bot.clouds.reasons import reason_of, retry_of
from bot.diagnosis import Verdict, diagnose, examine_either
from bot.errors import CloudError, CloudRefusedError
from bot.i18n.messages import Message
from bot.ports import Clock, Cloud, Diagnosis, EventAnswer, EventSource, Window

REACH: Final = dt.timedelta(minutes=2)  # metrics are judged this near to the complaint
ENOUGH: Final = dt.timedelta(seconds=90)  # a minute of samples, and room for their gaps
FOUND_WITHIN: Final = dt.timedelta(minutes=3)  # a new call may take this long to be listed
_LIST_PAUSE: Final = dt.timedelta(seconds=60)
SEARCHED: Final = dt.timedelta(hours=24)  # how far back a channel's last call is looked for
_CALLS_READ: Final = 3  # a class that broke off and started anew near the complaint


@dataclass(slots=True)
class _Findings:
    """What came together so far."""

    calls: tuple[Call, ...] = ()
    records: list[CallRecord] = field(default_factory=list)
    events: tuple[AbnormalEvent, ...] = ()
    missing: list[Missing] = field(default_factory=list)
    failures: list[Message] = field(default_factory=list)

    def fail(self, what: Lack, error: CloudError, now: dt.datetime) -> None:
        """Note what an error kept from us."""
        code = error.code if isinstance(error, CloudRefusedError) else ""
        self.missing.append(Missing(what, reason_of(error), retry_of(error, now), code))
        if error.spoken not in self.failures:
            self.failures.append(error.spoken)


class Examiner:
    """Asks the clouds about a complaint and examines what they tell."""

    def __init__(self, clouds: Mapping[str, Cloud], clock: Clock) -> None:
        self._clouds = clouds
        self._clock = clock

    async def diagnose(self, report: Report, *, side_known: bool = True) -> Diagnosis:
        """Work out why a call was bad. Never raises CloudError: what failed is in the answer.

        With empty uids the two people who were measured most are examined; unless the side is
        known, who suffered is found out too.
        """
        cloud, now = self._clouds[report.app], self._clock.now()
        found = _Findings()
        if report.occurred_at < now - cloud.capabilities.look_back:
            found.missing.append(Missing(Lack.CALL, LackReason.FORGOTTEN))
        else:
            report = await self._gather(cloud, report, now, found)
        return _conclude(cloud, report, now, found, side_known=side_known)

    async def examine_channel(
        self,
        app: str,
        cname: str,
        *,
        at: dt.datetime | None = None,
        teacher_uid: str = "",
        student_uid: str = "",
        since_s: float | None = None,
        asked_at: dt.datetime | None = None,
    ) -> Diagnosis:
        """Examine a channel nobody complained about: the newest that can be known of it.

        Sides of people who were not named are left open. Its last call is looked for in the
        last `since_s` seconds, or in the last day. A call that had just begun when it was asked
        about (`asked_at`, by default now) is not listed yet: then it says when it would be.
        """
        now = self._clock.now()
        moment = at or await self._newest_moment(app, cname, now, since_s)
        asked = Report(
            app=app,
            cname=cname,
            teacher_uid=teacher_uid,
            student_uid=student_uid,
            abnormal_side=Side.STUDENT,
            issue_type=IssueType.FEEDBACK,
            occurred_at=moment or now,
        )
        if moment is None:
            listed_by = (asked_at or now) + FOUND_WITHIN
            again_at = listed_by if now < listed_by else None
            unlisted = Missing(Lack.CALL, LackReason.NOT_FOUND, again_at, cname)
            return _conclude(self._clouds[app], asked, now, _Findings(missing=[unlisted]))
        diagnosis = await self.diagnose(asked, side_known=False)
        named = frozenset(filter(None, (teacher_uid, student_uid)))
        return replace(diagnosis, verdict=_leave_open(diagnosis.verdict, named), named=named)

    async def _newest_moment(
        self, app: str, cname: str, now: dt.datetime, since_s: float | None
    ) -> dt.datetime | None:
        """The newest moment of the last call of which the cloud tells; None without a call."""
        cloud = self._clouds[app]
        searched = SEARCHED if since_s is None else dt.timedelta(seconds=since_s)
        look_back = min(cloud.capabilities.look_back, searched)
        try:
            calls = await cloud.find_calls(app, cname, Window(now - look_back, now))
        except CloudError:
            return now  # the examination meets the same error and tells it
        if not calls:
            return None
        last = calls[0]
        known_until = now - cloud.capabilities.metrics_delay
        if last.ended_at is not None:
            known_until = min(known_until, last.ended_at - REACH)
        return max(last.started_at, known_until)

    async def _gather(
        self, cloud: Cloud, report: Report, now: dt.datetime, found: _Findings
    ) -> Report:
        window = Window.around(report.occurred_at, REACH)
        try:
            found.calls = await cloud.find_calls(report.app, report.cname, window)
        except CloudError as error:
            found.fail(Lack.CALL, error, now)
            await self._recall(cloud, report, window, found, error)
            return report
        if not found.calls:
            found.missing.append(_not_found(report, now))
            return report
        delay = cloud.capabilities.metrics_delay
        found.missing += _not_out_yet(found.calls, window, now, delay)
        if _blocks(found.missing):
            return report
        await self._read(cloud, report, Window(window.since, min(window.until, now - delay)), found)
        return _choose_pair(report, found.records)

    async def _recall(
        self, cloud: Cloud, report: Report, window: Window, found: _Findings, because: CloudError
    ) -> None:
        """What was seen of the channel before the cloud stopped answering still counts."""
        if isinstance(cloud, EventSource) and cloud.capabilities.events:
            seen = await cloud.recall_events(report.app, report.cname, window, because)
            found.events = seen.events
            found.missing += seen.missing

    async def _read(self, cloud: Cloud, report: Report, window: Window, found: _Findings) -> None:
        now = self._clock.now()
        records = [
            self._read_record(cloud, report, call, window) for call in found.calls[:_CALLS_READ]
        ]
        events = self._read_events(cloud, report, window)
        *answers, event_answer = await asyncio.gather(*records, events)
        for answer in answers:
            if isinstance(answer, CallRecord):
                found.records.append(answer)
                found.missing += answer.missing
            elif isinstance(answer, CloudError):
                found.fail(Lack.CALL, answer, now)
        if isinstance(event_answer, EventAnswer):
            found.events = event_answer.events
            found.missing += event_answer.missing
        elif isinstance(event_answer, CloudError):
            found.fail(Lack.EVENTS, event_answer, now)

    async def _read_record(
        self, cloud: Cloud, report: Report, call: Call, window: Window
    ) -> CallRecord | CloudError:
        uids = [uid for uid in (report.teacher_uid, report.student_uid) if uid]
        try:
            return await cloud.fetch_record(call, uids, window)
        except CloudError as error:
            return error

    async def _read_events(
        self, cloud: Cloud, report: Report, window: Window
    ) -> EventAnswer | CloudError:
        if not cloud.capabilities.events:
            return EventAnswer()
        try:
            return await cloud.fetch_events(report.app, report.cname, window)
        except CloudError as error:
            return error


def _conclude(
    cloud: Cloud, report: Report, now: dt.datetime, found: _Findings, *, side_known: bool = True
) -> Diagnosis:
    series = tuple(series for record in found.records for series in record.series)
    participants = tuple(person for record in found.records for person in record.participants)
    told = (report, found.calls, series, found.events)
    if side_known:
        verdict = diagnose(*told, missing=found.missing, participants=participants)
    else:
        side, verdict = examine_either(*told, missing=found.missing, participants=participants)
        report = replace(report, abnormal_side=side)
    return Diagnosis(
        report=report,
        cloud=cloud.name,
        verdict=verdict,
        asked_at=now,
        calls=found.calls,
        participants=participants,
        events=found.events,
        failures=tuple(found.failures),
        series=series,
    )


def _leave_open(verdict: Verdict, named: frozenset[str]) -> Verdict:
    side = verdict.side if verdict.uid in named else None
    others = tuple(_leave_open(other, named) for other in verdict.others)
    return replace(verdict, side=side, others=others)


def _not_found(report: Report, now: dt.datetime) -> Missing:
    """A call that has just begun is not listed yet; an old one will never be."""
    listed_by = report.occurred_at + FOUND_WITHIN
    if now < listed_by:
        return Missing(Lack.CALL, LackReason.NOT_OUT_YET, min(listed_by, now + _LIST_PAUSE))
    return Missing(Lack.CALL, LackReason.NOT_FOUND, detail=report.cname)


def _not_out_yet(
    calls: Sequence[Call], window: Window, now: dt.datetime, delay: dt.timedelta
) -> list[Missing]:
    """Say what of the window the cloud has not published yet."""
    start = max(window.since, min(call.started_at for call in calls))
    end = min(window.until, max(call.ended_at or window.until for call in calls))
    if now >= end + delay:
        return []
    enough_at = min(start + ENOUGH, end) + delay
    if now < enough_at:
        return [Missing(Lack.CALL, LackReason.NOT_OUT_YET, enough_at)]
    return [Missing(Lack.MINUTES, LackReason.NOT_OUT_YET, end + delay)]


def _blocks(missing: Sequence[Missing]) -> bool:
    return any(lack.what is Lack.CALL for lack in missing)


def _choose_pair(report: Report, records: Sequence[CallRecord]) -> Report:
    """Without given uids, look at the two people of whom most is known."""
    if report.teacher_uid and report.student_uid:
        return report
    counts: dict[str, int] = {}
    for series in (series for record in records for series in record.series):
        counts[series.uid] = counts.get(series.uid, 0) + len(series.times)
    given = [uid for uid in (report.teacher_uid, report.student_uid) if uid]
    others = sorted((uid for uid in counts if uid not in given), key=lambda uid: -counts[uid])
    teacher = report.teacher_uid or next(iter(others), "")
    others = [uid for uid in others if uid != teacher]
    return replace(
        report, teacher_uid=teacher, student_uid=report.student_uid or next(iter(others), "")
    )
