"""The traps of Huawei's app metrics (13.3 to 13.9, 13.14), each with its number."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.call import Code, Unit
from bot.errors import CloudDataExpiredError, CloudInvalidResponseError
from bot.ports import Window

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
HOUR = Window(NOON - dt.timedelta(hours=1), NOON)
DAY = dt.date(2026, 11, 18)


async def test_w16_required_parameters_are_there(make_huawei: Any, mock_api: Any) -> None:
    """W16, W17: metric, SDK, dimension and time are always sent, unlike in the samples."""
    sample = {"time": "2026-11-20T11:30:00Z", "value": 0.5}
    mock_api.respond("scale", {"scale": [sample]})
    mock_api.respond("quality", {"quality": [sample]})
    mock_api.respond("network", {"network": [sample]})
    mock_api.respond("dimension", {"dimensions": []})
    statistics = make_huawei().statistics
    await statistics.live_scale("kids", "OnlineUsers", HOUR)
    await statistics.live_quality("kids", "VideoFreezeRate", "native", HOUR)
    await statistics.live_network("kids", "VideoExcellentTransRate", "webrtc", HOUR)
    await statistics.live_distribution("kids", "region", NOON)
    queries = [{*dict(requested.url.params)} for requested in mock_api.requests]
    span = {"app", "metric", "start_time", "end_time"}
    spread = {"app", "metric", "dimension", "time"}
    assert [span, span | {"sdk_type"}, span | {"sdk_type"}, spread] == queries
    assert mock_api.params("dimension")[0]["time"] == "2026-11-20T12:00:00Z"


async def test_live_rates_keep_their_scale(make_huawei: Any, mock_api: Any) -> None:
    """The live scale is not documented: values are kept without a unit; points are sorted."""
    samples = [
        {"time": "2026-11-20T11:31:00Z", "value": 0.54},
        {"time": "2026-11-20T11:30:00Z", "value": 1},
        {"time": "2026-11-20T11:32:00Z", "value": None},
    ]
    mock_api.respond("quality", {"quality": samples})
    trend = await make_huawei().statistics.live_quality("kids", "AudioFreezeRate", "native", HOUR)
    assert (Code("huawei.metric", "AudioFreezeRate"), Unit.NUMBER) == (trend.name, trend.unit)
    assert [value for _, value in trend.points] == [1.0, 0.54]


async def test_live_metrics_cover_a_day_at_most(make_huawei: Any, mock_api: Any) -> None:
    """Of a longer window the last day is requested."""
    mock_api.respond("scale", {"scale": []})
    window = Window(NOON - dt.timedelta(days=3), NOON)
    await make_huawei().statistics.live_scale("kids", "RoomCount", window, "class_77_1")
    (requested,) = mock_api.params("scale")
    assert (requested["start_time"], requested["room_id"]) == ("2026-11-19T12:00:00Z", "class_77_1")


async def test_w15_w18_regions_are_codes_or_names(make_huawei: Any, mock_api: Any) -> None:
    """W15, W18: codes and Chinese names are both kept; the largest is first."""
    rows = [{"dimension": "GD", "online_users": 2}, {"dimension": "陕西", "online_users": 9}]
    mock_api.respond("dimension", {"dimensions": rows})
    spread = await make_huawei().statistics.live_distribution("kids", "region", NOON)
    matches = [(row.codes[0].kind, row.codes[0].value, row.value) for row in spread.rows]
    assert matches == [("huawei.region", "陕西", 9), ("huawei.region", "GD", 2)]


async def test_w21_names_and_scale_of_a_day(make_huawei: Any, mock_api: Any) -> None:
    """W12, W21: `JoinSuccess5SecsRate` has another name in the response; 1 means 100 %."""
    row = {"date": "2026-11-18", "join_success_in5secs_rate": 0.99, "audio_trans_delay": 61.5}
    mock_api.respond("quality", {"quality": [row]})
    statistics = make_huawei().statistics
    metrics = ["JoinSuccess5SecsRate", "AudioTransDelay", "VideoFreezeRate"]
    matches = await statistics.daily_quality("kids", metrics, DAY, DAY)
    assert [(one.metric.value, one.unit, one.value) for one in matches] == [
        ("JoinSuccess5SecsRate", "%", 99.0),
        ("AudioTransDelay", "ms", 61.5),
    ]
    (requested,) = mock_api.params("quality")
    assert (
        requested["metric"],
        requested["start_date"],
    ) == ("JoinSuccess5SecsRate,AudioTransDelay,VideoFreezeRate", "2026-11-18")


async def test_w12_values_may_be_repeated(make_huawei: Any, mock_api: Any) -> None:
    """W12: in the SDK's style several values are several parameters, but for `mid`."""
    mock_api.respond("scale", {"scale": []})
    huawei = make_huawei(array_style="repeat")
    await huawei.statistics.daily_scale("kids", ["UserCount", "RoomCount"], DAY, DAY)
    assert mock_api.requests[0].url.params.get_list("metric") == ["RoomCount", "UserCount"]


async def test_w20_today_is_never_requested(make_huawei: Any, mock_api: Any) -> None:
    """W19, W20: days end yesterday, go back 31, and both dates are always given."""
    mock_api.respond("scale", {"scale": []})
    statistics = make_huawei().statistics
    today = NOON.date()
    await statistics.daily_scale("kids", ["UserCount"], today - dt.timedelta(days=60), today)
    assert await statistics.daily_scale("kids", ["UserCount"], today, today) == ()
    (requested,) = mock_api.params("scale")
    assert (requested["start_date"], requested["end_date"]) == ("2026-10-20", "2026-11-19")
    long_ago = dt.date(2026, 1, 1)
    with pytest.raises(CloudDataExpiredError):
        await statistics.daily_scale("kids", ["UserCount"], long_ago, long_ago)


async def test_usage_in_seconds(make_huawei: Any, mock_api: Any) -> None:
    """13.7: the total and its parts, by day."""
    row = {"date": "2026-11-18", "video_sd": 1, "video_hd": 2, "audio": 1, "total_duration": 4}
    mock_api.respond("usage", {"usage": [row]})
    matches = await make_huawei().statistics.usage("kids", "CommunicationDuration", DAY, DAY)
    values = {
        one.definition.part.value if one.definition else one.metric.value: (
            one.day,
            one.unit,
            one.value,
        )
        for one in matches
    }
    expected = {"CommunicationDuration": 4, "video_sd": 1, "video_hd": 2, "audio": 1}
    assert {name: (DAY, Unit.SECONDS, value) for name, value in expected.items()} == values
    assert {one.metric.value for one in matches} == {"CommunicationDuration"}


async def test_w33_w36_users_by_type_and_factor(make_huawei: Any, mock_api: Any) -> None:
    """W33, W36: both dimensions are requested; 7 digits mean the 8; a factor may be missing."""
    rows = [
        {"abnormal_type": 1, "abnormal_factor": 9000004, "user_count": 2},
        {"abnormal_type": 2, "user_count": 5},
    ]
    mock_api.respond("dimension", {"dimensions": rows})
    spread = await make_huawei().statistics.abnormal_distribution("kids", HOUR)
    freeze, join = spread.rows
    assert ((Code("huawei.abnormal_type", "2"),), 5) == (freeze.codes, freeze.value)
    assert Code("huawei.abnormal_factor.type1", "90000004") == join.codes[1]
    (requested,) = mock_api.params("dimension")
    assert requested["dimension"] == "abnormal_type,abnormal_factor"


@pytest.mark.parametrize(
    "body", [{}, {"scale": None}, {"scale": [{"time": "soon", "value": 1}]}, {"scale": 5}]
)
async def test_invalid_metrics_are_invalid_responses(
    body: object, make_huawei: Any, mock_api: Any
) -> None:
    """A success without metrics, or with an invalid time, is a CloudError."""
    mock_api.respond("scale", body)
    with pytest.raises(CloudInvalidResponseError):
        await make_huawei().statistics.live_scale("kids", "OnlineUsers", HOUR)
