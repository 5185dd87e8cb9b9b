"""How many days of freeze rates each cloud is asked for."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import httpx
import pytest

from bot.call import MissingReason
from bot.ports import Topic

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
DAY_S = 86400


def _agora(request: httpx.Request) -> httpx.Response:
    start = int(request.url.params["startTs"])
    row = {"ts": start, "videoFreezeRate": 0.01, "audioFreezeRate": 0.02, "joinSuccessRate": 1}
    return httpx.Response(200, json={"code": 0, "data": [row]})


@pytest.mark.parametrize(("plan", "days", "requests"), [("premium", 9, 3), ("enterprise", 29, 5)])
async def test_agora(plan: str, days: int, requests: int, light: Any, mock_api: Any) -> None:
    """As many as a minute's requests reach, of those kept; only what freezes is returned."""
    mock_api.respond_with("by_time", _agora)
    cloud = light("agora", api="current", plan=plan)
    result = await cloud.fetch_app_metrics("kids", Topic.TREND)
    asked = [(int(query["startTs"]), int(query["endTs"])) for query in mock_api.params("by_time")]
    covered = sum(end - start for start, end in asked) / DAY_S
    assert (len(asked), days - 1 <= covered <= days) == (requests, True)
    names = {usage.metric.value for usage in result.usages}
    assert names == {"videoFreezeRate", "audioFreezeRate"}
    await cloud.fetch_app_metrics("kids", Topic.TREND)
    assert len(mock_api.params("by_time")) == requests  # days are published once


@pytest.mark.parametrize("options", [{"api": "seed"}, {"api": "current", "plan": "standard"}])
async def test_agora_without_them(options: dict[str, str], light: Any, mock_api: Any) -> None:
    """No request, and a reason."""
    result = await light("agora", **options).fetch_app_metrics("kids", Topic.TREND)
    assert result.is_empty
    assert [gap.why for gap in result.missing] == [MissingReason.UNSUPPORTED]
    assert len(result.failures) == 1
    assert mock_api.requests == []


async def test_huawei(light: Any, mock_api: Any) -> None:
    """All days that are kept, in one request that is not the one of the last week."""
    row = {"date": "2026-10-20", "video_freeze_rate": 0.5, "audio_freeze_rate": 0.25}
    mock_api.respond("quality", {"quality": [row]})
    result = await light("huawei").fetch_app_metrics("kids", Topic.TREND)
    (request,) = mock_api.requests
    dates = request.url.params["start_date"], request.url.params["end_date"]
    assert dates == ("2026-10-20", "2026-11-19")
    assert {usage.metric.value for usage in result.usages} == {
        "VideoFreezeRate",
        "AudioFreezeRate",
    }


async def test_volcengine(light: Any, mock_api: Any) -> None:
    """Four weeks in windows of one, for apps and for browsers."""
    mock_api.respond("ListQuality", {"ResponseMetadata": {}, "Result": {"Indicators": []}})
    await light("volcengine").fetch_app_metrics("kids", Topic.TREND)
    asked = [json.loads(request.content) for request in mock_api.requests]
    assert {body["Indicator"][0] for body in asked} == {"stall_rate"}
    starts = {dt.datetime.fromisoformat(body["StartTime"]) for body in asked}
    china = dt.timezone(dt.timedelta(hours=8))
    first = dt.datetime(2026, 10, 23, tzinfo=china)
    assert starts == {first + dt.timedelta(weeks=week) for week in range(4)}
    assert len(asked) == 2 * len(starts)
