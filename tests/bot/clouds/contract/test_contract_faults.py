"""Faults of every cloud: each gives a CloudError whose message says what to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable
from typing import Any, Final

import pytest

from bot.call import MissingKind, MissingReason
from bot.cloud_settings import CloudSettings
from bot.clouds import connection
from bot.clouds import http as clouds_http
from bot.errors import (
    CloudDataExpiredError,
    CloudError,
    CloudInvalidResponseError,
    CloudQuotaExceededError,
    CloudRefusedError,
    CloudServerError,
    CloudUnreachableError,
)
from bot.ports import Cloud, EventsResult
from bot.sandbox.clouds import FakeClouds, FaultKind
from tests.bot.clouds.contract.cloud_cases import WRONG_SECRET, CloudCase, SteppingClock
from tests.bot.clouds.contract.conftest import Build, around, requests

FAULTS: Final[tuple[tuple[FaultKind, type[CloudError]], ...]] = (
    ("http_500", CloudServerError),
    ("http_503", CloudServerError),
    ("http_429", CloudQuotaExceededError),
    ("code_300", CloudQuotaExceededError),
    ("timeout", CloudUnreachableError),
    ("reset", CloudUnreachableError),
    ("html", CloudInvalidResponseError),
    ("truncated_json", CloudInvalidResponseError),
    ("empty", CloudInvalidResponseError),
    ("huge", CloudInvalidResponseError),
    ("wrong_types", CloudInvalidResponseError),
)


async def outcome_of(question: Awaitable[object]) -> object:
    """Return the result, or the error that was raised."""
    try:
        return await question
    except CloudError as error:
        return error


def has_events_retry_time(came: object, now: dt.datetime) -> bool:
    """Return whether events are missing, with a retry time."""
    assert isinstance(came, EventsResult)
    whys = {(missing_item.what, missing_item.why) for missing_item in came.missing}
    times = [missing_item.retry_at for missing_item in came.missing]
    return {(MissingKind.MINUTES, MissingReason.OVER_QUOTA)} == whys and all(
        at and at > now for at in times
    )


@pytest.fixture
def timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the timeout."""
    monkeypatch.setattr(clouds_http, "TOTAL_TIMEOUT_S", 0.2)
    monkeypatch.setattr(clouds_http, "_MIN_TIMEOUT_S", 0.1)


@pytest.fixture
def huge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limit responses to a megabyte."""
    monkeypatch.setattr(connection, "MAX_BODY_BYTES", 1024 * 1024)


@pytest.mark.parametrize("case", FAULTS, ids=lambda case: case[0])
async def test_every_fault_is_typed(
    case: tuple[FaultKind, type[CloudError]],
    cloud_case: CloudCase,
    clouds: FakeClouds,
    build: Build,
    request: pytest.FixtureRequest,
) -> None:
    """For every endpoint: the kind of error, its endpoint, and that it is temporary."""
    fault, error = case
    stepping_clock: SteppingClock = request.getfixturevalue("stepping_clock")
    window = around(clouds, "bad")
    (call,) = await build(cloud_case.settings(clouds)).find_calls("kids", "bad", window)
    if fault in ("timeout", "huge"):
        request.getfixturevalue(fault)
    for name in requests(cloud_case, build(cloud_case.settings(clouds)), call, window):
        stepping_clock.moment += dt.timedelta(minutes=2)  # its allowance is whole again
        fresh = build(cloud_case.settings(clouds))
        clouds.fail_next(name, fault, times=6)
        came = await outcome_of(requests(cloud_case, fresh, call, window)[name]())
        clouds.clear_faults()
        if (
            name == cloud_case.events
            and error is CloudQuotaExceededError
            and not isinstance(came, error)
        ):
            assert has_events_retry_time(
                came, stepping_clock.now()
            )  # the partial result is returned
            continue
        assert isinstance(came, error)
        assert came.retryable
        assert cloud_case.fake(clouds).name == came.cloud
        if isinstance(came, CloudQuotaExceededError):
            assert came.retry_at > stepping_clock.now()


@pytest.mark.parametrize("fault", ["http_503", "reset"])
async def test_temporary_fault_is_retried(
    fault: FaultKind, cloud_case: CloudCase, clouds: FakeClouds, cloud: Cloud
) -> None:
    """After one failure of a GET the second attempt succeeds."""
    clouds.fail_next(cloud_case.find, fault)
    assert len(await cloud.find_calls("kids", "bad", around(clouds, "bad"))) == 1
    assert clouds.counts[cloud_case.find] == 2


async def test_wrong_key_is_reported(
    cloud_case: CloudCase, clouds: FakeClouds, build: Build
) -> None:
    """A wrong key is a permanent error, with the next step and no secret."""
    cloud = build(cloud_case.wrong_settings(clouds))
    with pytest.raises(CloudRefusedError) as caught:
        await cloud.check("kids")
    error = caught.value
    assert (error.status, error.retryable) == (401, False)
    assert not isinstance(error, CloudQuotaExceededError | CloudDataExpiredError)
    step = "HUAWEI_IAM_PASSWORD" if cloud_case.name == "huawei-token" else "Check the key"
    assert step in str(error)
    assert WRONG_SECRET not in f"{error!r} {error} {cloud!r} {cloud_case.wrong_settings(clouds)!r}"


async def test_missing_right_is_reported(
    cloud_case: CloudCase, clouds: FakeClouds, build: Build
) -> None:
    """A key without the right gives a message with the next step, for each endpoint."""
    window = around(clouds, "bad")
    (call,) = await build(cloud_case.settings(clouds)).find_calls("kids", "bad", window)
    fake: Any = cloud_case.fake(clouds)
    for name in requests(cloud_case, build(cloud_case.settings(clouds)), call, window):
        fake.deny(name)
        cloud = build(cloud_case.settings(clouds))  # without a response cache
        with pytest.raises(CloudRefusedError) as caught:
            await requests(cloud_case, cloud, call, window)[name]()
        assert not caught.value.retryable
        assert "to enable the API" in str(caught.value)
        fake.denied.clear()


async def test_unknown_app_is_reported(
    cloud_case: CloudCase, clouds: FakeClouds, build: Build
) -> None:
    """An unknown app id is an error, not an empty result."""
    settings = cloud_case.settings(clouds)
    wrong = CloudSettings(
        settings.name,
        {"kids": "nobodys-app"},
        settings.base_url,
        settings.secrets,
        settings.options,
    )
    with pytest.raises(CloudRefusedError) as caught:
        await build(wrong).find_calls("kids", "bad", around(clouds, "bad"))
    assert not caught.value.retryable


async def test_closing_twice_is_closing_once(clouds: FakeClouds, cloud: Cloud) -> None:
    """`close` may be called twice, and before any request."""
    await cloud.close()
    await cloud.close()
    assert dict(clouds.counts) == {}
