"""One call at Agora: which windows and ids are requested, and what the record lists as missing."""

from __future__ import annotations

import asyncio
import datetime as dt
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from bot.call import Call, MissingItem, MissingKind, MissingReason
from bot.clouds.agora import record as agora_record
from bot.errors import CloudRefusedError
from bot.ports import Window

NOON_S = 1795176000  # 2026-11-20 12:00 UTC
HOUR_S = 3600
DAY_S = 86400
SEED, CURRENT = {"api": "seed"}, {"api": "current", "plan": "premium"}


def when(seconds: float) -> dt.datetime:
    """A moment in seconds from noon."""
    return dt.datetime.fromtimestamp(NOON_S + seconds, dt.UTC)


def span(since: float, until: float) -> Window:
    """A window in seconds from noon."""
    return Window(when(since), when(until))


def call(began: float = -7200, ended: float | None = -600) -> Call:
    """One call, in seconds from noon."""
    return Call("agora", "kids", "c1", "class", when(began), None if ended is None else when(ended))


def user(uid: int, **changes: Any) -> dict[str, Any]:
    """One session of a user, which has the user's uid."""
    return {"sid": f"S{uid}", "uid": uid, "join_ts": NOON_S - 7200, "finished": True} | changes


def script(mock_api: Any, *users: dict[str, Any], **changes: Any) -> None:
    """Respond with these users in both generations."""
    mock_api.respond("details", {"code": 200, "call_info": list(users), **changes})
    mock_api.respond("sessions", {"code": 0, "call_info": list(users)})
    mock_api.respond("metrics", {"code": 0, "metrics": []})


def spans(mock_api: Any, name: str) -> list[tuple[int, int]]:
    """The window of every request of an endpoint, in seconds from noon."""
    return [
        (int(each["start_ts"]) - NOON_S, int(each["end_ts"]) - NOON_S)
        for each in mock_api.params(name)
    ]


def gap(why: MissingReason, retry_s: float | None = None) -> tuple[MissingItem, ...]:
    """The call is missing for this reason."""
    retry_at = None if retry_s is None else when(retry_s)
    return (MissingItem(MissingKind.CALL, why, retry_at, "c1"),)


NOT_FOUND = gap(MissingReason.NOT_FOUND)
GONE = gap(MissingReason.FORGOTTEN)
# call, window | the requested window, what is missing (details are published after 150 seconds)
WINDOWS: list[tuple[Call, Window, tuple[int, int] | None, tuple[MissingItem, ...], float]] = [
    (call(), span(-1200, -900), (-1200, -900), (), -900),
    (call(), span(-1200, -300), (-1200, -600), (), -600),
    (call(-1000), span(-1200, -900), (-1000, -900), (), -900),
    (call(), span(-500, -300), None, NOT_FOUND, -150),
    (call(-1000), span(-1200, -1001), None, NOT_FOUND, -150),
    (call(-1000), span(-1200, -1000), None, (), -150),
    (call(ended=None), span(-1200, -150), (-1200, -150), (), -150),
    (
        call(ended=None),
        span(-1200, -149),
        (-1200, -150),
        gap(MissingReason.NOT_OUT_YET, 1),
        -150,
    ),
    (
        call(ended=-100),
        span(-1200, 60),
        (-1200, -150),
        gap(MissingReason.NOT_OUT_YET, 50),
        -150,
    ),
    (call(ended=None), span(-140, 0), None, gap(MissingReason.NOT_OUT_YET, 150), -150),
    (call(-4 * DAY_S), span(-4 * DAY_S, 30 - 3 * DAY_S), None, GONE, -150),
    (
        call(-4 * DAY_S),
        span(-4 * DAY_S, 31 - 3 * DAY_S),
        (30 - 3 * DAY_S, 31 - 3 * DAY_S),
        (),
        31 - 3 * DAY_S,
    ),
]


@pytest.mark.parametrize(("one", "window", "requested", "missing", "fresh"), WINDOWS)
async def test_the_part_of_a_window_that_can_be_requested(
    one: Call,
    window: Window,
    requested: tuple[int, int] | None,
    missing: tuple[MissingItem, ...],
    fresh: float,
    *,
    light: Any,
    mock_api: Any,
) -> None:
    """Within the call, published and not expired; the rest is listed, with the retry time."""
    script(mock_api, user(1, join_ts=NOON_S - 4 * DAY_S))
    record = await light("agora").fetch_record(one, ["1"], window)
    assert spans(mock_api, "details") == ([] if requested is None else [requested])
    assert record.missing == missing
    assert record.fresh_until == when(fresh)
    assert len(record.participants) == (requested is not None)


async def test_requests_end_at_the_same_moment(light: Any, mock_api: Any, clock: Any) -> None:
    """What is published is rounded down to ten seconds, and both ends to whole seconds."""
    script(mock_api, user(1))
    clock.advance(seconds=7.5)
    await light("agora").fetch_record(call(ended=None), ["1"], span(-1200.5, 100))
    await light("agora").fetch_record(call(), ["1"], span(-1200.5, -900.5))
    assert spans(mock_api, "details") == [(-1201, -150), (-1201, -900)]


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (SEED, [(-3 * HOUR_S - 900, -900), (-4 * HOUR_S, -3 * HOUR_S - 900)]),
        (CURRENT, [(-3 * HOUR_S - 900, -900), (-4 * HOUR_S - 600, -3 * HOUR_S - 300)]),
    ],
)
async def test_three_hours_per_request(
    options: dict[str, str], parts: list[tuple[int, int]], light: Any, mock_api: Any
) -> None:
    """In the API of 2020, and in today's with this plan."""
    script(mock_api, user(1))
    one = call(-5 * HOUR_S)
    await light("agora", **options).fetch_record(one, ["1"], span(-4 * HOUR_S, -900))
    assert spans(mock_api, "details" if options is SEED else "metrics") == parts


@pytest.mark.parametrize(
    ("ended", "until", "fresh_s"),
    [(-600, -600, HOUR_S), (None, -600, HOUR_S), (None, -450, HOUR_S), (None, -449, 300)],
)
async def test_how_long_a_call_is_cached(
    ended: float | None, until: float, fresh_s: float, *, light: Any, mock_api: Any, clock: Any
) -> None:
    """An hour, five minutes while published data may still be late."""
    script(mock_api, user(1))
    agora = light("agora")
    for pause_s, requests in ((0, 1), (fresh_s - 0.5, 1), (1, 2)):
        clock.advance(seconds=pause_s)
        await agora.fetch_record(call(ended=ended), ["1"], span(-1200, until))
        assert len(mock_api.requests) == requests


@pytest.mark.parametrize(
    ("uids", "asked"),
    [(1, [1]), (10, [10]), (11, [10, 1]), (20, [10, 10]), (21, [10, 10, 1])],
)
async def test_ten_uids_per_request(uids: int, asked: list[int], light: Any, mock_api: Any) -> None:
    """Where everybody does not fit into one response, which is requested first."""
    script(mock_api)
    everybody = [user(number) for number in range(200, 300)]
    mock_api.respond("sessions", {"code": 0, "call_info": everybody, "total_size": 101})
    ids = [str(number) for number in range(1, uids + 1)]
    await light("agora", **CURRENT).fetch_record(call(), ids, span(-1200, -900))
    first, *others = mock_api.params("sessions")
    assert "uids" not in first
    sent = [each["uids"].split(",") for each in others]
    assert [len(each) for each in sent] == asked
    assert [uid for each in sent for uid in each] == ids


@pytest.mark.parametrize(("users", "asked"), [(20, [20]), (21, [20, 1]), (41, [20, 20, 1])])
async def test_twenty_sessions_per_request(
    users: int, asked: list[int], light: Any, mock_api: Any
) -> None:
    """The metrics of every session of the requested users, sorted by session."""
    uids = [str(number) for number in range(100, 100 + users)]
    script(mock_api, *(user(int(uid)) for uid in uids))
    await light("agora", **CURRENT).fetch_record(call(), uids, span(-1200, -900))
    sent = [each["sids"].split(",") for each in mock_api.params("metrics")]
    assert [len(each) for each in sent] == asked
    sids = [sid for each in sent for sid in each]
    assert sids == sorted(sids)


async def test_of_a_whole_class_forty_sessions(light: Any, mock_api: Any) -> None:
    """Those who send are first; the rest in the order of the response."""
    users = [user(number, speaker=number >= 145) for number in range(100, 150)]
    script(mock_api, *users)
    record = await light("agora", **CURRENT).fetch_record(call(), [], span(-1200, -900))
    sids = {sid for each in mock_api.params("metrics") for sid in each["sids"].split(",")}
    numbers = [*range(100, 135), *range(145, 150)]
    assert sids == {f"S{number}" for number in numbers}
    assert len(record.participants) == 50


@pytest.mark.parametrize(
    ("size", "total", "pages"),
    [(99, None, 1), (100, None, 10), (100, 100, 1), (100, 101, 2), (100, 0, 10)],
)
async def test_pages_of_sessions(
    size: int, total: int | None, pages: int, light: Any, mock_api: Any
) -> None:
    """They end with a short one, with the total, or after ten; recorders are left out."""

    def response(request: httpx.Request) -> httpx.Response:
        first = int(request.url.params["page_no"]) * 1000
        users = [user(first + number) for number in range(size)]
        return httpx.Response(200, json={"code": 0, "call_info": users, "total_size": total})

    script(mock_api)
    mock_api.respond_with("sessions", response)
    record = await light("agora", **CURRENT).fetch_record(call(), [], span(-1200, -900))
    assert len(record.participants) == size * pages
    sent = [
        (each["page_no"], each["page_size"], each["exclude_server_user"])
        for each in mock_api.params("sessions")
    ]
    assert sent == [(str(number), "100", "true") for number in range(1, pages + 1)]


MAYBE = (MissingItem(MissingKind.CALL, MissingReason.CUT_OFF, detail="77"),)


@pytest.mark.parametrize(
    ("options", "uids", "users", "missing"),
    [
        (SEED, ["77"], 9, ()),
        (SEED, ["77"], 10, MAYBE),
        (SEED, ["77", "1"], 10, MAYBE),
        (SEED, ["1"], 10, ()),
        (SEED, [], 0, NOT_FOUND),
        (SEED, ["77"], 0, NOT_FOUND),
        (CURRENT, ["77"], 10, ()),
        (CURRENT, ["77"], 0, ()),
        (CURRENT, [], 0, NOT_FOUND),
    ],
)
async def test_users_that_are_not_in_the_response(
    options: dict[str, str],
    uids: list[str],
    users: int,
    missing: tuple[MissingItem, ...],
    *,
    light: Any,
    mock_api: Any,
) -> None:
    """The API of 2020 lists ten; today's returns the requested users, who were in the call or not."""
    script(mock_api, *(user(number) for number in range(users)))
    record = await light("agora", **options).fetch_record(call(), uids, span(-1200, -900))
    assert record.missing == missing
    assert record.fresh_until == when(-900)


async def test_a_young_call_has_no_users_yet(light: Any, mock_api: Any) -> None:
    """Within 150 seconds of its begin that is no error; the retry time is given."""
    script(mock_api)
    record = await light("agora").fetch_record(call(-300, None), ["1"], span(-300, -151))
    assert record.missing == gap(MissingReason.NOT_OUT_YET, -150)
    record = await light("agora").fetch_record(call(-300, None), ["1"], span(-300, -150))
    assert record.missing == NOT_FOUND


async def test_agora_may_publish_later(light: Any, mock_api: Any) -> None:
    """Its own error says when."""
    mock_api.respond("details", {"code": 300, "message": "query latency limit error"})
    record = await light("agora").fetch_record(call(), ["1"], span(-1200, -900))
    assert record.missing == gap(MissingReason.NOT_OUT_YET, 150)
    assert record.fresh_until == when(-150)


@pytest.mark.parametrize("api", ["seed", "current", "auto"])
async def test_404_is_the_other_generation_or_no_call(api: str, light: Any, mock_api: Any) -> None:
    """Where the generation is detected, the other one is tried, and stored when it answers."""
    options = {"api": api, "plan": "premium"}
    mock_api.respond("lists", {"code": 200, "has_more": False, "call_lists": []})
    agora = light("agora", **options)
    record = await agora.fetch_record(call(), ["1"], span(-1200, -900))
    assert record.missing == NOT_FOUND
    names = {request.url.path.rsplit("/", 1)[-1] for request in mock_api.requests} - {"lists"}
    both = {"seed": {"details"}, "current": {"sessions"}, "auto": {"details", "sessions"}}
    assert names == both[api]
    mock_api.respond("sessions", {"code": 0, "call_info": [user(1)]})
    mock_api.respond("metrics", {"code": 0, "metrics": []})
    record = await agora.fetch_record(call(), ["1"], span(-1100, -800))
    assert len(record.participants) == (api != "seed")
    assert agora.capabilities.call_statistics is (api != "seed")


@pytest.mark.parametrize("name", ["details", "sessions"])
async def test_any_other_refusal_is_raised(name: str, light: Any, mock_api: Any) -> None:
    """In either generation."""
    mock_api.respond("lists", {"code": 200, "has_more": False, "call_lists": []})
    mock_api.respond(name, {"code": 403}, 403)
    with pytest.raises(CloudRefusedError) as caught:
        await light("agora", api="auto").fetch_record(call(), ["1"], span(-1200, -900))
    assert caught.value.status == 403


@pytest.mark.parametrize(("size", "in_thread"), [(1024 * 1024 - 1, False), (1024 * 1024, True)])
async def test_many_points_are_parsed_in_a_thread(
    size: int, light: Any, mock_api: Any, monkeypatch: pytest.MonkeyPatch, *, in_thread: bool
) -> None:
    """From 1 MiB on, of all metrics together."""
    threads: list[Any] = []

    async def to_thread(work: Any) -> Any:
        threads.append(work)
        return await asyncio.to_thread(work)

    monkeypatch.setattr(agora_record, "asyncio", SimpleNamespace(to_thread=to_thread))
    point = f"[[{NOON_S - 1000}, 5]".encode()
    kvs = [point + b" " * (half - len(point) - 1) + b"]" for half in (size // 2, size - size // 2)]
    metrics = b",".join(
        b'{"mid": 2000%d, "kvs": %b}' % (number, raw) for number, raw in enumerate(kvs, 3)
    )
    content = (
        b'{"code": 200, "call_info": [{"sid": "S1", "uid": 1, "join_ts": 1795168800}], '
        b'"metrics": [{"sid": "S1", "data": [%b]}, {"sid": "S2"}]}' % metrics
    )
    mock_api.respond("details", content)
    record = await light("agora").fetch_record(call(), ["1"], span(-1200, -900))
    assert len(record.series) == 2
    assert bool(threads) is in_thread
