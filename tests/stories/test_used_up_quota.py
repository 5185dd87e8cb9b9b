"""A quota of a cloud is used up: the post says until when, and has the data afterwards."""

from __future__ import annotations

import datetime as dt

from bot.clouds.endpoints import find_endpoint
from bot.sandbox.clouds import AgoraAccount
from bot.store.rate_limits import ApiCall
from tests.conftest import Harness
from tests.scenario_helpers import direct_messages, find_diagnosis_posts, report, text_of


async def use_up_daily_quota(harness: Harness, name: str) -> None:
    """Count as many calls of an endpoint for today as its daily limit allows."""
    endpoint, app_id = find_endpoint("agora", name, generation="seed"), AgoraAccount().apps["kids"]
    assert endpoint.daily_limit
    calls = [
        ApiCall(bucket=endpoint.bucket(app_id), at=harness.clock.now())
        for _ in range(endpoint.daily_limit)
    ]
    await harness.application.store.transact(lambda session: session.add_all(calls))


async def test_used_up_quota_says_when(http_harness: Harness) -> None:
    """The post names what is missing until the quota is renewed at midnight UTC, then has it."""
    harness, person = http_harness, http_harness.workspace.person("lin")
    await use_up_daily_quota(harness, "details")
    today = harness.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    renewed_at = today + dt.timedelta(days=1)
    await report(person, "class_77_16")
    await harness.settled()
    await harness.pass_time(400)
    (post,) = find_diagnosis_posts(harness, "class_77_16")
    assert "Missing: the call (the cloud's quota is used up for now)" in text_of(post)
    renewal = f"<!date^{renewed_at.timestamp():.0f}^"
    assert f"The Agora quota for details is used up until {renewal}" in text_of(post)
    assert "正在查原因" in text_of(direct_messages(harness, person, "class_77_16")[0])
    await harness.pass_time((renewed_at - harness.clock.now()).total_seconds() + 1)
    (post,) = find_diagnosis_posts(harness, "class_77_16")
    assert "quota" not in text_of(post)
    assert "Freeze rate (video)" in text_of(post)
    (message,) = direct_messages(harness, person, "class_77_16")
    assert "正在查原因" not in text_of(message)
