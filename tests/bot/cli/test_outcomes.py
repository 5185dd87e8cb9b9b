"""What a command prints for each outcome, and its exit status: 0 done, 1 failed, 2 misused."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bot.call import (
    AbnormalEvent,
    Call,
    Code,
    IssueType,
    MissingItem,
    MissingKind,
    MissingReason,
    Report,
    Side,
    Unit,
    Usage,
)
from bot.cli import callback, demo, diagnose, doctor, errors, main, quality, run, serve
from bot.cli.parser import UsageError
from bot.diagnosis import Verdict
from bot.errors import ConflictError, LagdeskError
from bot.i18n import translator
from bot.i18n.messages import Message, message
from bot.i18n.translator import Translator
from bot.ports import AppMetrics, CheckResult, Diagnosis, Health, Topic
from bot.services.call_control.webhook_registration import WebhookRegistration
from bot.setting_reader import SettingError
from bot.settings import read_settings
from tests.cli_helpers import CommandLine

NOW = dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)
EN = Translator("en")
AWAY = message("Slack does not respond.")
REPORT = Report("kids", "room", "10001", "20002", Side.STUDENT, IssueType.HELP, NOW)
CALL = Call("agora", "kids", "c1", "room", NOW)
EVENT = AbnormalEvent("20002", "room", Code("agora.exp_id", "4"), NOW)
Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (UsageError(AWAY), 2, "Slack does not respond."),
        (ConflictError(AWAY), 1, "Slack does not respond."),
        (
            SettingError("PORT", "a number"),
            1,
            "PORT is missing or wrong. Expected: a number.",
        ),
        (
            ZeroDivisionError("secret"),
            1,
            "Unexpected error (ZeroDivisionError). LOG_LEVEL=DEBUG shows more.",
        ),
    ],
)
def test_errors(
    error: Exception,
    status: int,
    line: str,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line on standard error, also in two languages."""
    monkeypatch.setenv("DEFAULT_LOCALE", "en")
    assert errors.print_error(error) == status
    assert capsys.readouterr() == ("", line + "\n")
    monkeypatch.setenv("DEFAULT_LOCALE", "both")
    errors.print_error(error)
    assert capsys.readouterr().err.endswith(f" / {line}\n")


def command(outcome: Callable[[], Any]) -> ModuleType:
    """A command that ends this way."""
    module = ModuleType("command")
    module.configure = lambda _parser: None  # type: ignore[attr-defined]
    module.run = lambda _options, _timing: outcome()  # type: ignore[attr-defined]
    return module


def fail_with(error: BaseException) -> Callable[[], int]:
    """An outcome that is an error."""

    def outcome() -> int:
        raise error

    return outcome


@pytest.mark.parametrize(
    ("outcome", "status", "lines"),
    [
        (lambda: 0, 0, 0),
        (lambda: 1, 1, 0),
        (lambda: True, 1, 0),
        (fail_with(KeyboardInterrupt()), 0, 0),
        (fail_with(BrokenPipeError()), 0, 0),
        (fail_with(ZeroDivisionError()), 1, 1),
    ],
)
def test_how_commands_end(
    outcome: Callable[[], Any],
    status: int,
    lines: int,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ctrl+C and a reader that has enough are no failures."""
    monkeypatch.setattr(main, "_module", lambda _name: command(outcome))
    monkeypatch.setattr("bot.cli.errors.discard_output", lambda: None)
    assert main.main(["migrate"]) == status
    assert len(capsys.readouterr().err.splitlines()) == lines


async def test_catalogs_are_needed(
    cli: CommandLine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without them every text would silently be English."""
    monkeypatch.setattr(translator, "LOCALES_DIR", tmp_path)
    for arguments in (["migrate"], ["doctor"]):
        outcome = await cli.run(*arguments)
        assert (outcome.status, "FileNotFoundError" in outcome.error_line) == (1, True)


def make_diagnosis(*reasons: MissingReason, cause: str = "unknown", **values: Any) -> Diagnosis:
    """A diagnosis with these gaps and a failure."""
    missing = tuple(MissingItem(MissingKind.CALL, why) for why in reasons)
    verdict = Verdict(cause, NOW, NOW, confidence=None, missing=missing)
    return Diagnosis(REPORT, "agora", verdict, NOW, **{"failures": (AWAY,), **values})


UNREACHABLE, NOT_OUT, OVER_QUOTA = (
    MissingReason.UNREACHABLE,
    MissingReason.NOT_OUT_YET,
    MissingReason.OVER_QUOTA,
)


@pytest.mark.parametrize(
    ("diagnosis", "status"),
    [
        (make_diagnosis(UNREACHABLE), 1),
        (make_diagnosis(UNREACHABLE, NOT_OUT), 1),
        (make_diagnosis(NOT_OUT), 0),
        (make_diagnosis(OVER_QUOTA, NOT_OUT), 0),
        (make_diagnosis(UNREACHABLE, failures=()), 0),
        (make_diagnosis(UNREACHABLE, calls=(CALL,)), 0),
        (make_diagnosis(UNREACHABLE, events=(EVENT,)), 0),
        (make_diagnosis(UNREACHABLE, cause="none"), 0),
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_a_diagnosis_that_says_nothing_is_a_failure(
    diagnosis: Diagnosis,
    status: int,
    as_json: bool,  # noqa: FBT001 - a row of the table
    capsys: Capture,
) -> None:
    """Unless the data will be out later; what is known is an answer."""
    assert diagnose._print_diagnosis(diagnosis, EN, as_json=as_json) == status
    out, err = capsys.readouterr()
    if status:
        assert (out, err) == ("", "Slack does not respond.\n")
    else:
        assert err == ""
        assert out.startswith('{\n  "' if as_json else ("Not", "No", "The"))
        if as_json:
            assert json.loads(out) == diagnosis.verdict.to_json()


METRICS = AppMetrics(Topic.LIVE, "kids", "agora", fetched_at=NOW, failures=(AWAY, AWAY))
USAGE = Usage(dt.date(2026, 11, 20), Code("k", "上网"), Unit.NUMBER, 3.0)


@pytest.mark.parametrize(
    ("metrics", "status", "error"),
    [
        (METRICS, 1, "Slack does not respond.\n"),
        (replace(METRICS, failures=()), 0, ""),
        (replace(METRICS, usages=(USAGE,)), 0, ""),
    ],
)
def test_metrics(metrics: AppMetrics, status: int, error: str, capsys: Capture) -> None:
    """Without any data the failures are the answer, each once."""
    assert quality._print_app_metrics(metrics, ["adults"], EN, as_json=False) == status
    out, err = capsys.readouterr()
    assert (err, out != "") == (error, not status)
    assert ("Other apps: adults" in out) is not bool(status)
    assert quality._print_app_metrics(metrics, [], EN, as_json=True) == status
    out, err = capsys.readouterr()
    assert err == error
    if not status:
        assert json.loads(out)["app"] == "kids"
        assert out.startswith('{\n  "')
        assert "\\u" not in out


@pytest.mark.parametrize(
    ("healths", "status"),
    [
        ([], 0),
        ([Health.OK, Health.WARNING], 0),
        ([Health.FAILED, Health.OK], 1),
        ([Health.FAILED, Health.FAILED], 1),
    ],
)
def test_the_doctors_exit_status(healths: list[Health], status: int) -> None:
    """A warning is no failure."""
    assert (
        doctor.exit_status([CheckResult("x", AWAY, health, AWAY) for health in healths]) == status
    )


def test_the_doctors_output(capsys: Capture) -> None:
    """A table, or a list for programs."""
    results = [CheckResult("x", AWAY, Health.OK, message("%(text)s", text="上网"))]
    doctor._print(results, EN, as_json=False)
    assert capsys.readouterr().out.startswith("Slack does not respond.  ok  上网\n")
    doctor._print(results, EN, as_json=True)
    out = capsys.readouterr().out
    assert json.loads(out) == [{"name": "x", "state": "ok", "detail": "上网"}]
    assert out.startswith('[\n  {\n    "name"')
    assert "上网" in out


URL = "https://x.example/r"


@pytest.mark.parametrize(
    ("values", "is_setting", "expected"),
    [
        ({"failure": AWAY}, False, "piano: Slack does not respond."),
        (
            {"url": URL, "is_new": True},
            True,
            f"piano: recording callbacks now go to {URL}.",
        ),
        (
            {"url": URL},
            True,
            (
                f"piano: nothing changed. Recording callbacks already go to {URL}. Add --replace to "
                "send them here instead."
            ),
        ),
        ({"url": URL}, False, f"piano: recording callbacks go to {URL}."),
        (
            {},
            False,
            (
                "piano: no callback URL is set for recordings. Add --url https://your.host to send "
                "them to Lagdesk."
            ),
        ),
    ],
)
def test_a_callback(values: dict[str, Any], is_setting: bool, expected: str) -> None:  # noqa: FBT001 - a row
    """Where it goes now, and what to do."""
    fields: dict[str, Any] = {"url": None, "is_new": False, "failure": None, **values}
    line: Message = callback._line(WebhookRegistration("piano", **fields), is_setting=is_setting)
    assert EN.translate(line) == expected


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        (None, None, ("1.2.3.4", 5000)),
        ("::1", None, ("::1", 5000)),
        (None, 0, ("1.2.3.4", 0)),
        ("", 80, ("", 80)),
    ],
)
def test_options_override_the_environment(
    host: str | None,
    port: int | None,
    expected: tuple[str, int],
) -> None:
    """Also with port 0, which chooses one."""
    settings = read_settings({"HOST": "1.2.3.4", "PORT": "5000"})
    options = argparse.Namespace(host=host, port=port)
    changed = serve._with_overrides(settings, options)
    assert (changed.host, changed.port) == expected


@pytest.mark.parametrize("has_browser", [True, False])
def test_the_demos_address(
    has_browser: bool,  # noqa: FBT001 - a row of the table
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is printed in the chosen language, and opened unless that is unwanted."""
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    page, server, webhooks = (f"http://127.0.0.1:{port}" for port in (8080, 9, 10))
    demo._show_page(page, server, webhooks, "en", has_browser=has_browser)
    first, second, *others = capsys.readouterr().out.splitlines()
    assert first == "The demo is here: http://127.0.0.1:8080"
    assert second.startswith("Type /report class_77_1 ")
    assert others == [
        "Programs read tickets at: http://127.0.0.1:9/api/v1/tickets",
        "Assistants connect to (MCP): http://127.0.0.1:9/mcp",
        "The webhooks that Lagdesk has sent: http://127.0.0.1:10",
        "Alerts of Agora go to: http://127.0.0.1:9/hooks/agora/alerts/sandbox-alert-secret-000",
    ]
    assert opened == [page] * has_browser


async def test_a_demo_whose_port_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The port that was chosen is named."""
    monkeypatch.setattr("bot.logs.configure", lambda *_: None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        options = argparse.Namespace(port=port, locale="en", no_browser=True)
        with pytest.raises(LagdeskError) as caught:
            await demo.run_demo(options)
    assert EN.translate(caught.value.user_message) == f"Port {port} is not free."


@pytest.fixture
def signals() -> Iterator[Sequence[signal.Signals]]:
    """The signals that stop a server; afterwards they do what they did before."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield list(handlers)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("stop", [0, 1])
async def test_signals_stop_a_server(signals: Sequence[signal.Signals], stop: int) -> None:
    """Both do; what it has open is closed, and no timer keeps the process alive."""
    started, closed = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        started.set()
        try:
            await asyncio.Future()
        finally:
            closed.set()

    waiting = asyncio.create_task(run.until_stopped(work(), exit_process=closed.set))
    await started.wait()
    signal.raise_signal(signals[stop])
    assert (await asyncio.wait_for(waiting, 10), closed.is_set()) == (0, True)
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    assert [timer.daemon for timer in timers] == [True] * len(timers) != []
    assert [signal.getsignal(number) for number in signals] == [signal.SIG_IGN] * 2


@pytest.mark.usefixtures("signals")
async def test_a_server_that_does_not_end_is_ended() -> None:
    """The process exits in time, also when its work waits for ever."""
    started, exited = asyncio.Event(), threading.Event()

    async def work() -> None:
        started.set()
        try:
            await asyncio.Future()
        finally:
            await asyncio.to_thread(exited.wait, 10)

    waiting = asyncio.create_task(run.until_stopped(work(), 0, exited.set))
    await started.wait()
    signal.raise_signal(signal.SIGTERM)
    await asyncio.wait_for(waiting, 10)
    assert exited.is_set()


def test_the_address_of_a_server(capsys: Capture) -> None:
    """On standard error: standard output is for answers."""
    serve._print_ready("http://127.0.0.1:3000")
    assert capsys.readouterr() == ("", "Lagdesk listens on http://127.0.0.1:3000\n")
