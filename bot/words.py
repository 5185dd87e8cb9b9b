"""Words: messages, catalogs and the choice of locale. No sentence is written here."""

from __future__ import annotations

import datetime as dt
import gettext as gnu_gettext
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LocaleName = Literal["zh", "en", "both"]
Domain = Literal["messages", "codes"]

LOCALES_DIR: Final = Path(__file__).parent.parent / "locales"
CATALOG_LOCALES: Final[tuple[Literal["zh", "en"], ...]] = ("zh", "en")
_BABEL_LOCALES: Final = {"zh": Locale("zh", "CN"), "en": Locale("en", "US")}
_SHORT_LENGTH = 24  # up to here two languages stand side by side, beyond it one above the other


class PersonId(str):
    """A Slack user id inside a message; a surface turns it into a mention or a name."""

    __slots__ = ()


class Uid(str):
    """Somebody's uid in a call inside a message; shared surfaces mask it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence not yet said: an English msgid and what fills its places.

    `params` may hold strings, numbers, aware datetimes and further messages.
    With `plural`, `params["count"]` chooses between `id` and `plural`.
    """

    id: str
    params: Mapping[str, object] = field(default_factory=dict)
    domain: Domain = "messages"
    plural: str | None = None

    def __str__(self) -> str:
        """The English sentence with its places filled, for logs and reprs."""
        text = self.plural if self.plural and self.params.get("count") != 1 else self.id
        return (
            text % {key: str(value) for key, value in self.params.items()} if self.params else text
        )


def message(msgid: str, /, **params: object) -> Message:
    """Build a message; the name Babel looks for when it collects sentences."""
    return Message(msgid, params)


def plural(singular: str, many: str, /, *, count: int, **params: object) -> Message:
    """Build a message that has a singular and a plural, chosen by `count`."""
    return Message(singular, {"count": count, **params}, plural=many)


def code_message(kind: str, code: str) -> Message:
    """Build the message of a cloud's code, such as ("agora.factor_id", "21")."""
    return Message(f"{kind}.{code}", domain="codes")


def choose_locale(chosen: str | None, slack_locale: str | None, default: LocaleName) -> LocaleName:
    """Choose a reader's language: their own choice, else Slack's, else the company's."""
    for wish in (chosen, slack_locale):
        if wish == "both":
            return "both"
        for name in CATALOG_LOCALES:
            if wish and wish.lower().replace("_", "-").split("-")[0] == name:
                return name
    return default


@cache
def _catalog(domain: Domain, locale: str) -> gnu_gettext.GNUTranslations:
    path = LOCALES_DIR / locale / "LC_MESSAGES" / f"{domain}.po"
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=locale, domain=domain))
    compiled.seek(0)
    return gnu_gettext.GNUTranslations(compiled)


def has_code(kind: str, code: str) -> bool:
    """Tell whether the catalogs know this code."""
    return _known_code(f"{kind}.{code}")


@cache
def _known_code(msgid: str) -> bool:
    return _catalog("codes", "zh").gettext(msgid) != msgid


Renderer = Callable[[object], str]


class Words:
    """One language's voice. `Words("both")` says everything in Chinese and then in English.

    >>> Words("en").say(message("Ticket"))
    'Ticket'
    """

    def __init__(self, locale: LocaleName, timezone: str = "UTC") -> None:
        self.locale: Final = locale
        self.timezone: Final = timezone

    @property
    def each(self) -> tuple[Words, ...]:
        """This voice as single-language voices, in the order they are printed."""
        if self.locale != "both":
            return (self,)
        return tuple(Words(name, self.timezone) for name in CATALOG_LOCALES)

    def say(self, spoken: Message, render: Renderer | None = None) -> str:
        """Say a message; `render` may turn a plain parameter into text its own way."""
        if self.locale == "both":
            return join_languages([words.say(spoken, render) for words in self.each])
        text = self._look_up(spoken)
        if not spoken.params:
            return text
        return text % {key: self._fill(value, render) for key, value in spoken.params.items()}

    def when(self, moment: dt.datetime, pattern: str = "yyyy-MM-dd HH:mm zzz") -> str:
        """Say a time in this reader's zone, with the zone's name."""
        babel_locale = _BABEL_LOCALES["en" if self.locale == "en" else "zh"]
        return format_datetime(moment, pattern, tzinfo=ZoneInfo(self.timezone), locale=babel_locale)

    def _fill(self, value: object, render: Renderer | None) -> str:
        if isinstance(value, Message):
            return self.say(value, render)
        if render is not None:
            return render(value)
        if isinstance(value, dt.datetime):
            return self.when(value)
        return str(value)

    def _look_up(self, spoken: Message) -> str:
        catalog = _catalog(spoken.domain, self.locale)
        if spoken.domain == "codes":
            return _code_text(catalog.gettext(spoken.id), spoken.id)
        if spoken.plural is not None:
            count = spoken.params["count"]
            return catalog.ngettext(
                spoken.id, spoken.plural, count if isinstance(count, int) else 2
            )
        return catalog.gettext(spoken.id)


def _code_text(found: str, msgid: str) -> str:
    """An unknown code is shown as its kind and number, never dropped."""
    return found if found != msgid else msgid.replace("%", "%%")


def join_languages(texts: list[str]) -> str:
    """Join the same words in several languages, once where they are equal."""
    distinct = list(dict.fromkeys(texts))
    longest = max((len(text) for text in distinct), default=0)
    return (" / " if longest <= _SHORT_LENGTH else "\n").join(distinct)
