"""A text as words, each with a one-letter sign, so that short patterns read it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from bot.i18n.traditional import to_simplified
from bot.services.prefill import vocabulary as words

_HARD_BLANK: Final = "\ue000"  # a blank in a channel's name
_WORD: Final = rf"[a-z0-9_](?:[\w.@+\-{_HARD_BLANK}]*\w)?"
_LEXICON: Final = (
    *((sign, words.VOCABULARY[sign]) for sign in words.NUMBERS),
    ("w", rf"(?<!\w)(?=[\w.@+\-]*[\d_{_HARD_BLANK}]){_WORD}"),
    *words.VOCABULARY.items(),
    ("w", _WORD),
    ("~", r"[\u3400-\u9fff]"),
)
_LEXER: Final = re.compile("|".join(f"({pattern})" for _, pattern in _LEXICON), words.FLAGS)
_OWN_LABEL: Final = re.compile(rf"(?:({words.TEACHER_EN})|{words.STUDENT_EN})_\w*\d", words.FLAGS)
_PREFIX: Final = r"(?<![a-z0-9_])"
_SUFFIX: Final = r"[ _\-]?(u?id|no|name|number|code)s?(?![a-z])\.?"
_QUOTED: Final = r"((?:channel|room|name|频道|房间|教室)\W{0,3}(?:is )?)(([\"'`])\w[ -~]*?\3)"
# What is written together or with commas, and as it is meant.
_REWRITTEN: Final[dict[str, str | Callable[[re.Match[str]], str]]] = {
    r"(?<![\d,])\d{1,3}(?:,\d{3})+(?![\d,])": lambda match: match[0].replace(",", ""),
    r"(?<=[\s:=])-(\d{7,10})(?!\w)": lambda match: str(2**32 - int(match[1])),
    r"\bc(?:name|id)(?![a-z])": "channel name ",
    r"(?<!\w)_(\w+?)_(?!\w)": r"\1",  # italic
    r"\b(?:mrs?|ms|dr)\. ": "",
    rf"{_PREFIX}({words.LABELS_EN}){_SUFFIX}": r"\1 \2 ",
    rf"{_PREFIX}({words.ROLES_EN}|u?id)-?(?=\d)": r"\1 ",
    _QUOTED: lambda match: match[1] + match[2].replace(" ", _HARD_BLANK),
}
_ALONE: Final = re.compile(r"(?<![^\n])([TSRZ][in]*)\n")


class TokenizedText(NamedTuple):
    """The signs of a text's words, and the words, at the same positions."""

    signs: str
    words: tuple[str, ...]


def tokenize(plain: str) -> TokenizedText:
    """Split a half-width text into words; a label alone on its line is one of the next line."""
    text = to_simplified(plain)
    for pattern, replacement in _REWRITTEN.items():
        text = re.sub(pattern, replacement, text, flags=words.FLAGS)
    tokens = list(_scan(text))
    signs = "".join(sign for sign, _ in tokens)
    return TokenizedText(_ALONE.sub(r"\1:", signs), tuple(word for _, word in tokens))


def _scan(text: str) -> Iterator[tuple[str, str]]:
    for match in _LEXER.finditer(text):
        sign, word = _LEXICON[(match.lastindex or 1) - 1][0], match[0].replace(_HARD_BLANK, " ")
        if sign != "w":
            yield sign, word
        elif own := _OWN_LABEL.fullmatch(word):
            yield from (("T" if own[1] else "S", ""), ("W", word))
        else:
            yield _sign_of(word, text[match.start() - 1 : match.start()]), word


def _sign_of(word: str, before: str) -> str:
    """Return the sign of a number, a name or another word, by what it may name.

    A number is 0 (below 1000), 9 (up to 2**32), 5 (up to 20 digits) or 6 (a channel's). Words are
    w and, without a digit, u (channel or uid), d (device or quantity), A (with a capital) or a.
    What names nothing is x.
    """
    if word.isdigit() and before not in ("@", ".", "+", "-"):
        limits = {"x": 1, "0": 1000, "9": 2**32, "5": 10**20, "6": 10**words.CNAME_LENGTH}
        return next((sign for sign, limit in limits.items() if int(word[:99]) < limit), "x")
    if word.isalpha() and not words.NO_NAMES.fullmatch(word):
        return "A" if word.istitle() and len(word) > 1 else "a"
    if words.NOT_ROOM.fullmatch(word):
        return "d"
    if len(word) > words.CNAME_LENGTH or before in ("/", "\\", "@", ".", "-") or word.isalpha():
        return "x"
    return "w" if any(map(str.isdigit, word)) or " " in word else "u" if "_" in word else "a"
