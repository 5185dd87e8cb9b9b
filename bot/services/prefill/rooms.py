"""Which word of a text names the channel of the call."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from bot.services.prefill import vocabulary as words
from bot.services.prefill.tokens import Token, TokenKind, Tokens

CNAME_LENGTH: Final = 64
_REACH: Final = 6  # tokens between a label and its value
_QUOTED: Final = re.compile(r"([\"'`*])([!-~][ -~]{0,63}?)\1")
_RUN: Final = re.compile(r"[A-Za-z0-9_!#$%+\-.=@^~:]+")
_LONG_NUMBER: Final = 4  # digits that count before a label: "15056678066620 房间"


def find_cname(tokens: Tokens, taken: frozenset[int]) -> str:
    """Return the channel's name, "" for none or several. `taken`: tokens with another meaning."""
    labelled = {name for index in _labels(tokens) if (name := _value_after(tokens, index, taken))}
    if not labelled:
        labelled = {
            name for index in _labels(tokens) if (name := _value_before(tokens, index, taken))
        }
    if labelled:
        return labelled.pop() if len(labelled) == 1 else ""
    return _choose(tokens, [index for index in _candidates(tokens) if index not in taken])


def is_candidate(token: Token, *, after_in: bool = False) -> bool:
    """Return whether a word looks like a channel's name without a label."""
    text = token.text
    if token.kind is not TokenKind.WORD or "@" in text or len(text) > CNAME_LENGTH:
        return False
    has_digit = any(sign.isdigit() for sign in text)
    if not (has_digit or (after_in and "_" in text)) or not any(map(str.isalpha, text)):
        return False
    return not words.NOT_ROOM.fullmatch(text)


def _labels(tokens: Tokens) -> list[int]:
    return [
        index
        for index, token in enumerate(tokens.all)
        if token.kind is TokenKind.ROOM and not _is_slack(tokens.at(index - 1))
    ]


def _is_room(token: Token | None) -> bool:
    return token is not None and token.kind is TokenKind.ROOM


def _is_slack(before: Token | None) -> bool:
    return before is not None and before.lower == "slack"


def _value_after(tokens: Tokens, label: int, taken: frozenset[int]) -> str:
    """Read "channel name is abc123", "频道：math-3b", "room lesson-9"."""
    room = tokens.all[label]
    is_announced, index = room.asks_name, label + 1
    while index <= label + _REACH and (token := tokens.at(index)) is not None:
        if token.kind is TokenKind.ID:
            is_announced = True
        elif token.kind is TokenKind.LINK or (token.text == "," and is_announced):
            is_announced = is_announced or token.text in (":", "=", "->", "=>", "→")
        elif token.kind is not TokenKind.LINE or not _is_alone(tokens, label, index):
            return (
                ""
                if index in taken
                else _read_value(tokens, label, index, is_announced=is_announced)
            )
        index += 1
    return ""


def _is_alone(tokens: Tokens, label: int, index: int) -> bool:
    before = tokens.at(label - 1)
    return index == label + 1 and (before is None or before.kind is TokenKind.LINE)


def _read_value(tokens: Tokens, label: int, index: int, *, is_announced: bool) -> str:
    """Return the name that starts with a token; `is_announced`: a label requires a name."""
    token = tokens.all[index]
    quoted = _quoted(tokens, index)
    if quoted:
        return quoted
    if token.kind is TokenKind.NUMBER and tokens.is_quantity(index):
        return ""
    if token.kind not in (TokenKind.WORD, TokenKind.NUMBER):
        return ""
    run = _RUN.match(tokens.plain, token.start, token.start + CNAME_LENGTH + 1)
    name = run[0].rstrip("!.:=-") if run else token.text
    if len(name) > CNAME_LENGTH or token.lower in words.NO_NAMES:
        return ""
    if is_announced or token.kind is TokenKind.NUMBER or is_candidate(token, after_in=True):
        return name
    return name if _is_name_in_chinese(tokens, label, index) else ""


def _quoted(tokens: Tokens, index: int) -> str:
    """Return the text in the quotes or backticks that open right before a token."""
    token = tokens.all[index]
    opening = token.start - 1
    if opening < 0 or tokens.plain[opening] not in "\"'`*":
        return ""
    match = _QUOTED.match(tokens.plain, opening)
    return match[2].strip() if match else ""


def _is_name_in_chinese(tokens: Tokens, label: int, index: int) -> bool:
    """Return the letters after a Chinese label when the sentence continues with something else."""
    token, behind = tokens.all[index], tokens.at(index + 1)
    if tokens.all[label].text.isascii() or token.lower in words.NOT_ROOM_WORDS:
        return False
    ends = behind is None or behind.kind in (TokenKind.ROLE, TokenKind.JOIN, TokenKind.LINE)
    return ends or (behind is not None and behind.text in "。;|")


def _value_before(tokens: Tokens, label: int, taken: frozenset[int]) -> str:
    """Read "15056678066620 房间", "math-3b 这个频道"."""
    index = label - 1
    while index >= label - 2 and (link := tokens.at(index)) is not None and _links_backward(link):
        index -= 1
    token = tokens.at(index)
    if token is None or index in taken:
        return ""
    if is_candidate(token):
        return token.text
    is_number = token.kind is TokenKind.NUMBER and len(token.text) >= _LONG_NUMBER
    return token.text if is_number and len(token.text) <= CNAME_LENGTH else ""


def _links_backward(link: Token) -> bool:
    return link.text in ("号", "这个", "该", "的")


def _candidates(tokens: Tokens) -> list[int]:
    return [
        index
        for index, token in enumerate(tokens.all)
        if is_candidate(token, after_in=index == 0 or _follows_in(tokens, index))
        and tokens.plain[max(token.start - 1, 0)] not in "/\\"
        and not _is_other_id(tokens.at(index - 1))
        and not (_is_room(tokens.at(index - 1)) and _is_slack(tokens.at(index - 2)))
    ]


def _is_other_id(before: Token | None) -> bool:
    """Return whether a word is the id of something else: "WeChat id wx12345"."""
    return before is not None and before.kind is TokenKind.ID and before.lower not in words.NAMES


def _follows_in(tokens: Tokens, index: int) -> bool:
    before = tokens.at(index - 1)
    return before is not None and before.lower in words.INSIDE


def _choose(tokens: Tokens, indexes: list[int]) -> str:
    """Return the only candidate, or the only one that looks like a channel."""
    rules: tuple[Callable[[int], bool], ...] = (
        lambda _index: True,
        lambda index: _follows_in(tokens, index),
        lambda index: bool(_quoted(tokens, index)),
        lambda index: bool(words.ROOM_STEM.match(tokens.all[index].text)),
    )
    for rule in rules:
        names = {tokens.all[index].text for index in indexes if rule(index)}
        if len(names) == 1:
            return names.pop()
    return ""
