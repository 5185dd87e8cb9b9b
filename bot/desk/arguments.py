"""The arguments of /diagnose and /tickets, read and checked. What they ask for others do."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from bot.desk.sentences.cleaning import UNPRINTABLE, clean, narrow
from bot.errors import InputError
from bot.words import Message, message

Which = Literal["open", "mine", "all"]
_DAY_S: Final = 86400.0
_CNAME_LENGTH: Final = 64
_JSON_LENGTH: Final = 2000  # of a Slack button's value (Slack, "Button element": value)
_WORDS_LENGTH: Final = 300
_WORDS: Final = 10
_NUMBER_MAX: Final = 2**63 - 1  # what the database counts to
_NUMBER_DIGITS: Final = 19
_BARE_DIGITS: Final = 9  # longer numbers are uids or channels

# Quotation marks hold a name with blanks together, behind `app=` too.
_ARGUMENT: Final = re.compile(
    r"(?P<empty>(?i:app|since)=)(?!\S)|(?P<key>(?i:app|since)=)?"
    r"(?:(?P<mark>[\"'`])(?P<quoted>[^\"'`\n]*)(?P=mark)(?!\S)|(?P<bare>\S+))"
)
_OPTION: Final = re.compile(r"(?:--?)?([A-Za-z_]{1,20})=")
_AMOUNT: Final = r"(\d{1,6}(?:\.\d{1,3})?)"
_SINCE: Final = re.compile(
    rf"(?:{_AMOUNT}(?:d|days?|天))?(?:{_AMOUNT}(?:h|hrs?|hours?|个?小时))?"
    rf"(?:{_AMOUNT}(?:m|mins?|minutes?|分钟?))?(?:{_AMOUNT}(?:s|secs?|seconds?|秒钟?))?",
    re.ASCII | re.IGNORECASE,
)
_SINCE_UNITS_S: Final = (86400, 3600, 60, 1)
_TICKET: Final = re.compile(r"(?P<label>ld[\s\-_#]*|#)?(?P<digits>[0-9]+)", re.IGNORECASE)
_WHICH: Final[dict[str, Which]] = {
    **dict.fromkeys(("open", "打开", "打开的", "未解决", "未解决的", "待处理"), "open"),
    **dict.fromkeys(("mine", "my", "我的"), "mine"),
    **dict.fromkeys(("all", "全部", "全部的", "所有", "所有的"), "all"),
}


@dataclass(frozen=True, slots=True)
class DiagnoseWanted:
    """What /diagnose asks: a channel of an app, and how far back, in seconds (None: not said)."""

    app: str
    cname: str
    since_s: float | None = None


def read_diagnose(text: str, apps: Sequence[str]) -> DiagnoseWanted:
    """Read `<cname> [app=<name>] [since=30m]` in any order; without app= the first app is meant.

    Only `app=` and `since=` are options, for a channel's name may hold "=". An app nobody
    configured is passed on as it is. Raises InputError.
    """
    options: dict[str, str] = {}
    names: list[str] = []
    for key, value in _split(clean(text).readable):
        if not key:
            names.append(value)
        elif key in options:
            raise _wrong(message("Say %(option)s only once.", option=f"{key}="))
        else:
            options[key] = value
    return DiagnoseWanted(
        app=_choose_app(options.get("app"), apps),
        cname=_one_cname(names),
        since_s=_read_since(options["since"]) if "since" in options else None,
    )


def _split(text: str) -> list[tuple[str, str]]:
    """Cut into (option, value) pairs; option "" for a name."""
    found: list[tuple[str, str]] = []
    for match in _ARGUMENT.finditer(narrow(text)):
        key = (match["key"] or match["empty"] or "").rstrip("=").lower()
        value = match["bare"] if match["quoted"] is None else match["quoted"]
        found.append((key, (value or "").strip()))
    return found


def _one_cname(names: list[str]) -> str:
    if not any(names):
        raise _wrong(message("Say which channel: its name (cname) is missing."))
    if len(names) > 1:
        unknown = next(filter(None, map(_OPTION.match, names)), None)
        if unknown:
            option = f"{unknown[1]}="
            raise _wrong(message("There is no option %(option)s here.", option=option))
        raise _wrong(message("Give one channel only; put a name with spaces in quotation marks."))
    if len(names[0]) > _CNAME_LENGTH:
        raise _wrong(
            message("A channel's name has at most %(count)s characters.", count=_CNAME_LENGTH)
        )
    return names[0]


def _choose_app(wish: str | None, apps: Sequence[str]) -> str:
    if wish is None:
        return apps[0] if apps else ""
    if not wish:
        raise _wrong(message("Write the app's name after app=."))
    if wish in apps:
        return wish
    return next((app for app in apps if app.casefold() == wish.casefold()), wish)


def _read_since(text: str) -> float:
    """Read 90s, 30m, 1h30m, 24h or 30 (minutes) as seconds."""
    found = _SINCE.fullmatch(f"{text}m" if text.isdigit() else text)
    if not found or not any(found.groups()):
        raise _wrong(message("Write a length of time after since=, such as 90s, 30m or 2h."))
    since_s = sum(
        float(number) * unit_s
        for number, unit_s in zip(found.groups(), _SINCE_UNITS_S, strict=True)
        if number
    )
    if not 0 < since_s <= _DAY_S:
        raise _wrong(message("since= can be up to 24 hours."))
    return since_s


@dataclass(frozen=True, slots=True)
class TicketsWanted:
    """What /tickets asks: one ticket by its number, or a list, `before` one of its numbers."""

    which: Which = "open"
    number: int | None = None
    words: tuple[str, ...] = ()
    before: int | None = None

    def to_json(self, before: int | None = None) -> str:
        """Write the list down for a button, from `before` on; at most 2000 characters."""
        words = list(self.words)
        while True:
            kept = {"which": self.which, "words": words, "before": before}
            text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
            if len(text) <= _JSON_LENGTH:
                return text
            words.pop()

    @classmethod
    def from_json(cls, text: str) -> TicketsWanted:
        """Read what `to_json` wrote. Raises InputError when somebody else wrote it."""
        if len(text) > _JSON_LENGTH:
            raise _forged()
        try:
            kept = json.loads(text)
        except (ValueError, RecursionError):
            raise _forged() from None
        if not isinstance(kept, dict) or not kept.keys() <= {"which", "words", "before"}:
            raise _forged()
        which, before = kept.get("which", "open"), kept.get("before")
        words = kept.get("words", [])
        if which not in get_args(Which) or not _is_number(before) or not _are_words(words):
            raise _forged()
        return cls(which=which, words=tuple(words), before=before)


def read_tickets(text: str) -> TicketsWanted:
    """Read `[open|mine|all|LD-12|words...]`; words alone are looked for in all tickets.

    Raises InputError when the number or the words are too long.
    """
    plain = clean(text).readable.strip()
    number = _TICKET.fullmatch(narrow(plain))
    if number and (number["label"] or len(number["digits"]) <= _BARE_DIGITS):
        return TicketsWanted(number=_read_number(number["digits"]))
    words = plain.split()
    which = _WHICH.get(narrow(words[0]).lower()) if words else "open"
    rest = tuple(words if which is None else words[1:])
    if len(rest) > _WORDS or sum(map(len, rest)) > _WORDS_LENGTH:
        raise _wrong(message("Search for at most ten words, and no long texts."))
    return TicketsWanted(which=which or "all", words=rest)


def _read_number(digits: str) -> int:
    kept = digits.lstrip("0") or "0"
    if len(kept) > _NUMBER_DIGITS or int(kept) > _NUMBER_MAX:
        raise _wrong(message("No ticket has such a long number."))
    return int(kept)


def _is_number(thing: object) -> bool:
    """Tell whether something is a ticket's number, or None."""
    return thing is None or (type(thing) is int and 0 < thing <= _NUMBER_MAX)


def _are_words(thing: object) -> bool:
    """Tell whether something is a list of words that a person could have typed."""
    if not isinstance(thing, list) or len(thing) > _WORDS:
        return False
    if not all(isinstance(word, str) and word.split() == [word] for word in thing):
        return False
    words = cast("list[str]", thing)
    return not any(map(UNPRINTABLE.search, words)) and sum(map(len, words)) <= _WORDS_LENGTH


def _wrong(spoken: Message) -> InputError:
    return InputError({"text": spoken})


def _forged() -> InputError:
    return _wrong(message("This list is too old. Ask for it again with /tickets."))
