"""The contract of every cloud (`bot.ports.Cloud`), tested over its fake."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from bot.call import MissingKind, Unit
from bot.errors import CloudUnsupportedError
from bot.ports import Cloud, Window
from bot.sandbox.clouds import FakeClouds
from tests.bot.clouds.contract.cloud_cases import CloudCase
from tests.bot.clouds.contract.conftest import (
    FIVE,
    NOON,
    NOON_S,
    UIDS,
    Build,
    around,
    complaint,
)

# Finding calls


async def test_calls_of_a_room_newest_first(clouds: FakeClouds, cloud: Cloud) -> None:
    """Both calls, each with its own id, times with a zone, and our names."""
    window = Window(NOON - dt.timedelta(hours=1), NOON)
    calls = await cloud.find_calls("kids", "twice", window)
    begun = [NOON_S - 2300, NOON_S - 3400]
    assert begun == [call.started_at.timestamp() for call in calls]
    ended = [NOON_S - 400, NOON_S - 2600]
    assert ended == [call.ended_at.timestamp() for call in calls if call.ended_at]
    assert {(cloud.name, "kids", "twice")} == {(c.cloud, c.app, c.cname) for c in calls}
    assert len({call.id for call in calls}) == 2
    assert {str} == {type(call.id) for call in calls}
    assert all(call.started_at.tzinfo is not None for call in calls)
    assert clouds.over_quota == []


async def test_running_call_has_no_end(clouds: FakeClouds, cloud: Cloud) -> None:
    """`ended_at` is None while users are in the room, in any notation."""
    (call,) = await cloud.find_calls("kids", "running", around(clouds, "running"))
    assert call.ended_at is None
    assert call.covers(NOON)


@pytest.mark.parametrize("cname", ["nobody", "bad2", "BAD"])
async def test_unknown_room_is_no_error(cname: str, clouds: FakeClouds, cloud: Cloud) -> None:
    """There are no calls of an unknown room, nor of one whose name begins the same."""
    assert await cloud.find_calls("kids", cname, around(clouds, "bad")) == ()


async def test_room_of_another_app_is_not_returned(clouds: FakeClouds, cloud: Cloud) -> None:
    """A room is searched for in the given app."""
    assert await cloud.find_calls("adults", "bad", around(clouds, "bad")) == ()


async def test_call_outside_the_window_is_not_returned(cloud: Cloud) -> None:
    """Only calls that touch the window are returned, not the earlier one of the room."""
    window = Window(NOON - dt.timedelta(seconds=1500), NOON)
    calls = await cloud.find_calls("kids", "twice", window)
    assert [call.started_at.timestamp() for call in calls] == [NOON_S - 2300]


# Records


async def test_record_has_both_users(clouds: FakeClouds, cloud: Cloud) -> None:
    """Teacher and student, with uids as text and the times of their sessions."""
    window = around(clouds, "bad")
    (call,) = await cloud.find_calls("kids", "bad", window)
    record = await cloud.fetch_record(call, UIDS, window)
    assert set(UIDS) == {session.uid for session in record.participants}
    assert record.missing == ()
    joined = {session.uid: session.joined_at.timestamp() for session in record.participants}
    assert {UIDS[0]: NOON_S - 3000, UIDS[1]: NOON_S - 2965} == joined
    assert all(session.joined_at.tzinfo is not None for session in record.participants)
    assert {str} == {type(session.sid) for session in record.participants}
    assert call == record.call
    assert clouds.over_quota == []


async def test_numbers_in_quotes_are_numbers(
    clouds: FakeClouds, cloud_case: CloudCase, build: Build
) -> None:
    """With `"200"`, `"true"` and `["1795173000", "12"]` the record is the same."""
    window = around(clouds, "bad")
    result = []
    for fault in (None, "texts"):
        if fault is not None:
            clouds.fail_next("*", "texts", times=99)
        cloud = build(cloud_case.settings(clouds))
        (call,) = await cloud.find_calls("kids", "bad", window)
        record = await cloud.fetch_record(call, UIDS, window)
        sums = {(one.uid, one.code, one.peer_uid): one.values.sum() for one in record.series}
        result.append((record.call, record.participants, record.missing, sums))
    assert result[0] == result[1]


async def test_series_are_sane(clouds: FakeClouds, cloud: Cloud) -> None:
    """Section 0: percentages run from 0 to 100; all is sorted, finite and within the window."""
    window = around(clouds, "bad")
    (call,) = await cloud.find_calls("kids", "bad", window)
    record = await cloud.fetch_record(call, UIDS, window)
    assert set(UIDS) <= {series.uid for series in record.series}
    for series in record.series:
        assert len(series.times) == len(series.values) > 0
        assert np.all(np.diff(series.times) > 0), series.code
        assert window.since.timestamp() <= series.times[0]
        assert series.times[-1] <= window.until.timestamp()
        assert np.all(np.isfinite(series.values)), series.code
        if series.unit is Unit.PERCENT:
            assert 0 <= series.values.min() <= series.values.max() <= 100, series.code


async def test_loss_is_on_the_right_side(clouds: FakeClouds, cloud: Cloud) -> None:
    """The teacher's uplink loss is 5 to 60 percent, not 0.05 to 0.6; the student has none."""
    window = around(clouds, "bad")
    (call,) = await cloud.find_calls("kids", "bad", window)
    record = await cloud.fetch_record(call, UIDS, window)
    most = {
        uid: max(
            float(series.values.max())
            for series in record.series
            if (series.uid, series.metric, series.media) == (uid, "uplink_loss", "video")
        )
        for uid in UIDS
    }
    assert 5 < most[UIDS[0]] < 60
    assert most[UIDS[1]] < 5


async def test_peers_are_the_senders(clouds: FakeClouds, cloud: Cloud) -> None:
    """A series of the own side has no peer; a received one has the sender's uid."""
    window = around(clouds, "bad")
    (call,) = await cloud.find_calls("kids", "bad", window)
    record = await cloud.fetch_record(call, UIDS, window)
    peers = {(series.uid, series.peer_uid) for series in record.series}
    own = {(uid, None) for uid in UIDS}
    other = {(UIDS[0], UIDS[1]), (UIDS[1], UIDS[0])}
    assert own <= peers <= own | other
    assert all(series.peer_uid is None for series in record.series if series.direction == "up")


async def test_absent_uid_has_no_series(clouds: FakeClouds, cloud: Cloud) -> None:
    """A uid that was not in the call is no error, and has no series."""
    window = around(clouds, "bad")
    (call,) = await cloud.find_calls("kids", "bad", window)
    record = await cloud.fetch_record(call, [UIDS[0], "31337"], window)
    assert "31337" not in {session.uid for session in record.participants}
    assert "31337" not in {series.uid for series in record.series}
    assert UIDS[0] in {series.uid for series in record.series}


# The cloud's own diagnosis, reports, the check


async def test_events_are_as_in_the_capabilities(
    cloud_case: CloudCase, clouds: FakeClouds, cloud: Cloud
) -> None:
    """A cloud returns events or raises CloudUnsupportedError, as in its capabilities."""
    assert bool(cloud_case.events) == cloud.capabilities.events
    window = around(clouds, "bad")
    if not cloud.capabilities.events:
        with pytest.raises(CloudUnsupportedError) as caught:
            await cloud.fetch_events("kids", "bad", window)
        assert (cloud.name, False) == (caught.value.cloud, caught.value.retryable)
        return
    response = await cloud.fetch_events("kids", "bad", window)
    assert {event.cname for event in response.events} == {"bad"}
    assert {event.uid for event in response.events} <= set(UIDS)
    assert all(window.since <= event.at <= window.until for event in response.events)
    codes = {factor.code for event in response.events for factor in event.factors}
    assert all(code.kind.startswith(f"{cloud.name}.") for code in codes)
    assert len(response.events) == len({event.key for event in response.events})
    assert {MissingKind.EVENTS, MissingKind.MINUTES} >= {
        missing_item.what for missing_item in response.missing
    }


async def test_reports_are_as_in_the_capabilities(
    cloud_case: CloudCase, clouds: FakeClouds, cloud: Cloud
) -> None:
    """A cloud stores our report once and complete, or raises CloudUnsupportedError."""
    report = complaint(clouds, "bad")
    if not cloud_case.report:
        with pytest.raises(CloudUnsupportedError) as caught:
            await cloud.send_report(report)
        assert (cloud.name, False) == (caught.value.cloud, caught.value.retryable)
        assert clouds.reports == []
        return
    assert cloud.capabilities.reports
    await cloud.send_report(report)
    (accepted,) = clouds.reports
    assert {"cname": "bad", "type": 3, "comments": "卡 & <b>"}.items() <= accepted.fields.items()


async def test_check_is_one_cheap_request(clouds: FakeClouds, cloud: Cloud) -> None:
    """The result for `doctor` is short, needs one request (and its token), same for each app."""
    detail = await cloud.check("kids")
    assert 0 < len(str(detail.params["detail"])) < 40
    assert sum(count for name, count in clouds.counts.items() if name != "iam/tokens") == 1
    assert detail == await cloud.check("adults")


async def test_capabilities_are_consistent(cloud: Cloud) -> None:
    """The form's patterns accept what the cloud accepts, and delays are known."""
    able = cloud.capabilities
    assert tuple(cloud.apps)[:2] == ("kids", "adults")
    assert able.cname.fullmatch("class_77_1")
    assert not able.cname.fullmatch("")
    assert all(able.uid.fullmatch(uid) for uid in UIDS)
    assert able.lookback >= dt.timedelta(days=1)
    assert dt.timedelta(0) < able.metrics_delay <= FIVE
