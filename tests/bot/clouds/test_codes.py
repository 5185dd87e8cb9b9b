"""Every documented status and code is a CloudError with its own message and next step."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final

import httpx
import msgspec
import pytest

from bot.clouds.agora.schemas import CallList
from bot.clouds.agora.schemas import parse_response as agora
from bot.clouds.endpoint import Endpoint
from bot.clouds.endpoints import find_endpoint
from bot.clouds.http import ApiResponse
from bot.clouds.huawei.schemas import parse_response as huawei
from bot.clouds.volcengine.schemas import RoomPage
from bot.clouds.volcengine.schemas import parse_response as volcengine
from bot.errors import CloudError, CloudQuotaExceededError, CloudRefusedError, CloudServerError
from bot.i18n.translator import Translator

NOW: Final = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
ROOMS: Final = find_endpoint("huawei", "rooms")
LISTS: Final = find_endpoint("agora", "lists", generation="seed")
LIST_ROOMS: Final = find_endpoint("volcengine", "ListRoomInfo", generation="2023-11-01")

# Table 14.2, whole: the status, the last digits of the code, words of the next step.
RTC: Final = [
    (400, "1001", "Check the key"),
    (400, "1002", "tell whoever runs Lagdesk"),
    (400, "1003", "Check the channel, the user ids"),
    (400, "1004", "tell whoever runs Lagdesk"),
    (400, "1005", "tell whoever runs Lagdesk"),
    (400, "1006", "Wait until it ends, or stop it first"),
    (400, "1007", "ask Huawei Cloud to raise the limit"),
    (404, "1008", "start a new one"),
    (400, "1009", "Start a new one"),
    (400, "1010", "Check the templates"),
    (404, "1011", "HUAWEI_RECORD_RULES"),
    (400, "1012", "Check the region"),
    (400, "1013", "check the"),
    (404, "1014", "Check the recording rule"),
    (404, "1015", "Check the app id in the settings"),
    (400, "1016", "the account is paid"),
    (400, "1017", "check the"),
    (400, "1018", "can be reached from the internet"),
    (400, "1019", "check the"),
    (400, "1020", "check the"),
    (400, "1021", "ask Huawei Cloud to enable"),
    (400, "1022", "Try again in a minute"),
    *((500, f"200{number}", "open a support ticket") for number in range(1, 7)),
]
# Table 14-1, what is not a yes, and the 429 it leaves out (W8).
STATUSES: Final = [
    (400, CloudRefusedError, "Check the channel, the user ids"),
    (401, CloudRefusedError, "Check the key"),
    (403, CloudRefusedError, "ask Huawei Cloud to enable"),
    (404, CloudRefusedError, "Check the address"),
    (405, CloudRefusedError, "Check the address"),
    (406, CloudRefusedError, "Check the address"),
    (407, CloudRefusedError, "HTTPS_PROXY"),
    (408, CloudServerError, "Try again"),
    (409, CloudRefusedError, "Check its current state"),
    (429, CloudQuotaExceededError, "Try again then"),
    *((status, CloudServerError, "Try again in a minute") for status in range(500, 505)),
]
GATEWAY: Final = [
    ("MissingParameter", 100002, "tell whoever runs Lagdesk"),
    ("MissingRequestInfo", 100004, "tell whoever runs Lagdesk"),
    ("InvalidTimestamp", 100006, "Correct the clock"),
    ("ServiceNotFound", 100007, "Check the address"),
    ("InvalidActionOrVersion", 100008, "Check the address"),
    ("InvalidAccessKey", 100009, "Check the key"),
    ("SignatureDoesNotMatch", 100010, "Check the key"),
    ("AccessDenied", 100013, "ask Volcengine to enable"),
    ("InternalError", 100014, "Try again in a minute"),
    ("InternalServiceTimeout", 100016, "Try again in a minute"),
]
Understand = Any


def refusal(
    read: Understand, row: Endpoint, status: int, body: object, kind: type[Any]
) -> CloudError:
    """Return the error an answer becomes; its words are there in both languages."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(CloudError) as caught:
        read(row, ApiResponse(status, content, httpx.Headers()), kind, NOW)
    english, chinese = (
        Translator(locale).translate(caught.value.user_message) for locale in ("en", "zh")
    )
    assert "10.0.0.7" not in english + chinese + repr(caught.value)
    assert english.split(" (")[0] not in chinese
    assert "。" in chinese
    return caught.value


@pytest.mark.parametrize(("status", "digits", "step"), RTC)
def test_code_of_huawei(status: int, digits: str, step: str) -> None:
    """14.2: its own words, the code itself, and what to do; with HTTP 200 no less."""
    code = f"RTC.0000{digits}"
    body = {"error_code": code, "error_msg": "of 10.0.0.7"}
    for http in (status, 200):
        error = refusal(huawei, ROOMS, http, body, msgspec.Raw)
        assert step in str(error)
        assert code in str(error)
        assert (status == 500) == isinstance(error, CloudServerError)


@pytest.mark.parametrize(("status", "error", "step"), STATUSES)
def test_status_of_huawei(status: int, error: type[CloudError], step: str) -> None:
    """14.1: a status alone, with any body, gives the next step."""
    for body in (b"", b"<html>10.0.0.7</html>", {"error_code": None}):
        matches = refusal(huawei, ROOMS, status, body, msgspec.Raw)
        assert error is type(matches)
        assert step in str(matches)


@pytest.mark.parametrize(("name", "number", "step"), GATEWAY)
def test_code_of_volcengine(name: str, number: int, step: str) -> None:
    """Known by its name or by its number, with HTTP 200 or not."""
    for fault in ({"Code": name, "CodeN": number}, {"Code": name}, {"CodeN": number}):
        for status in (200, 400):
            body = {"ResponseMetadata": {"Error": {**fault, "Message": "of 10.0.0.7"}}}
            matches = refusal(volcengine, LIST_ROOMS, status, body, RoomPage)
            assert step in str(matches)
            assert str(next(iter(fault.values()))) in str(matches)


@pytest.mark.parametrize("code", [777, "777", "Unauthorized", -5])
def test_unknown_code_of_agora_is_kept(code: object) -> None:
    """A code that no document lists is a plain no that names it."""
    matches = refusal(agora, LISTS, 200, {"code": code, "message": "of 10.0.0.7"}, CallList)
    assert CloudRefusedError is type(matches)
    assert f"code {code})" in str(matches)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_iam_that_refuses_everybody(status: int) -> None:
    """A password is not a key: the settings of the IAM user are named."""
    body = {"error": {"code": status, "message": "of 10.0.0.7", "title": "Unauthorized"}}
    matches = refusal(huawei, find_endpoint("huawei", "tokens"), status, body, msgspec.Raw)
    assert "Check HUAWEI_IAM_USER, HUAWEI_IAM_PASSWORD" in str(matches)


def test_an_address_is_no_part_of_a_code() -> None:
    """Whatever a vendor writes in the code's field, no address gets into a message."""
    matches = refusal(huawei, ROOMS, 400, {"error_code": "from 10.0.0.7:443"}, msgspec.Raw)
    assert "code from___443" in str(matches)
