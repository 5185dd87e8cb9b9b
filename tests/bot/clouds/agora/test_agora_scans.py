"""Which windows of a busy app are scanned, and which are listed as missing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
import pytest

from bot.call import MissingItem, MissingKind, MissingReason
from bot.clouds.agora.events import next_background_scan, next_scan, unscanned_windows
from bot.clouds.endpoints import find_endpoint
from bot.clouds.errors import quota_exceeded
from bot.errors import CloudInvalidResponseError, CloudServerError, CloudUnsupportedError
from bot.ports import EventScan, Window
from tests.bot.clouds.light import NoLimits

NOON_S = 1795176000  # 2026-11-20 12:00 UTC
DIAGNOSIS = find_endpoint("agora", "diagnosis", generation="seed")


def when(seconds: float) -> dt.datetime:
    """A moment in seconds from noon."""
    return dt.datetime.fromtimestamp(NOON_S + seconds, dt.UTC)


def span(since: float, until: float) -> Window:
    """A window in seconds from noon."""
    return Window(when(since), when(until))


def scan(since: float, until: float, *, is_full: bool = False) -> EventScan:
    """A response about a window."""
    return EventScan(span(since, until), (), is_full=is_full)


def full(since: float, until: float) -> EventScan:
    """A response of ten rows."""
    return scan(since, until, is_full=True)


HOUR = (0, 3600)


@pytest.mark.parametrize(
    ("scans", "rest"),
    [
        ([], [HOUR]),
        ([scan(0, 3600)], []),
        ([scan(-9, 9999)], []),
        ([scan(0, 600)], [(600, 3600)]),
        ([scan(3000, 3600)], [(0, 3000)]),
        ([scan(600, 1200), scan(1800, 2400)], [(0, 600), (1200, 1800), (2400, 3600)]),
        ([scan(600, 1800), scan(1200, 2400)], [(0, 600), (2400, 3600)]),
        ([scan(-600, 0), scan(3600, 4000)], [HOUR]),
        ([full(0, 600)], [HOUR]),
        ([full(600, 660)], [(0, 600), (660, 3600)]),
        ([full(600, 661)], [HOUR]),
    ],
)
def test_what_a_further_scan_can_add_to(
    scans: list[EventScan], rest: list[tuple[int, int]]
) -> None:
    """Everything but what was answered completely, or in a minute."""
    assert unscanned_windows(scans, span(*HOUR)) == [span(*each) for each in rest]


@pytest.mark.parametrize(
    ("scans", "target"),
    [
        ([], HOUR),
        ([scan(0, 3600)], None),
        ([scan(1700, 1900)], (0, 1700)),
        ([scan(1600, 1900)], (1900, 3600)),
        ([scan(0, 400), scan(1000, 3600)], (400, 1000)),
        # Half of what was full, around the middle, at least a minute, in whole seconds.
        ([full(0, 3600)], (900, 2700)),
        ([full(1500, 2101)], (1649, 1950)),
        ([full(1750, 1850)], (1770, 1830)),
        ([full(0, 3600), full(900, 2700)], (1350, 2250)),
        ([scan(0, 1800), full(1800, 3600)], (1800, 2700)),
        ([scan(1800, 3600), full(0, 1800)], (900, 1800)),
        ([full(-600, 0)], HOUR),
    ],
)
def test_what_is_scanned_for_a_complaint(
    scans: list[EventScan], target: tuple[int, int] | None
) -> None:
    """What is nearest the middle; smaller, where a response was full."""
    assert next_scan(scans, span(*HOUR)) == (None if target is None else span(*target))


@pytest.mark.parametrize(
    ("scans", "target"),
    [
        ([], HOUR),
        ([scan(0, 3600)], None),
        ([scan(600, 3600)], (0, 600)),
        ([scan(600, 3000)], (3000, 3600)),  # of equals the newest
        ([scan(601, 3000)], (0, 601)),
        # The newest two minutes wait while there are older gaps, unless a response was full.
        ([scan(60, 3481)], (0, 60)),
        ([scan(60, 3480)], (3480, 3600)),
        ([scan(0, 3481)], (3481, 3600)),
        ([scan(60, 3400), full(3400, 3460), scan(3460, 3541)], (0, 60)),
        ([scan(10, 3400), full(3400, 3460), scan(3460, 3500)], (3500, 3600)),
        ([full(0, 3600)], (1800, 3600)),
        ([full(0, 3601)], (1799, 3600)),
    ],
)
def test_what_is_scanned_in_the_background(
    scans: list[EventScan], target: tuple[int, int] | None
) -> None:
    """The longest gap, the newest of equals, and of a full window the newest half."""
    assert next_background_scan(scans, span(*HOUR)) == (None if target is None else span(*target))


@pytest.mark.parametrize(("until", "is_busy"), [(2700, False), (2701, True)])
def test_a_full_response_matters_for_a_quarter_of_an_hour(until: float, *, is_busy: bool) -> None:
    """While the app is busy its newest minutes are scanned before they are full."""
    scans = [full(until - 60, until), scan(10, until - 60), scan(until, 3500)]
    assert next_background_scan(scans, span(*HOUR)) == (
        span(3500, 3600) if is_busy else span(0, 10)
    )


def row(seconds: float, **changes: Any) -> dict[str, Any]:
    """One event of `class`."""
    return {"user": "1", "exp_id": 4, "cname": "class", "ts": NOON_S + seconds} | changes


def respond(mock_api: Any, *rows: dict[str, Any]) -> None:
    """Respond with these rows."""
    mock_api.respond("diagnosis", {"code": 200, "data": list(rows)})


def asked(mock_api: Any) -> list[tuple[int, int]]:
    """The window of every request, in seconds from noon."""
    return [
        (int(each["start_ts"]) - NOON_S, int(each["end_ts"]) - NOON_S)
        for each in mock_api.params("diagnosis")
    ]


def minutes(why: MissingReason, detail: str, retry_s: float | None = None) -> MissingItem:
    """Minutes of a window that are missing."""
    retry_at = None if retry_s is None else when(retry_s)
    return MissingItem(MissingKind.MINUTES, why, retry_at, detail)


@pytest.mark.parametrize(
    ("window", "requested"),
    [
        # A minute more on either side costs nothing.
        (span(-1200, -900), [(-1260, -840)]),
        (span(-1200.5, -900.5), [(-1261, -840)]),
        # Not what is unpublished, or has expired (but for 15 seconds).
        (span(-1200, -130), [(-1260, -120)]),
        (span(-3500, -3300), [(-3560, -3240)]),
        (span(-3580, -3300), [(-3585, -3240)]),
    ],
)
async def test_a_little_more_is_scanned(
    window: Window, requested: list[tuple[int, int]], light: Any, mock_api: Any
) -> None:
    """The next complaint is often about nearly the same minutes."""
    respond(mock_api)
    result = await light("agora").fetch_events("kids", "class", window)
    assert asked(mock_api) == requested
    assert result.missing == ()


async def test_complaints_a_minute_later_take_no_request(light: Any, mock_api: Any) -> None:
    """The stored scan serves them; two minutes later there is something to add."""
    respond(mock_api)
    agora = light("agora")
    for later_s, requests in ((0, 1), (60, 1), (61, 2)):
        window = span(-1200 + later_s, -900 + later_s)
        await agora.fetch_events("kids", "class", window)
        assert len(mock_api.requests) == requests


@pytest.mark.parametrize(
    ("window", "missing"),
    [
        (span(-1200, -120), ()),
        (
            span(-1200, -119),
            (MissingItem(MissingKind.EVENTS, MissingReason.NOT_OUT_YET, when(-119 + 160)),),
        ),
        (
            span(-60, 60),
            (MissingItem(MissingKind.EVENTS, MissingReason.NOT_OUT_YET, when(60 + 160)),),
        ),
        (span(-3585, -3300), ()),
        (
            span(-3586, -3300),
            (minutes(MissingReason.FORGOTTEN, "2026-11-20T11:00:14Z/2026-11-20T11:00:15Z"),),
        ),
        (
            span(-7200, -7000),
            (minutes(MissingReason.FORGOTTEN, "2026-11-20T10:00:00Z/2026-11-20T10:03:20Z"),),
        ),
    ],
)
async def test_what_cannot_be_requested_is_listed(
    window: Window, missing: tuple[MissingItem, ...], light: Any, mock_api: Any
) -> None:
    """Two minutes are unpublished, with their retry time; an hour ago is forgotten."""
    respond(mock_api)
    assert (await light("agora").fetch_events("kids", "class", window)).missing == missing


@pytest.mark.parametrize(("rows", "is_full"), [(9, False), (10, True), (11, True)])
async def test_ten_rows_may_be_truncated(
    rows: int, light: Any, mock_api: Any, *, is_full: bool
) -> None:
    """In a minute there is nothing to narrow; the events are returned and listed as incomplete."""
    respond(mock_api, *(row(-1000, user=str(number)) for number in range(rows)))
    agora = light("agora")

    async def fetch() -> Any:
        return await agora.fetch_events("kids", "class", span(-1010, -990))

    result = await fetch()
    assert len(result.events) == rows
    detail = "2026-11-20T11:42:50Z/2026-11-20T11:43:50Z"
    maybe = MissingItem(MissingKind.EVENTS, MissingReason.MAY_BE_INCOMPLETE, detail=detail)
    assert bool(result.missing) is is_full
    assert result.missing[:1] == ((maybe,) if is_full else ())


async def test_a_row_without_a_time_is_invalid(light: Any, mock_api: Any) -> None:
    """An event cannot be placed without it."""
    respond(mock_api, row(-1000, ts="-"))
    with pytest.raises(CloudInvalidResponseError, match="ts"):
        await light("agora").fetch_events("kids", "class", span(-1200, -900))


@pytest.mark.parametrize(
    ("host", "peer"), [("", None), (0, None), ("0", None), (None, None), (7, "7")]
)
async def test_whom_a_cause_is_attributed_to(
    host: object, peer: str | None, light: Any, mock_api: Any
) -> None:
    """Nobody else: the user of the event."""
    tags = [{"factor_id": 8, "host_user": host}]
    respond(mock_api, row(-1000, cause_tags=tags), row(-990, cause_tags=None))
    events = (await light("agora").fetch_events("kids", "class", span(-1200, -900))).events
    assert [[factor.peer_uid for factor in each.factors] for each in events] == [[peer], []]


async def test_events_outside_the_window_hide_none_inside(light: Any, mock_api: Any) -> None:
    """Rows of the minute before and after are skipped, the later ones are kept."""
    respond(mock_api, *(row(seconds, user=str(-seconds)) for seconds in (-1201, -1200, -899, -900)))
    result = await light("agora").fetch_events("kids", "class", span(-1200, -900))
    assert [event.uid for event in result.events] == ["1200", "900"]


@pytest.mark.parametrize(
    ("options", "left", "has_backlog"), [({}, 900, False), ({"rows": 10}, 900, True)]
)
async def test_one_scan_in_the_background(
    options: dict[str, int], left: int, light: Any, mock_api: Any, *, has_backlog: bool
) -> None:
    """The whole hour that is published; a full response leaves something to do."""
    respond(mock_api, *(row(-1000, user=str(n)) for n in range(options.get("rows", 3))))
    limits = NoLimits()
    limits.left = ((), left)
    agora = light("agora", limits=limits)
    result = await agora.poll_events("kids")
    assert asked(mock_api) == [(-3585, -120)]
    assert (result.has_backlog, result.left) == (has_backlog, left)
    assert limits.reserved[-1][1] == 0
    if not has_backlog:
        await agora.poll_events("kids")
        assert len(mock_api.requests) == 1


@pytest.mark.parametrize(
    ("until", "missing"),
    [
        (-900, ()),
        (
            -800,
            (minutes(MissingReason.OVER_QUOTA, "2026-11-20T11:46:00Z/2026-11-20T11:46:40Z", 60),),
        ),
    ],
)
async def test_polled_events_take_no_request(
    until: float, missing: tuple[MissingItem, ...], light: Any, mock_api: Any
) -> None:
    """What was scanned before is returned; the rest is missing for the reason of the failure."""
    respond(mock_api, row(-1000))
    agora = light("agora")
    because = quota_exceeded(DIAGNOSIS, when(60))
    none = await agora.read_polled_events("kids", "class", span(-1200, until), because)
    assert (none.events, none.missing) == ((), ())
    await agora.fetch_events("kids", "class", span(-1200, -900))
    result = await agora.read_polled_events("kids", "class", span(-1200, until), because)
    assert (len(result.events), result.missing) == (1, missing)
    assert len(mock_api.requests) == 1


async def test_a_failure_beside_a_scan_is_listed(light: Any, mock_api: Any, clock: Any) -> None:
    """Without any scan it is raised; the events of a stored one are returned with the gap."""
    agora = light("agora")
    mock_api.respond_with("diagnosis", lambda _: httpx.Response(500))
    with pytest.raises(CloudServerError):
        await agora.fetch_events("kids", "class", span(-1200, -900))
    respond(mock_api, row(-1000))
    await agora.fetch_events("kids", "class", span(-1200, -900))
    mock_api.respond_with("diagnosis", lambda _: httpx.Response(500))
    clock.advance(minutes=1)
    result = await agora.fetch_events("kids", "class", span(-1200, -700))
    detail = "2026-11-20T11:46:00Z/2026-11-20T11:48:20Z"
    assert len(result.events) == 1
    assert result.missing == (minutes(MissingReason.UNREACHABLE, detail, 60 + 60),)
    with pytest.raises(CloudServerError):
        await agora.fetch_events("kids", "class", span(-2400, -2000))


async def test_todays_api_gets_no_request(light: Any, mock_api: Any) -> None:
    """It has no diagnosis: neither a complaint nor the background scans it."""
    agora = light("agora", api="current")
    for request in (
        agora.fetch_events("kids", "class", span(-1200, -900)),
        agora.poll_events("kids"),
    ):
        with pytest.raises(CloudUnsupportedError):
            await request
    assert mock_api.requests == []
