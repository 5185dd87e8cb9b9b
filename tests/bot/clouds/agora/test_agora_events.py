from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
import pytest

from bot.call import IssueType, MissingKind, MissingReason, Report, Side
from bot.clouds.agora.events import next_scan, unscanned_windows
from bot.errors import CloudServerError, CloudUnsupportedError
from bot.ports import EventScan, Window
from bot.services.diagnosis.service import DiagnosisService

NOON_S = 1795176000


def when(second: float) -> dt.datetime:
    """A moment with a zone."""
    return dt.datetime.fromtimestamp(NOON_S + second, dt.UTC)


def span(since: float, until: float) -> Window:
    """A window in seconds from noon."""
    return Window(when(since), when(until))


def row(second: int, user: str = "1", cname: str = "class_77_1") -> dict[str, object]:
    """One row of live/diagnosis, at a second from noon."""
    tags = [{"factor_id": 23, "host_user": ""}]
    return {"user": user, "exp_id": 4, "cname": cname, "cause_tags": tags, "ts": NOON_S + second}


def busy(rows: list[dict[str, Any]]) -> Any:
    """Respond with the newest ten rows of the window, as Agora does."""

    def response(request: httpx.Request) -> httpx.Response:
        start, end = (int(request.url.params[name]) for name in ("start_ts", "end_ts"))
        inside = sorted(
            (each for each in rows if start <= each["ts"] <= end), key=lambda each: -each["ts"]
        )
        return httpx.Response(200, json={"code": 200, "data": inside[:10]})

    return response


async def fetch_until_complete(agora: Any, clock: Any, window: Window) -> Any:
    """Fetch again at each retry time, as a diagnosis does; returns the last result."""
    for _ in range(20):
        response = await agora.fetch_events("kids", "class_77_1", window)
        due = [missing_item.retry_at for missing_item in response.missing if missing_item.retry_at]
        if not due:
            return response
        clock.moment = max(min(due), clock.moment)
    raise AssertionError


async def test_quiet_window_takes_one_request(make_agora: Any, mock_api: Any) -> None:
    """A9: fewer than ten rows are complete, for any window; only this channel's are returned."""
    rows = [row(-1000), row(-990, cname="class_1"), row(-985, user="2")]
    mock_api.respond_with("diagnosis", busy(rows))
    response = await make_agora().fetch_events("kids", "class_77_1", span(-1200, -900))
    assert [event.uid for event in response.events] == ["1", "2"]
    assert (response.missing, len(mock_api.requests)) == ((), 1)


async def test_second_channel_takes_no_request(make_agora: Any, mock_api: Any) -> None:
    """A9: one response is for the whole app, so it serves every channel; "" is all of them."""
    mock_api.respond_with("diagnosis", busy([row(-1000), row(-990, cname="class_1")]))
    agora = make_agora()
    window = span(-1200, -900)
    await agora.fetch_events("kids", "class_77_1", window)
    assert len((await agora.fetch_events("kids", "class_1", window)).events) == 1
    assert len((await agora.fetch_events("kids", "", window)).events) == 2
    assert len(mock_api.requests) == 1


async def test_full_response_is_narrowed_until_complete(
    make_agora: Any, mock_api: Any, clock: Any
) -> None:
    """A9: ten rows may be truncated; fetched in halves, a minute apart, all 24 rows occur once."""
    rows = [row(-1200 + 12 * n, user=str(n)) for n in range(24)]
    mock_api.respond_with("diagnosis", busy(rows))
    agora = make_agora()
    window = span(-1200, -912)
    first = await agora.fetch_events("kids", "class_77_1", window)
    assert [missing_item.why for missing_item in first.missing] == [MissingReason.MAY_BE_INCOMPLETE]
    last = await fetch_until_complete(agora, clock, window)
    assert {str(n) for n in range(24)} == {event.uid for event in last.events}
    assert len(last.events) == 24
    assert last.missing == ()
    requested = [
        int(each["end_ts"]) - int(each["start_ts"]) for each in mock_api.params("diagnosis")
    ]
    assert len(requested) <= 8


async def test_ten_rows_in_a_minute_are_incomplete(
    make_agora: Any, mock_api: Any, clock: Any
) -> None:
    """A9: a minute with more than ten rows cannot be narrowed, and is listed as incomplete."""
    mock_api.respond_with("diagnosis", busy([row(-1170 + n // 2, user=str(n)) for n in range(40)]))
    response = await fetch_until_complete(make_agora(), clock, span(-1200, -1080))
    whys = {(missing_item.what, missing_item.why) for missing_item in response.missing}
    assert {(MissingKind.EVENTS, MissingReason.MAY_BE_INCOMPLETE)} == whys


async def test_a8_once_a_minute(make_agora: Any, mock_api: Any) -> None:
    """A8: a second request within the minute is not sent; the missing item has the retry time."""
    mock_api.respond_with("diagnosis", busy([]))
    agora = make_agora()
    await agora.fetch_events("kids", "class_77_1", span(-1200, -1140))
    none = await agora.fetch_events("kids", "class_77_1", span(-600, -540))
    assert [(m.what, m.why) for m in none.missing] == [
        (MissingKind.MINUTES, MissingReason.OVER_QUOTA)
    ]
    assert none.missing[0].detail == "2026-11-20T11:50:00Z/2026-11-20T11:51:00Z"
    half = await agora.fetch_events("kids", "class_77_1", span(-1200, -1020))
    assert [(m.what, m.why) for m in half.missing] == [
        (MissingKind.MINUTES, MissingReason.OVER_QUOTA)
    ]
    assert half.missing[0].detail == "2026-11-20T11:42:00Z/2026-11-20T11:43:00Z"
    assert none.missing[0].retry_at == half.missing[0].retry_at
    assert len(mock_api.requests) == 1


async def test_last_two_minutes_are_not_published(make_agora: Any, mock_api: Any) -> None:
    """A8: data appears up to 120 s late; no request is sent before."""
    mock_api.respond_with("diagnosis", busy([]))
    agora = make_agora()
    response = await agora.fetch_events("kids", "class_77_1", span(-60, 120))
    assert [missing_item.why for missing_item in response.missing] == [MissingReason.NOT_OUT_YET]
    assert when(120 + 120) <= response.missing[0].retry_at
    assert mock_api.requests == []
    await agora.fetch_events("kids", "class_77_1", span(-240, 0))
    assert str(NOON_S - 120) == mock_api.params("diagnosis")[0]["end_ts"]


async def test_events_expire_after_an_hour(make_agora: Any, mock_api: Any, clock: Any) -> None:
    """A8: older minutes are expired and not requested; stored events of them are returned."""
    mock_api.respond_with("diagnosis", busy([row(-1000)]))
    agora = make_agora()
    gone = await agora.fetch_events("kids", "class_77_1", span(-7200, -7000))
    assert [(m.what, m.why) for m in gone.missing] == [
        (MissingKind.MINUTES, MissingReason.FORGOTTEN)
    ]
    assert mock_api.requests == []
    part = await agora.fetch_events("kids", "class_77_1", span(-3700, -900))
    assert [(m.what, m.why) for m in part.missing] == [
        (MissingKind.MINUTES, MissingReason.FORGOTTEN)
    ]
    clock.advance(seconds=3000)
    result = await agora.fetch_events("kids", "class_77_1", span(-1200, -900))
    assert (len(result.events), result.missing) == (1, ())


async def test_stored_events_are_returned_when_the_cloud_fails(
    make_agora: Any, mock_api: Any, clock: Any
) -> None:
    """Events of earlier scans are returned, with the missing minutes; without any, the error."""
    mock_api.respond_with("diagnosis", busy([row(-1190)]))
    agora = make_agora()
    await agora.fetch_events("kids", "class_77_1", span(-1200, -1140))
    clock.advance(seconds=61)
    for name in ("diagnosis", "lists"):
        mock_api.respond(name, {}, 500)
    result = await agora.fetch_events("kids", "class_77_1", span(-1200, -1020))
    (missing_item,) = result.missing
    assert (missing_item.what, missing_item.why) == (MissingKind.MINUTES, MissingReason.UNREACHABLE)
    assert missing_item.detail == "2026-11-20T11:42:00Z/2026-11-20T11:43:00Z"
    assert missing_item.retry_at == clock.now() + dt.timedelta(seconds=60)
    clock.advance(seconds=600)
    with pytest.raises(CloudServerError):
        await agora.fetch_events("kids", "class_77_1", span(-600, -540))
    report = Report("kids", "class_77_1", "2", "1", Side.STUDENT, IssueType.HELP, when(-1110))
    matches = await DiagnosisService({"kids": agora}, clock).diagnose(report)
    assert result.events == matches.events
    assert (matches.verdict.cause, len(matches.verdict.others)) == ("unknown", 1)
    whats = [missing_item.what for missing_item in matches.verdict.missing]
    assert whats[0] == MissingKind.CALL
    assert MissingKind.MINUTES in whats


@pytest.mark.parametrize("api", ["current", "seed"])
async def test_current_api_has_no_diagnosis(api: str, make_agora: Any) -> None:
    """Where the realtime API is retired there is no such endpoint, with either setting."""
    with pytest.raises(CloudUnsupportedError):
        await make_agora(api=api).fetch_events("kids", "class_77_1", span(-1200, -900))
    assert make_agora(api="seed").capabilities.events
    assert not make_agora(api="current").capabilities.events


def test_next_scan_is_of_an_unscanned_window() -> None:
    """The window nearest the middle is first; settled windows are not scanned again."""
    window = span(0, 600)
    assert window == next_scan([], window)
    seen = EventScan(span(0, 400), (), is_full=False)
    assert span(400, 600) == next_scan([seen], window)
    assert None is next_scan([EventScan(span(-60, 700), (), is_full=False)], window)
    assert span(150, 450) == next_scan([EventScan(window, (), is_full=True)], window)


def test_full_minute_is_settled() -> None:
    """No scan is shorter than a minute."""
    minute = EventScan(span(0, 60), (), is_full=True)
    longer = EventScan(span(0, 61), (), is_full=True)
    assert unscanned_windows([minute], span(0, 60)) == []
    assert [span(0, 61)] == unscanned_windows([longer], span(0, 61))
