"""Huawei against its fake over HTTP: the results match what the scenario simulated."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.call import IssueType, Metric, Report
from bot.cloud_settings import CloudSettings
from bot.clouds import build_clouds
from bot.errors import (
    CloudInvalidResponseError,
    CloudQuotaExceededError,
    CloudServerError,
    CloudUnreachableError,
)
from bot.ports import Window
from bot.sandbox.clouds import FakeClouds, HuaweiAccount
from bot.sandbox.scenario import build_simulated_call
from bot.store.rate_limits import SqlKeyValueStore, SqlRateLimitStore

NOON_S = 1795176000
TWO = dt.timedelta(minutes=2)
KINDS = ("uplink_loss_video", "healthy")


def settings_of(
    clouds: FakeClouds, account: HuaweiAccount, *, by_token: bool = False
) -> CloudSettings:
    """The settings for the fake Huawei."""
    by_key = {"access_key": account.access_key, "secret_key": account.secret_key}
    by_iam = {
        "iam_user": account.iam_user,
        "iam_password": account.iam_password,
        "iam_domain": account.iam_domain,
        "iam_project": account.project_name,
    }
    options = {"project_id": account.project_id, "iam_url": clouds.huawei_url}
    secrets = by_iam if by_token else by_key
    return CloudSettings("huawei", account.apps, clouds.huawei_url, secrets, options)


@pytest.fixture
async def clouds(clock: Any) -> AsyncIterator[FakeClouds]:
    """A fake Huawei with a bad and a good call in the last hour."""
    start = NOON_S - 3000
    sim_calls = [
        build_simulated_call(kind, kind, seed=number, started_at=start)
        for number, kind in enumerate(KINDS)
    ]
    made = FakeClouds(sim_calls, clock=clock.timestamp)
    async with made.serve():
        yield made


@pytest.fixture(params=[False, True], ids=["aksk", "token"])
async def huawei(
    request: Any, clouds: FakeClouds, clock: Any, store: Any, rate_limit_store: SqlRateLimitStore
) -> AsyncIterator[Any]:
    """Our Huawei with an access key and with a token."""
    each = settings_of(clouds, clouds.huawei.account, by_token=request.param)
    key_value_store = SqlKeyValueStore(store)
    made = build_clouds(
        [each],
        rate_limit_store=rate_limit_store,
        key_value_store=key_value_store,
        clock=clock,
        sleep=clock.sleep,
    )
    yield made["kids"]
    await made["kids"].close()


def report_of(clouds: FakeClouds, cname: str) -> Report:
    """The complaint about a call."""
    sim_call = clouds.sim_call(cname)
    assert sim_call is not None
    at = dt.datetime.fromtimestamp(sim_call.complaint.at, dt.UTC)
    side = sim_call.complaint.abnormal_side
    return Report("kids", cname, "10001", "20002", side, IssueType.COMPLAINT, at)


async def test_call_is_found_with_record(clouds: FakeClouds, huawei: Any) -> None:
    """The room, both users, and the simulated loss; nothing is missing."""
    report = report_of(clouds, "uplink_loss_video")
    window = Window.around(report.occurred_at, TWO)
    (call,) = await huawei.find_calls("kids", "uplink_loss_video", window)
    assert (call.started_at.timestamp(), call.ended_at.timestamp()) == (NOON_S - 3000, NOON_S - 300)
    record = await huawei.fetch_record(call, ["10001", "20002"], window)
    assert [session.uid for session in record.participants] == ["10001", "20002"]
    assert record.missing == ()
    (loss,) = (
        one
        for one in record.series
        if (one.uid, one.metric, one.code.value) == ("10001", Metric.UPLINK_LOSS, "vloss")
    )
    assert 8 < float(loss.values.max()) < 50


async def test_w14_reused_room(clouds: FakeClouds, huawei: Any) -> None:
    """W14: a room reused from last week is one row; the sessions are today's."""
    clouds.add(
        build_simulated_call("healthy", "uplink_loss_video", seed=9, started_at=NOON_S - 604800)
    )
    clouds.huawei.are_rooms_merged = True
    report = report_of(clouds, "uplink_loss_video")
    window = Window.around(report.occurred_at, TWO)
    (call,) = await huawei.find_calls("kids", "uplink_loss_video", window)
    assert call.started_at.timestamp() == NOON_S - 604800
    record = await huawei.fetch_record(call, ["10001", "20002"], window)
    joined = [session.joined_at.timestamp() for session in record.participants]
    assert joined == [NOON_S - 3000, NOON_S - 2965]
    assert record.series


FAULTS = [
    ("http_500", CloudServerError),
    ("http_503", CloudServerError),
    ("http_429", CloudQuotaExceededError),
    ("reset", CloudUnreachableError),
    ("html", CloudInvalidResponseError),
    ("truncated_json", CloudInvalidResponseError),
    ("wrong_types", CloudInvalidResponseError),
    ("empty", CloudInvalidResponseError),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault[0]))
async def test_faults_are_typed(fault: Any, clouds: FakeClouds, huawei: Any) -> None:
    """A fault of the network is a temporary CloudError; the next request succeeds."""
    kind, error = fault
    clouds.fail_next("rtc/data/abnormal-events", kind, times=3)
    report = report_of(clouds, "healthy")
    window = Window.around(report.occurred_at, TWO)
    with pytest.raises(error) as caught:
        await huawei.fetch_events("kids", "healthy", window)
    assert caught.value.retryable
    clouds.clear_faults()
    later = Window.around(report.occurred_at, TWO)
    if kind != "http_429":
        assert (await huawei.fetch_events("kids", "healthy", later)).events == ()
