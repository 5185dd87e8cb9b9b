"""Huawei's signature against the vectors of its own guide and of its own SDK."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest

from bot.clouds.huawei.credentials import AccessKeyCredentials, UnsignedRequest
from bot.clouds.huawei.signing import authorize, canonical_query, canonical_request

PROJECT = "0123456789abcdef0123456789abcdef"


class At:
    """A clock fixed at a date."""

    def __init__(self, text: str) -> None:
        self._at = dt.datetime.strptime(text, "%Y%m%dT%H%M%S%z")

    def now(self) -> dt.datetime:
        """That date."""
        return self._at


def test_the_guides_own_example() -> None:
    """The API Request Signing Guide has this request, its digest and its signature."""
    headers = {
        "Content-Type": "application/json",
        "Host": "service.region.example.com",
        "X-Sdk-Date": "20191115T033655Z",
    }
    query = [("marker", "13551d6b-755d-4757-b956-536f674975c0"), ("limit", "2")]
    text = canonical_request(
        "GET", "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs", query, headers, b""
    )
    wanted = "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a"
    assert wanted == hashlib.sha256(text.encode()).hexdigest()
    header = authorize(
        "QTWAOYTTINDUT2QVKYUC", "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc", text, headers
    )
    assert header.endswith("7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe")


async def test_the_headers_a_key_pair_sends() -> None:
    """Huawei's SDK signs the same request with the same headers and the same result (W5)."""
    keys = AccessKeyCredentials(
        "AKEXAMPLE0000000000",
        "SKEXAMPLE000000000000000000000000000000",
        PROJECT,
        "rtc-api.myhuaweicloud.com",
        At("20240101T000000Z"),
    )
    request = UnsignedRequest(
        "GET", f"/v1/{PROJECT}/rtc/rooms", (("app", "5fa682b34a974f7ad24d223b"),)
    )
    headers = await keys.headers(request)
    wanted = (
        "SDK-HMAC-SHA256 Access=AKEXAMPLE0000000000, "
        "SignedHeaders=content-type;host;x-project-id;x-sdk-date, "
        "Signature=f210d17a692dfd31eaad0a681195029813c1e699b8153c5a8274ce6567dc97c2"
    )
    assert wanted == headers["Authorization"]
    assert (headers["X-Project-Id"], headers["X-Sdk-Date"]) == (PROJECT, "20240101T000000Z")


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ([("b", "2"), ("a", "1")], "a=1&b=2"),
        ([("a", "2"), ("a", "1")], "a=1&a=2"),
        ([("metric", "A,B")], "metric=A%2CB"),
        ([("t", "2020-04-23T06:00:00Z")], "t=2020-04-23T06%3A00%3A00Z"),
        ([("n", "a b+c~d")], "n=a%20b%2Bc~d"),
        ([("r", "广东")], "r=%E5%B9%BF%E4%B8%9C"),
        ([("e", "")], "e="),
    ],
)
def test_a_query_is_sent_as_it_is_signed(query: list[tuple[str, str]], wanted: str) -> None:
    """Sorted by name and value; a space is %20, because "+" would be signed differently."""
    assert wanted == canonical_query(query)


async def test_repr_contains_no_key() -> None:
    """The representations of credentials and requests contain no key, id or body."""
    keys = AccessKeyCredentials("AKAK", "SKSK", PROJECT, "h", At("20240101T000000Z"))
    request = UnsignedRequest(
        "POST", "/v2/apps/app-1/rooms/room-1/dismiss", (("uid", "10001"),), b"body"
    )
    text = repr(keys) + repr(request)
    assert [word for word in ("AKAK", "SKSK", "room-1", "10001", "body'") if word in text] == []
