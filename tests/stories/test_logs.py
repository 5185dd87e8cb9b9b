"""The logs of whole stories, at the level DEBUG."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import logs
from bot.sandbox.slack.delivery.transport import sign
from tests.conftest import Harness, open_harness
from tests.scenario_helpers import find_card, report

TEACHER, STUDENT = "424242421", "987654321"
COMMENT = "the-secret-comment 卡住了 "
REPLY, RESOLUTION = "a-secret-reply", "a-secret-resolution"


@pytest.fixture(autouse=True)
def logging_put_back() -> Iterator[None]:
    """Leave logging as it was."""
    loggers = [logging.getLogger(n) for n in ("", "bot", "handlers", "__main__", "alembic")]
    handlers, levels = loggers[0].handlers[:], [logger.level for logger in loggers]
    yield
    loggers[0].handlers = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


async def play(harness: Harness) -> None:
    """Report, diagnose, fail on every side, talk, claim and resolve."""
    lin, zhou = harness.workspace.person("lin"), harness.workspace.person("zhou")
    uids = {"teacher_uid": TEACHER, "student_uid": STUDENT}
    harness.workspace.fail_next("chat.postMessage", "http_500", times=2)
    harness.workspace.fail_next("users.info", "dropped", times=2)
    await report(lin, "class_77_2", comments=COMMENT, **uids)
    await harness.settled()
    await harness.pass_time(30)
    await harness.pass_time(400)
    card = find_card(harness, "class_77_2")
    await zhou.post_message("escalations", REPLY, card["ts"])
    await lin.command("/diagnose", "class_77_2")
    await lin.command("/tickets", COMMENT)
    await lin.command("/lagdesk", COMMENT)
    await zhou.click(card, "ticket.claim")
    await zhou.click(find_card(harness, "class_77_2"), "ticket.resolve")
    view = await zhou.wait_for_view("resolve")
    await zhou.submit(view, {"cause": "unknown", "resolution": RESOLUTION})
    await harness.settled()
    body = f'{{"comment": "{COMMENT}"'.encode()
    transport = harness.workspace.transport
    headers = {"Content-Type": "application/json", **sign(harness.workspace.signing_secret, body)}
    await transport.post(body, headers)  # type: ignore[union-attr]


@pytest.mark.parametrize("form", ["text", "json"])
async def test_logs_keep_secrets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    """No token, key, address, comment or uid at LOG_LEVEL=DEBUG; JSON is an object a line."""
    async with open_harness(tmp_path) as harness:
        logs.configure("DEBUG", form, harness.settings.secrets)  # type: ignore[arg-type]
        await play(harness)
        secrets = [secret for secret in harness.settings.secrets if len(secret) > 3]
    stderr = capsys.readouterr().err
    assert "bot." in stderr
    private = [
        TEACHER,
        STUDENT,
        COMMENT.strip(),
        "卡住了",
        REPLY,
        RESOLUTION,
        "/response/",
        "xoxb-",
    ]
    assert [word for word in (*private, *secrets) if word in stderr] == []
    assert "Traceback" not in stderr
    if form == "json":
        assert {"at", "level", "logger", "message"} <= set(json.loads(stderr.splitlines()[0]))
        assert all(isinstance(json.loads(line), dict) for line in stderr.splitlines())


async def test_a_request_is_followed_to_the_cloud(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lines of the form, of its jobs, of the jobs of these and of their requests to the cloud."""
    async with open_harness(tmp_path) as harness:
        logs.configure("DEBUG", "json", harness.settings.secrets)
        lin = harness.workspace.person("lin")
        await report(lin, "class_77_2", teacher_uid=TEACHER, student_uid=STUDENT)
        await harness.pass_time(30)
        await harness.pass_time(400)
        await lin.command("/tickets", "")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    submitted = next(line["request_id"] for line in lines if line["message"].startswith("view: ok"))
    assert len(submitted) > 10
    followed = {line["logger"] for line in lines if line["request_id"] == submitted}
    assert {"handlers.slack.punctual_app", "bot.jobs.worker", "bot.clouds.http"} <= followed
    requests = [line for line in lines if line["logger"] == "handlers.slack.punctual_app"]
    assert len({line["request_id"] for line in requests}) == len(requests) > 2


async def test_a_refused_insert_is_logged_without_its_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The database's reason is in the log, what the person wrote is not."""
    async with open_harness(tmp_path) as harness:
        logs.configure("DEBUG", "text", harness.settings.secrets)
        with harness.application.store.engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER full BEFORE INSERT ON ticket"
                " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
            )
        lin = harness.workspace.person("lin")
        outcome = await report(
            lin, "class_77_2", comments=COMMENT, teacher_uid=TEACHER, student_uid=STUDENT
        )
        assert not outcome.ok
    stderr = capsys.readouterr().err
    assert "database or disk is full" in stderr
    private = (TEACHER, STUDENT, COMMENT.strip(), "卡住了")
    assert [word for word in private if word in stderr] == []
