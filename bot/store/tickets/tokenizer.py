"""Cutting text into search terms, for the index and for queries.

Chinese, Japanese and Korean have no blanks: they are cut into pairs of characters, and single ones
for queries of one. Traditional Chinese characters count as simplified ones. A word of letters has
its prefixes as terms too, so that `freez` matches "freezing"; from the eighth letter on words count
as equal. A number is one term. Neighbours joined by punctuation, as in `class_77_1`, are terms as
pairs too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final

from bot.i18n.traditional import to_simplified

_MIN_PREFIX, _MAX_PREFIX = 3, 8  # letters of an indexed prefix
_NUMBER_LENGTH: Final = 40
_EAST_ASIAN: Final = (
    "\u2e80-\u2fff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff"
)
_TOKEN: Final = re.compile(
    rf"(?P<east>[{_EAST_ASIAN}]+)|(?P<number>[0-9]+)|(?P<letters>[^\W\d_{_EAST_ASIAN}]+)"
)
_MARKUP: Final = re.compile(r"<[^<>\n]*>|&(?:amp|lt|gt);")  # Slack's mentions, links and escapes
_WIFI: Final = re.compile(r"\bwi[\s\-]?fi\b")


def index_terms(text: str) -> set[str]:
    """Cut a text, which may be Slack's markup, into its terms."""
    terms: set[str] = set()
    for group in _groups(_MARKUP.sub(" ", text)):
        for kind, run in group:
            terms.update(_prefixes(kind, run))
        terms.update(_pair_term(one, other) for one, other in pairwise(group))
    return terms


def query_terms(word: str) -> list[str]:
    """Cut a typed word into terms that must all match; none for punctuation alone."""
    terms: dict[str, None] = {}
    for group in _groups(word):
        terms.update(dict.fromkeys(_group_terms(group)))
    return list(terms)


@lru_cache(maxsize=4096)
def field_term(field: str, value: str) -> str:
    """Write one of a ticket's fields as a term that no text can be cut into."""
    escaped = re.sub(r"[^a-z0-9_.\-]", lambda match: f"%{ord(match[0]):x}", value.lower())
    return f"={field}:{escaped}"


def _groups(text: str) -> Iterator[list[tuple[str, str]]]:
    """Yield runs of (kind, text), those together that no blank and no East Asian text parts."""
    folded = to_simplified(unicodedata.normalize("NFKC", text).casefold())
    normalized = _WIFI.sub("wifi", folded)
    group: list[tuple[str, str]] = []
    end = 0
    for match in _TOKEN.finditer(normalized):
        kind = str(match.lastgroup)
        between = normalized[end : match.start()]
        splits = kind == "east" or (group and group[-1][0] == "east")
        if group and (splits or any(map(str.isspace, between))):
            yield group
            group = []
        group.append((kind, match[0][:_NUMBER_LENGTH] if kind == "number" else match[0]))
        end = match.end()
    if group:
        yield group


def _prefixes(kind: str, run: str) -> Iterator[str]:
    if kind == "east":
        yield from run
        yield from map("".join, pairwise(run))
    elif kind == "number" or len(run) <= _MIN_PREFIX:
        yield run
    else:
        yield from (run[:length] for length in range(_MIN_PREFIX, min(len(run), _MAX_PREFIX) + 1))


def _group_terms(group: list[tuple[str, str]]) -> Iterator[str]:
    """Yield the terms of a typed group: its pairs, and an unfinished word at its end."""
    kind, last = group[-1]
    if kind == "east":
        yield from map("".join, pairwise(last)) if len(last) > 1 else last
        return
    unfinished = kind == "letters" and len(last) >= _MIN_PREFIX
    pairs = [_pair_term(one, other) for one, other in pairwise(group)]
    yield from pairs[:-1] if unfinished else pairs
    if unfinished or len(group) == 1:
        yield last[:_MAX_PREFIX] if kind == "letters" else last
    if len(group) == 2 and unfinished:  # noqa: PLR2004 - one word before the unfinished one
        kind, first = group[0]
        yield first[:_MAX_PREFIX] if kind == "letters" else first


def _pair_term(one: tuple[str, str], other: tuple[str, str]) -> str:
    return f"_{one[1][:_NUMBER_LENGTH]}_{other[1][:_NUMBER_LENGTH]}"
