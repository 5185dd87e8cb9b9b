"""`GET /metrics`: who may read it, and that it counts what Slack sends."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from handlers.metrics import serve_metrics
from tests.handlers.raw_http import (
    VIEW_ID,
    RawHttpClient,
    open_raw_http,
    submission,
    with_fresh_ids,
)

TOKEN = "a-token-of-sixteen"


async def samples(client: RawHttpClient) -> str:
    """The page, as Prometheus reads it."""
    status, text = await client.get("/metrics", Authorization=f"Bearer {TOKEN}")
    assert status == 200
    return text


def value_of(text: str, name: str) -> float:
    """The value of a sample, 0 without one."""
    lines = [line for line in text.splitlines() if line.startswith(f"{name} ")]
    return float(lines[0].split()[-1]) if lines else 0.0


async def test_requests_are_counted(tmp_path: Path) -> None:
    """By kind and outcome, with the time to answer; no user's data is in the labels."""
    async with open_raw_http(tmp_path, METRICS_TOKEN=TOKEN) as client:
        before = await samples(client)
        report = submission(comments={"value": "secret words"})
        await client.send_payload(with_fresh_ids(report, ids=VIEW_ID))
        await client.send_payload({**submission(), "view": {**submission()["view"], "state": {}}})
        await client.send_payload({"command": "/report"})
        await client.send(b"unsigned", {})
        await client.harness.settled()
        client.harness.clock.move(60)
        after = await samples(client)
    expected = {
        'lagdesk_requests_total{kind="view",outcome="ok"}': 1,
        "lagdesk_acknowledgement_seconds_count": 2,
        'lagdesk_slack_calls_total{method="chat.postMessage",outcome="ok"}': 2,
        'lagdesk_requests_total{kind="invalid",outcome="unsigned"}': 1,
        'lagdesk_requests_total{kind="invalid",outcome="malformed"}': 1,
    }
    counted = {name: value_of(after, name) - value_of(before, name) for name in expected}
    assert {name for name, value in expected.items() if counted[name] < value} == set()
    assert 'lagdesk_cloud_calls_total{cloud="agora",endpoint="' in after
    assert 'lagdesk_tickets{status="open"} 1' in after
    assert 'lagdesk_quota_left{app="kids",' in after
    private = ("class_77_1", "10001", "secret", client.harness.workspace.bot_token)
    assert [word for word in private if word in after] == []


async def test_a_form_that_is_refused(tmp_path: Path) -> None:
    """A person's mistake is no failure."""
    async with open_raw_http(tmp_path, METRICS_TOKEN=TOKEN) as client:
        name = 'lagdesk_requests_total{kind="view",outcome="refused"}'
        before = await samples(client)
        uid = {"type": "plain_text_input", "value": "no number"}
        await client.send_payload(with_fresh_ids(submission(teacher_uid=uid), ids=VIEW_ID))
        assert value_of(await samples(client), name) == value_of(before, name) + 1


@pytest.mark.parametrize(
    ("token", "header", "status"),
    [
        ("", "", 404),
        ("", f"Bearer {TOKEN}", 404),
        (TOKEN, "", 401),
        (TOKEN, TOKEN, 401),
        (TOKEN, "Bearer another-token-of-mine", 401),
        (TOKEN, "Bearer é", 401),
        (TOKEN, f"Bearer {TOKEN}", 200),
    ],
)
async def test_who_may_read(tmp_path: Path, token: str, header: str, status: int) -> None:
    """On the public port whoever has the token, nobody without one."""
    async with open_raw_http(tmp_path, METRICS_TOKEN=token) as client:
        found, text = await client.get("/metrics", **({"Authorization": header} if header else {}))
    assert found == status
    assert ("lagdesk_" in text) == (status == 200)


async def test_a_port_of_its_own(tmp_path: Path) -> None:
    """It needs no token and listens on this machine only; a taken port does not stop the start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with open_raw_http(tmp_path) as client:
        metrics = client.harness.slack.services.metrics
        async with serve_metrics(metrics, port) as url:
            assert url == f"http://127.0.0.1:{port}"
            async with client.session.get(f"{url}/metrics") as answer:
                assert "lagdesk_database_up 1" in await answer.text()
            async with client.session.get(f"{url}/healthz") as answer:
                assert answer.status == 404
            async with serve_metrics(metrics, port) as second:
                assert second == ""
        async with serve_metrics(metrics, 0) as url:
            assert url == ""
