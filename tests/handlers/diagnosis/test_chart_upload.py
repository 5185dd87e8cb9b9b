"""Uploaded charts: their blocks, and waiting until Slack has the file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import pytest

from bot.errors import SlackRefusedError, SlackUnreachableError
from bot.i18n.messages import message
from bot.ports import FILE_GONE, Diagnosis, UploadedImage
from bot.sandbox.slack import Workspace
from bot.ticket_thread import TicketThread
from handlers.diagnosis.chart_upload import (
    ChartUploader,
    chart_image_block,
    send_when_file_ready,
    uploaded_image_block,
)
from handlers.slack.api_errors import SlackFileNotReadyError
from handlers.slack.clients import SlackClients
from handlers.slack.manifest import build_manifest
from handlers.slack.posting import SlackPoster
from handlers.slack.user_directory import UserDirectory
from tests.conftest import FakeClock
from tests.handlers.diagnosis.sample_diagnosis import make_diagnosis, with_series
from tests.handlers.response_url import ResponseUrl
from tests.handlers.samples import EN, make_ticket


def test_the_image_of_a_chart() -> None:
    """It has a title and a description."""
    expected = {
        "type": "image",
        "block_id": "picture",
        "slack_file": {"id": "F0123456789"},
        "alt_text": "Loss",
        "title": {"type": "plain_text", "text": "LD-12: what was measured", "emoji": True},
    }
    uploaded = UploadedImage("F0123456789", "Loss")
    assert uploaded_image_block(uploaded, "LD-12", EN) == expected
    thread = TicketThread(chart_file_id="F0123456789", chart_alt_text="Loss")
    assert chart_image_block(make_ticket(thread=thread), EN) == expected


@pytest.mark.parametrize(
    ("failures", "attempts", "pauses"),
    [(0, 1, []), (1, 2, [0.3]), (4, 5, [0.3, 0.6, 1.2, 2.4])],
)
async def test_a_new_file_is_waited_for(
    failures: int,
    attempts: int,
    pauses: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Longer each time, while Slack processes it."""
    slept: list[float] = []
    calls: list[int] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def send() -> None:
        calls.append(1)
        if len(calls) <= failures:
            raise SlackFileNotReadyError(message("Not found."), code="invalid_blocks")

    monkeypatch.setattr("handlers.diagnosis.chart_upload.asyncio.sleep", sleep)
    await send_when_file_ready(send)
    assert len(calls) == attempts
    assert slept == pytest.approx(pauses)


async def test_a_file_that_is_never_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """After five attempts it counts as gone, and a new one is drawn."""
    calls: list[int] = []

    async def send() -> None:
        calls.append(1)
        raise SlackFileNotReadyError(message("Not found."), code="invalid_blocks")

    async def sleep(_seconds: float) -> None:
        return None

    monkeypatch.setattr("handlers.diagnosis.chart_upload.asyncio.sleep", sleep)
    with pytest.raises(SlackUnreachableError) as caught:
        await send_when_file_ready(send)
    assert len(calls) == 5
    assert (caught.value.code, caught.value.maybe_arrived) == (FILE_GONE, False)


@pytest.fixture
async def workspace(fake_clock: FakeClock) -> AsyncIterator[Workspace]:
    """A fake Slack."""
    manifest = build_manifest("https://lagdesk.example")
    made = Workspace(clock=fake_clock, manifest=manifest, message_rate_s=0)
    async with made.serve():
        yield made


BLOCKS = [{"type": "divider", "block_id": "first"}, {"type": "divider", "block_id": "second"}]
WITH_PICTURE = ["first", "picture", "second"]
WITHOUT = ["first", "second"]
ACCEPTED, INVALID = (200, "ok"), (200, '{"ok": false, "error": "invalid_blocks"}')


async def answer(
    workspace: Workspace,
    diagnosis: Diagnosis,
    *answers: tuple[int, str],
) -> list[list[str]]:
    """Answer an inquiry; returns the blocks of each response."""
    slack = ResponseUrl(*answers)
    async with (
        SlackClients(workspace.api_url, workspace.bot_token) as clients,
        slack.serve() as inquiry,
    ):
        uploader = ChartUploader(SlackPoster(clients), cast("UserDirectory", None))
        await uploader.answer(inquiry, diagnosis, EN, "text", BLOCKS)
    assert {each["text"] for each in slack.received} == {"text"}
    return [[block["block_id"] for block in each["blocks"]] for each in slack.received]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([ACCEPTED], [WITH_PICTURE]),
        ([INVALID, ACCEPTED], [WITH_PICTURE, WITH_PICTURE]),
        ([INVALID, INVALID, ACCEPTED], [WITH_PICTURE, WITH_PICTURE, WITHOUT]),
    ],
)
async def test_a_response_with_a_chart(
    answers: list[tuple[int, str]],
    expected: list[list[str]],
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Under the headline; without it where Slack does not accept the picture twice."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("handlers.diagnosis.chart_upload.asyncio.sleep", sleep)
    assert await answer(workspace, with_series(), *answers) == expected
    assert [seconds for seconds in slept if seconds] == [1.5][: len(expected) - 1]
    (file,) = workspace.files.values()
    assert (file.name, file.title) == ("class_77_1.png", "class_77_1: what was measured")


async def test_a_response_without_a_chart(workspace: Workspace) -> None:
    """Without data, or when it cannot be uploaded."""
    assert await answer(workspace, make_diagnosis("unknown"), ACCEPTED) == [WITHOUT]
    assert workspace.files == {}
    workspace.fail_next("files.getUploadURLExternal", "http_500")
    assert await answer(workspace, with_series(), ACCEPTED) == [WITHOUT]


async def test_a_response_that_is_refused_otherwise(workspace: Workspace) -> None:
    """Another response would be refused too."""
    with pytest.raises(SlackRefusedError):
        await answer(workspace, with_series(), (404, "used_url"))
