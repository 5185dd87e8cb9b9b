"""A text as words of known kinds, so that a short grammar reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from bot.i18n.traditional import to_simplified
from bot.services.prefill import vocabulary as words

CNAME_LENGTH: Final = 64
_UID_LENGTH: Final = 20
_SHORT: Final = 1000  # a lower number is a uid only behind a label with a colon
_KINDS: Final = (*words.VOCABULARY, "", "other")
_LEXER: Final = re.compile(
    "|".join(f"({each})" for each in (*words.VOCABULARY.values(), r"[a-z]\w*", r"[\u3400-\u9fff]")),
    words.FLAGS,
)
_OWN_LABEL: Final = re.compile(rf"(?:({words.TEACHER_EN})|{words.STUDENT_EN})_\w*\d", words.FLAGS)
_PREFIX: Final = r"(?<![a-z0-9_])"
_SUFFIX: Final = r"[ _\-]?(u?id|no|name|number|code)s?(?![a-z])\.?"
# What is written together or with commas, and as it is meant.
_MEANT: Final[dict[str, str | Callable[[re.Match[str]], str]]] = {
    r"(?<![\d,])\d{1,3}(?:,\d{3})+(?![\d,])": lambda match: match[0].replace(",", ""),
    r"(?<=[\s:=])-(\d{7,10})(?!\w)": lambda match: str(2**32 - int(match[1])),
    r"\bc(?:name|id)(?![a-z])": "channel name ",
    r"(?<!\w)_(\w+?)_(?!\w)": r"\1",  # italic
    rf"{_PREFIX}({words.LABELS_EN}){_SUFFIX}": r"\1 \2 ",
    rf"{_PREFIX}({words.ROLES_EN}|u?id)-?(?=\d)": r"\1 ",
}
_REWRITTEN: Final = [(re.compile(each, words.FLAGS), meant) for each, meant in _MEANT.items()]
_ALONE: Final = re.compile(r"(?<= newline )((?:teacher|student|channel) (?:id |named )*)newline ")


class Words(NamedTuple):
    """The kinds of a text's words, with a blank before and after each, and the words.

    The first is a newline.
    """

    kinds: str
    texts: tuple[str, ...]

    def index_at(self, position: int) -> int:
        """Return the index of the word whose kind is at this position."""
        return self.kinds.count(" ", 0, position) - 1


def tokenize(plain: str) -> Words:
    """Split a half-width text into words; a label alone on its line is one of the next line."""
    text = to_simplified(plain)
    for pattern, replacement in _REWRITTEN:
        text = pattern.sub(replacement, text)
    kinds, texts = zip(*[("newline", ""), *_scan(text)], strict=True)
    return Words(_ALONE.sub(r"\1: ", f" {' '.join(kinds)} "), texts)


def _scan(text: str) -> Iterator[tuple[str, str]]:
    for match in _LEXER.finditer(text):
        kind, word = _KINDS[(match.lastindex or 1) - 1], match[0]
        if own := None if kind else _OWN_LABEL.fullmatch(word):
            yield from (("teacher" if own[1] else "student", ""), ("own", word))
        else:
            yield kind or _kind(word, text[match.start() - 1 : match.start()]), word


def _kind(word: str, before: str) -> str:
    """Return what a word may name.

    A `number` or a `small` one; a `name` of a channel, with a digit and a hyphen or an underscore;
    a `code` with a digit; a `handle` with an underscore.
    """
    if len(word) > CNAME_LENGTH or before in ("@", ".", "+", "-", "/", "\\") or "@" in word:
        return "other"
    if word.isdigit():
        is_uid = len(word) <= _UID_LENGTH and int(word)
        return "other" if not is_uid else "number" if int(word) >= _SHORT else "small"
    if any(map(str.isdigit, word)):
        is_room = re.search("[_-]", word) and not words.NO_ROOM.fullmatch(word)
        return "name" if is_room else "code"
    if "_" in word:
        return "handle"
    return "other" if words.NO_NAME.fullmatch(word) else "Word" if word.istitle() else "word"
