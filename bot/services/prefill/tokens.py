"""The tokenizer of sentences, with the possible meaning of each token."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final

from bot.call import Side
from bot.services.prefill import vocabulary as words

UID_MAX: Final = 2**32 - 1  # an unlabelled number; a labelled one may be longer
_NUMBER_LENGTH: Final = 20
_DAYS_IN_MONTH: Final = 31


class TokenKind(StrEnum):
    """The kinds of tokens."""

    ROLE = auto()  # teacher, 学生
    OTHER = auto()  # 助教: a person no report is about
    ROOM = auto()  # channel, 房间
    ID = auto()  # uid, 编号
    LINK = auto()  # is, 的, ":"
    JOIN = auto()  # and, 和, ","
    NUMBER = auto()  # digits, whatever they count
    WORD = auto()  # any other word of ASCII letters
    HAN = auto()  # one Chinese character that is no part of the above
    LINE = auto()  # the end of a line
    MARK = auto()  # any other sign


@dataclass(frozen=True, slots=True)
class Token:
    """One token, and its position in the plain text."""

    kind: TokenKind
    text: str
    start: int
    end: int
    side: Side | None = None
    asks_name: bool = False

    @property
    def lower(self) -> str:
        """The text in lower case."""
        return self.text.lower()


def _choice(literals: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, literals), key=len, reverse=True))


_HAN_WORDS: Final = _choice(
    {*words.ROLES_ZH, *words.OTHERS_ZH, *words.ROOMS_ZH, *words.UNITS_ZH}
    | {word for word in words.IDS | words.LINKS | words.JOINS | words.NAMES | words.INSIDE
       if not word.isascii()}
)  # fmt: skip
_TOKEN: Final = re.compile(
    r"(?P<room>(?i:class|lesson|course)[ _\-]?(?i:id|no|number|name|code)\b"
    r"|(?:课堂|课程|课节) ?(?:(?i:id)\b|编号|号码|号|名称?))"
    r"|(?P<thousands>(?<![\d,])\d{1,3}(?:,\d{3})+(?![\d,]))"
    rf"|(?P<word>[A-Za-z0-9_](?:[A-Za-z0-9_.@+\-]*[A-Za-z0-9_])?)|(?P<han>{_HAN_WORDS})"
    r"|(?P<arrow>->|=>)|(?P<line>\n)|(?P<quote>'s\b|(?<=\b[Nn]o)\.(?=[ ]?[#\d])|[\"'`*])"
    r"|(?P<mark>\S)"
)
_LABELS_OF_IDS: Final = words.IDS | words.NAMES
_CLOCK_AHEAD: Final = re.compile(
    r"(?:[早晚]上|[上下中]午|凌晨|[今昨明]晚|\b(?:at|around|about)) ?$", re.IGNORECASE
)
_ROLE_IN_UID: Final = re.compile(r"([A-Za-z]+)_\w*\d")
_ID_AND_NUMBER: Final = re.compile(r"(uid|id)(\d{1,20})", re.IGNORECASE)
_ROLE_AND_NUMBER: Final = re.compile(r"([A-Za-z]+)-(\d{1,20})")


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text's tokens in order; quotation marks, stars and the dot of "no. 5" are none."""

    plain: str
    all: tuple[Token, ...]

    def at(self, index: int) -> Token | None:
        """Return the token at an index, None before the first and after the last."""
        return self.all[index] if 0 <= index < len(self.all) else None

    def before(self, position: int) -> int:
        """Return how many tokens start before a position of the text."""
        return bisect_left(self.all, position, key=lambda token: token.start)

    def is_quantity(self, index: int) -> bool:
        """Return whether a number is a quantity or a time: 5 minutes, 20:15, 3 个."""
        token, behind = self.all[index], self.at(index + 1)
        if (
            behind is not None
            and behind.lower in words.UNITS
            and not self.is_letter_label(index + 1)
        ):
            return True
        if self._is_clock(index, -1) or self._is_clock(index, 1) or self._is_hhmm(token):
            return True
        is_day = len(token.text) < 3 and int(token.text) <= _DAYS_IN_MONTH  # noqa: PLR2004 - days have two digits
        return (
            behind is not None and behind.text == "号" and is_day and not self._is_role(index + 2)
        )

    def is_uid(self, index: int) -> bool:
        """Return whether a token is a number that can be a uid."""
        token = self.at(index)
        if token is None or token.kind is not TokenKind.NUMBER or len(token.text) > _NUMBER_LENGTH:
            return False
        return int(token.text) > 0 and not self.is_quantity(index)

    def is_letter_label(self, index: int) -> bool:
        """Return whether a token is `t` or `s` directly followed by a colon or an equals sign."""
        token = self.at(index)
        if token is None or token.lower not in words.ROLE_LETTERS:
            return False
        return self.plain[token.end : token.end + 2].lstrip()[:1] in (":", "=")

    def _is_role(self, index: int) -> bool:
        token = self.at(index)
        return token is not None and token.kind is TokenKind.ROLE

    def _is_hhmm(self, token: Token) -> bool:
        """Return whether three or four digits are a time of day: 晚上1930, at 1930."""
        is_time = len(token.text) in (3, 4) and int(token.text) < 2400  # noqa: PLR2004 - 24 hours
        return (
            is_time
            and _CLOCK_AHEAD.search(self.plain, max(token.start - 8, 0), token.start) is not None
        )

    def _is_clock(self, index: int, step: int) -> bool:
        """Return whether two digits are next to a colon and another number, as in 20:15."""
        sign, other = self.at(index + step), self.at(index + 2 * step)
        if sign is None or other is None or sign.text != ":" or other.kind is not TokenKind.NUMBER:
            return False
        return max(len(self.all[index].text), len(other.text)) <= 2  # noqa: PLR2004 - hours have two digits


def tokenize(plain: str) -> Tokens:
    """Cut half-width text into tokens; takes time in proportion to its length.

    Traditional characters are read as simplified ones.
    """
    plain = plain.translate(words.SIMPLIFIED)
    result: list[Token] = []
    for match in _TOKEN.finditer(plain):
        kind, text = match.lastgroup, match[0]
        if kind == "room":
            result.append(Token(TokenKind.ROOM, text, *match.span(), asks_name=True))
        elif kind == "thousands":
            result.append(Token(TokenKind.NUMBER, text.replace(",", ""), *match.span()))
        elif kind == "word":
            result += _read_word(text, match.start(), plain)
        elif kind == "han":
            result.append(_read_han(text, match.start()))
        elif kind == "line":
            result.append(Token(TokenKind.LINE, text, match.start(), match.end()))
        elif kind != "quote":
            result.append(_read_mark(text, match.start(), plain))
    return Tokens(plain, tuple(result))


def _read_word(text: str, start: int, plain: str) -> list[Token]:
    end = start + len(text)
    if len(text) > 2 and text[0] == text[-1] == "_":  # noqa: PLR2004 - _italic_
        inner = text.strip("_")
        return _read_word(inner, start + text.index(inner), plain) if inner else []
    split = _ROLE_AND_NUMBER.fullmatch(text) or _ID_AND_NUMBER.fullmatch(text)
    if split and split[1].lower() in {*words.ROLES_EN, *words.IDS} - words.PLURALS:
        label = _read_word(split[1], start, plain)
        return [*label, Token(TokenKind.NUMBER, split[2], start + split.start(2), end)]
    if own := label_within(text):
        return [*_read_word(own, start, plain), Token(TokenKind.WORD, text, start, end)]
    if text.isdigit():
        return [Token(TokenKind.NUMBER, text, start, end)]
    return [_label(text, start, plain) or Token(TokenKind.WORD, text, start, end)]


def label_within(uid: str) -> str:
    """Return the label that a uid begins with, such as student_20002, "" for none."""
    match = _ROLE_IN_UID.fullmatch(uid)
    return match[1] if match and match[1].lower() in words.ROLES_EN else ""


def _label(text: str, start: int, plain: str) -> Token | None:
    """Return what an English word labels, None when it is any other word."""
    end, lower = start + len(text), text.lower()
    bare = lower.replace("_", "").replace("-", "")
    side = words.ROLES_EN.get(bare)
    if side is None and plain[end : end + 2].lstrip()[:1] in (":", "="):
        side = words.ROLE_LETTERS.get(lower)
    if side is not None:
        return Token(TokenKind.ROLE, text, start, end, side, asks_name=bare.endswith(("id", "ids")))
    if bare in words.ROOMS_EN:
        return Token(TokenKind.ROOM, text, start, end, asks_name=words.ROOMS_EN[bare])
    if lower in _LABELS_OF_IDS:
        return Token(TokenKind.ID, text, start, end, asks_name=True)
    if lower in words.LINKS:
        return Token(TokenKind.LINK, text, start, end)
    return Token(TokenKind.JOIN, text, start, end) if lower in words.JOINS else None


def _read_han(text: str, start: int) -> Token:
    end = start + len(text)
    if text in words.ROLES_ZH:
        return Token(TokenKind.ROLE, text, start, end, words.ROLES_ZH[text])
    if text in words.OTHERS_ZH:
        return Token(TokenKind.OTHER, text, start, end)
    if text in words.ROOMS_ZH:
        return Token(TokenKind.ROOM, text, start, end, asks_name=words.ROOMS_ZH[text])
    if text in _LABELS_OF_IDS:
        return Token(TokenKind.ID, text, start, end, asks_name=True)
    if text in words.LINKS:
        return Token(TokenKind.LINK, text, start, end)
    return Token(TokenKind.JOIN if text in words.JOINS else TokenKind.HAN, text, start, end)


def _read_mark(text: str, start: int, plain: str) -> Token:
    end = start + len(text)
    side = words.ROLE_CHARACTERS.get(text)
    if side and plain[end : end + 1].isdigit() and not _is_han(plain[max(start - 1, 0)]):
        return Token(TokenKind.ROLE, text, start, end, side)
    if text in words.LINKS or len(text) == 2:  # noqa: PLR2004 - an arrow
        return Token(TokenKind.LINK, text, start, end)
    if text in words.JOINS:
        return Token(TokenKind.JOIN, text, start, end)
    return Token(TokenKind.HAN if _is_han(text) else TokenKind.MARK, text, start, end)


def _is_han(sign: str) -> bool:
    return "\u3400" <= sign <= "\u9fff"
