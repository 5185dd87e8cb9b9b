"""Which tickets a message names: LD-12 in a sentence, or the link to a card."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_MARKUP: Final = re.compile(
    r"```.*?```|`[^`\n]+`|<(?P<inner>[^<>]+)>|(?P<bare>https?://[!-~]+)", re.DOTALL
)
# LD-12, LD12, LD 12 or ld-012. No letter or digit may be adjacent; a Chinese character may.
_LABEL: Final = re.compile(
    r"(?<![0-9a-z_-])ld(?: ?[-\u2010-\u2014\u2212] ?|[ _#])?0{0,8}(?P<number>[1-9][0-9]{0,8})"
    r"(?![0-9a-z_]|-[0-9a-z]|\.[0-9])",
    re.IGNORECASE | re.ASCII,
)
_LINK: Final = re.compile(
    r"https?://[^/\s|]+/archives/(?P<channel>[A-Z0-9]+)/p(?P<s>[0-9]{10})(?P<us>[0-9]{6})(?P<rest>.*)"
)
_THREAD: Final = re.compile(r"[?&]thread_ts=([0-9]{10}\.[0-9]{6})")


@dataclass(frozen=True, slots=True)
class CardLink:
    """The target of a link: a channel, and the post that starts the thread."""

    channel: str
    ts: str


def parse_ticket_names(text: str) -> list[int | CardLink]:
    """Return the tickets a Slack message names, in order, each once.

    `text` is a message's text as Slack sends it. Code and addresses of other pages
    name none; a link into a card's thread names the card's ticket.
    """
    return list(dict.fromkeys(_names(text)))


def _names(text: str) -> Iterator[int | CardLink]:
    end = 0
    for mark in _MARKUP.finditer(text):
        yield from _labels(text[end : mark.start()])
        link = _parse_link(mark["inner"] or mark["bare"] or "")
        if link is not None:
            yield link
        end = mark.end()
    yield from _labels(text[end:])


def _labels(text: str) -> Iterator[int]:
    for match in _LABEL.finditer(unicodedata.normalize("NFKC", html.unescape(text))):
        yield int(match["number"])


def _parse_link(address: str) -> CardLink | None:
    match = _LINK.match(html.unescape(address.partition("|")[0]))
    if match is None:
        return None
    thread = _THREAD.search(match["rest"])
    return CardLink(match["channel"], thread[1] if thread else f"{match['s']}.{match['us']}")
