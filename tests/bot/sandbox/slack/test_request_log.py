"""The fake Slack's log of requests, which pages and tests read: no secrets, of limited length."""

from __future__ import annotations

import pytest

from bot.sandbox.slack.state.request_log import RequestLog, redact


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Bearer xoxb-12-ab", "Bearer xoxb…"),
        ("xoxp-1 and xapp-1-A", "xoxp… and xapp…"),
        ("sandbox-client-secret", "sand…"),
        ({"token": "anything", "text": "hi"}, {"token": "…", "text": "hi"}),
        ({"token": ""}, {"token": ""}),
        ({"code": {"a": 1}}, {"code": {"a": 1}}),
        (["xoxb-1", ("xoxb-2", 3)], ["xoxb…", ["xoxb…", 3]]),
        ("x" * 4000, "x" * 4000),
        ("x" * 4001, "x" * 4000 + "…"),
        (None, None),
    ],
)
def test_redaction(value: object, expected: object) -> None:
    """Tokens keep their kind, secrets nothing; long texts are cut."""
    assert redact(value) == expected


def test_the_newest_five_thousand_entries_are_kept() -> None:
    """Numbered from one on; the rest is forgotten."""
    log = RequestLog()
    for number in range(5001):
        log.record(
            at=0.0,
            direction="app->slack",
            name=str(number),
            request={},
            status=200,
            response={},
            ms=1.26,
            warnings=[],
        )
    assert (len(log.entries), log.entries[0]["id"], log.entries[-1]["id"]) == (5000, 2, 5001)
    assert (log.entries[-1]["name"], log.entries[-1]["ms"]) == ("5000", 1.3)
