"""Agora's alert callbacks: what is read of them, and what is refused."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from bot.clouds.agora.alerts import Alert, parse_alert
from bot.sandbox.clouds.agora.alert_sender import alert

NOW = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
AT = NOW - dt.timedelta(minutes=5)
AT_S = int(AT.timestamp())


def parse(callback: Any) -> Alert:
    """Parse a callback that came at NOW."""
    return parse_alert(json.dumps(callback).encode(), NOW)


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"alertTime": f"{AT_S}000"}, AT),
        ({"alertTime": f"{AT_S}250"}, AT + dt.timedelta(milliseconds=250)),
        ({"alertTime": AT_S * 1000}, AT),
        ({"alertTime": AT_S}, AT),
        ({"alertTime": str(AT_S)}, AT),
        ({"alertTime": (AT_S + 3600) * 1000}, NOW),  # nothing is looked up that is to come
        ({"alertTime": ""}, NOW),
        ({"alertTime": None}, NOW),
        ({}, NOW),
    ],
)
def test_when_it_was(fields: dict[str, Any], at: dt.datetime) -> None:
    """Milliseconds or seconds, as text or number; without a time it is of now."""
    assert parse({"cname": "class_1", **fields}).at == at


@pytest.mark.parametrize(
    ("fields", "uid"),
    [
        ({"uid": "20002"}, "20002"),
        ({"uid": 20002}, "20002"),
        ({"uid": "0"}, ""),
        ({"uid": 0}, ""),
        ({"uid": None}, ""),
        ({}, ""),
    ],
)
def test_whom_it_is_about(fields: dict[str, Any], uid: str) -> None:
    """A uid as text or number; without one it is about the whole channel."""
    assert parse({"cname": "class_1", **fields}).uid == uid


def test_a_whole_callback() -> None:
    """Other fields than these are not read, whatever they are."""
    callback = alert("class_1", AT_S, uid=20002, callId={}, enContent=["<!here>"], url=7)
    assert parse(callback) == Alert("kids", "class_1", "20002", AT)
    assert parse({"cname": "x" * 64}) == Alert("", "x" * 64, "", NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no JSON",
        b"[]",
        b"{}",
        b"null",
        b'{"cname": ""}',
        b'{"cname": null}',
        b'{"cname": 7}',
        b'{"cname": ["class_1"]}',
        b'{"cname": "\xff"}',
        b'{"cname": "%s"}' % (b"x" * 65),
        b'{"cname": "class_1", "uid": true}',
        b'{"cname": "class_1", "uid": {}}',
        b'{"cname": "class_1", "projectName": 7}',
        b'{"cname": "class_1", "alertTime": "yesterday"}',
        b'{"cname": "class_1", "alertTime": 1.5}',
        b'{"cname": "class_1", "alertTime": "%s"}' % (b"9" * 257),
        b'{"cname": "class_1", "alertTime": "%s"}' % (b"9" * 200),
        b'{"cname": "class_1", "alertTime": "-%s"}' % (b"9" * 20),
        b'{"cname": "class_1", "alertTime": %s}' % (b"9" * 400),
        b"[" * 5000,
    ],
)
def test_what_is_no_alert(body: bytes) -> None:
    """Neither is its content in the message, which is logged."""
    with pytest.raises(ValueError, match=r"^no alert of Agora's: \w+$"):
        parse_alert(body, NOW)
