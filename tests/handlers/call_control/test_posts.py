"""Posts about room commands, recordings and their files: a sentence for each state."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from bot.call import Side
from bot.call_control import RecordingState, RoomAction, RoomCommandState
from bot.i18n.messages import Message, message
from bot.i18n.translator import Translator
from bot.services.call_control.status_posts import CommandStatus, RecordedFile, RecordingStatus
from handlers.call_control.posts import command_lines, file_message, recording_lines
from handlers.ui.renderer import Renderer
from tests.handlers.samples import EN, NOW, ZH, make_ticket, texts_of, without_dates

TICKET = make_ticket(cloud="huawei")
REASON = message("Not found.")


def plain(lines: list[Message]) -> list[str]:
    """Lines in English."""
    return [without_dates(EN.mrkdwn(line)) for line in lines]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (
            RoomAction.REMOVE_STUDENT,
            "<@U7> asked to remove the student •••02 from channel class_77_1.",
        ),
        (
            RoomAction.REMOVE_TEACHER,
            "<@U7> asked to remove the teacher •••02 from channel class_77_1.",
        ),
        (RoomAction.DISMISS, "<@U7> asked to close channel class_77_1 for everybody."),
    ],
)
def test_what_was_asked(action: RoomAction, expected: str) -> None:
    """Who asked for what."""
    status = CommandStatus("U7", action, "20002", RoomCommandState.ACCEPTED, None)
    assert plain(command_lines(TICKET, status))[0] == expected


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        (
            RoomCommandState.PENDING,
            REASON,
            "It has not been sent to Huawei Cloud yet. Not found.",
        ),
        (RoomCommandState.PENDING, None, "It has not been sent to Huawei Cloud yet. "),
        (
            RoomCommandState.REFUSED,
            REASON,
            "Nothing was done: Huawei Cloud refused. Not found.",
        ),
        (
            RoomCommandState.EXPIRED,
            None,
            (
                "Nothing was done: it could not be sent to Huawei Cloud within 2 min, so it was "
                "cancelled. "
            ),
        ),
    ],
)
def test_what_became_of_it(state: RoomCommandState, reason: Message | None, expected: str) -> None:
    """The outcome, with the reason where there is one."""
    status = CommandStatus("U7", RoomAction.DISMISS, "", state, reason)
    assert plain(command_lines(TICKET, status))[1] == expected


def test_every_state_has_a_sentence_of_its_own() -> None:
    """In both languages, with every parameter filled in."""
    commands = [
        CommandStatus("U7", RoomAction.DISMISS, "", state, REASON) for state in RoomCommandState
    ]
    recordings = [recording(state=state) for state in RecordingState]
    for renderer in (EN, ZH):
        for lines in (
            [renderer.mrkdwn(command_lines(TICKET, each)[1]) for each in commands],
            [renderer.mrkdwn(recording_lines(TICKET, each)[1]) for each in recordings],
        ):
            assert len(set(lines)) == len(lines)
            assert not any("%(" in line for line in lines)


def recording(**values: Any) -> RecordingStatus:
    """A recording of the teacher that runs."""
    fields: dict[str, Any] = {
        "person": "U7",
        "side": Side.TEACHER,
        "uid": "10001",
        "cname": "room",
        "state": RecordingState.RUNNING,
        "reason": None,
        "requested_at": NOW,
        "started_at": None,
        "job_id": "",
        "stop_reason": "",
        "stop_requested_at": None,
        "stop_requested_by": "",
        "has_webhook": None,
        **values,
    }
    return RecordingStatus(**fields)


ASKED = "<@U7> asked to record the teacher •••01 in channel room."
SINCE = "Recording since 2026-11-21 03:20 UTC. "
STOPPED = "The recording has stopped."
ANNOUNCED = "The finished file is announced here when Huawei Cloud reports it."
STOP = {"stop_requested_at": NOW, "stop_requested_by": "U8"}
OVER = {"state": RecordingState.STOPPED}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [ASKED, SINCE]),
        (
            {"side": Side.STUDENT, "started_at": NOW + dt.timedelta(minutes=1)},
            [
                "<@U7> asked to record the student •••01 in channel room.",
                "Recording since 2026-11-21 03:21 UTC. ",
            ],
        ),
        ({"job_id": "J"}, [ASKED, SINCE, ANNOUNCED]),
        ({"job_id": "J", "has_webhook": True}, [ASKED, SINCE, ANNOUNCED]),
        (
            {"job_id": "J", **STOP},
            [ASKED, SINCE, "<@U8> asked to stop it.", ANNOUNCED],
        ),
        (OVER, [ASKED, STOPPED]),
        ({"stop_reason": "TENANT_STOP"}, [ASKED, SINCE]),
        ({**OVER, "stop_reason": "TENANT_STOP"}, [ASKED, STOPPED, "It was stopped on request."]),
        (
            {**OVER, **STOP, "stop_reason": "TENANT_STOP"},
            [ASKED, STOPPED, "<@U8> asked to stop it."],
        ),
        (
            {**OVER, **STOP, "stop_reason": "INTERNAL_ERROR"},
            [
                *(ASKED, STOPPED, "<@U8> asked to stop it."),
                "It ended because Huawei Cloud failed.",
            ],
        ),
        (
            {**OVER, "stop_reason": "EXCEED_MAX_IDLE_TIME"},
            [ASKED, STOPPED, "It ended because the channel was empty."],
        ),
        (
            {**OVER, "stop_reason": "NEW_REASON"},
            [ASKED, STOPPED, "Unknown code NEW_REASON (huawei.stop_reason)"],
        ),
    ],
)
def test_a_recording(values: dict[str, Any], expected: list[str]) -> None:
    """Request, state, who stopped it and why, and where its file will be."""
    assert plain(recording_lines(TICKET, recording(**values))) == expected


def test_a_recording_whose_file_is_not_announced() -> None:
    """It says where to look instead."""
    lines = plain(recording_lines(TICKET, recording(job_id="J", has_webhook=False)))
    assert lines[2].startswith("Huawei Cloud has no callback address for recordings")


FILE = RecordedFile(
    path="rec/10001/room.mp4",
    format="mp4",
    duration_s=90,
    started_at=NOW,
    ended_at=NOW + dt.timedelta(seconds=90),
    width=640,
    height=360,
    location="cn-north-4",
    bucket="lessons",
)
FACTS = {
    "Format": "mp4",
    "Length": "1 min 30 s",
    "From": "2026-11-21 03:20 UTC",
    "To": "2026-11-21 03:21 UTC",
    "Picture size": "640×360",
    "Storage": "cn-north-4 / lessons",
}


def facts_of(file: RecordedFile) -> dict[str, str]:
    """The facts of a file, by name."""
    _, (block, *_) = file_message(TICKET, file, EN)
    texts = [without_dates(field["text"]) for field in block.get("fields", [])]
    return {text.split("*")[1]: text.partition("\n")[2] for text in texts}


@pytest.mark.parametrize(
    ("values", "absent"),
    [
        ({}, []),
        ({"duration_s": None}, ["Length"]),
        ({"width": 0}, ["Picture size"]),
        ({"height": 0}, ["Picture size"]),
        ({"format": ""}, ["Format"]),
        ({"started_at": None, "ended_at": None}, ["From", "To"]),
        ({"location": "", "bucket": ""}, ["Storage"]),
    ],
)
def test_facts_of_a_file(values: dict[str, Any], absent: list[str]) -> None:
    """What the cloud did not say is left out."""
    expected = {name: fact for name, fact in FACTS.items() if name not in absent}
    assert facts_of(replace(FILE, **values)) == expected


def test_a_finished_file() -> None:
    """Its path without uids, and where it is; where only one part is known, that one."""
    text, blocks = file_message(TICKET, FILE, EN)
    assert text == "A recording of class_77_1 is finished."
    assert texts_of(blocks) == {
        "note": [text],
        "path": ["*Path*", "rec/•••01/room.mp4"],
        "where": ["It is in your own storage; open it in the console of Huawei Cloud."],
    }
    assert facts_of(replace(FILE, bucket=""))["Storage"] == "cn-north-4"
    _, blocks = file_message(TICKET, replace(FILE, path=""), EN)
    assert list(texts_of(blocks)) == ["note", "where"]
    unmasked = Renderer(Translator("en"), mask=False)
    assert texts_of(file_message(TICKET, FILE, unmasked)[1])["path"][1] == FILE.path
