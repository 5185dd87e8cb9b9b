"""Agora's problem reports, validated and stored: reportV2 (000) and report (001)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from bot.sandbox.clouds.agora.params import Params, bad_input
from bot.sandbox.clouds.server import Request, Response

_MAX_UID: Final = 2**32 - 1
_MAX_CNAME_BYTES: Final = 64
_FUTURE_TOLERANCE_S: Final = 60
_TYPES: Final = (1, 4)
_V2_REQUIRED: Final = ("cname", "teacher_uid", "student_uid", "abnormal_uid", "ts", "type")
_V2_OPTIONAL: Final = ("comments",)
_V1_REQUIRED: Final = ("cname", "teacher_uid", "type")
_V1_OPTIONAL: Final = ("action_uid", "ts", "comments")


@dataclass(frozen=True, slots=True)
class AcceptedReport:
    """A report the cloud took: when, for which app, on which endpoint, and its fields."""

    at: float
    app: str
    endpoint: str
    fields: Mapping[str, Any]


def accept_report_v2(request: Request) -> AcceptedReport:
    """Check a reportV2; all fields but `comments` are required (000, "Report a problem")."""
    fields = _fields(request, _V2_REQUIRED, _V2_OPTIONAL)
    if fields["abnormal_uid"] not in {fields["teacher_uid"], fields["student_uid"]}:
        raise bad_input("abnormal_uid must be the teacher's or the student's")
    return AcceptedReport(
        request.now, request.query["appid"], "analytics/feedback/reportV2", fields
    )


def accept_report(request: Request) -> AcceptedReport:
    """Check an older report (001, "Report a problem"): no student, `ts` optional."""
    fields = _fields(request, _V1_REQUIRED, _V1_OPTIONAL)
    return AcceptedReport(request.now, request.query["appid"], "analytics/feedback/report", fields)


def accepted() -> Response:
    """Return the success response; the document has no report id."""
    return Response({"code": 200, "message": ""})


def _fields(
    request: Request, required: tuple[str, ...], optional: tuple[str, ...]
) -> dict[str, Any]:
    Params(request.query).allow("appid")
    fields = _json_object(request)
    for name in required:
        if name not in fields:
            raise bad_input(f"{name} is required")
    for name, value in fields.items():
        if name not in required + optional:
            raise bad_input(f"unknown field {name}")
        _check(name, value, request.now)
    return fields


def _json_object(request: Request) -> dict[str, Any]:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise bad_input("Content-Type must be application/json")
    try:
        fields = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise bad_input("the body is not JSON") from error
    if not isinstance(fields, dict):
        raise bad_input("the body is not a JSON object")
    return fields


def _check(name: str, value: object, now: float) -> None:
    if name == "cname":
        right = isinstance(value, str) and 0 < len(value.encode()) <= _MAX_CNAME_BYTES
    elif name == "comments":
        right = isinstance(value, str)
    elif name == "type":
        right = _is_whole(value, *_TYPES)
    elif name == "ts":
        right = _is_whole(value, 1, int(now) + _FUTURE_TOLERANCE_S)
    else:
        right = _is_whole(value, 1, _MAX_UID)
    if not right:
        raise bad_input(f"{name} has a wrong value")


def _is_whole(value: object, minimum: int, maximum: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and minimum <= value <= maximum
