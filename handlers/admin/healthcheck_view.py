"""The words of doctor: what was found, as a table, as JSON and as a card. Decides nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from bot.i18n.messages import Message, message
from bot.i18n.translator import Words
from bot.ports import Finding, Health
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Voice

HEALTHS: Final = {
    Health.OK: message("ok"),
    Health.WARNING: message("warning"),
    Health.FAILED: message("failed"),
}
_MARKS: Final = {
    Health.OK: ":white_check_mark:",
    Health.WARNING: ":warning:",
    Health.FAILED: ":x:",
}
_ROWS_A_BLOCK: Final = 8
_WIDE: Final = ("W", "F")
_GAP: Final = "  "


def summary(findings: Sequence[Finding]) -> Message:
    """The whole in one sentence."""
    failed = [finding.label for finding in findings if finding.health is Health.FAILED]
    if failed:
        return message("Something Lagdesk needs does not work: %(what)s.", what=failed)
    return message("Everything Lagdesk needs works.")


def print_table(findings: Sequence[Finding], words: Words) -> str:
    """A line for each thing: its name, how it is, what to do."""
    rows = [
        [_line(words, each) for each in (row.label, HEALTHS[row.health], row.detail)]
        for row in findings
    ]
    widths = [max(_width(row[column]) for row in rows) for column in range(2)]
    lines = [_GAP.join([_pad(row[0], widths[0]), _pad(row[1], widths[1]), row[2]]) for row in rows]
    return "\n".join([*lines, _line(words, summary(findings))])


def to_json(findings: Sequence[Finding], words: Words) -> list[dict[str, str]]:
    """A list of {name, state, detail}; names and states are the same in every language."""
    return [
        {"name": row.name, "state": row.health.value, "detail": _line(words, row.detail)}
        for row in findings
    ]


def card(findings: Sequence[Finding], voice: Voice) -> tuple[str, list[Block]]:
    """What somebody who called the doctor is answered: notice text and blocks."""
    lines = [
        voice.markup(
            message(
                "%(mark)s *%(label)s*: %(detail)s",
                mark=_MARKS[row.health],
                label=row.label,
                detail=row.detail,
            )
        )
        for row in findings
    ]
    whole = summary(findings)
    starts = range(0, len(lines), _ROWS_A_BLOCK)
    shown = [
        block_kit.header("title", voice.plain(message("How Lagdesk is doing"))),
        block_kit.section("summary", voice.markup(whole)),
        *(
            block_kit.section(f"findings_{start}", "\n".join(lines[start : start + _ROWS_A_BLOCK]))
            for start in starts
        ),
    ]
    return voice.plain(whole), shown


def _line(words: Words, spoken: Message) -> str:
    return " / ".join(words.say(spoken).splitlines())


def _width(text: str) -> int:
    """How many columns of a terminal a text takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in _WIDE else 1 for sign in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
