"""The arguments of /diagnose, parsed and validated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.errors import InputError
from bot.i18n.messages import Message, message
from bot.services.app_names import find_app
from bot.services.command_options import clean_options, parse_duration
from bot.services.prefill.cleaning import clean, clean_name, to_half_width

_OPTIONS: Final = ("app", "since")
_DAY_S: Final = 86400.0
_CNAME_LENGTH: Final = 64

# A name with blanks can be quoted, after `app=` too.
_ARGUMENT: Final = re.compile(
    r"(?P<empty>(?i:app|since)=)(?!\S)|(?P<key>(?i:app|since)=)?"
    r"(?:(?P<mark>[\"'`])(?P<quoted>[^\"'`\n]*)(?P=mark)(?!\S)|(?P<bare>\S+))"
)
_OPTION: Final = re.compile(r"(?:--?)?([A-Za-z_]{1,20})=")


@dataclass(frozen=True, slots=True)
class DiagnoseArguments:
    """A channel of an app, and how far back to search, in seconds (None: not given)."""

    app: str
    cname: str
    since_s: float | None = None


def parse_diagnose(text: str, apps: Sequence[str]) -> DiagnoseArguments:
    """Read `<cname> [app=<name>] [since=30m]` in any order; without app= the first app is meant.

    Only `app=` and `since=` are options, for a channel's name may contain "=". An
    unknown app is returned as it is. Raises InputError.
    """
    options: dict[str, str] = {}
    names: list[str] = []
    for key, value in _split(clean(text).readable):
        if not key:
            names.append(value)
        elif key in options:
            raise _input_error(message("Give %(option)s only once.", option=f"{key}="))
        else:
            options[key] = value
    return DiagnoseArguments(
        app=_choose_app(options.get("app"), apps),
        cname=_single_cname(names),
        since_s=_parse_since(options["since"]) if "since" in options else None,
    )


def diagnose_arguments(cname: str, app: str, since: str, apps: Sequence[str]) -> DiagnoseArguments:
    """Read the arguments one by one, "" for those not given. Raises InputError."""
    return DiagnoseArguments(
        app=_choose_app(app or None, apps),
        cname=_single_cname([clean_name(cname)]),
        since_s=_parse_since(since) if since else None,
    )


def _split(text: str) -> list[tuple[str, str]]:
    """Cut into (option, value) pairs; option "" for a name."""
    pairs: list[tuple[str, str]] = []
    for match in _ARGUMENT.finditer(clean_options(to_half_width(text), _OPTIONS)):
        key = (match["key"] or match["empty"] or "").rstrip("=").lower()
        value = match["bare"] if match["quoted"] is None else match["quoted"]
        pairs.append((key, clean_name(value or "")))
    return pairs


def _single_cname(names: list[str]) -> str:
    if not any(names):
        raise _input_error(message("The channel name (cname) is missing."))
    if len(names) > 1:
        unknown = next(filter(None, map(_OPTION.match, names)), None)
        if unknown:
            option = f"{unknown[1]}="
            raise _input_error(message("There is no option %(option)s here.", option=option))
        raise _input_error(
            message("Give only one channel; put a name with spaces in quotation marks.")
        )
    if len(names[0]) > _CNAME_LENGTH:
        raise _input_error(
            message("A channel name has at most %(count)s characters.", count=_CNAME_LENGTH)
        )
    return names[0]


def _choose_app(requested: str | None, apps: Sequence[str]) -> str:
    if requested is None:
        return apps[0] if apps else ""
    if not requested:
        raise _input_error(message("Write the app's name after app=."))
    return find_app(requested, apps) or requested


def _parse_since(text: str) -> float:
    """Read a duration of up to a day; a bare number counts minutes."""
    since_s = parse_duration(f"{text}m" if text.isdigit() else text)
    if since_s is None:
        raise _input_error(message("Write a duration after since=, such as 90s, 30m or 2h."))
    if not 0 < since_s <= _DAY_S:
        raise _input_error(message("since= can be up to 24 hours."))
    return since_s


def _input_error(reason: Message) -> InputError:
    return InputError({"text": reason})
