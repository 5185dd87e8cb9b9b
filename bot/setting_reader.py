"""Reading and checking single settings; every problem is kept, so that all are named at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

LAST_PORT: Final = 65535
_DURATION: Final = re.compile(r"([0-9]{1,9})\s*(s|m|h|d)?")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, None: 60}
_HALF_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
_MAX_DURATION_S: Final = 10 * 366 * 86400  # ten years


def N_(msgid: str) -> str:  # noqa: N802 - the name Babel looks for
    """Mark a sentence for the catalogs."""
    return msgid


_APPS: Final = N_("names and app ids such as kids=APPID1,adults=APPID2")


class SettingError(Exception):
    """A wrong or missing setting, and others. `expected` is a msgid of the catalogs."""

    def __init__(self, name: str, expected: str, others: Iterable[SettingError] = ()) -> None:
        super().__init__(f"{name}: expected {expected}")
        self.name = name
        self.expected = expected
        self.others = tuple(others)


def raise_first(problems: Sequence[SettingError]) -> None:
    """Raise the first problem, with the others; do nothing without any."""
    if problems:
        first, *others = problems
        raise SettingError(first.name, first.expected, others)


class SettingReader:
    """Reads variables of one environment.

    What is wrong is in `problems`, and its default is returned instead.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[SettingError] = []

    def report(self, name: str, expected: str) -> None:
        """Add a problem, the first of each setting."""
        if all(name != known.name for known in self.problems):
            self.problems.append(SettingError(name, expected))

    def text(self, name: str, default: str = "") -> str:
        """Read a text."""
        return (self._environment.get(name) or "").strip() or default

    def half_width(self, name: str, default: str = "") -> str:
        """Read a value that people type, with the full-width signs of a Chinese keyboard."""
        return self.text(name, default).translate(_HALF_WIDTH).strip()

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """Read one of a few words, in any case."""
        value = self.half_width(name, default).lower()
        found = next((choice for choice in choices if choice.lower() == value), None)
        if found is None:
            self.report(name, " | ".join(choices))
        return found or default

    def flag(self, name: str, *, default: bool) -> bool:
        """Read yes or no."""
        words = {"true": True, "1": True, "yes": True, "on": True}
        words |= {"false": False, "0": False, "no": False, "off": False}
        value = self.half_width(name, str(default)).lower()
        if value not in words:
            self.report(name, "true | false")
        return words.get(value, default)

    def number(self, name: str, default: int) -> int:
        """Read a whole number."""
        value = self.half_width(name, str(default))
        if re.fullmatch(r"[0-9]{1,9}", value):
            return int(value)
        self.report(name, N_("a whole number"))
        return default

    def port(self, name: str, default: int) -> int:
        """Read a port."""
        value = self.half_width(name, str(default))
        if re.fullmatch(r"[0-9]{1,5}", value) and int(value) <= LAST_PORT:
            return int(value)
        self.report(name, N_("a port number from 0 to 65535"))
        return default

    def duration_s(self, name: str, default: str) -> float:
        """Read a duration in seconds."""
        seconds = read_duration_s(self.half_width(name, default))
        if seconds is None:
            self.report(name, N_("a duration such as 90s, 15m or 2h"))
        return seconds or 0.0

    def url(self, name: str, default: str) -> str:
        """Read an address, without the slash at its end."""
        value = self.half_width(name, default)
        try:
            parts = urlsplit(value)
            valid = parts.scheme in ("http", "https") and bool(parts.hostname)
            _ = parts.port
        except ValueError:
            valid = False
        if not valid:
            self.report(name, N_("an address that starts with https://"))
        return value.rstrip("/")

    def zone(self, name: str, default: str) -> str:
        """Read the name of a time zone."""
        value = self.half_width(name, default)
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            self.report(name, N_("a time zone such as Asia/Shanghai"))
            return default
        return value

    def apps(self, name: str) -> dict[str, str]:
        """Read `kids=APPID1,adults=APPID2`."""
        apps: dict[str, str] = {}
        value = self.half_width(name)
        for part in filter(None, (part.strip() for part in value.split(","))):
            key, equals, app = (piece.strip() for piece in part.partition("="))
            if not (key and equals and app) or key in apps:
                self.report(name, _APPS)
            apps[key] = app
        if value and not apps:
            self.report(name, _APPS)
        return apps

    def token(self, name: str, prefix: str) -> str:
        """Read a token of Slack's."""
        value = self.text(name)
        if value and not (value.startswith(prefix) and value.isascii() and value.isprintable()):
            expected = {
                "xapp-": N_("an app-level token, which starts with xapp-"),
                "xox": N_("a bot token, which starts with xoxb-"),
            }
            self.report(name, expected[prefix])
        return value

    def slack_id(self, name: str, initials: str, expected: str) -> str:
        """Read an id of Slack's; `initials` are the letters that one of its kind begins with."""
        value = self.half_width(name)
        if value and not re.fullmatch(rf"[{initials}][A-Z0-9]+", value):
            self.report(name, expected)
        return value

    def user_ids(self, name: str) -> tuple[str, ...]:
        """Read a list of user ids in order, without duplicates."""
        people = [part.strip() for part in self.half_width(name).split(",") if part.strip()]
        if not all(re.fullmatch(r"[UW][A-Z0-9]+", person) for person in people):
            self.report(name, N_("user ids such as U0123456789, separated by commas"))
        return tuple(dict.fromkeys(people))

    def required(self, name: str) -> str:
        """Read a text that must not be missing."""
        value = self.text(name)
        if not value:
            self.report(name, N_("a value, since this cloud's apps are set"))
        return value


def read_duration_s(text: str) -> float | None:
    """Read a duration in seconds; None for anything else."""
    found = _DURATION.fullmatch(text.lower())
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    return float(seconds) if 0 < seconds <= _MAX_DURATION_S else None
