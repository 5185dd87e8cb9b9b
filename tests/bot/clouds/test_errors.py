"""Errors of a cloud's API: their statuses, codes and texts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bot.clouds import errors
from bot.clouds.endpoint import Endpoint
from bot.clouds.endpoints import find_endpoint
from bot.errors import CloudError, CloudRefusedError

LATER = dt.datetime(2026, 11, 20, 15, tzinfo=dt.UTC)
LISTS = find_endpoint("agora", "lists", generation="seed")
ROOMS = find_endpoint("huawei", "rooms")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.quota_exceeded(LISTS, LATER), 0, ""),
        (errors.quota_exceeded(LISTS, LATER, status=429, code="300"), 429, "300"),
        (errors.not_yet_published(LISTS, LATER, status=200, code="300"), 200, "300"),
        (errors.data_expired(LISTS), 0, ""),
        (errors.data_expired(LISTS, status=200, code="300"), 200, "300"),
        (errors.server_error(LISTS, status=502), 502, ""),
        (errors.range_too_long(LISTS, code="300"), 400, "300"),
        (errors.refused(LISTS, status=403), 403, ""),
    ],
)
def test_status_and_code_are_kept(error: CloudRefusedError, status: int, code: str) -> None:
    """Status 0: we did not send the request."""
    assert (error.status, error.code) == (status, code)
    assert (error.cloud, error.endpoint) == ("agora", "lists")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (errors.data_expired(LISTS), "keeps only the last 72 hours (lists)"),
        (errors.data_expired(replace(LISTS, lookback=None)), "no longer keeps data for this time"),
        (errors.server_error(LISTS, status=502), "internal error (lists, code 502)"),
        (errors.server_error(LISTS, status=502, code="77"), "internal error (lists, code 77)"),
        (errors.refused(LISTS, status=401), "Agora rejected our key (lists, code 401)"),
        (
            errors.refused(LISTS, status=403, code="9"),
            "does not allow this request (lists, code 9)",
        ),
        (errors.refused(LISTS, status=404), "has no such API (lists, code 404)"),
        (errors.refused(LISTS, status=418), "refused the query (lists, code 418)"),
        (errors.refused(ROOMS, status=418, code="RTC.00001011"), "no such recording rule"),
        (errors.range_too_long(LISTS, code="300"), "such a long period at once (lists, code 300)"),
        (errors.unsupported("huawei", "report"), "Huawei Cloud has no API for this (report)"),
        (errors.unreachable(LISTS, "timeout", maybe_arrived=True), "respond (lists, timeout)"),
        (errors.invalid_response(LISTS, "ts"), "we cannot read (lists, ts)"),
    ],
)
def test_texts_name_the_endpoint_and_the_code(error: CloudError, text: str) -> None:
    """The code of the cloud is displayed, else its status."""
    assert text in str(error.user_message)


@pytest.mark.parametrize("maybe_arrived", [True, False])
def test_whether_a_request_may_have_arrived(maybe_arrived: object) -> None:
    """It decides whether a report may be sent again."""
    error = errors.unreachable(LISTS, "x", maybe_arrived=bool(maybe_arrived))
    assert error.maybe_arrived is maybe_arrived


@pytest.mark.parametrize(
    ("code", "cleaned"),
    [
        ("RTC.00001003", "RTC.00001003"),
        (300, "300"),
        ("a b<c>", "a_b_c_"),
        ("at 10.0.0.7!", "at___"),
        ("9" * 49, "9" * 48),
    ],
)
def test_codes_are_short_and_safe(code: object, cleaned: str) -> None:
    """No address, no markup, 48 characters at most."""
    assert errors.clean_code(code) == cleaned


def test_an_endpoint_without_a_limit_has_none() -> None:
    """`retention` and `page_size` are only for endpoints whose document sets them."""
    plain = Endpoint("agora", "plain", "/plain", "test")
    for name in ("retention", "page_size"):
        with pytest.raises(LookupError, match="plain has no"):
            getattr(plain, name)
    assert (LISTS.retention, LISTS.page_size) == (dt.timedelta(days=3), 10)
    assert (plain.delay, plain.rates, plain.daily_limit) == (dt.timedelta(0), (), None)


@pytest.mark.parametrize(
    ("generation", "plan", "asked", "fits"),
    [
        ("", None, ("seed", "standard"), True),
        ("seed", None, ("seed", None), True),
        ("seed", None, ("current", None), False),
        ("current", "premium", ("current", "premium"), True),
        ("current", "premium", ("current", "standard"), False),
        ("current", "premium", ("seed", "premium"), False),
    ],
)
def test_endpoints_are_of_a_generation_and_a_plan(
    generation: str, plan: object, asked: tuple[str, str | None], *, fits: bool
) -> None:
    """One without either is for all."""
    row = replace(LISTS, generation=generation, plan=plan)  # type: ignore[arg-type]
    assert row.is_for(*asked) is fits


@pytest.mark.parametrize(
    ("quota_group", "bucket"), [("", "agora.lists.APP"), ("all", "agora.all.APP")]
)
def test_calls_are_counted_per_app(quota_group: str, bucket: str) -> None:
    """By endpoint, or by the group that shares a quota."""
    assert replace(LISTS, quota_group=quota_group).bucket("APP") == bucket
