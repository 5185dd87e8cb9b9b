"""A surface's voice: messages become Slack markup or plain text. Decides no words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.i18n.messages import Message, PersonId, Uid
from bot.i18n.translator import Words

_SHOWN_DIGITS: Final = 2
_LONG_NUMBER: Final = re.compile(r"[0-9]{4,}")
_WIDE: Final = {str(digit): f"[{digit}{chr(0xFF10 + digit)}]" for digit in range(10)}
_OPENS: Final = re.compile(r"(?<![^\W_])([*_~])(?=\S[^\n]*\1)|`")
_SHY: Final = "\u00ad"  # invisible; Slack's markup has no escape, but takes this for a letter
_QUOTE_LENGTH: Final = 2800
_DIGIT: Final = "0-9\uff10-\uff19"
_SOMEBODYS_NUMBER: Final = re.compile(  # five to ten digits, as the clouds' numeric uids have
    rf"(?P<code>(?:(?i:error|code)|错误码?|代码)\s?[:：=]?\s?[{_DIGIT}]+)|"
    rf"(?<![{_DIGIT}A-Za-z_.:/#\-])(?P<uid>(?:(?i:uid)[\s:：=]?)?)(?P<digits>[{_DIGIT}]{{5,10}})"
    rf"(?![{_DIGIT}A-Za-z_]|[.:/\-][{_DIGIT}]|\s?(?:[kKmM]?bps|ms|px|毫秒|秒|分|次|个|人|元))"
)
_DAY: Final = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")


@dataclass(frozen=True, slots=True)
class Link:
    """A link inside a message."""

    url: str
    label: Message | str


@dataclass(frozen=True, slots=True)
class Voice:
    """Says messages on one surface; `mask` hides uids on it."""

    words: Words
    mask: bool = True

    def plain(self, spoken: Message) -> str:
        """Say it where markup means nothing: buttons, labels, notifications."""
        return self.words.say(spoken, self._plain_value)

    def markup(self, spoken: Message) -> str:
        """Say it in Slack's markup; what people typed stays text."""
        return self.words.say(spoken, self._markup_value)

    def notice(self, spoken: Message) -> str:
        """Say it for notifications and screen readers: no mark-up in it, and none can get in."""
        return escape(self.plain(spoken))

    def uid(self, uid: str) -> str:
        """Show somebody's uid as this surface may."""
        return mask_uid(uid) if self.mask else uid

    def quote(self, text: str, uids: tuple[str, ...]) -> list[str]:
        """Show what somebody typed as a quotation, uids in it masked.

        Comes in pieces that each fit a section: escaping makes some texts four times as long.
        """
        shown = hide_numbers(hide_uids(text, uids)) if self.mask else text
        pieces = [""]
        for line in shown.splitlines():
            for quoted in _quoted(line):
                if len(pieces[-1]) + len(quoted) >= _QUOTE_LENGTH:
                    pieces.append("")
                pieces[-1] += f"\n{quoted}" if pieces[-1] else quoted
        return [piece for piece in pieces if piece]

    def _plain_value(self, value: object) -> str:
        if isinstance(value, Uid):
            return self.uid(value)
        if isinstance(value, dt.datetime):
            return self.words.when(value)
        if isinstance(value, Link):
            return value.label if isinstance(value.label, str) else self.plain(value.label)
        return str(value)

    def _markup_value(self, value: object) -> str:
        if isinstance(value, PersonId):
            return f"<@{value}>"
        if isinstance(value, dt.datetime):
            return date(value, self.words)
        if isinstance(value, Link):
            return f"<{value.url}|{escape(self._plain_value(value))}>"
        return escape(self._plain_value(value))


def escape(text: str) -> str:
    """Make user text harmless: it can neither ping, link nor change how it looks."""
    shown = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if shown.startswith("&gt;"):  # at the start of a line it would make a quotation
        shown = _SHY + shown
    return _OPENS.sub(lambda mark: _SHY + mark[0], shown)


def _quoted(line: str) -> Iterator[str]:
    """Cut a long line where it still is one."""
    step = _QUOTE_LENGTH // 6
    for start in range(0, max(len(line), 1), step):
        yield f"> {escape(line[start : start + step])}"


def date(moment: dt.datetime, words: Words, pattern: str = "{date_short_pretty} {time}") -> str:
    """A time that Slack shows in each reader's own zone and language."""
    return f"<!date^{int(moment.timestamp())}^{pattern}|{escape(words.when(moment))}>"


def mask_uid(uid: str) -> str:
    """Keep the last two characters of a longer uid, enough to tell two people apart."""
    return "•••" + (uid[-_SHOWN_DIGITS:] if len(uid) > _SHOWN_DIGITS + 1 else "")


def hide_uids(text: str, uids: tuple[str, ...]) -> str:
    """Mask these uids in a text, in full-width digits too.

    A short one or a word only where it stands alone: half of all texts have a 1 in them.
    """
    for uid in filter(None, uids):
        letters = "0-9\uff10-\uff19" if _LONG_NUMBER.fullmatch(uid) else "0-9A-Za-z\uff10-\uff19"
        written = "".join(_WIDE.get(sign, re.escape(sign)) for sign in uid)
        text = re.sub(rf"(?<![{letters}]){written}(?![{letters}])", mask_uid(uid), text)
    return text


def hide_numbers(text: str) -> str:
    """Mask what may be the uid of somebody whom the ticket does not name.

    That is a number of five to ten digits which stands alone; dates such as 20261121, numbers
    with a unit, error codes and parts of names such as class_77100 stay. Uids of letters cannot
    be told from words.
    """

    def hide(found: re.Match[str]) -> str:
        if found["code"] or _DAY.fullmatch(found["digits"]):
            return found[0]
        return found["uid"] + mask_uid(found["digits"])

    return _SOMEBODYS_NUMBER.sub(hide, text)
