"""Rendering messages as mrkdwn or plain text, with escaping and uid masking."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.call import ERASED
from bot.i18n.messages import Message, PersonId, TimeRange, Uid, message
from bot.i18n.translator import Translator
from bot.masking import mask_uid

_ERASED_PERSON: Final = message("erased")
_DAY_AND_TIME: Final = "{date_short_pretty} {time}"
_SHORT_RANGE: Final = dt.timedelta(hours=12)
_LONG_NUMBER: Final = re.compile(r"[0-9]{4,}")
_DIGIT_CLASSES: Final = {str(digit): f"[{digit}{chr(0xFF10 + digit)}]" for digit in range(10)}
_FORMATTING_MARK: Final = re.compile(r"(?<![^\W_])([*_~])(?=\S[^\n]*\1)|`")
# They turn the direction of a line, so that it seems to say something else, or divide a uid.
_INVISIBLE_MARKS: Final = re.compile(
    "[\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_SOFT_HYPHEN: Final = (
    "\u00ad"  # mrkdwn has no escape character; this invisible one counts as a letter
)
_QUOTE_LENGTH: Final = 2800
_DIGIT: Final = "0-9\uff10-\uff19"
_UID: Final = f"[{_DIGIT}]{{5,10}}"  # the clouds' numeric uids
_PHONE: Final = "|".join(  # a Chinese mobile phone, an international number, a Chinese landline
    (
        rf"(?<![{_DIGIT}A-Za-z_.])(?:\+?86[ \-]?)?[1１][3-9３-９]\d(?:[ \-]?\d{{4}}){{2}}(?!\d)",
        r"\+\d{1,3}(?:[ \-]?\d{2,4}){2,4}(?!\d)",
        r"(?<!\d)0\d{2,3}-\d{7,8}(?!\d)",
    )
)
_UID_LIKE_NUMBER: Final = re.compile(
    rf"(?P<code>(?:(?i:error|code)|错误码?|代码)\s?[:：=]?\s?[{_DIGIT}]+)|"
    rf"(?P<phone>{_PHONE})|"
    rf"(?<![{_DIGIT}A-Za-z_.:#])(?<![^{_DIGIT}][/\-])"
    rf"(?P<label>(?:(?i:uid|id|qq|student|stu|teacher|host|audience|user)[\s:：=_\-]?)?)"
    rf"(?P<digits>{_UID}(?:[/\-]{_UID})*)"
    rf"(?![{_DIGIT}A-Za-z_]|[.:/\-][{_DIGIT}]|\s?(?:[kKmM]?bps|ms|px|毫秒|秒|分|次|个|人|元))"
)
_DATE_NUMBER: Final = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")


@dataclass(frozen=True, slots=True)
class Link:
    """A link inside a message."""

    url: str
    label: Message | str


def link_to(url: str, label: str) -> Link | str:
    """Return a link; only the label while the URL is unknown."""
    return Link(url, label) if url else label


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders messages for one surface; `mask` hides uids."""

    translator: Translator
    mask: bool = True

    def plain_text(self, msg: Message) -> str:
        """Render as plain text, for buttons and labels."""
        return self.translator.translate(msg, self._plain_text_value)

    def mrkdwn(self, msg: Message) -> str:
        """Render as mrkdwn; user text in parameters is escaped."""
        return self.translator.translate(msg, self._mrkdwn_value)

    def inline(self, msg: Message) -> str:
        """Render as mrkdwn without line breaks; once where the languages have the same text."""
        return self.translator.translate_inline(msg, self._mrkdwn_value)

    def fact(self, value: object) -> str:
        """Render a value that is the same in every language."""
        return self.inline(message("%(text)s", text=value).in_facts(value))

    def labelled(self, label: Message, value: object) -> str:
        """Render a value after its label."""
        return f"{self.inline(label)} {self.fact(value)}"

    def countdown(self, moment: dt.datetime) -> str:
        """Render a moment with how long it is until then, which Slack keeps up to date."""
        fallback = self.translator.format_time(moment)
        return _date_token(moment, f"{_DAY_AND_TIME} ({{ago}})", fallback)

    def fallback_text(self, msg: Message) -> str:
        """Render as a post's top-level text for notifications and screen readers: escaped."""
        return escape(self.plain_text(msg))

    def uid(self, uid: str) -> str:
        """Return a uid, masked where this surface masks."""
        if uid == ERASED:
            return self.plain_text(_ERASED_PERSON)
        return mask_uid(uid) if self.mask else uid

    def quote(self, text: str, uids: tuple[str, ...]) -> list[str]:
        """Render user text as a mrkdwn quotation, with uids masked.

        Returns pieces that each fit a section: escaping can make a text four times as long.
        """
        safe_text = mask_numbers(mask_uids(text, uids)) if self.mask else text
        pieces = [""]
        for line in safe_text.splitlines():
            for quoted in _quoted(line):
                if len(pieces[-1]) + len(quoted) >= _QUOTE_LENGTH:
                    pieces.append("")
                pieces[-1] += f"\n{quoted}" if pieces[-1] else quoted
        return [piece for piece in pieces if piece]

    def _plain_text_value(self, value: object) -> str:
        if isinstance(value, Uid):
            return self.uid(value)
        if isinstance(value, PersonId) and value == ERASED:
            return self.plain_text(_ERASED_PERSON)
        if isinstance(value, dt.datetime):
            return self.translator.format_time(value)
        if isinstance(value, TimeRange):
            return self.translator.format_range(value)
        if isinstance(value, Link):
            label = value.label
            return without_marks(label) if isinstance(label, str) else self.plain_text(label)
        return without_marks(str(value))

    def _mrkdwn_value(self, value: object) -> str:
        if isinstance(value, PersonId) and value != ERASED:
            return f"<@{value}>"
        if isinstance(value, dt.datetime):
            return date(value, self.translator)
        if isinstance(value, TimeRange):
            return date_range(value, self.translator)
        if isinstance(value, Link):
            return f"<{value.url}|{escape(self._plain_text_value(value))}>"
        return escape(self._plain_text_value(value))


def without_marks(text: str) -> str:
    """Remove invisible marks, except the joiner of emoji."""
    return _INVISIBLE_MARKS.sub("", text)


def escape(text: str) -> str:
    """Escape user text: no mentions, links or formatting, no invisible marks."""
    safe_text = without_marks(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if safe_text.startswith("&gt;"):  # at the start of a line it would start a quotation
        safe_text = _SOFT_HYPHEN + safe_text
    return _FORMATTING_MARK.sub(lambda mark: _SOFT_HYPHEN + mark[0], safe_text)


def _quoted(line: str) -> Iterator[str]:
    """Quote a line, in pieces that each fit a section."""
    step = _QUOTE_LENGTH // 6
    for start in range(0, max(len(line), 1), step):
        yield f"> {escape(line[start : start + step])}"


def date(moment: dt.datetime, translator: Translator) -> str:
    """Build a date token, which Slack displays in each reader's zone and language."""
    return _date_token(moment, _DAY_AND_TIME, translator.format_time(moment))


def _date_token(moment: dt.datetime, pattern: str, fallback: str) -> str:
    return f"<!date^{int(moment.timestamp())}^{pattern}|{escape(fallback)}>"


def date_range(times: TimeRange, translator: Translator) -> str:
    """Build the date tokens of a time range: one within a minute, else no day at a near end.

    Not "of one day": whether midnight is between them depends on the reader's zone.
    """
    if times.is_within_minute:
        return date(times.since, translator)
    if times.until - times.since >= _SHORT_RANGE:
        return f"{date(times.since, translator)} – {date(times.until, translator)}"
    start, end = (
        _date_token(at, pattern, translator.format_time(at, fallback))
        for at, pattern, fallback in (
            (times.since, _DAY_AND_TIME, "yyyy-MM-dd HH:mm"),
            (times.until, "{time}", "HH:mm zzz"),
        )
    )
    return f"{start}–{end}"


def mask_uids(text: str, uids: tuple[str, ...]) -> str:
    """Mask these uids in a text, in full-width digits too.

    Short uids and words are masked only where they stand alone: many texts contain a 1.
    """
    text = without_marks(text)
    for uid in filter(None, uids):
        letters = "0-9\uff10-\uff19" if _LONG_NUMBER.fullmatch(uid) else "0-9A-Za-z\uff10-\uff19"
        uid_pattern = "".join(
            _DIGIT_CLASSES.get(character, re.escape(character)) for character in uid
        )
        text = re.sub(rf"(?<![{letters}]){uid_pattern}(?![{letters}])", mask_uid(uid), text)
    return text


def mask_numbers(text: str) -> str:
    """Mask phone numbers, and numbers that may be uids of people the ticket does not name.

    Masked are separate numbers of five to ten digits, except dates such as 20261121, numbers
    with a unit, error codes and parts of names such as class_77100. Alphabetic uids cannot be
    distinguished from words.
    """

    def mask_number(match: re.Match[str]) -> str:
        return match[0] if _DATE_NUMBER.fullmatch(match[0]) else mask_uid(match[0])

    def mask_match(match: re.Match[str]) -> str:
        if match["code"]:
            return match[0]
        if match["phone"]:
            return mask_uid(match["phone"])
        return match["label"] + re.sub(_UID, mask_number, match["digits"])

    return _UID_LIKE_NUMBER.sub(mask_match, without_marks(text))
