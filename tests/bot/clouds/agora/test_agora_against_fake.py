"""Agora against its fake over HTTP: the results match what the scenario simulated."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.call import (
    IssueType,
    Metric,
    MissingKind,
    MissingReason,
    Report,
    Side,
)
from bot.cloud_settings import CloudSettings
from bot.clouds import build_clouds, connection
from bot.errors import (
    CloudError,
    CloudInvalidResponseError,
    CloudQuotaExceededError,
    CloudRefusedError,
    CloudServerError,
    CloudUnreachableError,
)
from bot.ports import Window
from bot.sandbox.clouds import AgoraAccount, FakeClouds
from bot.sandbox.scenario import build_simulated_call
from bot.sandbox.scenario.catalogue import large_call
from bot.store.rate_limits import SqlKeyValueStore, SqlRateLimitStore

NOON_S = 1795176000
FIVE = dt.timedelta(minutes=5)


@pytest.fixture
async def clouds(clock: Any) -> AsyncIterator[FakeClouds]:
    """A fake Agora with three calls of the last hour."""
    start = NOON_S - 3000
    sim_calls = [
        build_simulated_call("uplink_loss_video", "class_77_1", seed=1, started_at=start),
        build_simulated_call("healthy", "class_77_2", seed=2, started_at=start),
        large_call(NOON_S),
    ]
    made = FakeClouds(sim_calls, clock=clock.timestamp)
    async with made.serve():
        yield made


@pytest.fixture
async def agora(
    clouds: FakeClouds, clock: Any, store: Any, rate_limit_store: SqlRateLimitStore
) -> AsyncIterator[Any]:
    """Our Agora client, which detects the generation of the fake."""
    account = AgoraAccount()
    secrets = {"customer_id": account.customer_id, "customer_secret": account.customer_secret}
    options = {"api": "auto", "plan": "standard", "report": "reportV2"}
    each = CloudSettings("agora", account.apps, clouds.agora_url, secrets, options)
    key_value_store = SqlKeyValueStore(store)
    made = build_clouds(
        [each],
        rate_limit_store=rate_limit_store,
        key_value_store=key_value_store,
        clock=clock,
        sleep=clock.sleep,
    )
    assert made["kids"] is made["adults"]
    yield made["kids"]
    await made["kids"].close()


def complaint(clouds: FakeClouds, cname: str) -> tuple[dt.datetime, Window]:
    """The moment of the complaint, and the five minutes around it."""
    sim_call = clouds.sim_call(cname)
    assert sim_call is not None
    at = dt.datetime.fromtimestamp(sim_call.complaint.at, dt.UTC)
    return at, Window.around(at, FIVE)


@pytest.mark.parametrize("generation", ["seed", "current"])
async def test_call_is_found_with_record(generation: Any, clouds: FakeClouds, agora: Any) -> None:
    """Both generations return the call, both users, and the simulated loss."""
    clouds.agora.generation = generation
    at, window = complaint(clouds, "class_77_1")
    (call,) = await agora.find_calls("kids", "class_77_1", window)
    assert call.covers(at)
    record = await agora.fetch_record(call, ["10001", "20002"], window)
    assert {session.uid for session in record.participants} == {"10001", "20002"}
    assert record.missing == ()
    loss = [s for s in record.series if s.metric is Metric.UPLINK_LOSS and s.media == "video"]
    means = {series.uid: float(series.values.mean()) for series in loss}
    assert means["10001"] > 5 > means["20002"]
    assert all(s.times[0] >= window.since.timestamp() for s in record.series)
    assert clouds.over_quota == []


@pytest.mark.parametrize("generation", ["seed", "current"])
async def test_generation_is_detected_once(
    generation: Any, clouds: FakeClouds, agora: Any, store: Any
) -> None:
    """`auto` detects the generation, returns it to doctor, and stores it for all processes."""
    clouds.agora.generation = generation
    assert str(await agora.check("kids")).startswith(f"The key works; API generation: {generation}")
    assert generation == await SqlKeyValueStore(store).get("agora.generation")
    assert (generation == "seed") is agora.capabilities.events
    before = clouds.counts["analytics/call/lists"]
    await agora.check("adults")
    assert before + 1 == clouds.counts["analytics/call/lists"]


@pytest.mark.parametrize(("was", "becomes"), [("seed", "current"), ("current", "seed")])
async def test_changed_generation_is_detected(
    was: Any, becomes: Any, clouds: FakeClouds, agora: Any, clock: Any
) -> None:
    """When the stored generation is gone, the other one is used and stored."""
    clouds.agora.generation = was
    await agora.check("kids")
    clouds.agora.generation = becomes
    clock.advance(seconds=5)
    _, window = complaint(clouds, "class_77_2")
    (call,) = await agora.find_calls("kids", "class_77_2", window)
    assert len((await agora.fetch_record(call, ["10001", "20002"], window)).participants) == 2
    assert str(await agora.check("kids")).startswith(f"The key works; API generation: {becomes}")


async def test_the_teacher_of_a_big_class(clouds: FakeClouds, agora: Any, clock: Any) -> None:
    """A15: the API of 2020 truncates the list; today's returns the teacher by uid."""
    cname = clouds.sim_calls[-1].cname
    _, window = complaint(clouds, cname)
    (call,) = await agora.find_calls("kids", cname, window)
    record = await agora.fetch_record(call, ["10001", "20002"], window)
    cut = [
        missing_item for missing_item in record.missing if missing_item.why is MissingReason.CUT_OFF
    ]
    assert "10001" in [missing_item.detail for missing_item in cut]
    clouds.agora.generation = "current"
    clock.advance(hours=1)  # the first response is kept no longer
    record = await agora.fetch_record(call, ["10001", "20002"], window)
    assert "10001" in {session.uid for session in record.participants}


async def test_a_report_arrives_whole(clouds: FakeClouds, agora: Any, clock: Any) -> None:
    """A36: the strict fake accepts our report once."""
    await agora.send_report(
        Report(
            app="kids",
            cname="class_77_1",
            teacher_uid="10001",
            student_uid="20002",
            abnormal_side=Side.STUDENT,
            issue_type=IssueType.HELP,
            occurred_at=clock.now(),
            comments="卡 & <b>",
        )
    )
    (accepted,) = clouds.reports
    assert tuple(accepted.fields[name] for name in ("abnormal_uid", "type", "comments")) == (
        20002,
        2,
        "卡 & <b>",
    )


async def test_many_requests_stay_within_the_limits(clouds: FakeClouds, agora: Any) -> None:
    """A7: twenty different requests at three a second all succeed."""
    window = Window.around(dt.datetime.fromtimestamp(NOON_S - 1500, dt.UTC), FIVE)
    for number in range(20):
        await agora.find_calls("kids", f"class_{number}", window)
    assert clouds.counts["analytics/call/lists"] >= 20
    assert clouds.over_quota == []


async def test_identical_requests_are_cached(clouds: FakeClouds, agora: Any) -> None:
    """An identical request is served from the cache."""
    _, window = complaint(clouds, "class_77_1")
    (call,) = await agora.find_calls("kids", "class_77_1", window)
    for uids in (["10001"], ["20002"], ["10001", "20002"]):
        await agora.find_calls("kids", "class_77_1", window)
        await agora.fetch_record(call, uids, window)
    assert clouds.counts["analytics/call/details"] == 1


FAULTS: list[tuple[Any, type[CloudError]]] = [
    ("http_500", CloudServerError),
    ("http_503", CloudServerError),
    ("http_429", CloudQuotaExceededError),
    ("http_300", CloudQuotaExceededError),
    ("code_300", CloudQuotaExceededError),
    ("reset", CloudUnreachableError),
    ("html", CloudInvalidResponseError),
    ("truncated_json", CloudInvalidResponseError),
    ("empty", CloudInvalidResponseError),
    ("wrong_types", CloudInvalidResponseError),
]


@pytest.mark.parametrize(("fault", "error"), FAULTS)
async def test_every_fault_has_its_error(
    fault: Any, error: type[CloudError], clouds: FakeClouds, agora: Any
) -> None:
    """Faults of the network or the cloud raise a CloudError; the next request succeeds."""
    _, window = complaint(clouds, "class_77_1")
    await agora.check("kids")
    clouds.fail_next("analytics/call/lists", fault, times=3)
    with pytest.raises(error):
        await agora.find_calls("kids", "class_77_1", window)


ENDPOINTS = [
    ("seed", "analytics/call/details"),
    ("seed", "live/diagnosis"),
    ("current", "analytics/call/sessions"),
    ("current", "analytics/call/metrics"),
]


@pytest.mark.parametrize(("generation", "endpoint"), ENDPOINTS)
@pytest.mark.parametrize("fault", ["html", "truncated_json", "wrong_types", "empty", "reset"])
async def test_every_endpoint_raises_cloud_errors(
    fault: Any, generation: Any, endpoint: str, clouds: FakeClouds, agora: Any
) -> None:
    """A corrupt response of any endpoint is a CloudError that names the endpoint."""
    clouds.agora.generation = generation
    _, window = complaint(clouds, "class_77_1")
    (call,) = await agora.find_calls("kids", "class_77_1", window)
    clouds.fail_next(endpoint, fault, times=3)
    request = (
        agora.fetch_events("kids", "class_77_1", window)
        if endpoint == "live/diagnosis"
        else agora.fetch_record(call, ["10001"], window)
    )
    with pytest.raises(CloudError) as caught:
        await request
    assert endpoint.endswith(caught.value.endpoint)


async def test_endless_response_is_aborted(
    clouds: FakeClouds, agora: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is closed when a response is far too long."""
    monkeypatch.setattr(connection, "MAX_BODY_BYTES", 1024 * 1024)
    _, window = complaint(clouds, "class_77_1")
    await agora.check("kids")
    clouds.fail_next("analytics/call/lists", "huge")
    with pytest.raises(CloudInvalidResponseError):
        await agora.find_calls("kids", "class_77_1", window)


REPORT_FAULTS: list[tuple[Any, bool, int]] = [
    ("reset", False, 0),
    ("reset", True, 1),
    ("http_500", True, 1),
    ("truncated_json", True, 1),
]


@pytest.mark.parametrize("case", REPORT_FAULTS, ids=str)
async def test_a38_a_report_is_never_sent_twice(
    case: Any, clouds: FakeClouds, agora: Any, clock: Any
) -> None:
    """A38: a report that fails is sent once, whether or not Agora stored it."""
    fault, after_effect, filed = case
    clouds.fail_next("analytics/feedback/reportV2", fault, after_effect=after_effect)
    with pytest.raises(CloudError) as caught:
        await agora.send_report(
            Report(
                app="kids",
                cname="class_77_1",
                teacher_uid="10001",
                student_uid="20002",
                abnormal_side=Side.TEACHER,
                issue_type=IssueType.HELP,
                occurred_at=clock.now(),
            )
        )
    assert caught.value.retryable
    assert filed == len(clouds.reports)
    if isinstance(caught.value, CloudUnreachableError):
        assert caught.value.maybe_arrived


async def test_temporary_fault_is_retried(clouds: FakeClouds, agora: Any) -> None:
    """After one 503 the second attempt succeeds."""
    _, window = complaint(clouds, "class_77_1")
    await agora.check("kids")
    clouds.fail_next("analytics/call/lists", "http_503")
    assert len(await agora.find_calls("kids", "class_77_1", window)) == 1


async def test_wrong_key_is_reported(
    clouds: FakeClouds, rate_limit_store: SqlRateLimitStore, store: Any, clock: Any
) -> None:
    """A6: the message for 401 is about the key and contains nothing of the response."""
    secrets = {"customer_id": "nobody", "customer_secret": "wrong"}
    each = CloudSettings("agora", {"kids": "K"}, clouds.agora_url, secrets, {"api": "seed"})
    made = build_clouds(
        [each],
        rate_limit_store=rate_limit_store,
        key_value_store=SqlKeyValueStore(store),
        clock=clock,
        sleep=clock.sleep,
    )
    with pytest.raises(CloudRefusedError) as caught:
        await made["kids"].check("kids")
    assert (caught.value.status, caught.value.code) == (401, "401")
    assert "wrong" not in repr(caught.value) + repr(made["kids"])
    await made["kids"].close()


async def test_plan_without_the_endpoint_is_reported(clouds: FakeClouds, agora: Any) -> None:
    """A6: the message for a key without the right is about the plan."""
    await agora.check("kids")
    clouds.agora.deny("live/diagnosis")
    _, window = complaint(clouds, "class_77_1")
    with pytest.raises(CloudRefusedError) as caught:
        await agora.fetch_events("kids", "class_77_1", window)
    assert "plan" in str(caught.value)


async def test_events_of_the_cloud_are_returned(clouds: FakeClouds, agora: Any) -> None:
    """One request of the quota returns the events of our channel."""
    at, _ = complaint(clouds, "class_77_1")
    response = await agora.fetch_events("kids", "class_77_1", Window.around(at, FIVE / 5))
    assert {event.cname for event in response.events} == {"class_77_1"}
    assert clouds.counts["live/diagnosis"] == 1
    assert all(missing_item.what is MissingKind.EVENTS for missing_item in response.missing)
