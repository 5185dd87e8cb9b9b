"""Volcengine's request parameters, and its success and error responses."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from bot.sandbox.clouds.server import ApiError, Request, Response

CHINA: Final = dt.timezone(dt.timedelta(hours=8))
_ID: Final = re.compile(r"[A-Za-z0-9@_.-]{1,128}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
_COUNT: Final = re.compile(r"[1-9]\d{0,6}")
_GRACE_S: Final = 5  # a window that was in time when it was asked for may arrive this late
_PUBLIC: Final = frozenset({"Action", "Version"})
_GATEWAY: Final = {  # signing: "common list" of the gateway: CodeN and HTTP status
    "MissingParameter": (100002, 400),
    "MissingRequestInfo": (100004, 400),
    "InvalidTimestamp": (100006, 403),
    "ServiceNotFound": (100007, 404),
    "InvalidActionOrVersion": (100008, 404),
    "InvalidAccessKey": (100009, 401),
    "SignatureDoesNotMatch": (100010, 401),
    "AccessDenied": (100013, 403),
    "FlowLimitExceeded": (None, 429),
}


def metadata(query: Mapping[str, str]) -> dict[str, Any]:
    """Return the metadata of every response (003, sample)."""
    return {
        "RequestId": "20240101000000010000000000000000FF",
        "Action": query.get("Action", ""),
        "Version": query.get("Version", ""),
        "Service": "rtc",
        "Region": "cn-north-1",
    }


def success(request: Request, result: Any) -> Response:
    """Build a success response."""
    return Response({"ResponseMetadata": metadata(request.query), "Result": result})


def failure(query: Mapping[str, str], code: str, text: str) -> Response:
    """Build an error response; gateway codes have a CodeN, RTC's own codes do not."""
    number, status = _GATEWAY.get(code, (None, 400))
    error: dict[str, Any] = {"Code": code, "Message": text}
    if number is not None:
        error = {"CodeN": number, **error}
    return Response({"ResponseMetadata": {**metadata(query), "Error": error}}, status)


def api_error(request: Request, code: str, text: str) -> ApiError:
    """Build a refusal."""
    return ApiError(failure(request.query, code, text))


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time in epoch seconds, both ends included."""

    start: float
    end: float


@dataclass(frozen=True)
class Params:
    """What a call is given: the query of a GET, the JSON body of a POST."""

    request: Request

    @cached_property
    def given(self) -> dict[str, Any]:
        """The parameters but for Action and Version."""
        if self.request.method == "GET":
            return {name: text for name, text in self.request.query.items() if name not in _PUBLIC}
        try:
            body = json.loads(self.request.body)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise api_error(self.request, "InvalidParameter", "body is no JSON object")
        return body

    def bad(self, name: str, why: str) -> ApiError:
        """Build the refusal of one parameter."""
        return api_error(self.request, f"InvalidParameter.{name}", f"{name} {why}")

    def allow(self, *names: str) -> None:
        """Refuse parameters the document does not have."""
        unknown = sorted(set(self.given) - {*names, "AppId"})
        if unknown:
            raise self.bad(unknown[0], "is unknown")

    def text(self, name: str) -> str:
        """Return a required text."""
        value = self.given.get(name)
        if value in (None, "", []):
            raise api_error(self.request, "MissingParameter", f"{name} is required")
        if not isinstance(value, str):
            raise self.bad(name, "must be a string")
        return value

    def choice(self, name: str, known: Sequence[str], default: str | None = None) -> str:
        """Return one of several words; the default makes it optional."""
        value = default if default is not None and name not in self.given else self.text(name)
        if value not in known:
            raise self.bad(name, f"has no {value}")
        return value

    def texts(self, name: str, known: Sequence[str] | None = None) -> list[str]:
        """Return an optional list of texts, each a known word if there are such."""
        value = self.given.get(name, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self.bad(name, "must be an array of strings")
        if known is not None and set(value) - set(known):
            raise self.bad(name, "has an unknown word")
        return value

    def room(self) -> str:
        """Return the required id of a room."""
        value = self.text("RoomId")
        if not _ID.fullmatch(value):
            raise self.bad("RoomId", "has other characters than allowed")
        return value

    def users(self, maximum: int) -> list[str]:
        """Return ids separated by commas, at most so many; invalid ones are left out."""
        value = self.given.get("UserId") or ""
        ids = value if isinstance(value, list) else str(value).split(",")
        if len(ids) > maximum:
            raise self.bad("UserId", f"takes at most {maximum}")
        return [uid for uid in ids if isinstance(uid, str) and _ID.fullmatch(uid)]

    def flag(self, name: str, *, default: bool) -> bool:
        """Return an optional Boolean, written `true` or `false`."""
        value = self.given.get(name)
        if value is None:
            return default
        if value not in {"true", "false"}:
            raise self.bad(name, "must be true or false")
        return bool(value == "true")

    def page(self) -> tuple[int, int]:
        """Return number and size of a page; a size over 100 is 100."""
        page_numbers = []
        for name, default in (("PageNum", "1"), ("PageSize", "20")):
            value = str(self.given.get(name, default))
            if not _COUNT.fullmatch(value):
                raise self.bad(name, "must be a positive number")
            page_numbers.append(int(value))
        return page_numbers[0], min(page_numbers[1], 100)

    def window(self, look_back_s: float, span_s: float) -> Window:
        """Return the required window; the part beyond the span is silently cut off."""
        start, end = self._time("StartTime"), self._time("EndTime")
        if start > end:
            raise self.bad("StartTime", "is after EndTime")
        if start < self.request.now - look_back_s - _GRACE_S:
            raise self.bad("StartTime", "is too long ago")
        return Window(start, min(end, start + span_s))

    def _time(self, name: str) -> float:
        value = self.text(name)
        if not _TIME.fullmatch(value):
            raise self.bad(name, "must be RFC3339 in seconds")
        try:
            return dt.datetime.fromisoformat(value).timestamp()
        except ValueError:
            raise self.bad(name, "is no time") from None


def rfc3339(at: float) -> str:
    """Write epoch seconds as Volcengine does: whole seconds of +08:00."""
    return dt.datetime.fromtimestamp(int(at), CHINA).isoformat()
