"""Finding calls at Agora: which window is requested, in how many requests, and what is kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
import pytest

from bot.call import Call
from bot.errors import CloudDataExpiredError, CloudInvalidResponseError, CloudRefusedError
from bot.ports import Window

NOON_S = 1795176000  # 2026-11-20 12:00 UTC
HOUR_S = 3600
DAY_S = 86400


def when(seconds: float) -> dt.datetime:
    """A moment in seconds from noon."""
    return dt.datetime.fromtimestamp(NOON_S + seconds, dt.UTC)


def span(since: float, until: float) -> Window:
    """A window in seconds from noon."""
    return Window(when(since), when(until))


def row(number: int, began: float, ended: float | None = None, **changes: Any) -> dict[str, Any]:
    """One call of `class`, in seconds from noon."""
    ends = {} if ended is None else {"destroyed_ts": NOON_S + ended}
    created = NOON_S + began
    return {"call_id": f"c{number}", "cname": "class", "created_ts": created} | ends | changes


def asked(mock_api: Any) -> list[tuple[int, int]]:
    """The window of every request, in seconds from noon."""
    return [
        (int(each["start_ts"]) - NOON_S, int(each["end_ts"]) - NOON_S)
        for each in mock_api.params("lists")
    ]


def nothing(mock_api: Any) -> None:
    """Respond that there are no calls."""
    mock_api.respond("lists", {"code": 200, "has_more": False, "call_lists": []})


SEED, CURRENT = {"api": "seed"}, {"api": "current", "plan": "premium"}
WINDOWS: list[tuple[dict[str, str], Window, list[tuple[int, int]]]] = [
    # A call may have begun a day before; the last 20 seconds are not published.
    (SEED, span(-1200, -900), [(-900 - DAY_S, -900)]),
    (SEED, span(-1200, -20), [(-20 - DAY_S, -20)]),
    (SEED, span(-1200, -19), [(-20 - DAY_S, -20)]),
    (SEED, span(-1200, 600), [(-20 - DAY_S, -20)]),
    # A longer window is requested whole, without what has expired (but for half a minute).
    (SEED, span(-2 * DAY_S, -900), [(-2 * DAY_S, -900)]),
    (SEED, span(-4 * DAY_S, -900), [(30 - 3 * DAY_S, -900)]),
    # Today's API allows 16 hours per request in this plan.
    (CURRENT, span(-1200, -900), [(-900 - 16 * HOUR_S, -900)]),
    (
        CURRENT,
        span(-20 * HOUR_S - 900, -900),
        [(-900 - 16 * HOUR_S, -900), (-900 - 20 * HOUR_S, -900 - 16 * HOUR_S)],
    ),
]


@pytest.mark.parametrize(("options", "window", "spans"), WINDOWS)
async def test_the_requested_window(
    options: dict[str, str], window: Window, spans: list[tuple[int, int]], light: Any, mock_api: Any
) -> None:
    """A day before the window, as far as the API has it and one request allows."""
    nothing(mock_api)
    assert await light("agora", **options).find_calls("kids", "class", window) == ()
    assert asked(mock_api) == spans


async def test_now_is_rounded_down(light: Any, mock_api: Any, clock: Any) -> None:
    """Requests of the same ten seconds end at the same moment."""
    nothing(mock_api)
    clock.advance(seconds=5.5)
    await light("agora").find_calls("kids", "class", span(-1200, 600))
    assert asked(mock_api) == [(-20 - DAY_S, -20)]


@pytest.mark.parametrize(("until", "is_gone"), [(-3 * DAY_S + 30, True), (-3 * DAY_S + 31, False)])
async def test_a_window_expires(until: float, light: Any, mock_api: Any, *, is_gone: bool) -> None:
    """Half a minute before the documented three days, as clocks may differ."""
    nothing(mock_api)
    request = light("agora").find_calls("kids", "class", span(until - 300, until))
    if is_gone:
        with pytest.raises(CloudDataExpiredError):
            await request
        assert mock_api.requests == []
    else:
        assert await request == ()
        assert asked(mock_api) == [(30 - 3 * DAY_S, until)]


@pytest.mark.parametrize(
    ("began", "ended", "is_kept"),
    [
        (-900, None, True),
        (-899, None, False),
        (-5000, -1200, True),
        (-5000, -1201, False),
        (-5000, None, True),
        (-1000, -950, True),
    ],
)
async def test_calls_that_touch_the_window(
    began: float, ended: float | None, light: Any, mock_api: Any, *, is_kept: bool
) -> None:
    """Both ends of the window belong to it; a call that has not ended reaches to now."""
    mock_api.respond("lists", {"code": 200, "call_lists": [row(1, began, ended)]})
    calls = await light("agora").find_calls("kids", "class", span(-1200, -900))
    call = Call("agora", "kids", "c1", "class", when(began), None if ended is None else when(ended))
    assert calls == ((call,) if is_kept else ())


async def test_newest_first_and_each_once(light: Any, mock_api: Any) -> None:
    """A call of two responses occurs once; another channel's never."""
    rows = [row(1, -5000), row(2, -1000), row(1, -5000), row(3, -2000, cname="class2")]
    mock_api.respond("lists", {"code": 200, "call_lists": rows})
    calls = await light("agora").find_calls("kids", "class", span(-1200, -900))
    assert [call.id for call in calls] == ["c2", "c1"]


@pytest.mark.parametrize("field", ["created_ts", "destroyed_ts"])
async def test_what_is_no_time_is_invalid(field: str, light: Any, mock_api: Any) -> None:
    """The error names the field."""
    mock_api.respond("lists", {"code": 200, "call_lists": [row(1, -1000, -900) | {field: "x"}]})
    with pytest.raises(CloudInvalidResponseError, match=field):
        await light("agora").find_calls("kids", "class", span(-1200, -900))


def page(size: int, total: int | None) -> Any:
    """Respond with pages of so many calls, and how many there are."""

    def response(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["page_no"])
        calls = [row(number * 1000 + each, -1000) for each in range(size)]
        return httpx.Response(200, json={"code": 0, "call_lists": calls, "total_size": total})

    return response


@pytest.mark.parametrize(
    ("size", "total", "pages"),
    [(99, None, 1), (100, None, 10), (100, 100, 1), (100, 101, 2), (100, 0, 10), (0, 500, 1)],
)
async def test_pages_of_todays_api(
    size: int, total: int | None, pages: int, light: Any, mock_api: Any
) -> None:
    """Of a hundred; they end with a short one, with the total, or after ten."""
    mock_api.respond_with("lists", page(size, total))
    agora = light("agora", **CURRENT)
    calls = await agora.find_calls("kids", "class", span(-1200, -900))
    assert len(calls) == size * pages
    sent = [(each["page_no"], each["page_size"]) for each in mock_api.params("lists")]
    assert sent == [(str(number), "100") for number in range(1, pages + 1)]


async def test_the_api_of_2020_is_asked_ten_times_at_most(light: Any, mock_api: Any) -> None:
    """However many calls there are; each request ends a second after the oldest call so far."""

    def response(request: httpx.Request) -> httpx.Response:
        end = int(request.url.params["end_ts"]) - NOON_S
        rows = [row(end - each, end - each) for each in (2, 5)]
        return httpx.Response(200, json={"code": 200, "has_more": True, "call_lists": rows})

    mock_api.respond_with("lists", response)
    await light("agora").find_calls("kids", "class", span(-1200, -900))
    assert [end for _, end in asked(mock_api)] == [-900 - 4 * number for number in range(10)]


async def test_the_api_of_2020_stops_at_the_begin(light: Any, mock_api: Any) -> None:
    """There is nothing before the window of the request."""
    first = -900 - DAY_S
    for began, requests in ((first - 1, 1), (first, 2)):
        mock_api.requests.clear()
        body = {"code": 200, "has_more": True, "call_lists": [row(requests, began)]}
        mock_api.respond("lists", body)
        await light("agora").find_calls("kids", "class", span(-1200, -900))
        assert len(mock_api.requests) == requests


REFUSALS = [
    (400, {}, True),
    (404, {}, True),
    (200, {"code": 300, "message": "query time range limit error"}, True),
    (401, {}, False),
    (403, {}, False),
    (200, {"code": 300, "message": "query time length limit error"}, True),
]


@pytest.mark.parametrize("api", ["auto", "seed"])
@pytest.mark.parametrize(("status", "body", "is_unexpected"), REFUSALS)
async def test_an_unexpected_refusal_may_mean_the_other_generation(
    status: int, body: Any, api: str, light: Any, mock_api: Any, *, is_unexpected: bool
) -> None:
    """Where it is detected, it is detected again; a refused key says nothing about it."""
    agora = light("agora", api=api)
    mock_api.respond("lists", {"code": 200, "has_more": False, "call_lists": []})
    await agora.find_calls("kids", "class", span(-1200, -900))

    def response(request: httpx.Request) -> httpx.Response:
        if "page_no" in request.url.params:
            return httpx.Response(200, json={"code": 0, "total_size": 0, "call_lists": []})
        if "cname" in request.url.params:
            return httpx.Response(status, json=body)
        return httpx.Response(200, json={"code": 0, "total_size": 0, "call_lists": []})

    mock_api.respond_with("lists", response)
    request = agora.find_calls("kids", "other", span(-1200, -900))
    if api == "auto" and is_unexpected:
        assert await request == ()
        assert not agora.capabilities.events
    else:
        with pytest.raises(CloudRefusedError):
            await request
        assert agora.capabilities.events


async def test_the_same_generation_again_is_the_same_error(light: Any, mock_api: Any) -> None:
    """One more request tells that nothing has changed."""
    agora = light("agora", api="auto")
    nothing(mock_api)
    await agora.find_calls("kids", "class", span(-1200, -900))

    def response(request: httpx.Request) -> httpx.Response:
        if "cname" in request.url.params:
            return httpx.Response(404)
        return httpx.Response(200, json={"code": 200, "has_more": False, "call_lists": []})

    mock_api.respond_with("lists", response)
    mock_api.requests.clear()
    with pytest.raises(CloudRefusedError):
        await agora.find_calls("kids", "other", span(-1200, -900))
    assert len(mock_api.requests) == 2


async def test_the_generation_is_detected_from_an_hour(light: Any, mock_api: Any) -> None:
    """The probe is the hour before what is published, without a channel."""
    nothing(mock_api)
    await light("agora", api="auto").check("kids")
    probe, check = mock_api.params("lists")
    assert (int(probe["end_ts"]) - int(probe["start_ts"]), "cname" in probe) == (3600, False)
    assert int(check["end_ts"]) - int(check["start_ts"]) == 600
    assert int(check["end_ts"]) == NOON_S - 20


GENERATIONS = [
    ({"has_more": False}, "seed"),
    ({"has_more": True}, "seed"),
    ({}, "current"),
    ({"has_more": False, "total_size": 0}, "current"),
    ({"has_more": False, "page_no": 1}, "current"),
    ({"has_more": False, "requestId": ""}, "current"),
]


@pytest.mark.parametrize(("body", "generation"), GENERATIONS)
async def test_the_shape_of_a_list_tells_the_generation(
    body: dict[str, Any], generation: str, light: Any, mock_api: Any
) -> None:
    """Only the API of 2020 has `has_more`, and none of today's fields."""
    mock_api.respond("lists", {"code": 200, "call_lists": [], **body})
    detail = (await light("agora", api="auto").check("kids")).params["detail"]
    assert detail == ("seed" if generation == "seed" else "current, premium")
