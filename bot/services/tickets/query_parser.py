"""The arguments of /tickets, parsed and validated, and their JSON in buttons."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Final, Literal, cast, get_args

from bot.errors import InputError
from bot.i18n.messages import Message, message
from bot.i18n.traditional import to_simplified
from bot.services.app_names import find_app, no_such_app
from bot.services.command_options import clean_options, parse_duration
from bot.services.prefill.cleaning import UNPRINTABLE, clean, clean_name
from bot.store.tickets.lists import TicketQuery
from bot.ticket import Status

FilterName = Literal["app", "cause", "by", "assignee", "since", "cloud"]
Which = Literal["open", "claimed", "resolved", "mine", "all"]
ME: Final = "me"
_JSON_LENGTH: Final = 2000  # of a Slack button's value (Slack, "Button element": value)
_WORDS_LENGTH: Final = 300
_WORDS: Final = 10
_CAUSES: Final = 60  # more than there are
_CAUSE_EXAMPLES: Final = ["loss", "jitter", "wifi_weak"]
_VALUE_LENGTH: Final = 100
_NUMBER_MAX: Final = 2**63 - 1  # the highest number in the database
_NUMBER_DIGITS: Final = 19
_BARE_DIGITS: Final = 9  # longer numbers are uids or channels
_LONGEST_S: Final = 3660 * 86400.0

_TICKET: Final = re.compile(r"(?P<label>ld[\s\-_#]*|#)?(?P<digits>[0-9]+)", re.IGNORECASE)
_PERSON: Final = re.compile(r"(?<==)<@([UW][A-Z0-9]{1,20})(?:\|[^<>]*)?>")
_PERSON_ID: Final = re.compile(r"@?([UW][A-Z0-9]{5,20})")
_NAMES: Final[dict[FilterName, tuple[str, ...]]] = {
    "app": ("app", "应用"),
    "cause": ("cause", "原因"),
    "by": ("by", "reporter", "提交人", "上报人", "报告人"),
    "assignee": ("assignee", "处理人", "负责人"),
    "since": ("since", "最近", "时间"),
    "cloud": ("cloud", "云"),
}
_KEYS: Final = {name: key for key, names in _NAMES.items() for name in names}
_ARGUMENT: Final = re.compile(
    r"(?:(?P<key>[A-Za-z\u4e00-\u9fff]{1,12})=)?"
    r"(?:(?P<mark>[\"'`])(?P<quoted>[^\"'`\n]*)(?P=mark)(?!\S)|(?P<bare>\S*))"
)
_WHICH: Final[dict[str, Which]] = {
    **dict.fromkeys(("open", "打开", "打开的", "未解决", "未解决的", "待处理"), "open"),
    **dict.fromkeys(("claimed", "处理中", "已认领", "认领的"), "claimed"),
    **dict.fromkeys(("resolved", "closed", "已解决", "解决的", "已解决的"), "resolved"),
    **dict.fromkeys(("mine", "my", "我的"), "mine"),
    **dict.fromkeys(("all", "全部", "全部的", "所有", "所有的"), "all"),
}
_STATUSES: Final[Mapping[str, tuple[Status, ...]]] = {
    "open": (Status.OPEN, Status.CLAIMED),
    "claimed": (Status.CLAIMED,),
    "resolved": (Status.RESOLVED,),
}


@dataclass(frozen=True, slots=True)
class FilterVocabulary:
    """What filters can name: apps, clouds with their names, and causes with their names."""

    apps: Sequence[str] = ()
    clouds: Mapping[str, Iterable[str]] | None = None
    causes: Callable[[str], tuple[str, ...]] = lambda name: (name,)


@dataclass(frozen=True, slots=True)
class TicketsArguments:
    """One ticket by its number, or a list that starts below the number `before`.

    `by` and `assignee` are people's ids, or "me"; `is_mine` goes with a `which` that is a state.
    """

    which: Which = "open"
    number: int | None = None
    words: tuple[str, ...] = ()
    before: int | None = None
    is_mine: bool = False
    app: str = ""
    cloud: str = ""
    causes: tuple[str, ...] = ()
    by: str = ""
    assignee: str = ""
    since_s: float | None = None

    def query(self, team: str, person: str, now: dt.datetime) -> TicketQuery:
        """Convert it to a query of the store for the person who requests it."""
        since = None if self.since_s is None else now - dt.timedelta(seconds=self.since_s)
        return TicketQuery(
            team=team,
            statuses=_STATUSES.get(self.which, ()),
            app=self.app or None,
            cloud=self.cloud or None,
            causes=self.causes,
            reporter=_resolve_user(self.by, person),
            assignee=_resolve_user(self.assignee, person),
            involved_user=person if self.is_mine or self.which == "mine" else None,
            since=since,
            words=self.words,
            before=self.before,
        )

    def to_json(self, before: int | None = None) -> str:
        """Serialize the list for a button, from `before` on; at most 2000 characters."""
        words = list(self.words)
        while True:
            values = asdict(self) | {"words": words, "before": before}
            text = json.dumps(
                {name: value for name, value in values.items() if value},
                ensure_ascii=False,
                separators=(",", ":"),
            )
            if len(text) <= _JSON_LENGTH:
                return text
            words.pop()

    @classmethod
    def from_json(cls, text: str) -> TicketsArguments:
        """Parse the output of `to_json`. Raises InputError for anything else."""
        if len(text) > _JSON_LENGTH:
            raise _stale_error()
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):
            raise _stale_error() from None
        if not isinstance(values, dict) or not all(map(_is_valid_field, values, values.values())):
            raise _stale_error()
        listed = {name: tuple(values[name]) for name in ("words", "causes") if name in values}
        return cls(**{**values, **listed})


def parse_tickets(text: str, vocabulary: FilterVocabulary | None = None) -> TicketsArguments:
    """Parse a ticket's number, or states, filters and words in any order.

    Without a state, words and filters search all tickets. Raises InputError when a
    filter is wrong, or the number or the words are too long.
    """
    plain = clean(_PERSON.sub(r"\1", text)).readable  # `clean` would keep people's names
    number = _TICKET.fullmatch(clean_name(plain))
    if number and (number["label"] or len(number["digits"]) <= _BARE_DIGITS):
        return TicketsArguments(number=_read_number(number["digits"]))
    return _TicketsParser(vocabulary or FilterVocabulary()).read(plain)


class _TicketsParser:
    """The state of parsing one text."""

    def __init__(self, vocabulary: FilterVocabulary) -> None:
        self._vocabulary = vocabulary
        self._which: list[Which] = []
        self._words: list[str] = []
        self._filters = TicketsArguments()
        self._used_filters: set[str] = set()

    def read(self, text: str) -> TicketsArguments:
        for match in _ARGUMENT.finditer(clean_options(text.strip(), _KEYS)):
            if match[0]:
                self._take(match)
        if len(self._words) > _WORDS or sum(map(len, self._words)) > _WORDS_LENGTH:
            raise _input_error(message("At most 10 words: shorten the text."))
        states = [each for each in self._which if each != "mine"]
        alone: Which = "mine" if self._which else "open"
        which: Which = states[0] if states else alone
        if not self._which and (self._words or self._used_filters):
            which = "all"
        return replace(
            self._filters,
            which=which,
            words=tuple(self._words),
            is_mine=bool(states) and "mine" in self._which,
        )

    def _take(self, match: re.Match[str]) -> None:
        value = match["bare"] if match["quoted"] is None else match["quoted"]
        if match["key"]:
            self._filter(match["key"], clean_name(value))
        elif match["quoted"] is not None:
            self._words += match["quoted"].split()
        else:
            self._take_word(value)

    def _take_word(self, word: str) -> None:
        which = _WHICH.get(to_simplified(clean_name(word).lower()))
        if which is not None and len(self._which) < len(get_args(Which)):
            self._which.append(which)
        else:
            self._words.append(word)

    def _filter(self, name: str, value: str) -> None:
        key = _KEYS.get(to_simplified(name.lower()))
        if key is None:
            reason = message(
                "There is no filter %(option)s. Filters: app=, cause=, cloud=, by=, assignee=, "
                "since=.",
                option=f"{name}=",
            )
            raise _input_error(reason)
        self._filters = self._with_filter(key, value[:_VALUE_LENGTH])
        if key in self._used_filters:
            raise _input_error(message("Give %(option)s only once.", option=f"{name}="))
        self._used_filters.add(key)

    def _with_filter(self, key: FilterName, value: str) -> TicketsArguments:
        match key:
            case "app":
                return replace(self._filters, app=self._read_app(value))
            case "cloud":
                return replace(self._filters, cloud=self._read_cloud(value))
            case "cause":
                return replace(self._filters, causes=self._read_causes(value))
            case "by":
                return replace(self._filters, by=_read_person(value, "by="))
            case "assignee":
                return replace(self._filters, assignee=_read_person(value, "assignee="))
            case "since":
                return replace(self._filters, since_s=_read_since(value))

    def _read_app(self, value: str) -> str:
        app = find_app(value, self._vocabulary.apps)
        if app is None:
            raise _input_error(no_such_app(value or "?", self._vocabulary.apps))
        return app

    def _read_cloud(self, value: str) -> str:
        clouds = self._vocabulary.clouds or {}
        for key, names in clouds.items():
            if value and any(value.casefold() in name.casefold() for name in (key, *names)):
                return key
        reason = message(
            "There is no cloud called %(cloud)s. Clouds: %(clouds)s.",
            cloud=value or "?",
            clouds=list(clouds),
        )
        raise _input_error(reason)

    def _read_causes(self, value: str) -> tuple[str, ...]:
        causes = self._vocabulary.causes(value) if value else ()
        if not causes:
            reason = message(
                "There is no cause called %(cause)s. Write it as a diagnosis does, or use a "
                "name such as %(causes)s.",
                cause=value or "?",
                causes=_CAUSE_EXAMPLES,
            )
            raise _input_error(reason)
        return causes


def _read_since(value: str) -> float:
    since_s = parse_duration(value)
    if since_s is None or not 0 < since_s <= _LONGEST_S:
        raise _input_error(message("Write a duration after since=, such as 7d, 12h or 30m."))
    return since_s


def _read_person(value: str, option: str) -> str:
    if value.lower() in (ME, "@me", "我", "自己", "本人"):
        return ME
    match = _PERSON_ID.fullmatch(value)
    if not match:
        reason = message(
            "Write me after %(option)s, or @ and choose the person from Slack's list.",
            option=option,
        )
        raise _input_error(reason)
    return match[1]


def _resolve_user(person: str, requester: str) -> str | None:
    return requester if person == ME else person or None


def _read_number(digits: str) -> int:
    significant = digits.lstrip("0") or "0"
    if len(significant) > _NUMBER_DIGITS or int(significant) > _NUMBER_MAX:
        raise _input_error(message("Ticket numbers are not that long."))
    return int(significant)


def _is_valid_field(name: str, value: object) -> bool:
    """Return whether `to_json` could have written a field with this value."""
    if name not in {field.name for field in fields(TicketsArguments)} - {"number"}:
        return False
    if name in ("words", "causes"):
        max_count = (_WORDS, _WORDS_LENGTH) if name == "words" else (_CAUSES, _JSON_LENGTH)
        return _is_word_list(value, *max_count)
    if name in ("which", "is_mine"):
        return value in get_args(Which) if name == "which" else isinstance(value, bool)
    if name == "before":
        return value is None or (type(value) is int and 0 < value <= _NUMBER_MAX)
    if name == "since_s":
        return type(value) is float and 0 < value <= _LONGEST_S
    return isinstance(value, str) and len(value) <= _VALUE_LENGTH


def _is_word_list(value: object, max_count: int, length: int) -> bool:
    """Return whether a value is a list of words that a person could have typed."""
    if not isinstance(value, list) or len(value) > max_count:
        return False
    if not all(isinstance(word, str) and word.split() == [word] for word in value):
        return False
    words = cast("list[str]", value)
    return not any(map(UNPRINTABLE.search, words)) and sum(map(len, words)) <= length


def _input_error(reason: Message) -> InputError:
    return InputError({"text": reason})


def _stale_error() -> InputError:
    return _input_error(message("This list is too old. Run /tickets again."))
