"""From a chat's markup to readable text, and to text without traps for a reader of names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_ENTITY: Final = re.compile(r"<([^<>\n]+)>")
_ESCAPE: Final = re.compile(r"&(amp|lt|gt);")
_ESCAPED: Final = {"amp": "&", "lt": "<", "gt": ">"}
_ADDRESS: Final = re.compile(r"(?i:https?|ftp|mailto|tel|slack):")
_BARE_ADDRESS: Final = re.compile(r"(?i:https?|ftp)://[!-~]+")
_EMOJI: Final = re.compile(r"(?<![\w:=]):[a-z][a-z0-9_+\-]{0,60}:(?!\w)", re.ASCII)
# What no database or form takes: control characters, and halves of surrogate pairs.
UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_LINE_ENDS: Final = re.compile(r"\r\n?|[\u2028\u2029]")
_NARROW: Final[dict[int, int | str]] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys((0x3000, 0x00A0, 0x2002, 0x2003, 0x2009, 0x202F), " "),
    **dict.fromkeys(map(ord, "“”„「」『』«»＂"), '"'),
    **dict.fromkeys(map(ord, "‘’＇"), "'"),
    **dict.fromkeys(map(ord, "‐‑–—"), "-"),
    **dict.fromkeys(map(ord, "【《〔"), "("),
    **dict.fromkeys(map(ord, "】》〕"), ")"),
}


@dataclass(frozen=True, slots=True)
class CleanText:
    """One text twice, equally long, so that a place in one is the same place in the other.

    `readable` is for people. `plain` is for reading names out of it: half-width, and blank where
    mentions, addresses and emoji stand, whose letters and digits mean no call.
    """

    readable: str
    plain: str

    def after(self, place: int) -> CleanText:
        """The text from this place on."""
        return CleanText(self.readable[place:], self.plain[place:])


def clean(text: str) -> CleanText:
    """Take a chat's entities and escapes off (Slack, "Formatting text": mentions, links)."""
    kept = UNPRINTABLE.sub("", _LINE_ENDS.sub("\n", text))
    readable: list[str] = []
    plain: list[str] = []
    place = 0
    for entity in _ENTITY.finditer(kept):
        between = _unescape(kept[place : entity.start()])
        shown, is_name = _show(entity[1])
        readable += between, shown
        plain += between, shown if is_name else " " * len(shown)
        place = entity.end()
    rest = _unescape(kept[place:])
    return CleanText("".join([*readable, rest]), narrow("".join([*plain, rest])))


def narrow(text: str) -> str:
    """Full-width letters, digits and punctuation become half-width, addresses and emoji blank.

    The length stays; `unicodedata.normalize` would change it, and takes quadratic time.
    """
    halved = text.translate(_NARROW)
    return _EMOJI.sub(_blank, _BARE_ADDRESS.sub(_blank, halved))


def _show(entity: str) -> tuple[str, bool]:
    """What stands for an entity, and whether it may name something of a call."""
    target, _, label = _unescape(entity).partition("|")
    if target.startswith("@"):
        return f"@{label or target[1:]}", False
    if target.startswith("#"):
        return f"#{label or target[1:]}", False
    if target.startswith("!"):
        name = target[1:].partition("^")[0]
        return (label or f"@{name}"), False
    if _ADDRESS.match(target):
        return (label or target), bool(label) and "://" not in label
    return f"<{_unescape(entity)}>", True


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPED[found[1]], text)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
