"""Messages: English sentences with parameters, translated only where they are displayed."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

LocaleName = str  # a language of bot.locales, or "both"
CatalogName = str  # a language of bot.locales
Domain = Literal["messages", "codes"]

_PLACEHOLDER: Final = re.compile(r"%(?:\((\w+)\)s|%)")


class PersonId(str):
    """A Slack user id inside a message; a surface turns it into a mention or a name."""

    __slots__ = ()


class Uid(str):
    """Somebody's uid in a call inside a message; shared surfaces mask it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Message:
    """An untranslated sentence: an English msgid and its parameters.

    A placeholder is written `%(name)s`, a percent sign `%%`; any other `%` is a percent sign too.
    `params` are strings, numbers, aware datetimes, `TimeRange`, `Duration`, `Percentage`, further
    messages, and lists of all these. With `plural`, `params["count"]` chooses between `id` and
    `plural`. A placeholder without a parameter is kept as it is; nothing here raises.

    `facts` is what is written instead in two languages at once, so that names, times and numbers
    stand there once: messages and parameters, a tuple for those without a dot between them. They
    are not stored (`dump_message`).
    """

    id: str
    params: Mapping[str, object] = field(default_factory=dict)
    domain: Domain = "messages"
    plural: str | None = None
    facts: tuple[object, ...] = ()

    def in_facts(self, *facts: object) -> Message:
        """Return the message with these facts."""
        return replace(self, facts=facts)

    def __str__(self) -> str:
        """The English sentence with its parameters, for logs and reprs."""
        text = self.plural if self.plural and self.params.get("count") != 1 else self.id
        return fill_placeholders(text, self.params, _plain)


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def message(msgid: str, /, **params: object) -> Message:
    """Build a message; Babel extracts calls of this name."""
    return Message(msgid, params)


def plural(singular: str, many: str, /, *, count: int, **params: object) -> Message:
    """Build a message that has a singular and a plural, chosen by `count`."""
    return Message(singular, {"count": count, **params}, plural=many)


def code_message(kind: str, code: str) -> Message:
    """Build the message for a cloud's code, such as ("agora.factor_id", "21")."""
    return Message(f"{kind}.{code}", domain="codes")


@dataclass(frozen=True, slots=True)
class Duration:
    """A duration inside a message, written in its two largest units: 3 min 20 s."""

    seconds: float

    @property
    def parts(self) -> tuple[Message, ...]:
        """The written units, largest first; tenths of a second below ten seconds."""
        if not math.isfinite(self.seconds):
            return ()
        seconds = abs(self.seconds)
        if seconds < 10:  # noqa: PLR2004 - tenths matter below ten seconds
            return (message("%(seconds)s s", seconds=round(seconds, 1)),)
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        units = (
            (days, message("%(days)s d", days=days)),
            (hours, message("%(hours)s h", hours=hours)),
            (minutes, message("%(minutes)s min", minutes=minutes)),
            (rest, message("%(seconds)s s", seconds=rest)),
        )
        first = next(index for index, (number, _) in enumerate(units) if number)
        return tuple(msg for number, msg in units[first : first + 2] if number)

    def __str__(self) -> str:
        sign = "-" if self.seconds < 0 else ""
        return sign + " ".join(str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Percentage:
    """A percentage inside a message, 0 to 100, written with at most one decimal: 12.5%, 100%."""

    value: float

    def __str__(self) -> str:
        return f"{self.value:.1f}".removesuffix(".0") + "%"


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Two aware times inside a message, of which a short range names the day once."""

    since: dt.datetime
    until: dt.datetime

    @property
    def is_within_minute(self) -> bool:
        """Whether both times are written the same, as hour and minute."""
        start, end = (int(at.timestamp()) // 60 for at in (self.since, self.until))
        return start == end

    def __str__(self) -> str:
        return f"{self.since} – {self.until}"


def fill_placeholders(
    text: str, params: Mapping[str, object], write: Callable[[object], str]
) -> str:
    """Fill a sentence's placeholders; percent signs inside a parameter are kept."""
    if "%" not in text:
        return text

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return "%"
        return write(params[name]) if name in params else match[0]

    return _PLACEHOLDER.sub(fill, text)
