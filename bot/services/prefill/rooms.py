"""Which word of a text names the channel of the call."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from bot.services.prefill import vocabulary as words
from bot.services.prefill.tokens import Kind, Token, Tokens

CNAME_LENGTH: Final = 64
_REACH: Final = 6  # tokens between a label and its value
_QUOTED: Final = re.compile(r"([\"'`*])([!-~][ -~]{0,63}?)\1")
_RUN: Final = re.compile(r"[A-Za-z0-9_!#$%+\-.=@^~:]+")
_LONG_NUMBER: Final = 4  # digits that may stand before a label: "15056678066620 房间"


def find_cname(tokens: Tokens, taken: frozenset[int]) -> str:
    """The channel's name, "" when none or several are named. `taken` are other things' tokens."""
    labelled = {name for place in _labels(tokens) if (name := _value_ahead(tokens, place, taken))}
    if not labelled:
        labelled = {
            name for place in _labels(tokens) if (name := _value_behind(tokens, place, taken))
        }
    if labelled:
        return labelled.pop() if len(labelled) == 1 else ""
    return _choose(tokens, [place for place in _candidates(tokens) if place not in taken])


def is_candidate(token: Token, *, after_in: bool = False) -> bool:
    """Tell whether a word looks like a channel's name all by itself."""
    text = token.text
    if token.kind is not Kind.WORD or "@" in text or len(text) > CNAME_LENGTH:
        return False
    has_digit = any(sign.isdigit() for sign in text)
    if not (has_digit or (after_in and "_" in text)) or not any(map(str.isalpha, text)):
        return False
    return not words.NOT_ROOM.fullmatch(text)


def _labels(tokens: Tokens) -> list[int]:
    return [
        place
        for place, token in enumerate(tokens.all)
        if token.kind is Kind.ROOM and not _is_slack(tokens.at(place - 1))
    ]


def _is_room(token: Token | None) -> bool:
    return token is not None and token.kind is Kind.ROOM


def _is_slack(before: Token | None) -> bool:
    return before is not None and before.lower == "slack"


def _value_ahead(tokens: Tokens, label: int, taken: frozenset[int]) -> str:
    """Read "channel name is abc123", "频道：math-3b", "room lesson-9"."""
    room = tokens.all[label]
    sure, place = room.asks_name, label + 1
    while place <= label + _REACH and (token := tokens.at(place)) is not None:
        if token.kind is Kind.ID:
            sure = True
        elif token.kind is Kind.LINK or (token.text == "," and sure):
            sure = sure or token.text in (":", "=", "->", "=>", "→")
        elif token.kind is not Kind.LINE or not _is_alone(tokens, label, place):
            return "" if place in taken else _read_value(tokens, label, place, sure=sure)
        place += 1
    return ""


def _is_alone(tokens: Tokens, label: int, place: int) -> bool:
    before = tokens.at(label - 1)
    return place == label + 1 and (before is None or before.kind is Kind.LINE)


def _read_value(tokens: Tokens, label: int, place: int, *, sure: bool) -> str:
    """The name that starts with the token at this place; `sure`: a name was announced."""
    token = tokens.all[place]
    quoted = _quoted(tokens, place)
    if quoted:
        return quoted
    if token.kind is Kind.NUMBER and tokens.is_quantity(place):
        return ""
    if token.kind not in (Kind.WORD, Kind.NUMBER):
        return ""
    run = _RUN.match(tokens.plain, token.start, token.start + CNAME_LENGTH + 1)
    name = run[0].rstrip("!.:=-") if run else token.text
    if len(name) > CNAME_LENGTH or token.lower in words.NO_NAMES:
        return ""
    if sure or token.kind is Kind.NUMBER or is_candidate(token, after_in=True):
        return name
    return name if _is_name_in_chinese(tokens, label, place) else ""


def _quoted(tokens: Tokens, place: int) -> str:
    """What stands in the quotation marks or backticks that open right before a token."""
    token = tokens.all[place]
    opening = token.start - 1
    if opening < 0 or tokens.plain[opening] not in "\"'`*":
        return ""
    found = _QUOTED.match(tokens.plain, opening)
    return found[2].strip() if found else ""


def _is_name_in_chinese(tokens: Tokens, label: int, place: int) -> bool:
    """Take letters behind a Chinese label when the sentence goes on to something else."""
    token, behind = tokens.all[place], tokens.at(place + 1)
    if tokens.all[label].text.isascii() or token.lower in words.NOT_ROOM_WORDS:
        return False
    ends = behind is None or behind.kind in (Kind.ROLE, Kind.JOIN, Kind.LINE)
    return ends or (behind is not None and behind.text in "。;|")


def _value_behind(tokens: Tokens, label: int, taken: frozenset[int]) -> str:
    """Read "15056678066620 房间", "math-3b 这个频道"."""
    place = label - 1
    while place >= label - 2 and (link := tokens.at(place)) is not None and _leads_back(link):
        place -= 1
    token = tokens.at(place)
    if token is None or place in taken:
        return ""
    if is_candidate(token):
        return token.text
    is_number = token.kind is Kind.NUMBER and len(token.text) >= _LONG_NUMBER
    return token.text if is_number and len(token.text) <= CNAME_LENGTH else ""


def _leads_back(link: Token) -> bool:
    return link.text in ("号", "这个", "该", "的")


def _candidates(tokens: Tokens) -> list[int]:
    return [
        place
        for place, token in enumerate(tokens.all)
        if is_candidate(token, after_in=place == 0 or _follows_in(tokens, place))
        and tokens.plain[max(token.start - 1, 0)] not in "/\\"
        and not (_is_room(tokens.at(place - 1)) and _is_slack(tokens.at(place - 2)))
    ]


def _follows_in(tokens: Tokens, place: int) -> bool:
    before = tokens.at(place - 1)
    return before is not None and before.lower in words.INSIDE


def _choose(tokens: Tokens, places: list[int]) -> str:
    """The only candidate, or the only one with a sign that it is a channel."""
    rules: tuple[Callable[[int], bool], ...] = (
        lambda _place: True,
        lambda place: _follows_in(tokens, place),
        lambda place: bool(_quoted(tokens, place)),
        lambda place: bool(words.ROOM_STEM.match(tokens.all[place].text)),
    )
    for rule in rules:
        names = {tokens.all[place].text for place in places if rule(place)}
        if len(names) == 1:
            return names.pop()
    return ""
