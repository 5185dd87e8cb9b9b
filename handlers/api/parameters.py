"""Parameters of routes: declared as classes, read from a request, described in the document."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from multidict import MultiMapping

from bot.causes import RESOLUTION_TITLES
from bot.decoding import convert_object
from bot.errors import InputError
from bot.i18n.messages import Message, message
from bot.services.tickets.filters import MAX_TEXT
from bot.ticket import Status

MAX_LIMIT: Final = 100
_DEFAULT_LIMIT: Final = 20
_HINT: Final = "hint"
_NAME_LENGTH: Final = 80  # quoted of what a program sent
_AT: Final = re.compile(r"at `\$\.(\w+)")  # where msgspec says that a value is wrong
_CURSOR_PREFIX: Final = "n"
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT: Final = re.compile(
    r"(?P<local>\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?)"
    r"(?P<zone>[Zz]|[+\- ]\d{2}:\d{2})"  # a + in a query is a blank
)
_EARLIEST: Final = dt.datetime.min.replace(tzinfo=dt.UTC)
_LATEST: Final = dt.datetime.max.replace(tzinfo=dt.UTC)
_LEAP_SECOND: Final = re.compile(r":60\b")


def _about(hint: Message, **schema: Any) -> msgspec.Meta:
    """Describe a parameter: in the document, and to whoever gave a wrong value."""
    return msgspec.Meta(description=str(hint), extra={_HINT: hint}, **schema)


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of a route: those of its path and those of its query."""


_MOMENT_SCHEMA: Final[dict[str, Any]] = {"anyOf": [{"format": "date-time"}, {"format": "date"}]}


class ListParameters(Parameters, frozen=True):
    """The parameters of the list of tickets."""

    status: Annotated[
        list[Status],
        _about(message("open, claimed or resolved; several times for several.")),
    ] = []
    app: Annotated[str, _about(message("Name of an app."), max_length=100)] = ""
    cause: Annotated[
        str,
        _about(
            message("Key of a cause, such as network.loss: of the verdict, or chosen by support."),
            min_length=1,
            extra_json_schema={"enum": sorted(RESOLUTION_TITLES)},
        ),
    ] = ""
    since: Annotated[
        str,
        _about(
            message("Filed then or later: a time such as 2026-11-09T08:00:00Z, or a day."),
            min_length=1,
            extra_json_schema=_MOMENT_SCHEMA,
        ),
    ] = ""
    until: Annotated[
        str,
        _about(
            message("Filed before: a time such as 2026-11-09T08:00:00Z, or a day."),
            min_length=1,
            extra_json_schema=_MOMENT_SCHEMA,
        ),
    ] = ""
    mine: Annotated[bool, _about(message("true: only those you filed or claimed."))] = False
    text: Annotated[
        str,
        _about(
            message("Up to ten words that channel, comment, resolution or replies have."),
            max_length=MAX_TEXT,
        ),
    ] = ""
    limit: Annotated[int, _about(message("How many tickets, up to 100."), ge=1, le=MAX_LIMIT)] = (
        _DEFAULT_LIMIT
    )
    cursor: Annotated[
        str,
        _about(
            message("next_cursor of the page before, as it is."),
            pattern=rf"^{_CURSOR_PREFIX}[0-9a-z]{{1,12}}$",
        ),
    ] = ""


class TicketParameters(Parameters, frozen=True):
    """The parameter of one ticket."""

    number: Annotated[
        str,
        _about(
            message("A ticket's number: 12 or LD-12."),
            pattern=r"^(LD-)?[1-9][0-9]{0,17}$",
            examples=["LD-12"],
        ),
    ]


class WeekParameters(Parameters, frozen=True):
    """The parameter of a week."""

    week: Annotated[
        str,
        _about(
            message("A week as ISO 8601 counts them, such as 2026-W46."),
            pattern=r"^20[0-9]{2}-W(0[1-9]|[1-4][0-9]|5[0-3])$",
            examples=["2026-W46"],
        ),
    ]


class NoParameters(Parameters, frozen=True):
    """No parameters."""


Kind = TypeVar("Kind", bound=Parameters)


def read_parameters(kind: type[Kind], path: Mapping[str, str], query: MultiMapping[str]) -> Kind:
    """Read a request's parameters. Raises InputError with a message for each that is wrong."""
    known = _parameters_of(kind)
    values, problems = _values(known, path, query)
    while True:
        try:
            read = convert_object(values, kind, strict=False)
        except msgspec.ValidationError as error:
            found = _AT.search(str(error))
            name = found[1] if found else next(iter(values))
            problems.setdefault(name, known[name].hint)
            if name in path or name not in values:
                break
            del values[name]  # and look for more that is wrong
        else:
            if not problems:
                return read
            break
    raise InputError(problems)


def _values(
    known: Mapping[str, _Parameter], path: Mapping[str, str], query: MultiMapping[str]
) -> tuple[dict[str, Any], dict[str, Message]]:
    """Return what was given, and what cannot be given like that."""
    values: dict[str, Any] = dict(path)
    problems: dict[str, Message] = {}
    for name in query:
        given = query.getall(name)
        if name not in known or name in path:
            problems[name] = _no_such_parameter(name, [each for each in known if each not in path])
        elif len(given) > 1 and not known[name].is_list:
            problems[name] = message("Give %(option)s only once.", option=name)
        else:
            values[name] = given if known[name].is_list else given[0]
    return values, problems


def _no_such_parameter(name: str, known: Sequence[str]) -> Message:
    name = name[:_NAME_LENGTH]
    if not known:
        return message("There is no parameter %(name)s. There are none.", name=name)
    return message(
        "There is no parameter %(name)s. There are: %(names)s.", name=name, names=list(known)
    )


@dataclass(frozen=True, slots=True)
class _Parameter:
    """What a parameter may be, for people; `is_list`: it may be given several times."""

    hint: Message
    is_list: bool


@cache
def _parameters_of(kind: type[Parameters]) -> Mapping[str, _Parameter]:
    fields: Any = msgspec.inspect.type_info(kind)
    return {
        field.encode_name: _Parameter(
            field.type.extra[_HINT], isinstance(field.type.type, msgspec.inspect.ListType)
        )
        for field in fields.fields
    }


def write_cursor(number: int) -> str:
    """Return the cursor of the page below a ticket's number."""
    digits = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return _CURSOR_PREFIX + digits


def read_cursor(cursor: str) -> int:
    """Return the number that a cursor names."""
    return int(cursor.removeprefix(_CURSOR_PREFIX), len(_DIGITS))


def read_moment(name: str, text: str, zone: ZoneInfo) -> dt.datetime | None:
    """Read a time, or the beginning of a day in a zone; None for "".

    Raises InputError. A time that no datetime can have in UTC is the first or last that can.
    """
    if not text:
        return None
    try:
        found = _parse_moment(text, zone)
    except ValueError:
        wrong = message("Write a time such as 2026-11-09T08:00:00Z, or a day such as 2026-11-09.")
        raise InputError({name: wrong}) from None
    try:
        return found.astimezone(dt.UTC)
    except OverflowError:
        return _EARLIEST if found.year == dt.MINYEAR else _LATEST


def _parse_moment(text: str, zone: ZoneInfo) -> dt.datetime:
    """Parse a time with its zone, or a day. Raises ValueError."""
    moment = _MOMENT.fullmatch(text)
    if moment is None:
        day = dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
        if day is None:
            raise ValueError(text)
        return dt.datetime.combine(day, dt.time(), zone)
    local = _LEAP_SECOND.sub(":59", moment["local"].upper())
    return dt.datetime.fromisoformat(local + moment["zone"].upper().replace(" ", "+"))
