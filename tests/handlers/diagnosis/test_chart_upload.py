"""Charts of a call: titles without uids, blocks, and waiting until Slack has the file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.call import Direction, Media, Side
from bot.errors import SlackUnreachableError
from bot.i18n.messages import message
from bot.ports import FILE_GONE, UploadedImage
from bot.ticket import TicketThread
from handlers.diagnosis.chart_upload import (
    chart_image_block,
    choose_chart,
    native_chart_blocks,
    send_when_file_ready,
    uploaded_image_block,
)
from handlers.slack.api_errors import SlackFileNotReadyError
from tests.handlers.diagnosis.sample_diagnosis import make_diagnosis
from tests.handlers.samples import EN, ZH, make_ticket

LOSS: dict[str, Any] = {"media": Media.VIDEO, "direction": Direction.UP, "uid": "20002"}


@pytest.mark.parametrize(
    ("cause", "values", "english", "chinese"),
    [
        ("none", {}, "The call looked healthy", "通话看起来正常"),
        ("unknown", {}, "Not enough data to say why", "数据不足，无法判断原因"),
        (
            "network.loss",
            {**LOSS, "side": Side.STUDENT},
            "Student: Packet loss (video, uplink)",
            "学生：网络丢包（视频上行）",
        ),
        ("network.loss", {"uid": "3"}, "Somebody: Packet loss", None),
    ],
)
def test_the_title_of_a_chart_has_no_uid(
    cause: str,
    values: dict[str, Any],
    english: str,
    chinese: str | None,
) -> None:
    """An image cannot be edited later."""
    chart = choose_chart(make_diagnosis(cause, **values), EN)
    assert EN.plain_text(chart.title) == english
    if chinese:
        assert ZH.plain_text(chart.title) == chinese


def test_no_native_charts_without_data() -> None:
    """Nor a caption."""
    assert native_chart_blocks(make_diagnosis("unknown"), EN) == []


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


def test_a_chart_of_an_inquiry_is_not_a_reports() -> None:
    """Nobody complained at its time."""
    diagnosis = make_diagnosis("network.loss", **LOSS)
    assert choose_chart(diagnosis, EN).is_reported
    assert not choose_chart(replace(diagnosis, named=frozenset()), EN).is_reported
