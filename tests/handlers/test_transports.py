from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import json
import time
from contextlib import closing
from urllib.parse import urlencode

import pytest

from bot.sandbox.slack.delivery.transport import sign
from handlers.transports import MAX_BODY_BYTES
from tests.database_faults import SQLITE_FAULTS
from tests.handlers.raw_http import (
    CHALLENGE,
    FORM,
    JSON,
    VIEW_ID,
    Json,
    RawHttpClient,
    command,
    event,
    submission,
    with_fresh_ids,
)

pytestmark = pytest.mark.usefixtures("no_traceback")


@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\xff\xfe" * 100,
        b"{",
        json.dumps(CHALLENGE).encode(),
        urlencode(command()).encode(),
        b"x" * (MAX_BODY_BYTES + 1),
    ],
    ids=["empty", "binary", "brace", "challenge", "command", "huge"],
)
async def test_unsigned_is_turned_away(raw_http: RawHttpClient, method: str, body: bytes) -> None:
    """Unsigned requests get 401, whatever their method and body."""
    assert (await raw_http.send(body, {"Content-Type": FORM}, method))[0] == 401


@pytest.mark.parametrize(
    "timestamp",
    [
        "",
        "abc",
        "-1",
        "+1",
        " 1",
        "1e9",
        "1.5",
        "nan",
        "inf",
        "0",
        "9" * 12,
        "9" * 400,
        "9" * 5000,
        "١٧٩٥٠٠٠٠٠٠",
        "²",
        "0x10",
        "1_000",
    ],
)
async def test_odd_timestamps_are_turned_away(raw_http: RawHttpClient, timestamp: str) -> None:
    """A timestamp that is not recent gets 401, even when it is the signed one."""
    body = json.dumps(CHALLENGE).encode()

    base = b"v0:" + timestamp.encode() + b":" + body
    digest = hmac.new(raw_http.harness.workspace.signing_secret.encode(), base, hashlib.sha256)
    headers = {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={digest.hexdigest()}",
        "Content-Type": JSON,
    }
    assert (await raw_http.send(body, headers))[0] == 401


@pytest.mark.parametrize(("age_s", "status"), [(301, 401), (-302, 401), (290, 200), (-290, 200)])
async def test_old_signatures_are_turned_away(
    raw_http: RawHttpClient,
    age_s: int,
    status: int,
) -> None:
    """A signature is good for five minutes."""
    body = json.dumps(CHALLENGE).encode()
    headers = sign(raw_http.harness.workspace.signing_secret, body, time.time() - age_s)
    assert status == (await raw_http.send(body, {**headers, "Content-Type": JSON}))[0]


@pytest.mark.parametrize(
    "signature",
    ["", "v0=", "v0=00", "v1=" + "0" * 64, "v0=" + "0" * 64, "é", "v0=" + "é" * 64, "0" * 5000],
)
async def test_wrong_signatures_are_turned_away(raw_http: RawHttpClient, signature: str) -> None:
    """A wrong signature gets 401."""
    body = json.dumps(CHALLENGE).encode()
    headers = {**sign("s", body), "X-Slack-Signature": signature, "Content-Type": JSON}
    assert (await raw_http.send(body, headers))[0] == 401


async def test_signature_of_another_body_is_turned_away(raw_http: RawHttpClient) -> None:
    """With one changed byte the signature is wrong; no ticket is created."""
    before = await raw_http.count_tickets()
    body = urlencode({"payload": json.dumps(submission())}).encode()
    headers = {**sign(raw_http.harness.workspace.signing_secret, body), "Content-Type": FORM}
    assert (await raw_http.send(body.replace(b"stuck", b"stock"), headers))[0] == 401
    assert before == await raw_http.count_tickets()


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_signed_with_another_method(raw_http: RawHttpClient, method: str) -> None:
    """Slack only posts."""
    assert (await raw_http.send_signed(json.dumps(CHALLENGE).encode(), method=method))[0] == 400


async def raw(raw_http: RawHttpClient, head: bytes, body: bytes = b"") -> bytes:
    """Send bytes below HTTP; returns the status line."""
    port = int(raw_http.url.rsplit(":", 1)[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head + b"\r\n\r\n" + body)
    line = await asyncio.wait_for(reader.readline(), 30)
    if b" 100 " in line:
        await reader.readline()
        line = await asyncio.wait_for(reader.readline(), 30)
    writer.close()
    return line


POST = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"X-Slack-Signature: v0=\xff\xfe\r\nX-Slack-Request-Timestamp: \xd9\xa1", b""),
        (b"Transfer-Encoding: chunked", b"5\r\nhello\r\n0\r\n\r\n"),
        (b"Content-Length: 5", b"hello"),
        (b"Content-Length: 5", b"he"),
        (b"Expect: 100-continue\r\nContent-Length: 2", b"{}"),
        (b"Content-Encoding: gzip\r\nContent-Length: 5", b"hello"),
        (b"Content-Encoding: br\r\nContent-Length: 5", b"hello"),
        (b"Content-Type: \xff\xfe\r\nContent-Length: 2", b"{}"),
        (b"Content-Type: ;;;=\r\nContent-Length: 2", b"{}"),
        (b"Content-Type: application/json; charset=nonsense\r\nContent-Length: 2", b"{}"),
        (b"Expect: nothing\r\nContent-Length: 2", b"{}"),
        (b"Cookie: \xff=\xfe;;;\r\nContent-Length: 2", b"{}"),
        (b"Upgrade: websocket\r\nContent-Length: 2", b"{}"),
        (b"X-Slack-Signature: " + b"a" * 20000, b""),
    ],
)
async def test_raw_bytes_are_turned_away(raw_http: RawHttpClient, head: bytes, body: bytes) -> None:
    """Any bytes get 401."""
    assert (await raw(raw_http, POST + head, body)).split()[1] == b"401"


@pytest.mark.parametrize(
    ("expected", "first_line"), [(b"100-Continue", b"HTTP/1.1 100 Continue"), (b"nothing", b"")]
)
async def test_client_that_asks_before_it_sends_its_body(
    raw_http: RawHttpClient, expected: bytes, first_line: bytes
) -> None:
    """It is asked to go on, unless it expects something else; either way its body is read."""
    body = json.dumps(CHALLENGE).encode()
    sent = {**sign(raw_http.harness.workspace.signing_secret, body), "Content-Type": JSON}
    lines = b"\r\n".join(f"{name}: {value}".encode() for name, value in sent.items())
    head = b"%s%s\r\nExpect: %s\r\nContent-Length: %d\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", int(raw_http.url.split(":")[-1]))
    with closing(writer):
        writer.write(head % (POST, lines, expected, len(body)))
        if first_line:
            received = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
            assert received == first_line + b"\r\n\r\n"
        writer.write(body)
        assert (await asyncio.wait_for(reader.readline(), 30)).split()[1] == b"200"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "nonsense"])
async def test_bodies_are_never_unpacked(raw_http: RawHttpClient, encoding: str) -> None:
    """The signature covers the bytes as received, whatever their Content-Encoding."""
    for body in (b"not packed", gzip.compress(b"0" * (MAX_BODY_BYTES * 2))):
        headers = sign(raw_http.harness.workspace.signing_secret, body)
        sent = {**headers, "Content-Type": JSON, "Content-Encoding": encoding}
        lines = b"\r\n".join(f"{name}: {value}".encode() for name, value in sent.items())
        length = b"\r\nContent-Length: %d" % len(body)
        assert (await raw(raw_http, POST + lines + length, body)).split()[1] == b"400"


@pytest.mark.parametrize(
    "head",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"nonsense",
        b"POST /slack/events HTTP/9.9",
        POST + b"Transfer-Encoding: chunked\r\n\r\nzz",
        POST + b"Content-Length: minus",
        POST + b"X-Slack-Signature: " + b"a" * 100_000,
        POST + b"\r\n".join(b"X-%d: 1" % number for number in range(70)),
        POST + b"no colon",
        b"POST /slack/events\x00 HTTP/1.1",
    ],
)
async def test_what_is_no_http_is_refused(raw_http: RawHttpClient, head: bytes) -> None:
    """Bytes that are no HTTP get 400 and leave no traceback."""
    assert (await raw(raw_http, head)).split()[1] == b"400"


@pytest.mark.parametrize("content_type", [JSON, FORM, "text/plain", ""])
async def test_binary_bodies_with_likely_headers_are_turned_away(
    raw_http: RawHttpClient,
    content_type: str,
) -> None:
    """A signature that could be one does not make bytes be read as text."""
    headers = {**sign("another secret", b"\xff"), "Content-Type": content_type}
    assert (await raw_http.send(b"\xff\xfe\x00", headers))[0] == 401


# Public pages, and repeated deliveries.


async def test_url_verification(raw_http: RawHttpClient) -> None:
    """Slack's signed challenge is returned."""
    assert await raw_http.harness.workspace.verify_url()
    assert await answer_to(raw_http, CHALLENGE) == (200, {"challenge": "abc"})


async def answer_to(raw_http: RawHttpClient, payload: Json) -> tuple[int, Json]:
    """Send a message and read the response."""
    status, text = await raw_http.send_payload(payload)
    return status, json.loads(text)


async def test_health(raw_http: RawHttpClient) -> None:
    """/healthz reports that process and database respond."""
    status, text = await raw_http.get("/healthz")
    assert (status, json.loads(text)) == (200, {"database": "up"})


@pytest.mark.parametrize("fault", SQLITE_FAULTS)
async def test_broken_database(raw_http: RawHttpClient, fault: str) -> None:
    """/healthz says so while it cannot be read and written; the metrics are there all the same."""
    with SQLITE_FAULTS[fault](raw_http.harness.application.store):
        assert (await raw_http.harness.slack.services.metrics.render())[0]
        status, _ = await raw_http.get("/healthz")
    assert status == (200 if fault in ("schema", "connections") else 503)
    assert (await raw_http.get("/healthz"))[0] == 200


@pytest.mark.parametrize("path", ["/slack/install", "/slack/oauth_redirect?code=1&state=2"])
async def test_no_installation_without_oauth(raw_http: RawHttpClient, path: str) -> None:
    """With one workspace there are no installation pages; their response says why."""
    assert await raw_http.get(path) == (404, "SLACK_CLIENT_ID is not set")


@pytest.mark.parametrize("path", ["/", "/slack/events/", "/metrics/..", "/nonsense", "/%00"])
async def test_other_paths_are_not_there(raw_http: RawHttpClient, path: str) -> None:
    """Other paths get 404."""
    assert (await raw_http.get(path))[0] == 404


async def test_one_form_makes_one_ticket(raw_http: RawHttpClient) -> None:
    """A form sent again makes no second ticket."""
    sent = with_fresh_ids(submission(), ids=VIEW_ID)
    before = await raw_http.count_tickets()
    answers = await asyncio.gather(*(raw_http.send_payload(sent) for _ in range(4)))
    assert answers == [(200, "")] * 4
    assert before + 1 == await raw_http.count_tickets()


async def test_one_event_has_one_effect(raw_http: RawHttpClient) -> None:
    """A repeated event, as a retry or not, is acknowledged and ignored."""
    sent = event(type="app_home_opened", tab="home", user="U07RETRY")
    sent = {**sent, "event_id": "EvTwice"}
    body = json.dumps(sent).encode()
    for number in range(3):
        headers = {
            **sign(raw_http.harness.workspace.signing_secret, body),
            "Content-Type": JSON,
            "X-Slack-Retry-Num": str(number),
            "X-Slack-Retry-Reason": "http_timeout",
        }
        assert (await raw_http.send(body, headers))[0] == 200
    calls = [c for c in raw_http.harness.workspace.calls if c["name"] == "views.publish"]
    assert len([c for c in calls if "U07RETRY" in json.dumps(c["request"])]) == 1


async def test_auth_test_is_requested_once(raw_http: RawHttpClient) -> None:
    """`auth.test` is sent once, not with every request."""
    for _ in range(5):
        await raw_http.send_payload(command())
    assert len([c for c in raw_http.harness.workspace.calls if c["name"] == "auth.test"]) <= 1
