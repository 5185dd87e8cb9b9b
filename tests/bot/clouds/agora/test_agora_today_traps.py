"""The traps of today's Agora documents (Section 4 of the list), numbered in that order."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx

from bot.clouds.agora.app_metric_schemas import AppMetricsBody, parse_distribution, parse_usages
from bot.clouds.endpoints import find_endpoint
from bot.ports import Topic, Window
from bot.settings import read_settings
from tests.bot.clouds.agora.test_agora_traps import CALL, LATELY, NOON_S, call_row, user_row, when

HOUR = Window(when(NOON_S - 3600), when(NOON_S - 300))
NULL = {"code": 0, "message": "null"}


async def test_t1_t6_t8_t9_pages_of_today(make_agora: Any, mock_api: Any) -> None:
    """T1, T6: 0 is a success; T8: a page has a size and a number; T9: has_more is not needed."""
    rows = [call_row(number, NOON_S - 2000 + number) for number in range(101)]

    def response(request: httpx.Request) -> httpx.Response:
        first = (int(request.url.params["page_no"]) - 1) * 100
        result = {"total_size": 101, "call_lists": rows[first : first + 100]}
        return httpx.Response(200, json=NULL | result)

    mock_api.respond_with("lists", response)
    calls = await make_agora(api="current").find_calls("kids", "class_77_1", HOUR)
    assert len(calls) == 101
    pages = [
        (requested["page_no"], requested["page_size"]) for requested in mock_api.params("lists")
    ]
    assert pages == [("1", "100"), ("2", "100")]


async def test_t10_roles_are_not_parsed(make_agora: Any, mock_api: Any) -> None:
    """T10: roles are documented as text and as an array; with either the rest is parsed."""
    users = [user_row(10001, "a", roles=["SPEAKER"]), user_row(20002, "b", roles="AUDIENCE")]
    mock_api.respond("sessions", NULL | {"call_info": users})
    mock_api.respond("metrics", NULL | {"metrics": []})
    record = await make_agora(api="current").fetch_record(CALL, ["10001", "20002"], LATELY)
    assert {person.uid for person in record.participants} == {"10001", "20002"}


async def test_t2_names_of_times(make_agora: Any, mock_api: Any) -> None:
    """T2: requests for calls have start_ts and end_ts, those for apps startTs and endTs."""
    mock_api.respond("lists", NULL | {"total_size": 0, "call_lists": []})
    mock_api.respond("by_time", NULL | {"data": []})
    agora = make_agora(api="current", plan="premium")
    await agora.find_calls("kids", "class_77_1", HOUR)
    await agora.fetch_app_metrics("kids", Topic.USAGE)
    names = ("start_ts", "end_ts", "startTs", "endTs")
    for name, wanted in (("lists", names[:2]), ("by_time", names[2:])):
        (requested, *_) = mock_api.params(name)
        assert wanted == tuple(each for each in names if each in requested)


def test_t3_dimension_with_two_names() -> None:
    """T3: the table has sdkVersion, the sample sdk; rows with either name are parsed."""
    row = find_endpoint("agora", "usage_spread", generation="current", plan="premium")
    for requested, result in (("sdkVersion", "sdk"), ("sdk", "sdkVersion")):
        body = AppMetricsBody(data=[{result: "4.1", "userCount": 3}])
        (only,) = parse_distribution(row, body, requested, "userCount").rows
        assert (only.codes[0].value, only.value) == ("4.1", 3)


def test_t4_quality_has_its_own_paths() -> None:
    """T4: two samples for quality use the paths of usage."""
    for name, path in (
        ("quality_spread", "/beta/insight/quality/aggregation"),
        ("realtime_quality", "/beta/realtime/quality/by_time_20sec"),
    ):
        row = find_endpoint("agora", name, generation="current", plan="premium")
        assert path == row.path


def test_t7_midnight_of_either_zone() -> None:
    """T7: a day begins at midnight of UTC or, as in the samples, of UTC+8; the date is the same."""
    row = find_endpoint("agora", "insight_usage", generation="current", plan="premium")
    midnight = dt.datetime(2026, 11, 20, tzinfo=dt.UTC).timestamp()
    for stamp in (midnight, midnight - 8 * 3600):
        body = AppMetricsBody(data=[{"ts": stamp, "userCount": 3}])
        (usage,) = parse_usages(row, body, ["userCount"])
        assert dt.date(2026, 11, 20) == usage.day


def test_t14_the_host_is_a_setting() -> None:
    """T14: a sample has api.sd-rtn.com; requests go to api.agora.io unless set otherwise."""
    result = {"AGORA_APPS": "kids=A", "AGORA_CUSTOMER_ID": "I", "AGORA_CUSTOMER_SECRET": "S"}
    elsewhere = result | {"AGORA_BASE_URL": "https://api.sd-rtn.com/"}
    assert [each.base_url for each in read_settings(result).clouds] == ["https://api.agora.io"]
    assert [each.base_url for each in read_settings(elsewhere).clouds] == ["https://api.sd-rtn.com"]
