"""Reports to Agora; traps by their number in the list of contract traps."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from bot.call import IssueType, Report, Side
from bot.errors import CloudRefusedError, CloudUnsupportedError

NOON_S = 1795176000


def when(second: float) -> dt.datetime:
    """A moment with a zone."""
    return dt.datetime.fromtimestamp(second, dt.UTC)


def report(**changes: Any) -> Report:
    """A report of a teacher about a student."""
    fields: dict[str, Any] = {
        "app": "kids",
        "cname": "class_77_1",
        "teacher_uid": "10001",
        "student_uid": "20002",
        "abnormal_side": Side.STUDENT,
        "issue_type": IssueType.COMPLAINT,
        "occurred_at": when(NOON_S - 60),
        "comments": "画面卡 <b>",
    }
    return Report(**(fields | changes))


async def test_a35_a36_fields_of_report_v2(make_agora: Any, mock_api: Any) -> None:
    """A35: the app id is in the URL, the rest in a JSON body; A36: all fields are sent."""
    mock_api.respond("reportV2", {"code": 200, "message": ""})
    await make_agora().send_report(report())
    (request,) = mock_api.requests
    assert list(request.url.params) == ["appid"]
    assert request.headers["content-type"] == "application/json"
    expected = {
        "cname": "class_77_1",
        "teacher_uid": 10001,
        "student_uid": 20002,
        "abnormal_uid": 20002,
        "ts": NOON_S - 60,
        "type": 3,
        "comments": "画面卡 <b>",
    }
    assert expected == json.loads(request.content)


async def test_a36_older_report_has_no_student(make_agora: Any, mock_api: Any) -> None:
    """A36: `/report` has neither the student nor the abnormal uid."""
    mock_api.respond("report", {"code": 200, "message": ""})
    await make_agora(report="report").send_report(report(comments=""))
    expected = {"cname": "class_77_1", "teacher_uid": 10001, "ts": NOON_S - 60, "type": 3}
    assert expected == json.loads(mock_api.requests[0].content)


BAD_UIDS = ["0", "-1", "01", "4294967296", "tom", "", "1e3", "１２"]


@pytest.mark.parametrize("uid", BAD_UIDS)
async def test_a37_reports_take_numeric_uids_only(uid: str, make_agora: Any, mock_api: Any) -> None:
    """A37: anything but a number from 1 to 2^32-1 is refused before a request is sent."""
    agora = make_agora()
    with pytest.raises(CloudRefusedError):
        await agora.send_report(report(student_uid=uid))
    assert mock_api.requests == []
    good = agora.capabilities.uid.fullmatch(uid) and int(uid) <= agora.capabilities.uid_max
    assert not good


async def test_a39_reports_can_be_off(make_agora: Any, mock_api: Any) -> None:
    """A39: with AGORA_REPORT=off nothing is sent, and `capabilities.reports` is false."""
    agora = make_agora(report="off")
    with pytest.raises(CloudUnsupportedError):
        await agora.send_report(report())
    assert (agora.capabilities.reports, mock_api.requests) == (False, [])


async def test_a39_current_agora_has_no_reports(make_agora: Any) -> None:
    """A39: in today's API a 404 for a report means that the endpoint is gone."""
    with pytest.raises(CloudUnsupportedError):
        await make_agora(api="current").send_report(report())
    with pytest.raises(CloudRefusedError):
        await make_agora(api="seed").send_report(report())
