"""A surface's voice: messages become Slack markup or plain text. Decides no words."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from bot.words import Message, PersonId, Uid, Words

_SHOWN_DIGITS = 2


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

    def uid(self, uid: str) -> str:
        """Show somebody's uid as this surface may."""
        return mask_uid(uid) if self.mask else uid

    def quote(self, text: str, uids: tuple[str, ...]) -> str:
        """Show what somebody typed as a quotation, known uids in it masked."""
        shown = hide_uids(text, uids) if self.mask else text
        return "\n".join(f"> {escape(line)}" for line in shown.splitlines())

    def _plain_value(self, value: object) -> str:
        if isinstance(value, Uid):
            return self.uid(value)
        if isinstance(value, dt.datetime):
            return self.words.when(value)
        return "" if isinstance(value, Link) else str(value)

    def _markup_value(self, value: object) -> str:
        if isinstance(value, PersonId):
            return f"<@{value}>"
        if isinstance(value, dt.datetime):
            return date(value, self.words)
        if isinstance(value, Link):
            label = value.label if isinstance(value.label, str) else self.plain(value.label)
            return f"<{value.url}|{escape(label)}>"
        return escape(self._plain_value(value))


def escape(text: str) -> str:
    """Make user text harmless: it can neither ping nor link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def date(moment: dt.datetime, words: Words, pattern: str = "{date_short_pretty} {time}") -> str:
    """A time that Slack shows in each reader's own zone and language."""
    return f"<!date^{int(moment.timestamp())}^{pattern}|{escape(words.when(moment))}>"


def mask_uid(uid: str) -> str:
    """Keep the last two characters of a longer uid, enough to tell two people apart."""
    return "•••" + (uid[-_SHOWN_DIGITS:] if len(uid) > _SHOWN_DIGITS + 1 else "")


def hide_uids(text: str, uids: tuple[str, ...]) -> str:
    """Mask these uids wherever they stand alone in a text."""
    for uid in filter(None, uids):
        text = re.sub(rf"(?<![0-9A-Za-z]){re.escape(uid)}(?![0-9A-Za-z])", mask_uid(uid), text)
    return text
