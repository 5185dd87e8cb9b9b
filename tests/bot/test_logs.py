from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from bot import logs

SECRETS = ("s3cret-key+/=", "xoxb-own", "abc")


@pytest.fixture(autouse=True)
def logging_put_back() -> Iterator[None]:
    """Leave logging as it was."""
    names = ("", "bot", "handlers", "__main__", "alembic", "httpx")
    loggers = [logging.getLogger(name) for name in names]
    handlers, levels = loggers[0].handlers[:], [logger.level for logger in loggers]
    loggers[0].handlers = []
    yield
    loggers[0].handlers = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.mark.parametrize(
    "hidden",
    [
        "xoxb-7000-abc-DEF",
        "xoxe.xoxb-1-abc",
        "xapp-1-A07-9",
        f"lagdesk_{'aB3' * 14}b",
        "Basic aWQ6c2VjcmV0",
        "bearer abcdefgh12",
        "Credential=AKIA123/2026",
        "Signature=00ff00ff",
        "Access=AKIA123",
        "https://hooks.slack.com/commands/T1/2/3",
        "http://127.0.0.1:80/response/R123",
        "203.0.113.7",
        "203.0.113.7:443",
        "2001:db8::7",
        "fe80:0:0:0:1:2:3:4",
        "s3cret-key+/=",
    ],
)
def test_redaction(hidden: str) -> None:
    """Tokens, keys, signatures, addresses and our own secrets are taken out."""
    output = logs.redact(f"before {hidden} after", SECRETS)
    assert hidden not in output
    assert output.startswith("before ")
    assert output.endswith(" after")


@pytest.mark.parametrize(
    "text",
    [
        "report:LD-12 is tried again at 2026-11-09T02:05:00.123456+00:00: agora call_search",
        "10:05:33 and 127.0.0.1 and version 3.4.0, abc",
        "handlers.transports::hear",
    ],
)
def test_other_texts_are_unchanged(text: str) -> None:
    """Times, job names and short words are no secrets."""
    assert text == logs.redact(text, SECRETS)


def fail() -> None:
    """Fail with a secret."""
    raise ValueError("xoxb-own 203.0.113.7\nsecond line")


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_logged(capsys: pytest.CaptureFixture[str], form: str) -> None:
    """Neither messages nor tracebacks contain a secret; JSON is one object a line."""
    logs.configure("DEBUG", form, SECRETS)  # type: ignore[arg-type]
    log = logging.getLogger("bot.test")
    log.info('token %s, "quoted"\nand a line, 卡', "xoxb-own")
    try:
        fail()
    except ValueError:
        log.exception("it failed")
    output = capsys.readouterr().err
    assert "it failed" in output
    assert "卡" in output
    assert not [secret for secret in ("xoxb-own", "203.0.113.7") if secret in output]
    if form == "json":
        lines = [json.loads(line) for line in output.splitlines()]
        assert [line["level"] for line in lines] == ["INFO", "ERROR"]
        assert lines[0]["logger"] == "bot.test"
        assert "second line" in lines[1]["traceback"]


@pytest.mark.parametrize(
    ("level", "name", "record", "output"),
    [
        ("DEBUG", "bot.x", logging.DEBUG, True),
        ("INFO", "bot.x", logging.DEBUG, False),
        ("DEBUG", "handlers.x", logging.DEBUG, True),
        ("DEBUG", "httpx", logging.INFO, False),
        ("DEBUG", "httpx", logging.WARNING, True),
        ("DEBUG", "alembic", logging.INFO, False),
        ("ERROR", "httpx", logging.WARNING, False),
        ("DEBUG", "slack_bolt.AsyncApp", logging.WARNING, False),
        ("DEBUG", "slack_bolt.AsyncApp", logging.ERROR, True),
        ("DEBUG", "stamina", logging.WARNING, False),
        ("CRITICAL", "bot.x", logging.ERROR, False),
    ],
)
def test_levels(
    capsys: pytest.CaptureFixture[str], level: str, name: str, record: int, *, output: bool
) -> None:
    """Our loggers log from the chosen level on, libraries from WARNING, as they log user texts."""
    logging.getLogger("httpx").setLevel(logging.WARNING)  # as bot/clouds/http.py does
    logs.configure(level, "text")
    logging.getLogger(name).log(record, "spoken")
    assert output is ("spoken" in capsys.readouterr().err)


def test_bolt_copies_no_debug_level() -> None:
    """Bolt copies the root's level, and at DEBUG it logs whole messages."""
    logs.configure("DEBUG", "text")
    assert logging.getLogger().level == logging.WARNING
