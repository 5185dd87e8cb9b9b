"""What a cloud is asked for once, though a diagnosis needs it twice."""

from __future__ import annotations

import datetime as dt

from bot.ports import Cloud, Window
from bot.sandbox.clouds import FakeClouds
from tests.bench.call_draft import CallDraft
from tests.bot.clouds.contract.cloud_cases import CloudCase
from tests.bot.clouds.contract.conftest import NOON_S, UIDS, around

MINUTE = dt.timedelta(minutes=1)
METRICS = {"analytics/call/metrics", "ListCallDetail", "rtc/client/qos/details"}


async def test_minutes_beside_a_record(
    cloud_case: CloudCase, clouds: FakeClouds, cloud: Cloud
) -> None:
    """They need a request of Agora's API of 2020 only; each record has its own minutes."""
    middle = around(clouds, "bad").since + 5 * MINUTE
    (call,) = await cloud.find_calls("kids", "bad", Window.around(middle, 10 * MINUTE))
    await cloud.fetch_record(call, UIDS, Window.around(middle, 2 * MINUTE))
    before = clouds.counts
    record = await cloud.fetch_record(call, UIDS, Window.around(middle, 10 * MINUTE))
    costs = ["analytics/call/details"] if cloud_case.name == "agora-seed" else []
    assert list(clouds.counts - before) == costs
    again = await cloud.fetch_record(call, UIDS, Window.around(middle, 2 * MINUTE))
    assert list(clouds.counts - before) == costs
    lengths = [
        max(float(one.times[-1] - one.times[0]) for one in each.series) for each in (record, again)
    ]
    assert lengths[0] > 1100
    assert 200 < lengths[1] <= 240


async def test_who_was_there(clouds: FakeClouds, cloud: Cloud) -> None:
    """Everybody, without anybody's metrics; nobody of another call in the same room."""
    draft = CallDraft(1, NOON_S - 3000)
    listeners = {str(draft.add_observer()) for _ in range(2)}
    cname = clouds.add(draft.build()).cname
    window = around(clouds, cname)
    (call,) = await cloud.find_calls("kids", cname, window)
    people = await cloud.fetch_participants(call, window)
    assert {one.uid for one in people} == {*UIDS, *listeners}
    assert METRICS.isdisjoint(clouds.counts)
    long_ago = Window(call.started_at - 20 * MINUTE, call.started_at - 10 * MINUTE)
    assert await cloud.fetch_participants(call, long_ago) == ()
