"""Volcengine's signature, against a vector made by the vendor's own package."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
import pytest

from bot.clouds.volcengine.signing import SignatureAuth, canonical_query

BODY = (
    '{"AppId":"Your_AppId","StartTime":"2022-12-09T00:00:00+08:00",'
    '"EndTime":"2022-12-10T00:00:00+08:00","Indicator":"stall_rate",'
    '"ProductType":"native","Dimension":"Country"}'
)
SIGNATURE = "a1505abae8c061bfbbfe850392dfdb623299d390ed677d612202711ad03b34fe"


def signed(request: httpx.Request, clock: Any) -> httpx.Request:
    """Sign a request on New Year's Day 2024."""
    clock.moment = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    return SignatureAuth("AKEXAMPLE", "SKEXAMPLE", clock)(request)


@pytest.mark.parametrize("path", ["", "/"])
def test_v11_v16_v19_the_vendors_vector(path: str, clock: Any) -> None:
    """V11, V16, V19: with or without a path, region cn-north-1, over the exact bytes sent."""
    url = f"https://rtc.volcengineapi.com{path}?Action=ListQualityDistribution&Version=2020-12-01"
    headers = {"Content-Type": "application/json"}
    request = signed(httpx.Request("POST", url, content=BODY, headers=headers), clock)
    assert (
        "HMAC-SHA256 Credential=AKEXAMPLE/20240101/cn-north-1/rtc/request, "
        f"SignedHeaders=content-type;host;x-content-sha256;x-date, Signature={SIGNATURE}"
    ) == request.headers["authorization"]
    assert request.headers["x-date"] == "20240101T000000Z"


@pytest.mark.parametrize("change", ['{"AppId": "Your_AppId"}', BODY + " "])
def test_another_body_has_another_signature(change: str, clock: Any) -> None:
    """V19: the JSON with another space has another signature."""
    url = "https://rtc.volcengineapi.com/?Action=ListQualityDistribution&Version=2020-12-01"
    headers = {"Content-Type": "application/json"}
    request = signed(httpx.Request("POST", url, content=change, headers=headers), clock)
    assert SIGNATURE not in request.headers["authorization"]


@pytest.mark.parametrize(
    ("sent", "signed_as"),
    [
        ("b=2&a=1", "a=1&b=2"),
        ("t=2022-05-22T12%3A00%3A00%2B08%3A00", "t=2022-05-22T12%3A00%3A00%2B08%3A00"),
        ("ids=a,b", "ids=a%2Cb"),
        ("room=a~b-c_d.e", "room=a~b-c_d.e"),
        ("name=%E8%AF%BE", "name=%E8%AF%BE"),
        ("a=b%20c", "a=b%20c"),
        ("empty=", "empty="),
        ("", ""),
    ],
)
def test_the_canonical_query(sent: str, signed_as: str) -> None:
    """Sorted, with every character encoded that the HTTP library leaves."""
    assert signed_as == canonical_query(sent)


def test_keys_are_not_in_reprs(clock: Any) -> None:
    """Neither key is in a representation."""
    auth = SignatureAuth("AKEXAMPLE", "SKEXAMPLE", clock)
    assert "EXAMPLE" not in repr(auth)
