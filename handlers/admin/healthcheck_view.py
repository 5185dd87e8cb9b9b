"""The words of doctor: what was found, as a table, as JSON and as a card. Decides nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from bot.i18n.messages import Message, message
from bot.i18n.translator import Translator
from bot.ports import CheckResult, Health
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer

HEALTH_NAMES: Final = {
    Health.OK: message("ok"),
    Health.WARNING: message("warning"),
    Health.FAILED: message("failed"),
}
_EMOJI: Final = {
    Health.OK: ":white_check_mark:",
    Health.WARNING: ":warning:",
    Health.FAILED: ":x:",
}
_ROWS_PER_BLOCK: Final = 8
_WIDE: Final = ("W", "F")
_GAP: Final = "  "


def summary(results: Sequence[CheckResult]) -> Message:
    """The whole in one sentence."""
    failed = [result.label for result in results if result.health is Health.FAILED]
    if failed:
        return message("Failed checks: %(what)s.", what=failed)
    return message("Every required check passed.")


def print_table(results: Sequence[CheckResult], translator: Translator) -> str:
    """A line for each thing: its name, how it is, what to do."""
    rows = [
        [_line(translator, each) for each in (row.label, HEALTH_NAMES[row.health], row.detail)]
        for row in results
    ]
    widths = [max(_width(row[column]) for row in rows) for column in range(2)]
    lines = [_GAP.join([_pad(row[0], widths[0]), _pad(row[1], widths[1]), row[2]]) for row in rows]
    return "\n".join([*lines, _line(translator, summary(results))])


def to_json(results: Sequence[CheckResult], translator: Translator) -> list[dict[str, str]]:
    """A list of {name, state, detail}; names and states are the same in every language."""
    return [
        {"name": row.name, "state": row.health.value, "detail": _line(translator, row.detail)}
        for row in results
    ]


def results_message(results: Sequence[CheckResult], renderer: Renderer) -> tuple[str, list[Block]]:
    """What somebody who called the doctor is answered: notice text and blocks."""
    lines = [
        renderer.mrkdwn(
            message(
                "%(mark)s *%(label)s*: %(detail)s",
                mark=_EMOJI[row.health],
                label=row.label,
                detail=row.detail,
            )
        )
        for row in results
    ]
    overall = summary(results)
    starts = range(0, len(lines), _ROWS_PER_BLOCK)
    blocks = [
        block_kit.header("title", renderer.plain_text(message("How Lagdesk is doing"))),
        block_kit.section("summary", renderer.mrkdwn(overall)),
        *(
            block_kit.section(
                f"findings_{start}", "\n".join(lines[start : start + _ROWS_PER_BLOCK])
            )
            for start in starts
        ),
    ]
    return renderer.plain_text(overall), blocks


def _line(translator: Translator, msg: Message) -> str:
    return " / ".join(translator.translate(msg).splitlines())


def _width(text: str) -> int:
    """How many columns of a terminal a text takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in _WIDE else 1 for character in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
