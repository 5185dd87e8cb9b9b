"""What every cloud does when its twin goes wrong: a typed error that says what to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable
from typing import Any, Final

import pytest

from bot.call import Lack, LackReason
from bot.clouds import http as clouds_http
from bot.errors import (
    CloudBrokenError,
    CloudError,
    CloudForgotError,
    CloudNonsenseError,
    CloudOverQuotaError,
    CloudRefusedError,
    CloudUnreachableError,
)
from bot.ports import Cloud, EventAnswer
from bot.sandbox.clouds import Clouds, FaultKind
from bot.settings import CloudSettings
from tests.bot.clouds.contract.cloud_cases import WRONG_SECRET, Carrier, TurnClock
from tests.bot.clouds.contract.conftest import Build, around, questions

FAULTS: Final[tuple[tuple[FaultKind, type[CloudError]], ...]] = (
    ("http_500", CloudBrokenError),
    ("http_503", CloudBrokenError),
    ("http_429", CloudOverQuotaError),
    ("code_300", CloudOverQuotaError),
    ("timeout", CloudUnreachableError),
    ("reset", CloudUnreachableError),
    ("html", CloudNonsenseError),
    ("truncated_json", CloudNonsenseError),
    ("empty", CloudNonsenseError),
    ("huge", CloudNonsenseError),
    ("wrong_types", CloudNonsenseError),
)


async def came_of(question: Awaitable[object]) -> object:
    """Return an answer, or the error that came instead."""
    try:
        return await question
    except CloudError as error:
        return error


def tells_when_to_return(came: object, now: dt.datetime) -> bool:
    """Tell whether events that could not be asked for are missing until a later moment."""
    assert isinstance(came, EventAnswer)
    whys = {(lack.what, lack.why) for lack in came.missing}
    times = [lack.retry_at for lack in came.missing]
    return {(Lack.MINUTES, LackReason.OVER_QUOTA)} == whys and all(at and at > now for at in times)


@pytest.fixture
def timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no answer longer than a moment."""
    monkeypatch.setattr(clouds_http, "TOTAL_S", 0.2)
    monkeypatch.setattr(clouds_http, "_LEAST_S", 0.1)


@pytest.fixture
def huge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take no answer of more than a megabyte."""
    monkeypatch.setattr(clouds_http, "MAX_BODY_BYTES", 1024 * 1024)


@pytest.mark.parametrize("case", FAULTS, ids=lambda case: case[0])
async def test_every_fault_is_typed(
    case: tuple[FaultKind, type[CloudError]],
    carrier: Carrier,
    clouds: Clouds,
    build: Build,
    request: pytest.FixtureRequest,
) -> None:
    """Of every endpoint that is asked: the error's kind, its endpoint, and that it passes."""
    fault, error = case
    turns: TurnClock = request.getfixturevalue("turns")
    window = around(clouds, "bad")
    (call,) = await build(carrier.settings(clouds)).find_calls("kids", "bad", window)
    if fault in ("timeout", "huge"):
        request.getfixturevalue(fault)
    for name in questions(carrier, build(carrier.settings(clouds)), call, window):
        turns.moment += dt.timedelta(minutes=2)  # its allowance is whole again
        fresh = build(carrier.settings(clouds))
        clouds.fail_next(name, fault, times=6)
        came = await came_of(questions(carrier, fresh, call, window)[name]())
        clouds.clear_faults()
        if name == carrier.events and error is CloudOverQuotaError and not isinstance(came, error):
            assert tells_when_to_return(came, turns.now())  # what is known already is told
            continue
        assert isinstance(came, error)
        assert came.retryable
        assert carrier.twin(clouds).name == came.cloud
        if isinstance(came, CloudOverQuotaError):
            assert came.retry_at > turns.now()


@pytest.mark.parametrize("fault", ["http_503", "reset"])
async def test_a_passing_fault_is_not_felt(
    fault: FaultKind, carrier: Carrier, clouds: Clouds, cloud: Cloud
) -> None:
    """One failure of a question that may be asked again costs a second try, not an error."""
    clouds.fail_next(carrier.find, fault)
    assert 1 == len(await cloud.find_calls("kids", "bad", around(clouds, "bad")))
    assert 2 == clouds.counts[carrier.find]


async def test_a_wrong_key_is_said(carrier: Carrier, clouds: Clouds, build: Build) -> None:
    """A wrong key is an answered no that does not pass, with the next step and no secret."""
    cloud = build(carrier.wrong_settings(clouds))
    with pytest.raises(CloudRefusedError) as caught:
        await cloud.check("kids")
    error = caught.value
    assert (401, False) == (error.status, error.retryable)
    assert not isinstance(error, CloudOverQuotaError | CloudForgotError)
    step = "HUAWEI_IAM_PASSWORD" if carrier.name == "huawei-token" else "Check the key"
    assert step in str(error)
    assert WRONG_SECRET not in f"{error!r} {error} {cloud!r} {carrier.wrong_settings(clouds)!r}"


async def test_a_right_we_lack_is_said(carrier: Carrier, clouds: Clouds, build: Build) -> None:
    """A key that is known but may not ask hears what to do, for each endpoint."""
    window = around(clouds, "bad")
    (call,) = await build(carrier.settings(clouds)).find_calls("kids", "bad", window)
    twin: Any = carrier.twin(clouds)
    for name in questions(carrier, build(carrier.settings(clouds)), call, window):
        twin.deny(name)
        cloud = build(carrier.settings(clouds))  # which keeps no answers yet
        with pytest.raises(CloudRefusedError) as caught:
            await questions(carrier, cloud, call, window)[name]()
        assert not caught.value.retryable
        assert "to enable the call" in str(caught.value)
        twin.denied.clear()


async def test_an_unknown_app_is_said(carrier: Carrier, clouds: Clouds, build: Build) -> None:
    """An app id of nobody's is an answered no, not an empty room."""
    settings = carrier.settings(clouds)
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


async def test_closing_twice_is_closing_once(clouds: Clouds, cloud: Cloud) -> None:
    """`close` may come again, and before anything was asked."""
    await cloud.close()
    await cloud.close()
    assert {} == dict(clouds.counts)
