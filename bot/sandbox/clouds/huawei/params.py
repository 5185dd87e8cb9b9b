"""Huawei's request parameters, and its four kinds of error response (W7)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

import numpy as np
from numpy.typing import NDArray

from bot.sandbox.clouds.server import ApiError, Request, Response

DAY_S: Final = 86400
HOUR_S: Final = 3600
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_COUNT: Final = re.compile(r"\d{1,9}")
_MAX_ROWS: Final = 1000


def api_error(status: int, code: str, text: str) -> ApiError:
    """Build a refusal of chapter 14's shape."""
    return ApiError(Response({"error_code": code, "error_msg": text}, status))


def gateway_error(status: int, code: str, text: str) -> ApiError:
    """Build a refusal of the API gateway in front of the service, which names the request."""
    body = {"error_code": code, "error_msg": text, "request_id": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}
    return ApiError(Response(body, status))


def missing(name: str) -> ApiError:
    """Build chapter 13's refusal for a parameter that is not there."""
    return api_error(400, "DATA.100011001", f"Required String parameter '{name}' is not present")


def invalid(name: str) -> ApiError:
    """Build chapter 13's refusal for a parameter it cannot take."""
    return api_error(400, "DATA.100011002", f"Invalid request parameter: {name}")


def plain_text_error(text: str) -> ApiError:
    """Build the refusal of 13.11 and 13.12, whose code is HTTP's status."""
    return api_error(400, "400", text)


def not_found() -> ApiError:
    """Build the 404 of the chapters that act; its code is that of a 400 (W38)."""
    return api_error(404, "RTC.00001003", "InvalidParameterValue")


def stamp(at: float) -> str:
    """Write epoch seconds the way Huawei does: UTC, whole seconds."""
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamps(times: NDArray[np.float64]) -> list[str]:
    """Write many times at once, which is ten times faster."""
    return [f"{at}Z" for at in np.datetime_as_string(times.astype(np.int64).astype("M8[s]"))]


@lru_cache(maxsize=16)
def _parse_query(query: str) -> tuple[tuple[str, str], ...]:
    """Return the parameters in order; each request reads its own a dozen times."""
    return tuple(parse_qsl(query, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in epoch seconds, both ends included."""

    start: float
    end: float

    def holds(self, at: float) -> bool:
        """Return whether a moment is within it."""
        return self.start <= at <= self.end


@dataclass(frozen=True, slots=True)
class Params:
    """The query string of one call; `style` is how it wants several values written (W12)."""

    request: Request
    style: str = "comma"

    @property
    def _pairs(self) -> tuple[tuple[str, str], ...]:
        _, _, query = self.request.raw_path.partition("?")
        return _parse_query(query)

    def allow(self, *names: str) -> None:
        """Refuse parameters the document does not have."""
        unknown = sorted({name for name, _ in self._pairs} - set(names))
        if unknown:
            raise invalid(unknown[0])

    def text(self, name: str) -> str:
        """Return a required text."""
        value = self.optional(name)
        if not value:
            raise missing(name)
        return value

    def optional(self, name: str) -> str:
        """Return a text, "" when it is not given."""
        values = [value for key, value in self._pairs if key == name]
        if len(values) > 1:
            raise invalid(name)
        return values[0] if values else ""

    def choice(self, name: str, known: Collection[str]) -> str:
        """Return a required value, one of those the document lists."""
        value = self.text(name)
        if value not in known:
            raise invalid(name)
        return value

    def choices(self, name: str, known: Collection[str]) -> list[str]:
        """Return several required words out of those the document lists."""
        values = self.several(name)
        if not values:
            raise missing(name)
        for value in values:
            if value not in known:
                raise invalid(name)
        return values

    def several(self, name: str) -> list[str]:
        """Return a parameter's values, written `a,b` or repeated as the style has it.

        `mid` always has commas, as the document says of it and as the SDK writes it.
        """
        values = [value for key, value in self._pairs if key == name and value]
        if self.style == "repeat" and name != "mid":
            return values
        if len(values) > 1:
            raise invalid(name)
        return values[0].split(",") if values else []

    def time(self, name: str) -> float | None:
        """Return a time in epoch seconds, None when it is not given."""
        value = self.optional(name)
        if not value:
            return None
        if not _TIME.fullmatch(value):
            raise invalid(name)
        return _epoch(name, value)

    def span(self, *, max_s: float, required: bool = False) -> Span:
        """Return `start_time` to `end_time`; by default the last hour, no longer than `max_s`."""
        start, end = self.time("start_time"), self.time("end_time")
        for name, value in (("start_time", start), ("end_time", end)):
            if required and value is None:
                raise missing(name)
        end = self.request.now if end is None else end
        start = self.request.now - HOUR_S if start is None else start
        if start > end or end - start > max_s:
            raise invalid("start_time")
        return Span(start, end)

    def days(self, *, maximum: int | None) -> list[str]:
        """Return the days of `start_date` to `end_date`; by default yesterday alone."""
        given = {name: self.optional(name) for name in ("start_date", "end_date")}
        for name, value in given.items():
            if value and not _DATE.fullmatch(value):
                raise invalid(name)
        yesterday = stamp(self.request.now - DAY_S)[:10]
        start = _epoch("start_date", f"{given['start_date'] or yesterday}T00:00:00Z")
        end = _epoch("end_date", f"{given['end_date'] or yesterday}T00:00:00Z")
        count = int((end - start) // DAY_S) + 1
        if count < 1 or (maximum is not None and count > maximum):
            raise invalid("start_date")
        return [stamp(start + number * DAY_S)[:10] for number in range(count)]

    def page(self, *, default: int = 10) -> tuple[int, int]:
        """Return limit and offset."""
        limit, offset = (self._count("limit", default), self._count("offset", 0))
        if not 1 <= limit <= _MAX_ROWS:
            raise invalid("limit")
        return limit, offset

    def _count(self, name: str, default: int) -> int:
        value = self.optional(name)
        if not value:
            return default
        if not _COUNT.fullmatch(value):
            raise invalid(name)
        return int(value)


def check_look_back(request: Request, span: Span, look_back_s: float) -> None:
    """Reject a span that begins before the oldest data kept."""
    if span.start < request.now - look_back_s:
        raise invalid("start_time")


def _epoch(name: str, value: str) -> float:
    try:
        return dt.datetime.strptime(value, "%Y-%m-%dT%H:%M:%S%z").timestamp()
    except ValueError:
        raise invalid(name) from None
