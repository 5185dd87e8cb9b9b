"""Fetches a call's record and diagnoses it, with a list of the missing data."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.call import (
    AbnormalEvent,
    Call,
    CallRecord,
    IssueType,
    MissingItem,
    MissingKind,
    MissingReason,
    Report,
    Series,
    Side,
)
from bot.clouds.reasons import reason_for, retry_time
from bot.diagnosis import HEALTHY, UNKNOWN, Verdict
from bot.errors import CloudError, CloudRefusedError
from bot.i18n.messages import Message
from bot.ports import Clock, Cloud, Diagnosis, EventsResult, SupportsEventPolling, Window
from bot.services.diagnosis.bad_minutes import SEARCHED, find_bad_minutes
from bot.services.diagnosis.likely_call import (
    NEAR,
    find_last_call,
    find_likely_call,
    moment_to_judge,
)
from bot.services.diagnosis.likely_people import choose_pair
from bot.services.diagnosis.witnesses import accuses_receiver, fetch_witnesses

WINDOW_MARGIN: Final = dt.timedelta(minutes=2)  # metrics this near to the complaint count
MIN_OBSERVED: Final = dt.timedelta(seconds=90)  # a minute of samples, and room for their gaps
LISTING_DELAY: Final = dt.timedelta(minutes=3)  # a new call may take this long to be listed
DEFAULT_LOOKBACK: Final = dt.timedelta(hours=24)  # how far back a channel's last call is searched
_MOST_BESIDE_BAD_MINUTES: Final = 0.5  # the reported time is probably not exact
_MAX_PEOPLE: Final = 10  # who are named as those in the call
_MAX_CALLS: Final = 3  # a class may be restarted near the complaint


@dataclass(slots=True)
class _CloudData:
    """The data fetched so far; `moment` is the one to judge."""

    moment: dt.datetime
    calls: tuple[Call, ...] = ()
    records: list[CallRecord] = field(default_factory=list)
    events: tuple[AbnormalEvent, ...] = ()
    missing: list[MissingItem] = field(default_factory=list)
    failures: list[Message] = field(default_factory=list)

    def add_failure(self, what: MissingKind, error: CloudError, now: dt.datetime) -> None:
        """Record the data that an error made unavailable."""
        code = error.code if isinstance(error, CloudRefusedError) else ""
        self.missing.append(MissingItem(what, reason_for(error), retry_time(error, now), code))
        if error.user_message not in self.failures:
            self.failures.append(error.user_message)


class DiagnosisService:
    """Fetches the data about a complaint from the clouds and diagnoses it."""

    def __init__(self, clouds: Mapping[str, Cloud], clock: Clock) -> None:
        self._clouds = clouds
        self._clock = clock

    async def diagnose(
        self, report: Report, apps: Collection[str] = (), *, side_known: bool = True
    ) -> Diagnosis:
        """Diagnose why a call was bad. Never raises CloudError: failures are part of the result.

        A call that is not found is also looked for in the other `apps`. With empty uids the two
        people with the most samples are examined; without a side, the affected side is determined
        too.
        """
        cloud, now = self._clouds[report.app], self._clock.now()
        data = _CloudData(report.occurred_at)
        if report.occurred_at < now - cloud.capabilities.lookback:
            data.missing.append(MissingItem(MissingKind.CALL, MissingReason.FORGOTTEN))
        else:
            await self._collect(cloud, report, now, data)
            if any(map(_is_over, data.records)):  # another call may have begun since
                data = _CloudData(report.occurred_at)
                await self._collect(cloud, report, now, data, fresh=True)
            report = choose_pair(report, data.records)
        judged_at = data.moment if data.moment != report.occurred_at else None
        report = replace(report, occurred_at=data.moment)
        diagnosis = _build_diagnosis(cloud, report, now, data, side_known=side_known)
        if accuses_receiver(diagnosis):
            window = Window.around(report.occurred_at, WINDOW_MARGIN)
            witnesses = await fetch_witnesses(cloud, diagnosis, window, data.records)
            diagnosis = _build_diagnosis(
                cloud, report, now, data, side_known=side_known, witnesses=witnesses
            )
        if side_known:
            diagnosis = await self._with_bad_minutes(diagnosis, now)
        diagnosis = await self._with_likely_call(diagnosis, apps, now)
        diagnosis = await self._with_people_in_call(diagnosis, now)
        return replace(diagnosis, verdict=replace(diagnosis.verdict, judged_at=judged_at))

    async def _with_people_in_call(self, diagnosis: Diagnosis, now: dt.datetime) -> Diagnosis:
        """Add who was in the call, where the cloud did not list somebody who was named."""
        verdict, present = diagnosis.verdict, {one.uid for one in diagnosis.participants}
        is_named_absent = any(_is_absent(item, present) for item in verdict.missing)
        if verdict.cause != UNKNOWN or diagnosis.call is None or not present or not is_named_absent:
            return diagnosis
        report = diagnosis.report
        cloud, window = self._clouds[report.app], Window.around(report.occurred_at, WINDOW_MARGIN)
        published = Window(window.since, min(window.until, now - cloud.capabilities.metrics_delay))
        try:
            people = await cloud.fetch_participants(diagnosis.call, published)
        except CloudError:
            return diagnosis
        uids = tuple(sorted({one.uid for one in people})[:_MAX_PEOPLE])
        return replace(diagnosis, verdict=replace(verdict, uids_in_call=uids))

    async def _with_bad_minutes(self, diagnosis: Diagnosis, now: dt.datetime) -> Diagnosis:
        """Add when the call was bad, where it looked healthy at the reported moment."""
        report, verdict, call = diagnosis.report, diagnosis.verdict, diagnosis.call
        if verdict.cause != HEALTHY or call is None:
            return diagnosis
        cloud, searched = self._clouds[report.app], Window.around(report.occurred_at, SEARCHED)
        published = Window(
            searched.since, min(searched.until, now - cloud.capabilities.metrics_delay)
        )
        uids = (report.teacher_uid, report.student_uid)
        record = await self._fetch_record(cloud, uids, call, published)
        if not isinstance(record, CallRecord):
            return diagnosis
        bad = find_bad_minutes(report, record)
        if bad is None:
            return diagnosis
        confidence = min(verdict.confidence or 0, _MOST_BESIDE_BAD_MINUTES)
        verdict = replace(verdict, confidence=confidence, others=(bad,))
        return replace(diagnosis, verdict=verdict, series=record.series)

    async def _with_likely_call(
        self, diagnosis: Diagnosis, apps: Collection[str], now: dt.datetime
    ) -> Diagnosis:
        """Add the call that is probably meant, where the cloud lists none and will list none."""
        if diagnosis.calls or not any(map(_is_final_absence, diagnosis.verdict.missing)):
            return diagnosis
        known = {*apps, diagnosis.report.app}
        clouds = {app: cloud for app, cloud in self._clouds.items() if app in known}
        likely = await find_likely_call(clouds, diagnosis.report, now)
        return replace(diagnosis, verdict=replace(diagnosis.verdict, likely_call=likely))

    async def diagnose_channel(
        self,
        app: str,
        cname: str,
        apps: Collection[str] = (),
        *,
        at: dt.datetime | None = None,
        teacher_uid: str = "",
        student_uid: str = "",
        side: Side | None = None,
        since_s: float | None = None,
        requested_at: dt.datetime | None = None,
    ) -> Diagnosis:
        """Diagnose the newest available minutes of a channel without a complaint.

        A call that is not found is also looked for in the other `apps`. With a `side`, it had a
        problem at that moment, as in a report.
        Sides of people who were not named stay unknown. The last call is searched in the last
        `since_s` seconds, or in the last day. A call that had just begun when it was requested
        (`requested_at`, by default now) is not listed yet: the result says when it will be.
        """
        now = self._clock.now()
        moment = at or await self._newest_moment(app, cname, now, since_s)
        report = Report(
            app=app,
            cname=cname,
            teacher_uid=teacher_uid,
            student_uid=student_uid,
            abnormal_side=side or Side.STUDENT,
            issue_type=IssueType.FEEDBACK,
            occurred_at=moment or now,
        )
        if moment is None:
            return await self._absent_channel(report, apps, (requested_at or now) + LISTING_DELAY)
        diagnosis = await self.diagnose(report, apps, side_known=side is not None)
        named = frozenset(filter(None, (teacher_uid, student_uid)))
        return replace(
            diagnosis, verdict=_clear_unnamed_sides(diagnosis.verdict, named), named=named
        )

    async def _absent_channel(
        self, report: Report, apps: Collection[str], listed_by: dt.datetime
    ) -> Diagnosis:
        """Return where else a channel ran, or when a call of it may be listed."""
        cloud, now = self._clouds[report.app], self._clock.now()

        def absent(retry_at: dt.datetime | None) -> Diagnosis:
            gap = MissingItem(MissingKind.CALL, MissingReason.NOT_FOUND, retry_at, report.cname)
            return _build_diagnosis(cloud, report, now, _CloudData(now, missing=[gap]))

        found = await self._with_likely_call(absent(None), apps, now)
        likely = found.verdict.likely_call
        is_elsewhere = likely and (likely.app, likely.cname) != (report.app, report.cname)
        return found if is_elsewhere or now >= listed_by else absent(listed_by)

    async def _newest_moment(
        self, app: str, cname: str, now: dt.datetime, since_s: float | None
    ) -> dt.datetime | None:
        """Return the newest moment of the last call with published data; None without a call."""
        cloud = self._clouds[app]
        requested = DEFAULT_LOOKBACK if since_s is None else dt.timedelta(seconds=since_s)
        lookback = min(cloud.capabilities.lookback, requested)
        try:
            last = await find_last_call(cloud, app, cname, Window(now - lookback, now))
        except CloudError:
            return now  # the diagnosis gets the same error and reports it
        if last is None:
            return None
        published_until = now - cloud.capabilities.metrics_delay
        if last.ended_at is not None:
            published_until = min(published_until, last.ended_at - WINDOW_MARGIN)
        return max(last.started_at, published_until)

    async def _collect(
        self,
        cloud: Cloud,
        report: Report,
        now: dt.datetime,
        data: _CloudData,
        *,
        fresh: bool = False,
    ) -> None:
        near = Window.around(report.occurred_at, NEAR)
        try:
            calls = await cloud.find_calls(report.app, report.cname, near, fresh=fresh)
        except CloudError as error:
            data.add_failure(MissingKind.CALL, error, now)
            window = Window.around(report.occurred_at, WINDOW_MARGIN)
            await self._add_polled_events(cloud, report, window, data, error)
            return
        data.moment = moment_to_judge(calls, report.occurred_at, now)
        window = Window.around(data.moment, WINDOW_MARGIN)
        data.calls = tuple(call for call in calls if call.touches(window.since, window.until))
        absence = _not_found(report, now)
        if not data.calls or (data.moment != report.occurred_at and absence.retry_at):
            data.calls, data.moment = (), report.occurred_at  # a call may be listed that ran then
            data.missing.append(absence)
            return
        delay = cloud.capabilities.metrics_delay
        data.missing += _not_out_yet(data.calls, window, now, delay)
        if not _is_blocking(data.missing):
            published = Window(window.since, min(window.until, now - delay))
            await self._fetch(cloud, report, published, data)

    async def _add_polled_events(
        self,
        cloud: Cloud,
        report: Report,
        window: Window,
        data: _CloudData,
        original_error: CloudError,
    ) -> None:
        """Add the events of earlier scans, when the calls could not be fetched."""
        if isinstance(cloud, SupportsEventPolling) and cloud.capabilities.events:
            scan = await cloud.read_polled_events(report.app, report.cname, window, original_error)
            data.events = scan.events
            data.missing += scan.missing

    async def _fetch(self, cloud: Cloud, report: Report, window: Window, data: _CloudData) -> None:
        now = self._clock.now()
        named = [uid for uid in (report.teacher_uid, report.student_uid) if uid]
        records = [
            self._fetch_record(cloud, named, call, window) for call in data.calls[:_MAX_CALLS]
        ]
        events = self._fetch_events(cloud, report, window)
        *answers, event_answer = await asyncio.gather(*records, events)
        for answer in answers:
            if isinstance(answer, CallRecord):
                data.records.append(answer)
                data.missing += answer.missing
            elif isinstance(answer, CloudError):
                data.add_failure(MissingKind.CALL, answer, now)
        if isinstance(event_answer, EventsResult):
            data.events = event_answer.events
            data.missing += event_answer.missing
        elif isinstance(event_answer, CloudError):
            data.add_failure(MissingKind.EVENTS, event_answer, now)

    async def _fetch_record(
        self, cloud: Cloud, uids: Sequence[str], call: Call, window: Window
    ) -> CallRecord | CloudError:
        try:
            return await cloud.fetch_record(call, uids, window)
        except CloudError as error:
            return error

    async def _fetch_events(
        self, cloud: Cloud, report: Report, window: Window
    ) -> EventsResult | CloudError:
        if not cloud.capabilities.events:
            return EventsResult()
        try:
            return await cloud.fetch_events(report.app, report.cname, window)
        except CloudError as error:
            return error


def _build_diagnosis(
    cloud: Cloud,
    report: Report,
    now: dt.datetime,
    data: _CloudData,
    *,
    side_known: bool = True,
    witnesses: tuple[Series, ...] = (),
) -> Diagnosis:
    from bot.diagnosis.diagnosis import diagnose  # noqa: PLC0415 - numpy is slow to import
    from bot.diagnosis.sides import diagnose_either_side  # noqa: PLC0415 - likewise

    series = tuple(series for record in data.records for series in record.series)
    participants = tuple(person for record in data.records for person in record.participants)
    inputs = (report, data.calls, series, data.events)
    if side_known:
        verdict = diagnose(
            *inputs, missing=data.missing, participants=participants, witnesses=witnesses
        )
    else:
        side, verdict = diagnose_either_side(
            *inputs, missing=data.missing, participants=participants, witnesses=witnesses
        )
        report = replace(report, abnormal_side=side)
    return Diagnosis(
        report=report,
        cloud=cloud.name,
        verdict=verdict,
        requested_at=now,
        calls=data.calls,
        participants=participants,
        events=data.events,
        failures=tuple(data.failures),
        series=series,
        witnesses=witnesses,
    )


def _clear_unnamed_sides(verdict: Verdict, named: frozenset[str]) -> Verdict:
    side = verdict.side if verdict.uid in named else None
    others = tuple(_clear_unnamed_sides(other, named) for other in verdict.others)
    return replace(verdict, side=side, others=others)


def _is_over(record: CallRecord) -> bool:
    """Return whether a call that was listed as running has ended: everybody has left."""
    left = [one.left_at for one in record.participants]
    return record.call.ended_at is None and bool(left) and None not in left


def _is_absent(item: MissingItem, present: Collection[str]) -> bool:
    """Return whether an item is about somebody whom the cloud lists in no call."""
    is_person = item.what in (MissingKind.TEACHER_METRICS, MissingKind.STUDENT_METRICS)
    return is_person and item.why is MissingReason.NOT_FOUND and item.detail not in present


def _is_final_absence(item: MissingItem) -> bool:
    is_absent = (item.what, item.why) == (MissingKind.CALL, MissingReason.NOT_FOUND)
    return is_absent and item.retry_at is None


def _not_found(report: Report, now: dt.datetime) -> MissingItem:
    """Return a missing item for a call that may not be listed yet.

    No call that has just begun has enough metrics before it must be listed.
    """
    listed_by = report.occurred_at + LISTING_DELAY
    if now < listed_by:
        return MissingItem(MissingKind.CALL, MissingReason.NOT_OUT_YET, listed_by)
    return MissingItem(MissingKind.CALL, MissingReason.NOT_FOUND, detail=report.cname)


def _not_out_yet(
    calls: Sequence[Call], window: Window, now: dt.datetime, delay: dt.timedelta
) -> list[MissingItem]:
    """Return the part of the window that the cloud has not published yet."""
    start = max(window.since, min(call.started_at for call in calls))
    end = min(window.until, max(call.ended_at or window.until for call in calls))
    if now >= end + delay:
        return []
    enough_at = min(start + MIN_OBSERVED, end) + delay
    if now < enough_at:
        return [MissingItem(MissingKind.CALL, MissingReason.NOT_OUT_YET, enough_at)]
    return [MissingItem(MissingKind.MINUTES, MissingReason.NOT_OUT_YET, end + delay)]


def _is_blocking(missing: Sequence[MissingItem]) -> bool:
    return any(gap.what is MissingKind.CALL for gap in missing)
