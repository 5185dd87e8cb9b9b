"""A surface's voice: messages become Slack markup or plain text. Decides no words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.i18n.messages import Message, PersonId, Uid
from bot.i18n.translator import Translator

_SHOWN_DIGITS: Final = 2
_LONG_NUMBER: Final = re.compile(r"[0-9]{4,}")
_DIGIT_CLASSES: Final = {str(digit): f"[{digit}{chr(0xFF10 + digit)}]" for digit in range(10)}
_FORMATTING_MARK: Final = re.compile(r"(?<![^\W_])([*_~])(?=\S[^\n]*\1)|`")
_SOFT_HYPHEN: Final = (
    "\u00ad"  # invisible; Slack's markup has no escape, but takes this for a letter
)
_QUOTE_LENGTH: Final = 2800
_DIGIT: Final = "0-9\uff10-\uff19"
_UID_LIKE_NUMBER: Final = re.compile(  # five to ten digits, as the clouds' numeric uids have
    rf"(?P<code>(?:(?i:error|code)|错误码?|代码)\s?[:：=]?\s?[{_DIGIT}]+)|"
    rf"(?<![{_DIGIT}A-Za-z_.:/#\-])(?P<uid>(?:(?i:uid)[\s:：=]?)?)(?P<digits>[{_DIGIT}]{{5,10}})"
    rf"(?![{_DIGIT}A-Za-z_]|[.:/\-][{_DIGIT}]|\s?(?:[kKmM]?bps|ms|px|毫秒|秒|分|次|个|人|元))"
)
_DATE_NUMBER: Final = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")


@dataclass(frozen=True, slots=True)
class Link:
    """A link inside a message."""

    url: str
    label: Message | str


@dataclass(frozen=True, slots=True)
class Renderer:
    """Says messages on one surface; `mask` hides uids on it."""

    translator: Translator
    mask: bool = True

    def plain_text(self, msg: Message) -> str:
        """Say it where markup means nothing: buttons, labels, notifications."""
        return self.translator.translate(msg, self._plain_text_value)

    def mrkdwn(self, msg: Message) -> str:
        """Say it in Slack's markup; what people typed stays text."""
        return self.translator.translate(msg, self._mrkdwn_value)

    def fallback_text(self, msg: Message) -> str:
        """Say it for notifications and screen readers: no mark-up in it, and none can get in."""
        return escape(self.plain_text(msg))

    def uid(self, uid: str) -> str:
        """Show somebody's uid as this surface may."""
        return mask_uid(uid) if self.mask else uid

    def quote(self, text: str, uids: tuple[str, ...]) -> list[str]:
        """Show what somebody typed as a quotation, uids in it masked.

        Comes in pieces that each fit a section: escaping makes some texts four times as long.
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
        if isinstance(value, dt.datetime):
            return self.translator.format_time(value)
        if isinstance(value, Link):
            return value.label if isinstance(value.label, str) else self.plain_text(value.label)
        return str(value)

    def _mrkdwn_value(self, value: object) -> str:
        if isinstance(value, PersonId):
            return f"<@{value}>"
        if isinstance(value, dt.datetime):
            return date(value, self.translator)
        if isinstance(value, Link):
            return f"<{value.url}|{escape(self._plain_text_value(value))}>"
        return escape(self._plain_text_value(value))


def escape(text: str) -> str:
    """Make user text harmless: it can neither ping, link nor change how it looks."""
    safe_text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if safe_text.startswith("&gt;"):  # at the start of a line it would make a quotation
        safe_text = _SOFT_HYPHEN + safe_text
    return _FORMATTING_MARK.sub(lambda mark: _SOFT_HYPHEN + mark[0], safe_text)


def _quoted(line: str) -> Iterator[str]:
    """Cut a long line where it still is one."""
    step = _QUOTE_LENGTH // 6
    for start in range(0, max(len(line), 1), step):
        yield f"> {escape(line[start : start + step])}"


def date(
    moment: dt.datetime, translator: Translator, pattern: str = "{date_short_pretty} {time}"
) -> str:
    """A time that Slack shows in each reader's own zone and language."""
    return f"<!date^{int(moment.timestamp())}^{pattern}|{escape(translator.format_time(moment))}>"


def mask_uid(uid: str) -> str:
    """Keep the last two characters of a longer uid, enough to tell two people apart."""
    return "•••" + (uid[-_SHOWN_DIGITS:] if len(uid) > _SHOWN_DIGITS + 1 else "")


def mask_uids(text: str, uids: tuple[str, ...]) -> str:
    """Mask these uids in a text, in full-width digits too.

    A short one or a word only where it stands alone: half of all texts have a 1 in them.
    """
    for uid in filter(None, uids):
        letters = "0-9\uff10-\uff19" if _LONG_NUMBER.fullmatch(uid) else "0-9A-Za-z\uff10-\uff19"
        uid_pattern = "".join(
            _DIGIT_CLASSES.get(character, re.escape(character)) for character in uid
        )
        text = re.sub(rf"(?<![{letters}]){uid_pattern}(?![{letters}])", mask_uid(uid), text)
    return text


def mask_numbers(text: str) -> str:
    """Mask what may be the uid of somebody whom the ticket does not name.

    That is a number of five to ten digits which stands alone; dates such as 20261121, numbers
    with a unit, error codes and parts of names such as class_77100 stay. Uids of letters cannot
    be told from words.
    """

    def mask_match(match: re.Match[str]) -> str:
        if match["code"] or _DATE_NUMBER.fullmatch(match["digits"]):
            return match[0]
        return match["uid"] + mask_uid(match["digits"])

    return _UID_LIKE_NUMBER.sub(mask_match, text)
