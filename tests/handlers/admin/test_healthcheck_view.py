"""Health checks as a table, as JSON and as blocks."""

from __future__ import annotations

import pytest

from bot.i18n.messages import message
from bot.i18n.translator import Translator
from bot.ports import CheckResult, Health
from bot.sandbox.slack.block_kit import validate_message
from handlers.admin.healthcheck_view import print_table, results_message, summary, to_json
from tests.handlers.samples import EN, texts_of

FINE = CheckResult("slack.token", message("Slack token"), Health.OK, message("Valid."))
SOSO = CheckResult("slack.scopes", message("Slack scopes"), Health.WARNING, message("Some."))
BAD = CheckResult("x", message("Support group"), Health.FAILED, message("None."))


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], "Every required check passed."),
        ([FINE, SOSO], "Every required check passed."),
        ([FINE, SOSO, BAD, BAD], "Failed checks: Support group, Support group."),
    ],
)
def test_summary(results: list[CheckResult], expected: str) -> None:
    """Failures are named; a warning is none."""
    assert EN.plain_text(summary(results)) == expected
    assert results_message(results, EN)[0] == expected


def test_a_table_in_the_terminal() -> None:
    """In columns, in every language; a detail in two languages is one line."""
    assert print_table([FINE, BAD], Translator("en")).splitlines() == [
        "Slack token    ok      Valid.",
        "Support group  failed  None.",
        "Failed checks: Support group.",
    ]
    for line in print_table([FINE, BAD], Translator("both")).splitlines():
        assert line.strip()


def test_json() -> None:
    """Names and states are not translated."""
    assert to_json([BAD], Translator("zh"))[0] == {
        "name": "x",
        "state": "failed",
        "detail": "None.",
    }


def test_blocks() -> None:
    """A line for each check, eight to a block."""
    _, blocks = results_message([FINE, SOSO, BAD] * 3, EN)
    texts = texts_of(blocks)
    assert texts["findings_0"][:3] == [
        ":white_check_mark: *Slack token*: Valid.",
        ":warning: *Slack scopes*: Some.",
        ":x: *Support group*: None.",
    ]
    assert [len(texts[name]) for name in ("findings_0", "findings_8")] == [8, 1]
    assert blocks[0]["text"]["text"] == "How Lagdesk is doing"
    assert validate_message({"text": "x", "blocks": blocks}) == []
