"""Words: messages, catalogs and the choice of locale. The sentences live where they are meant."""

from __future__ import annotations

import datetime as dt
import gettext as gnu_gettext
import io
import math
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LocaleName = Literal["zh", "en", "both"]
CatalogName = Literal["zh", "en"]
Domain = Literal["messages", "codes"]

LOCALES_DIR: Final = Path(__file__).parent.parent / "locales"
CATALOG_LOCALES: Final[tuple[CatalogName, ...]] = ("zh", "en")
DOMAINS: Final[tuple[Domain, ...]] = ("messages", "codes")
_BABEL_LOCALES: Final = {"zh": Locale("zh", "CN", "Hans"), "en": Locale("en", "US")}
_LIST_COMMAS: Final = {"zh": "、", "en": ", "}
_SHORT_LENGTH = 24  # up to here two languages stand side by side, beyond it one above the other
_PLACE: Final = re.compile(r"%(?:\((\w+)\)s|%)")


class PersonId(str):
    """A Slack user id inside a message; a surface turns it into a mention or a name."""

    __slots__ = ()


class Uid(str):
    """Somebody's uid in a call inside a message; shared surfaces mask it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence not yet said: an English msgid and what fills its places.

    A place is written `%(name)s`, a percent sign `%%`; a lonely `%` stays what it is.
    `params` may hold strings, numbers, aware datetimes, `Duration`, `Percentage`, further
    messages, and lists of all these. With `plural`, `params["count"]` chooses between `id`
    and `plural`. A place without a parameter stays as it is written; nothing here raises.
    """

    id: str
    params: Mapping[str, object] = field(default_factory=dict)
    domain: Domain = "messages"
    plural: str | None = None

    def __str__(self) -> str:
        """The English sentence with its places filled, for logs and reprs."""
        text = self.plural if self.plural and self.params.get("count") != 1 else self.id
        return _fill_places(text, self.params, str)


def message(msgid: str, /, **params: object) -> Message:
    """Build a message; the name Babel looks for when it collects sentences."""
    return Message(msgid, params)


def plural(singular: str, many: str, /, *, count: int, **params: object) -> Message:
    """Build a message that has a singular and a plural, chosen by `count`."""
    return Message(singular, {"count": count, **params}, plural=many)


def code_message(kind: str, code: str) -> Message:
    """Build the message of a cloud's code, such as ("agora.factor_id", "21")."""
    return Message(f"{kind}.{code}", domain="codes")


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time inside a message, said in its two largest units: 3 min 20 s."""

    seconds: float

    @property
    def parts(self) -> tuple[Message, ...]:
        """The units that are said, largest first; tenths of a second below ten seconds."""
        if not math.isfinite(self.seconds):
            return ()
        seconds = abs(self.seconds)
        if seconds < 10:  # noqa: PLR2004 - from here on a tenth of a second tells nobody anything
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
        first = next(place for place, (number, _) in enumerate(units) if number)
        return tuple(spoken for number, spoken in units[first : first + 2] if number)

    def __str__(self) -> str:
        sign = "-" if self.seconds < 0 else ""
        return sign + " ".join(str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Percentage:
    """A share inside a message, from 0 to 100, said with one decimal: 12.5%."""

    value: float

    def __str__(self) -> str:
        return f"{self.value:.1f}%"


def choose_locale(chosen: str | None, slack_locale: str | None, default: LocaleName) -> LocaleName:
    """Choose a reader's language: their own choice, else Slack's, else the company's."""
    for wish in (chosen, slack_locale):
        if wish == "both":
            return "both"
        for name in CATALOG_LOCALES:
            if wish and wish.lower().replace("_", "-").split("-")[0] == name:
                return name
    return default


_catalogs: dict[tuple[Domain, CatalogName], gnu_gettext.NullTranslations] = {}
_compiling = threading.Lock()


def preload() -> None:
    """Compile every catalog, so that no reader waits for it later.

    Raises FileNotFoundError when a catalog is missing; without this call Lagdesk would
    speak English instead.
    """
    for locale in CATALOG_LOCALES:
        for domain in DOMAINS:
            if not _catalog_path(domain, locale).is_file():
                raise FileNotFoundError(_catalog_path(domain, locale))
            _catalog(domain, locale)


def _catalog_path(domain: Domain, locale: CatalogName) -> Path:
    return LOCALES_DIR / locale / "LC_MESSAGES" / f"{domain}.po"


def _catalog(domain: Domain, locale: CatalogName) -> gnu_gettext.NullTranslations:
    found = _catalogs.get((domain, locale))
    if found is not None:
        return found
    with _compiling:
        if (domain, locale) not in _catalogs:
            _catalogs[domain, locale] = _compile(domain, locale)
    return _catalogs[domain, locale]


def _compile(domain: Domain, locale: CatalogName) -> gnu_gettext.NullTranslations:
    path = _catalog_path(domain, locale)
    if not path.is_file():
        return gnu_gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=locale, domain=domain))
    compiled.seek(0)
    return gnu_gettext.GNUTranslations(compiled)


def _look_up(locale: CatalogName, spoken: Message) -> str:
    """Find the sentence in the catalog; the English msgid where the catalog has none."""
    if spoken.domain == "codes":
        return _code_text(locale, spoken.id) or spoken.id
    if not spoken.id:  # gettext keeps a catalog's header under the empty msgid
        return ""
    catalog = _catalog(spoken.domain, locale)
    if spoken.plural is None:
        return catalog.gettext(spoken.id) or spoken.id
    count = spoken.params.get("count")
    number = abs(count) if isinstance(count, int) else 2
    english = spoken.id if number == 1 else spoken.plural
    found = catalog.ngettext(spoken.id, spoken.plural, number)
    return english if found in ("", spoken.id) else found  # Babel fills gaps with the singular


@lru_cache(maxsize=4096)
def _code_text(locale: CatalogName, msgid: str) -> str:
    """Find a code's words, "" for an unknown one; `APIGW.*` speaks for every `APIGW.0301`."""
    catalog = _catalog("codes", locale)
    for candidate in (msgid, msgid.rpartition(".")[0] + ".*"):
        found = catalog.gettext(candidate) if candidate else ""
        if found not in ("", candidate):
            return found
    return ""


def has_code(kind: str, code: str) -> bool:
    """Tell whether the catalogs know this code."""
    return bool(code) and bool(_code_text("zh", f"{kind}.{code}"))


def _fill_places(text: str, params: Mapping[str, object], write: Callable[[object], str]) -> str:
    """Fill the places of a sentence, once: a percent sign inside a parameter is only a sign."""
    if "%" not in text:
        return text

    def fill(place: re.Match[str]) -> str:
        name = place[1]
        if name is None:
            return "%"
        return write(params[name]) if name in params else place[0]

    return _PLACE.sub(fill, text)


Renderer = Callable[[object], str]


class Words:
    """One language's voice. `Words("both")` says everything in Chinese and then in English.

    >>> Words("en").say(message("Ticket"))
    'Ticket'
    """

    def __init__(self, locale: LocaleName, timezone: str = "UTC") -> None:
        self.locale: Final = locale
        self.timezone: Final = timezone
        self._catalog_locale: Final[CatalogName] = "en" if locale == "en" else "zh"

    @property
    def each(self) -> tuple[Words, ...]:
        """This voice as single-language voices, in the order they are printed."""
        if self.locale != "both":
            return (self,)
        return tuple(Words(name, self.timezone) for name in CATALOG_LOCALES)

    def say(self, spoken: Message, render: Renderer | None = None) -> str:
        """Say a message; `render` may turn a plain parameter into text its own way.

        `render` is handed strings, whole numbers, datetimes and whatever else is none of ours;
        decimals, durations and percentages reach it as text in this language.
        """
        if self.locale == "both":
            return join_languages([words.say(spoken, render) for words in self.each])
        text = _look_up(self._catalog_locale, spoken)
        if spoken.domain == "codes":  # words of the clouds, or a code as it came
            return text
        return _fill_places(text, spoken.params, lambda value: self._write(value, render))

    def when(self, moment: dt.datetime, pattern: str = "yyyy-MM-dd HH:mm zzz") -> str:
        """Say a time in this reader's zone. `zzz` is the zone as UTC+8, which needs no guessing.

        A naive time is taken as UTC.
        """
        aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        try:
            there = aware.astimezone(_zone(self.timezone))
        except OverflowError:  # the calendar's first or last day, moved beyond it by the zone
            there = aware
        exact = pattern.replace("zzz", f"'{_offset_name(there)}'")
        locale = _BABEL_LOCALES[self._catalog_locale]
        return format_datetime(there.replace(tzinfo=dt.UTC), exact, locale=locale)

    def _write(self, value: object, render: Renderer | None) -> str:
        """Write one parameter the way this language does."""
        if isinstance(value, Message):
            return self.say(value, render)
        if isinstance(value, list | tuple):
            comma = _LIST_COMMAS[self._catalog_locale]
            return comma.join(self._write(item, render) for item in value)
        plain = self._write_number(value)
        if render is not None:
            return render(plain)
        if isinstance(plain, dt.datetime):
            return self.when(plain)
        return "–" if plain is None else str(plain)

    def _write_number(self, value: object) -> object:
        """Turn a decimal, a duration or a percentage into text; leave the rest as it is."""
        if isinstance(value, dt.timedelta):
            return self._write_duration(Duration(value.total_seconds()))
        if isinstance(value, Duration):
            return self._write_duration(value)
        if isinstance(value, Percentage):
            return str(value) if math.isfinite(value.value) else "–"
        if isinstance(value, float):
            return _write_decimal(value) if math.isfinite(value) else "–"
        return value

    def _write_duration(self, duration: Duration) -> str:
        said = " ".join(self.say(part) for part in duration.parts)
        return (f"-{said}" if duration.seconds < 0 else said) or "–"


def _write_decimal(value: float) -> str:
    """A number with two decimals at most; both languages write 1,234.5."""
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@lru_cache(maxsize=1024)
def _zone(name: str) -> dt.tzinfo:
    """The zone of a name; Slack may know zones this machine does not, which become UTC."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return dt.UTC


def _offset_name(moment: dt.datetime) -> str:
    """A zone's distance from UTC, such as UTC+8 or UTC-3:30; CST would mean five zones."""
    minutes = round((moment.utcoffset() or dt.timedelta()).total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else "-"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def join_languages(texts: list[str]) -> str:
    """Join the same words in several languages, once where they are equal."""
    distinct = list(dict.fromkeys(texts))
    short = all(len(text) <= _SHORT_LENGTH and "\n" not in text for text in distinct)
    return (" / " if short else "\n").join(distinct)


def dump_message(spoken: Message) -> dict[str, Any]:
    """Write a message as JSON, to be said later in whatever language; see `load_message`."""
    params = {name: _dump_value(value) for name, value in spoken.params.items()}
    return {"id": spoken.id, "params": params, "domain": spoken.domain, "plural": spoken.plural}


def load_message(data: Mapping[str, Any]) -> Message:
    """Read what `dump_message` wrote."""
    params = {name: _load_value(value) for name, value in data["params"].items()}
    return Message(data["id"], params, data["domain"], data["plural"])


def _dump_value(value: object) -> object:
    """Keep what makes a parameter more than text: a uid that comes back is still masked."""
    if isinstance(value, list | tuple):
        return [_dump_value(item) for item in value]
    for tag, (kind, dump, _) in _STORED.items():
        if isinstance(value, kind):
            inner = _dump_value(dump(value)) if tag != "message" else dump(value)
            return None if inner is None else {tag: inner}
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no such number
    return value if isinstance(value, str | int | float | None) else str(value)


def _load_value(value: Any) -> object:
    if isinstance(value, list):
        return [_load_value(item) for item in value]
    if not isinstance(value, dict):
        return value
    tag, inner = next(iter(value.items()))
    return _STORED[tag][2](inner)


_Store = tuple[type, Callable[[Any], object], Callable[[Any], object]]
_STORED: Final[dict[str, _Store]] = {
    "message": (Message, dump_message, load_message),
    "time": (dt.datetime, dt.datetime.isoformat, dt.datetime.fromisoformat),
    "uid": (Uid, str, Uid),
    "person": (PersonId, str, PersonId),
    "duration_s": (Duration, lambda duration: duration.seconds, Duration),
    "timedelta_s": (dt.timedelta, dt.timedelta.total_seconds, Duration),
    "percent": (Percentage, lambda percentage: percentage.value, Percentage),
}
