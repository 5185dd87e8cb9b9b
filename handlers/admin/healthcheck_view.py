"""Health check results as a table, as JSON and as blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from wcwidth import ljust, width

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
_GAP: Final = "  "


def summary(results: Sequence[CheckResult]) -> Message:
    """Return the results in one sentence."""
    failed = [result.label for result in results if result.health is Health.FAILED]
    if failed:
        return message("Failed checks: %(what)s.", what=failed)
    return message("Every required check passed.")


def print_table(results: Sequence[CheckResult], translator: Translator) -> str:
    """Return a line for each result: name, health, what to do."""
    rows = [
        [_line(translator, each) for each in (row.label, HEALTH_NAMES[row.health], row.detail)]
        for row in results
    ]
    widths = [max(width(row[column]) for row in rows) for column in range(2)]
    lines = [
        _GAP.join([ljust(row[0], widths[0]), ljust(row[1], widths[1]), row[2]]) for row in rows
    ]
    return "\n".join([*lines, _line(translator, summary(results))])


def to_json(results: Sequence[CheckResult], translator: Translator) -> list[dict[str, str]]:
    """Return a list of {name, state, detail}; names and states are not translated."""
    return [
        {"name": row.name, "state": row.health.value, "detail": _line(translator, row.detail)}
        for row in results
    ]


def results_message(results: Sequence[CheckResult], renderer: Renderer) -> tuple[str, list[Block]]:
    """Build the response to a health check: top-level text and blocks."""
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
