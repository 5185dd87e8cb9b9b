"""Agora's query parameters: required, typed, unknown ones rejected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from bot.sandbox.clouds.server import ApiError, Response

_SECONDS: Final = re.compile(r"\d{9,10}")  # a time in ms has 13 digits: a client's mistake
_COUNT: Final = re.compile(r"[1-9]\d{0,8}")


def api_error(status: int, message: str) -> ApiError:
    """Build a refusal whose body repeats the HTTP status (000, "Status codes")."""
    return ApiError(Response({"code": status, "message": message}, status))


def bad_input(message: str) -> ApiError:
    """Build the refusal for parameters of a wrong shape: 400."""
    return api_error(400, message)


@dataclass(frozen=True, slots=True)
class Params:
    """The query string of one call."""

    query: Mapping[str, str]

    def allow(self, *names: str) -> None:
        """Refuse parameters the document does not have."""
        unknown = sorted(set(self.query) - set(names))
        if unknown:
            raise bad_input(f"unknown parameter {unknown[0]}")

    def text(self, name: str) -> str:
        """Return a required text."""
        value = self.query.get(name, "")
        if not value:
            raise bad_input(f"{name} is required")
        return value

    def seconds(self, name: str) -> int:
        """Return a required time in epoch seconds."""
        value = self.text(name)
        if not _SECONDS.fullmatch(value):
            raise bad_input(f"{name} must be a Unix timestamp in seconds")
        return int(value)

    def window(self, start: str = "start_ts", end: str = "end_ts") -> Window:
        """Return the required window of time."""
        window = Window(self.seconds(start), self.seconds(end))
        if window.start > window.end:
            raise bad_input(f"{start} is after {end}")
        return window

    def flag(self, name: str, *, default: bool) -> bool:
        """Return an optional Boolean, written `true` or `false`."""
        value = self.query.get(name)
        if value is None:
            return default
        if value not in {"true", "false"}:
            raise bad_input(f"{name} must be true or false")
        return value == "true"

    def count(self, name: str, *, default: int, maximum: int) -> int:
        """Return an optional positive number up to a most."""
        value = self.query.get(name, str(default))
        if not _COUNT.fullmatch(value) or int(value) > maximum:
            raise bad_input(f"{name} must be from 1 to {maximum}")
        return int(value)

    def names(self, name: str, known: Iterable[str]) -> list[str]:
        """Return a required comma-separated list of known words."""
        values = self.text(name).split(",")
        allowed = set(known)
        for value in values:
            if value not in allowed:
                raise bad_input(f"{name} has no {value}")
        return values

    def items(self, name: str, maximum: int) -> list[str]:
        """Return an optional comma-separated list of at most so many; empty when not given."""
        value = self.query.get(name)
        items = value.split(",") if value else []
        if len(items) > maximum:
            raise bad_input(f"{name} takes at most {maximum}")
        return items


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time in epoch seconds, both ends included."""

    start: int
    end: int

    @property
    def length_s(self) -> int:
        """How long it is, in seconds."""
        return self.end - self.start

    def minutes(self, until: float) -> range:
        """Return the whole minutes in the window that begin before `until`, as epoch seconds."""
        first = -(-self.start // 60) * 60
        return range(first, int(min(self.end + 1, until)), 60)


GRACE_S: Final = 5  # a window that was in time when it was asked for may arrive this late


def check_look_back(window: Window, now: float, look_back_s: float) -> None:
    """Reject a window that begins before the oldest data kept."""
    if window.start < now - look_back_s - GRACE_S:
        raise ApiError(Response({"code": 300, "message": "query time range limit error"}))


def check_span(window: Window, span_s: float) -> None:
    """Refuse a window that is too long."""
    if window.length_s > span_s:
        raise ApiError(Response({"code": 300, "message": "query time length limit error"}))
