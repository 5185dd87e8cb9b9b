"""One list of a channel's calls serves all tickets about the same minutes, in every cloud."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any, Final

import pytest

from bot.ports import Window

NOON: Final = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
HOUR_S: Final = 3600
_BEGAN: Final = dt.datetime(2026, 11, 20, 11, tzinfo=dt.UTC)
_ENDED: Final = dt.datetime(2026, 11, 20, 11, 30, tzinfo=dt.UTC)


def span(since: float, until: float) -> Window:
    """A window in seconds from noon."""
    return Window(NOON + dt.timedelta(seconds=since), NOON + dt.timedelta(seconds=until))


def respond(mock_api: Any, *, is_running: bool) -> None:
    """Let every cloud list one call that began at eleven."""
    ended = None if is_running else _ENDED
    agora = {
        "call_id": "c1",
        "cname": "room",
        "created_ts": int(_BEGAN.timestamp()),
        "destroyed_ts": 0 if ended is None else int(ended.timestamp()),
        "finished": not is_running,
    }
    volcengine = {
        "CallId": "c1",
        "RoomId": "room",
        "CreatedTime": _BEGAN.isoformat(),
        "DestroyTime": "" if ended is None else ended.isoformat(),
    }
    huawei = {
        "room_id": "room",
        "start_time": f"{_BEGAN:%Y-%m-%dT%H:%M:%SZ}",
        "end_time": "-" if ended is None else f"{ended:%Y-%m-%dT%H:%M:%SZ}",
    }
    mock_api.respond("lists", {"code": 200, "call_lists": [agora]})
    mock_api.respond("ListRoomInfo", {"ResponseMetadata": {}, "Result": {"RoomList": [volcengine]}})
    mock_api.respond("rooms", {"total": 1, "room_info_list": [huawei]})


# the first window, seconds until the second, the second window, requests for both together;
# Agora and Volcengine list a call after 20 seconds, Huawei after five minutes
RULES: Final = [
    # another ticket about the same minutes, the second diagnosis of a ticket, an older complaint
    (span(-700, -400), 0, span(-690, -390), 1),
    (span(-700, -400), 200, span(-700, -400), 1),
    (span(-700, -400), 200, span(-900, -800), 1),
    # what had not been published when the list was fetched
    (span(-700, -400), 200, span(-100, 140), 2),
    # a window up to now: for a quarter of a minute
    (span(-700, 300), 14, span(-690, 310), 1),
    (span(-700, 300), 15, span(-700, 300), 2),
    # a list of older minutes does not reach to now
    (span(-3000, -2000), 0, span(-700, -400), 2),
    # a list reaches back as far as one request does
    (span(-700, -400), 0, span(-23 * HOUR_S, -400), 1),
]
CLOUDS: Final = ["agora", "volcengine", "huawei"]


@pytest.mark.parametrize(("first", "pause_s", "second", "requests"), RULES)
@pytest.mark.parametrize("cloud", CLOUDS)
async def test_which_window_is_listed_again(
    cloud: str,
    first: Window,
    pause_s: float,
    second: Window,
    requests: int,
    *,
    light: Any,
    mock_api: Any,
    clock: Any,
) -> None:
    """Only one that no earlier list covers."""
    respond(mock_api, is_running=False)
    built = light(cloud)
    await built.find_calls("kids", "room", first)
    clock.advance(seconds=pause_s)
    calls = await built.find_calls("kids", "room", second)
    assert len(mock_api.requests) == requests
    assert len(calls) == (second.since <= _ENDED)


@pytest.mark.parametrize(
    ("pause_s", "fresh", "requests"),
    [(0, False, 1), (599, False, 1), (600, False, 2), (14, True, 1), (15, True, 2)],
)
@pytest.mark.parametrize("cloud", CLOUDS)
async def test_no_call_begins_while_another_is_running(
    cloud: str,
    pause_s: float,
    requests: int,
    *,
    fresh: bool,
    light: Any,
    mock_api: Any,
    clock: Any,
) -> None:
    """A running call serves later minutes for ten minutes, who needs to know for none of them."""
    respond(mock_api, is_running=True)
    built = light(cloud)
    first = await built.find_calls("kids", "room", span(-120, 120))
    clock.advance(seconds=pause_s)
    later = span(pause_s - 120, pause_s + 120)
    assert await built.find_calls("kids", "room", later, fresh=fresh) == first
    assert len(first) == 1
    assert len(mock_api.requests) == requests


async def test_tickets_of_one_moment_share_a_request(light: Any, mock_api: Any) -> None:
    """Ten tickets about a class at once, each with a window of its own."""
    respond(mock_api, is_running=True)
    agora = light("agora")
    windows = [span(-700 - number, -400 - number) for number in range(10)]
    await asyncio.gather(*(agora.find_calls("kids", "room", window) for window in windows))
    assert len(mock_api.requests) == 1


@pytest.mark.parametrize(
    ("is_running", "until", "kept_s"),
    [(True, -400, 600), (True, -2000, 600), (False, -400, 300), (False, -2000, HOUR_S)],
)
async def test_how_long_a_list_is_kept(
    until: float, kept_s: float, light: Any, mock_api: Any, clock: Any, *, is_running: bool
) -> None:
    """Ten minutes while a call is running, five while one may be listed late, else an hour."""
    respond(mock_api, is_running=is_running)
    agora = light("agora")
    for pause_s, requests in ((0, 1), (kept_s - 0.5, 1), (1, 2)):
        clock.advance(seconds=pause_s)
        await agora.find_calls("kids", "room", span(-3000, until))
        assert len(mock_api.requests) == requests
