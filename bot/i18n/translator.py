"""The translator: catalogs, the choice of a locale, dates and numbers."""

from __future__ import annotations

import datetime as dt
import gettext as gnu_gettext
import io
import math
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.i18n.messages import (
    CatalogName,
    Domain,
    Duration,
    LocaleName,
    Message,
    Percentage,
    TimeRange,
    fill_placeholders,
)
from bot.locales import BOTH, DEFAULT_LANGUAGE, LANGUAGES, language_of

LOCALES_DIR: Final = Path(__file__).parent.parent.parent / "locales"
DOMAINS: Final[tuple[Domain, ...]] = ("messages", "codes")
_BABEL_LOCALES: Final = {name: Locale.parse(row.babel) for name, row in LANGUAGES.items()}
_DAY: Final = "yyyy-MM-dd"
_MAX_INLINE_LENGTH: Final = 24  # longer texts in two languages are written on two lines


def choose_locale(chosen: str | None, slack_locale: str | None, default: LocaleName) -> LocaleName:
    """Choose a reader's language: their own choice, else Slack's, else the company's."""
    for preference in (chosen, slack_locale):
        if preference == BOTH:
            return BOTH
        language = language_of(preference or "", "")
        if language:
            return language
    return default


_catalogs: dict[tuple[Domain, CatalogName], gnu_gettext.NullTranslations] = {}
_compile_lock = threading.Lock()


def load_catalogs() -> None:
    """Compile every catalog at the start.

    Raises FileNotFoundError when a catalog is missing; `Translator` alone would use English.
    """
    for locale in LANGUAGES:
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
    with _compile_lock:
        if (domain, locale) not in _catalogs:
            _catalogs[domain, locale] = _compile(domain, locale)
    return _catalogs[domain, locale]


def _compile(domain: Domain, locale: CatalogName) -> gnu_gettext.NullTranslations:
    path = _catalog_path(domain, locale)
    if not path.is_file():
        return gnu_gettext.NullTranslations()
    mo_file = io.BytesIO()
    with path.open("rb") as source:
        write_mo(mo_file, read_po(source, locale=locale, domain=domain))
    mo_file.seek(0)
    return gnu_gettext.GNUTranslations(mo_file)


def _look_up_text(locale: CatalogName, msg: Message) -> str:
    """Return the translation, the English msgid where the catalog has none."""
    if msg.domain == "codes":
        return _code_text(locale, msg.id) or msg.id
    if not msg.id:  # gettext keeps a catalog's header under the empty msgid
        return ""
    catalog = _catalog(msg.domain, locale)
    if msg.plural is None:
        return catalog.gettext(msg.id) or msg.id
    count = msg.params.get("count")
    number = abs(count) if isinstance(count, int) else 2
    english = msg.id if number == 1 else msg.plural
    found = catalog.ngettext(msg.id, msg.plural, number)
    return english if found in ("", msg.id) else found  # Babel fills gaps with the singular


@lru_cache(maxsize=4096)
def _code_text(locale: CatalogName, msgid: str) -> str:
    """Return a code's text, "" for an unknown code; `APIGW.*` matches every `APIGW.0301`."""
    catalog = _catalog("codes", locale)
    for candidate in (msgid, msgid.rpartition(".")[0] + ".*"):
        found = catalog.gettext(candidate) if candidate else ""
        if found not in ("", candidate):
            return found
    return ""


def has_code(kind: str, code: str) -> bool:
    """Return whether the catalogs have this code."""
    return bool(code) and bool(_code_text("zh", f"{kind}.{code}"))


ParameterRenderer = Callable[[object], str]


class Translator:
    """Translates into one language; `Translator("both")` into Chinese and then English.

    >>> Translator("en").translate(message("Ticket"))
    'Ticket'
    """

    def __init__(self, locale: LocaleName, timezone: str = "UTC") -> None:
        self.locale: Final = locale
        self.timezone: Final = timezone
        self._catalog_locale: Final = locale if locale in LANGUAGES else DEFAULT_LANGUAGE

    @property
    def per_language(self) -> tuple[Translator, ...]:
        """A translator for each language, in display order."""
        if self.locale != "both":
            return (self,)
        return tuple(Translator(name, self.timezone) for name in LANGUAGES)

    def translate(self, msg: Message, render: ParameterRenderer | None = None) -> str:
        """Translate a message; `render` turns parameters into text its own way.

        `render` gets strings, whole numbers, datetimes and objects of other modules; decimals,
        durations and percentages are passed to it as text in this language.
        """
        if self.locale == "both":
            if msg.facts:
                return self.translate_inline(msg, render)
            return join_languages(self._translate_in_each(msg, render))
        text = _look_up_text(self._catalog_locale, msg)
        if msg.domain == "codes":  # the catalog's text, or the bare code
            return text
        return fill_placeholders(text, msg.params, lambda value: self._write(value, render))

    def _translate_in_each(self, msg: Message, render: ParameterRenderer | None) -> list[str]:
        return [translator.translate(msg, render) for translator in self.per_language]

    def translate_inline(self, msg: Message, render: ParameterRenderer | None = None) -> str:
        """Translate a message on one line, the languages beside each other; once if equal."""
        if self.locale == "both" and msg.facts:
            return " · ".join(self._write_fact(fact, render) for fact in msg.facts)
        return " / ".join(dict.fromkeys(self._translate_in_each(msg, render)))

    def _write_fact(self, fact: object, render: ParameterRenderer | None) -> str:
        if isinstance(fact, list):  # its commas differ between the languages
            return ", ".join(self._write_fact(item, render) for item in fact)
        if isinstance(fact, tuple):
            return " ".join(self._write_fact(part, render) for part in fact)
        msg = fact if isinstance(fact, Message) else Message("%(fact)s", {"fact": fact})
        return self.translate_inline(msg, render)

    def format_range(self, times: TimeRange) -> str:
        """Format a time range in this translator's zone; the day once when it is the same."""
        if times.is_within_minute:
            return self.format_time(times.since)
        day, end_day = (self.format_time(at, _DAY) for at in (times.since, times.until))
        start = self.format_time(times.since, f"{_DAY} HH:mm")
        if day == end_day:
            return f"{start}–{self.format_time(times.until, 'HH:mm zzz')}"
        return f"{start} – {self.format_time(times.until)}"

    def local_time(self, moment: dt.datetime) -> dt.datetime:
        """Return a moment in this translator's zone."""
        return moment.astimezone(_zone(self.timezone))

    def format_time(self, moment: dt.datetime, pattern: str = f"{_DAY} HH:mm zzz") -> str:
        """Format a time in this translator's zone; `zzz` is written as UTC+8.

        A naive time is taken as UTC.
        """
        aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        try:
            local_time = self.local_time(aware)
        except OverflowError:  # at the calendar's first or last day
            local_time = aware
        full_pattern = pattern.replace("zzz", f"'{_offset_name(local_time)}'")
        locale = _BABEL_LOCALES[self._catalog_locale]
        return format_datetime(local_time.replace(tzinfo=dt.UTC), full_pattern, locale=locale)

    def _write(self, value: object, render: ParameterRenderer | None) -> str:
        """Write one parameter in this language."""
        if isinstance(value, Message):
            return self.translate(value, render)
        if isinstance(value, list | tuple):
            comma = LANGUAGES[self._catalog_locale].list_comma
            return comma.join(self._write(item, render) for item in value)
        plain = self._write_number(value)
        if render is not None:
            return render(plain)
        if isinstance(plain, dt.datetime):
            return self.format_time(plain)
        if isinstance(plain, TimeRange):
            return self.format_range(plain)
        return "–" if plain is None else str(plain)

    def _write_number(self, value: object) -> object:
        """Turn a decimal, a duration or a percentage into text; return the rest unchanged."""
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
        text = " ".join(self.translate(part) for part in duration.parts)
        return (f"-{text}" if duration.seconds < 0 else text) or "–"


def _write_decimal(value: float) -> str:
    """Write a number with two decimals at most; both languages write 1,234.5."""
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@lru_cache(maxsize=1024)
def _zone(name: str) -> dt.tzinfo:
    """Return the zone of a name; one that Slack has but this machine lacks becomes UTC."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return dt.UTC


def _offset_name(moment: dt.datetime) -> str:
    """Write the offset from UTC, such as UTC+8 or UTC-3:30; names like CST are ambiguous."""
    minutes = round((moment.utcoffset() or dt.timedelta()).total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else "-"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def join_languages(texts: list[str]) -> str:
    """Join a text in several languages, once where they are equal."""
    distinct = list(dict.fromkeys(texts))
    short = all(len(text) <= _MAX_INLINE_LENGTH and "\n" not in text for text in distinct)
    return (" / " if short else "\n").join(distinct)
