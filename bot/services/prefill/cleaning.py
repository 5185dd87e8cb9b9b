"""Chat markup converted to readable text, and to plain text for the parser."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_ENTITY: Final = re.compile(r"<([^<>\n]+)>")
_ESCAPE: Final = re.compile(r"&(amp|lt|gt);")
_ESCAPED: Final = {"amp": "&", "lt": "<", "gt": ">"}
_ADDRESS: Final = re.compile(r"(?i:https?|ftp|mailto|tel|slack):")
_BARE_ADDRESS: Final = re.compile(r"(?i:https?|ftp)://[!-~]+")
_EMOJI: Final = re.compile(r"(?<![\w:=]):[a-z][a-z0-9_+\-]{0,60}:(?!\w)", re.ASCII)
# What databases and forms reject: control characters, and halves of surrogate pairs.
UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_LINE_ENDS: Final = re.compile(r"\r\n?|[\u2028\u2029]")
_NARROW: Final[dict[int, int | str]] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys((0x3000, 0x00A0, 0x2002, 0x2003, 0x2009, 0x202F), " "),
    **dict.fromkeys(map(ord, "“”„「」『』«»＂"), '"'),
    **dict.fromkeys(map(ord, "‘’＇"), "'"),
    **dict.fromkeys(map(ord, "‐‑–—−"), "-"),
    **dict.fromkeys(map(ord, "【《〔"), "("),
    **dict.fromkeys(map(ord, "】》〕"), ")"),
}
_AROUND: Final = " \t\n\"'`*"  # blanks, quotation marks and Slack's formatting
_SENTENCE_END: Final = ".,;。、"


@dataclass(frozen=True, slots=True)
class CleanText:
    """One text twice, equally long, so that positions are the same in both.

    `readable` is for people. `plain` is for the parser: half-width, with blanks instead of
    mentions, addresses and emoji, whose letters and digits name no call.
    """

    readable: str
    plain: str

    def after(self, position: int) -> CleanText:
        """Return the text from this position on."""
        return CleanText(self.readable[position:], self.plain[position:])

    def before(self, position: int) -> CleanText:
        """Return the text before this position."""
        return CleanText(self.readable[:position], self.plain[:position])


def clean(text: str) -> CleanText:
    """Remove a chat's entities and escapes (Slack, "Formatting text": mentions, links)."""
    printable = UNPRINTABLE.sub("", _LINE_ENDS.sub("\n", text))
    readable: list[str] = []
    plain: list[str] = []
    position = 0
    for entity in _ENTITY.finditer(printable):
        between = _unescape(printable[position : entity.start()])
        rendered, is_name = _render_entity(entity[1])
        readable += between, rendered
        plain += between, rendered if is_name else " " * len(rendered)
        position = entity.end()
    rest = _unescape(printable[position:])
    return CleanText("".join([*readable, rest]), to_half_width("".join([*plain, rest])))


def to_half_width(text: str) -> str:
    """Full-width letters, digits and punctuation become half-width, addresses and emoji blank.

    The length is kept; `unicodedata.normalize` would change it, and takes quadratic time.
    """
    half_width = text.translate(_NARROW)
    return _EMOJI.sub(_blank, _BARE_ADDRESS.sub(_blank, half_width))


def clean_name(text: str) -> str:
    """Return a channel's name, a uid or an option as it was meant.

    Half-width, without invisible characters, quotation marks, formatting and the sentence's end.
    """
    visible = UNPRINTABLE.sub("", unicodedata.normalize("NFKC", text)).translate(_NARROW)
    return visible.lstrip(_AROUND).rstrip(_AROUND + _SENTENCE_END)


def _render_entity(entity: str) -> tuple[str, bool]:
    """Return the text for an entity, and whether it may name something of a call."""
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
    return _ESCAPE.sub(lambda match: _ESCAPED[match[1]], text)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])
