"""Other participants, who tell a receiver's own network from the route to everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.call import CallRecord, Direction, Metric, Series
from bot.errors import CloudError
from bot.ports import Cloud, Diagnosis, Window
from bot.services.diagnosis.retry_policy import SURE

_WITNESS: Final = "witness:"  # no cloud's uid has a colon
_KEPT: Final = frozenset(
    {
        *(Metric.DOWNLINK_LOSS, Metric.END_TO_END_LOSS, Metric.DOWNLINK_LATENCY),
        *(Metric.LATENCY, Metric.JITTER),
    }
)


def accuses_receiver(diagnosis: Diagnosis) -> bool:
    """Return whether somebody's own way down is at fault, which others can confirm or deny.

    Not of an unsure verdict that is made again when more data is out: that would cost twice.
    """
    verdict = diagnosis.verdict
    is_down = verdict.direction is Direction.DOWN and verdict.cause.startswith("network.")
    is_last = (verdict.confidence or 0) >= SURE or verdict.retry_at is None
    return is_down and is_last and verdict.uid == diagnosis.report.abnormal_uid


async def fetch_witnesses(
    cloud: Cloud, diagnosis: Diagnosis, window: Window, records: Sequence[CallRecord]
) -> tuple[Series, ...]:
    """Fetch what others than the two people measured; nothing when the cloud refuses.

    Of the same part of the window as the record, so that responses in the cache serve both.
    """
    report, calls = diagnosis.report, diagnosis.calls
    call = next((call for call in calls if call.covers(report.occurred_at)), calls[0])
    record = next((one for one in records if one.call == call), None)
    if record is not None and record.fresh_until is not None:
        window = Window(window.since, min(window.until, record.fresh_until))
    try:
        return await cloud.fetch_witnesses(call, (report.teacher_uid, report.student_uid), window)
    except CloudError:
        return ()


def without_names(diagnosis: Diagnosis) -> tuple[Series, ...]:
    """Return what others measured of the two people's streams, to be kept: nobody's uid is left."""
    report = diagnosis.report
    two = {report.teacher_uid, report.student_uid}
    names: dict[str, str] = {}
    kept = [one for one in diagnosis.witnesses if one.peer_uid in two and one.metric in _KEPT]
    for one in kept:
        names.setdefault(one.uid, f"{_WITNESS}{len(names) + 1}")
    return tuple(replace(one, uid=names[one.uid], sid=names[one.uid]) for one in kept)


def is_witness(series: Series) -> bool:
    """Return whether kept series were measured by somebody else than the two people."""
    return series.uid.startswith(_WITNESS)
