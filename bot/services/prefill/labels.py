"""Texts whose labels and people are signs, so that a short grammar reads them."""

from __future__ import annotations

import re
from typing import Final

from bot.i18n.traditional import to_simplified
from bot.services.prefill import vocabulary as words

_FLAGS: Final = re.ASCII | re.IGNORECASE
_THOUSANDS: Final = re.compile(r"(?<![\d,])\d{1,3}(?:,\d{3})+(?![\d,])")
_NEGATIVE: Final = re.compile(r"(?<=[\s:=])-(\d{7,10})(?!\w)", re.ASCII)
_ROOM_ID: Final = re.compile(
    r"\b(?:class|lesson|course)[ _\-]?(?:id|no|number|name|code)\b"
    r"|(?:课堂|课程|课节|直播间|房间) ?(?:id\b|编号|号码|号|名称?)",
    _FLAGS,
)
_ITALIC: Final = re.compile(r"(?<!\w)_(\w+?)_(?!\w)", re.ASCII)
_WORD: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_.@+\-]*[a-z0-9_])?", _FLAGS)
_LABELLED: Final = re.compile(
    rf"(?P<label>(?:{words.ROLES_EN})(?:uid|id)?|[ts]id|uid|id)"
    r"(?:-?(?P<number>\d{1,20})|(?P<name>_\w*\d))",
    _FLAGS,
)
_LETTER: Final = re.compile(r"\b([ts])(?= ?[:=])", _FLAGS)
_HAN: Final = re.compile("|".join(sorted(words.LABELS_ZH, key=len, reverse=True)))
# One character is a label only directly before a number: 师10001.
_CHARACTER: Final = re.compile(r"(?<![\u3400-\u9fff])([师生])(?=\d)")
_OF_LETTERS: Final = {
    "t": words.TEACHER,
    "s": words.STUDENT,
    "师": words.TEACHER,
    "生": words.STUDENT,
}
_ALONE: Final = re.compile(
    rf"^([{words.TEACHER}{words.STUDENT}{words.ROOM}{words.ROOM_ZH}{words.ID}{words.NAME} ]+)\n",
    re.MULTILINE,
)
_NUMBER_SIGN: Final = re.compile(r"\bno\.? ?(?=[#\d])", _FLAGS)


def mark(plain: str) -> str:
    """Replace each label by its signs, and what is certainly no name by one sign.

    `plain` is half-width; traditional characters are read as simplified ones, numbers such as
    10,001 and -1294967296 as the uids that they mean.
    """
    text = to_simplified(plain)
    text = _THOUSANDS.sub(lambda match: match[0].replace(",", ""), text)
    text = _NEGATIVE.sub(lambda match: str(2**32 - int(match[1])), text)
    text = _NUMBER_SIGN.sub(words.ID, _ITALIC.sub(r"\1", text))
    text = words.NO_NAME.sub(lambda match: (match["thing"] or "") + words.NOISE, text)
    text = _ROOM_ID.sub(words.ROOM + words.ID, text)
    text = _LETTER.sub(lambda match: _OF_LETTERS[match[1].lower()], text)
    text = _CHARACTER.sub(lambda match: _OF_LETTERS[match[1]], text)
    text = _HAN.sub(lambda match: words.LABELS_ZH[match[0]], _WORD.sub(_mark_word, text))
    return _ALONE.sub(r"\1: ", text)


def _mark_word(match: re.Match[str]) -> str:
    word = match[0]
    labelled = _LABELLED.fullmatch(word)
    if labelled is not None:
        sign = words.LABELS_EN[labelled["label"].lower()]
        return f"{sign} {labelled['number'] or word}"
    return words.LABELS_EN.get(word.lower().replace("_", "").replace("-", ""), word)
