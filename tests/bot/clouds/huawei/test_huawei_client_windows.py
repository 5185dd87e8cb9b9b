"""Client events, control and credentials at Huawei: windows, ids, caching and limits."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import httpx
import pytest

from bot.call import Call, Code
from bot.errors import CloudInvalidResponseError, CloudRefusedError, CloudUnsupportedError
from bot.ports import Occupancy, Window
from tests.bot.clouds.light import Memory

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
HOUR_S, DAY_S = 3600, 86400


def when(seconds: float) -> dt.datetime:
    """A moment in seconds from noon."""
    return NOON + dt.timedelta(seconds=seconds)


def iso(seconds: float) -> str:
    """A moment in seconds from noon, in Huawei's format."""
    return when(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(since: float, until: float) -> Window:
    """A window in seconds from noon."""
    return Window(when(since), when(until))


def asked(mock_api: Any, name: str) -> list[tuple[float, float]]:
    """The window of every request of an endpoint, in seconds from noon."""

    def seconds(text: str) -> float:
        return (dt.datetime.fromisoformat(text) - NOON).total_seconds()

    return [
        (seconds(each["start_time"]), seconds(each["end_time"])) for each in mock_api.params(name)
    ]


def event(seconds: float, **row: Any) -> dict[str, Any]:
    """One row of 13.11."""
    info = json.dumps({"uid": "u1", "session": f"s{-seconds:g}", "accessNet": "wifi"})
    return {"ctime": iso(seconds), "event_id": 18, "event_info": info} | row


@pytest.fixture
def huawei(light: Any) -> Any:
    """Huawei with client events."""
    return light("huawei", client_events="auto")


async def test_events_of_the_window(huawei: Any, mock_api: Any) -> None:
    """Both ends belong to it; one outside hides no other; a row without time or id is none."""
    rows = [event(-899), event(-1201), event(-900), event(-1200)]
    rows += [event(-1000, ctime="-"), event(-1000, event_id=None)]
    mock_api.respond("event", {"data": rows})
    events = await huawei.client_events.events("kids", "room", span(-1200, -900))
    assert [each.at for each in events] == [when(-1200), when(-900)]
    assert asked(mock_api, "event") == [(-1200, -900)]
    assert mock_api.params("event")[0]["room_id"] == "room"


@pytest.mark.parametrize(
    ("window", "requested"),
    [
        (span(-4500, -900), [(-4500, -900)]),
        (span(-4501, -900), [(-4500, -900), (-4501, -4500)]),
        (span(-1200.5, -900.5), [(-1201, -900)]),
    ],
)
async def test_an_hour_per_request(
    window: Window, requested: list[tuple[float, float]], huawei: Any, mock_api: Any
) -> None:
    """In whole seconds."""
    mock_api.respond("event", {"data": []})
    mock_api.respond("abnormalevent", {"data": []})
    await huawei.client_events.events("kids", "room", window)
    await huawei.client_events.experiences("kids", "room", window)
    assert asked(mock_api, "event") == asked(mock_api, "abnormalevent") == requested


@pytest.mark.parametrize(("data", "count"), [(None, 0), ([], 0), ([event(-1000)], 1)])
async def test_a_list_may_be_empty(data: object, count: int, huawei: Any, mock_api: Any) -> None:
    """Or null."""
    mock_api.respond("event", {"data": data})
    events = await huawei.client_events.events("kids", "room", span(-1200, -900))
    assert len(events) == count


async def test_how_long_events_are_cached(huawei: Any, mock_api: Any, clock: Any) -> None:
    """Five minutes."""
    mock_api.respond("event", {"data": []})
    for seconds, requests in ((0, 1), (299.5, 1), (1, 2)):
        clock.advance(seconds=seconds)
        await huawei.client_events.events("kids", "room", span(-1200, -900))
        assert len(mock_api.requests) == requests


def cause(seconds: float, **row: Any) -> dict[str, Any]:
    """One entry of a list of 13.12."""
    return {"ts": iso(seconds), "event_id": "18", "peer_id": "u2"} | row


def experience(*causes: dict[str, Any], **row: Any) -> dict[str, Any]:
    """One row of 13.12."""
    return {"uid": "u1", "room_id": "room2", "exp_id": 4, "abnormal_list": list(causes)} | row


async def test_experiences_of_the_window(huawei: Any, mock_api: Any) -> None:
    """Both ends belong to it; one outside hides no other; each occurs once."""
    rows = [
        experience(cause(-899), cause(-900), cause(-1201), cause(-1200), cause(-900)),
        experience(cause(-1000), uid=None),
        experience(cause(-1000, ts="-"), cause(-950)),
    ]
    mock_api.respond("abnormalevent", {"data": rows})
    events = await huawei.client_events.experiences("kids", "room", span(-1200, -900))
    assert [each.at for each in events] == [when(-1200), when(-950), when(-900)]
    assert {each.cname for each in events} == {"room2"}


@pytest.mark.parametrize(
    ("row", "peer", "cname", "codes"),
    [
        ({}, "u2", "room2", ("4", "18")),
        ({"room_id": None}, "u2", "room", ("4", "18")),
        ({"exp_id": None}, "u2", "room2", ("", "18")),
        ({"abnormal_list": [cause(-1000, peer_id="0")]}, None, "room2", ("4", "18")),
        ({"abnormal_list": [cause(-1000, peer_id="")]}, None, "room2", ("4", "18")),
        ({"abnormal_list": [cause(-1000, peer_id="u1")]}, None, "room2", ("4", "18")),
        ({"abnormal_list": [cause(-1000, peer_id=None)]}, None, "room2", ("4", "18")),
        ({"abnormal_list": [cause(-1000, event_id=None)]}, "u2", "room2", ("4", "")),
    ],
)
async def test_whom_an_experience_is_attributed_to(
    row: dict[str, Any],
    peer: str | None,
    cname: str,
    codes: tuple[str, str],
    *,
    huawei: Any,
    mock_api: Any,
) -> None:
    """The peer, unless that is nobody or the user; a missing number is an empty one."""
    mock_api.respond("abnormalevent", experience(cause(-1000)) | row)
    (one,) = await huawei.client_events.experiences("kids", "room", span(-1200, -900))
    (factor,) = one.factors
    assert (one.peer_uid, factor.peer_uid, one.cname) == (peer, peer, cname)
    assert (one.kind.value, factor.code.value) == codes


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"uid": "u1"}, 0),
        ({"exp_id": 4}, 0),
        ({"data": None}, 0),
        ({"uid": "u1", "exp_id": 4, "abnormal_list": [cause(-1000)]}, 1),
        ({}, None),
        ({"room_id": "room"}, None),
        (experience(cause(-1000, ts="soon")), None),
    ],
)
async def test_shapes_of_13_12(body: Any, count: int | None, huawei: Any, mock_api: Any) -> None:
    """An object needs a user or a number; a time has to be one."""
    mock_api.respond("abnormalevent", body)
    request = huawei.client_events.experiences("kids", "room", span(-1200, -900))
    if count is None:
        with pytest.raises(CloudInvalidResponseError):
            await request
    else:
        assert len(await request) == count


@pytest.mark.parametrize(
    ("row", "uid", "session", "network"),
    [
        ({}, "u1", "s1000", "wifi"),
        ({"event_info": {"uid": 5, "session": 6}}, "5", "6", ""),
        ({"event_info": None}, "", "", ""),
        ({"event_info": "[1]"}, "", "", ""),
    ],
)
async def test_what_a_client_reports(
    row: dict[str, Any], uid: str, session: str, network: str, *, huawei: Any, mock_api: Any
) -> None:
    """What is missing is an empty text."""
    mock_api.respond("event", {"data": [event(-1000, **row)]})
    (one,) = await huawei.client_events.events("kids", "room", span(-1200, -900))
    assert (one.uid, one.session, one.network) == (uid, session, network)
    assert one.code == Code("huawei.event_id", "18")


@pytest.mark.parametrize(
    ("age_s", "is_asked"), [(7 * DAY_S - 1, False), (7 * DAY_S, True), (None, True)]
)
@pytest.mark.parametrize("choice", ["auto", "on"])
async def test_a_missing_endpoint_is_remembered_for_a_week(
    age_s: float | None, choice: str, light: Any, mock_api: Any, *, is_asked: bool
) -> None:
    """Where the choice is automatic."""
    memory = Memory()
    memory.values["huawei.client_events"] = "?" if age_s is None else when(-age_s).isoformat()
    huawei = light("huawei", client_events=choice, memory=memory)
    with pytest.raises(CloudUnsupportedError):
        await huawei.client_events.events("kids", "room", span(-1200, -900))
    asked_once = is_asked or choice == "on"
    assert len(mock_api.requests) == asked_once
    assert (memory.values["huawei.client_events"] == NOON.isoformat()) is asked_once


@pytest.mark.parametrize(("status", "code"), [(404, "RTC.1"), (403, ""), (400, "X")])
async def test_other_refusals_are_raised(status: int, code: str, light: Any, mock_api: Any) -> None:
    """Only a 404 of the gateway means that the endpoint is gone."""
    memory = Memory()
    mock_api.respond("event", {"error_code": code}, status)
    with pytest.raises(CloudRefusedError):
        await light("huawei", client_events="auto", memory=memory).client_events.events(
            "kids", "room", span(-1200, -900)
        )
    assert memory.values == {}


NETWORKS: list[tuple[float, list[tuple[float, float]]]] = [
    (-7200, [(-7260, -3660)]),
    (-1800, [(-1860, 0)]),
    (90 - 5 * DAY_S, [(30 - 5 * DAY_S, 30 - 5 * DAY_S + HOUR_S)]),
    (89 - 5 * DAY_S, []),
]


@pytest.mark.parametrize(("joined", "requested"), NETWORKS)
async def test_networks_of_the_hour_after_the_first_join(
    joined: float, requested: list[tuple[float, float]], huawei: Any, mock_api: Any
) -> None:
    """From a minute before, up to now, unless that has expired."""
    row = {"uid": "u1", "session": "s1000", "join_time": iso(joined), "leave_time": "-"}
    later = row | {"session": "s2", "uid": "u2", "join_time": iso(joined + 60)}
    mock_api.respond("users", {"total": 2, "users": [later, row]})
    mock_api.respond("details", {"data": []})
    middle = (requested or [(0, 0)])[0][0] + 600
    mock_api.respond(
        "event", {"data": [event(middle, event_info='{"session": "s1000", "accessNet": "4g"}')]}
    )
    call = Call("huawei", "kids", "c", "room", when(joined), None)
    record = await huawei.fetch_record(call, [], span(max(joined, -1200), -900))
    assert asked(mock_api, "event") == requested
    networks = {each.sid: each.network for each in record.participants}
    assert networks == (
        {"s1000": "4g" if requested else "", "s2": ""} if record.participants else {}
    )


async def test_networks_need_a_participant(huawei: Any, mock_api: Any) -> None:
    """Without one there is no request."""
    mock_api.respond("users", {"total": 0, "users": []})
    mock_api.respond("details", {"data": []})
    call = Call("huawei", "kids", "c", "room", when(-7200), None)
    await huawei.fetch_record(call, [], span(-1200, -900))
    assert mock_api.params("event") == []


def room(**row: Any) -> dict[str, Any]:
    """One running room."""
    return {"room_id": "room", "start_time": iso(-7200), "end_time": "-"} | row


OCCUPANCIES: list[tuple[dict[str, Any], list[dict[str, Any]], Occupancy | None]] = [
    ({}, [{"uid": "b"}, {"uid": "a"}], Occupancy(("a", "b"))),
    ({}, [{"uid": "a", "leave_time": iso(-100)}], Occupancy(())),
    ({"end_time": iso(-100)}, [{"uid": "a"}], None),
    ({"end_time": iso(-400)}, [{"uid": "a"}], None),
]


@pytest.mark.parametrize(("row", "users", "occupancy"), OCCUPANCIES)
async def test_who_is_in_a_room(
    row: dict[str, Any], users: list[dict[str, Any]], occupancy: Any, huawei: Any, mock_api: Any
) -> None:
    """Who has not left, sorted; none when the call has ended."""
    mock_api.respond("rooms", {"total": 1, "room_info_list": [room(**row)]})
    rows = [{"join_time": iso(-1000), "leave_time": "-"} | each for each in users]
    mock_api.respond("users", {"total": len(rows), "users": rows})
    assert await huawei.control.occupancy("kids", "room") == occupancy
    if occupancy is not None:
        assert asked(mock_api, "users") == [(-7230, 0)]


async def test_a_truncated_occupancy_says_so(huawei: Any, mock_api: Any, clock: Any) -> None:
    """And it is cached for 15 seconds."""
    mock_api.respond("rooms", {"total": 1, "room_info_list": [room()]})
    mock_api.respond(
        "users",
        {"total": 9999, "users": [{"uid": "a", "join_time": iso(-1000), "leave_time": "-"}]},
    )
    occupancy = await huawei.control.occupancy("kids", "room")
    assert (occupancy.uids, occupancy.is_complete) == (("a",), False)
    before = len(mock_api.requests)
    clock.advance(seconds=9)
    await huawei.control.occupancy("kids", "room")
    assert len(mock_api.requests) == before
    clock.advance(seconds=7)
    await huawei.control.occupancy("kids", "room")
    assert len(mock_api.requests) == 2 * before


async def test_defaults_of_a_recording(huawei: Any, mock_api: Any) -> None:
    """With audio, in full size, ended 30 seconds after the room is empty."""
    mock_api.respond("individual-stream-jobs", {"job_id": "j", "state": "INIT", "stop_reason": ""})
    job = await huawei.control.start_recording("kids", "room", "u1", "rule")
    assert json.loads(mock_api.requests[0].content) == {
        "room_id": "room",
        "user_id": "u1",
        "is_record_audio": True,
        "video_type": "CAMERASTREAM",
        "select_stream_type": "FHD",
        "max_idle_time": 30,
        "record_param": {"record_rule_id": "rule"},
    }
    assert (job.cname, job.uid, job.stream, job.stop_reason) == ("", "", "", None)
    assert job.state == Code("huawei.job_state", "INIT")
    await huawei.control.start_recording(
        "kids", "room", "u1", "rule", with_audio=False, max_idle_s=5, size="SD"
    )
    sent = json.loads(mock_api.requests[1].content)
    assert (sent["is_record_audio"], sent["max_idle_time"]) == (False, 5)
    assert sent["select_stream_type"] == "SD"


async def test_a_recording_needs_readable_times(huawei: Any, mock_api: Any) -> None:
    """Otherwise the response is invalid."""
    row = {"job_id": "j", "start_time": iso(-60), "stop_time": iso(-30), "stream_name": "s"}
    mock_api.respond("j", row)
    job = await huawei.control.recording("kids", "j")
    assert (job.started_at, job.stopped_at, job.stream) == (when(-60), when(-30), "s")
    mock_api.respond("j", row | {"stop_time": "soon"})
    with pytest.raises(CloudInvalidResponseError, match="start_time"):
        await huawei.control.recording("kids", "j")


@pytest.mark.parametrize(
    ("body", "url"),
    [
        ({}, ""),
        ({"record_callback": None}, ""),
        ({"record_callback": {}}, ""),
        ({"record_callback": {"url": "https://a\x00\n"}}, "https://a"),
        ({"record_callback": {"url": "u" * 513}}, "u" * 512),
    ],
)
async def test_the_callback(body: Any, url: str, huawei: Any, mock_api: Any) -> None:
    """Without unprintable characters, 512 at most."""
    mock_api.respond("record-callback", body)
    assert await huawei.control.callback_url("kids") == url


@pytest.mark.parametrize(
    ("size", "count", "pages"),
    [(100, 1000, 5), (100, 200, 2), (100, 201, 3), (0, 50, 1), (30, None, 1)],
)
async def test_the_check_lists_apps(
    size: int, count: int | None, pages: int, huawei: Any, mock_api: Any
) -> None:
    """Of a hundred per page, five pages at most; an app that is not there is refused."""
    apps = [{"app_id": f"other{number}"} for number in range(size)]
    mock_api.respond("apps", {"count": count, "apps": apps})
    with pytest.raises(CloudRefusedError) as caught:
        await huawei.check("kids")
    assert (caught.value.status, caught.value.code) == (0, "RTC.00001015")
    sent = [(each["limit"], each["offset"]) for each in mock_api.params("apps")]
    assert sent == [("100", str(page)) for page in range(pages)]


async def test_an_event_of_a_room_only(huawei: Any, mock_api: Any) -> None:
    """13.12 is requested for a room without named causes, whose data is complete."""
    mock_api.respond("abnormal-events", {"total": 0, "events": []})
    mock_api.respond("abnormalevent", experience(cause(-1000)))
    for cname, window, asked_both in (
        ("room", span(-1200, -900), True),
        ("", span(-1200, -900), False),
        ("room", span(-1200, -100), False),
    ):
        mock_api.requests.clear()
        result = await huawei.fetch_events("kids", cname, window)
        assert len(mock_api.params("abnormalevent")) == asked_both
        assert len(result.events) == asked_both


def token(text: str, lifetime_s: float) -> Any:
    """IAM's response."""

    def response(_: httpx.Request) -> httpx.Response:
        body = {"token": {"expires_at": iso(lifetime_s)}}
        return httpx.Response(201, json=body, headers={"X-Subject-Token": text})

    return response


async def test_a_token_is_renewed_in_time(light: Any, mock_api: Any, clock: Any) -> None:
    """An hour before its end; a retry after a 401 gets a new one, and is sent once."""
    mock_api.respond_with("tokens", token("first", DAY_S))
    mock_api.respond("rooms", {"total": 0})
    huawei = light("huawei", auth="token")
    await huawei.find_calls("kids", "room", span(-1200, -900))
    clock.advance(hours=23, seconds=-1)
    mock_api.respond_with("tokens", token("second", 2 * DAY_S))
    await huawei.find_calls("kids", "room", span(-1200, -900))
    clock.advance(seconds=1)
    await huawei.find_calls("kids", "room", span(-1200, -800))
    mock_api.respond("rooms", {}, 401)
    mock_api.respond_with("tokens", token("third", 2 * DAY_S))
    with pytest.raises(CloudRefusedError):
        await huawei.find_calls("kids", "room", span(-1200, -700))
    headers = [each.headers for each in mock_api.requests]
    sent = [each["x-auth-token"] for each in headers if "x-auth-token" in each]
    assert sent == ["first", "first", "second", "second", "third"]
    assert {each["content-type"] for each in headers} == {"application/json"}
    assert {each["x-project-id"] for each in headers if "x-auth-token" in each} == {"project"}
    assert [repr(huawei._client.credentials), huawei._client.credentials.name] == [
        "IamTokenCredentials()",
        "token",
    ]


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_only_a_401_renews_a_token(status: int, light: Any, mock_api: Any) -> None:
    """Any other refusal is raised at once; with an access key a 401 is, too."""
    mock_api.respond_with("tokens", token("first", DAY_S))
    mock_api.respond("rooms", {}, status)
    with pytest.raises(CloudRefusedError):
        await light("huawei", auth="token").find_calls("kids", "room", span(-1200, -900))
    assert len(mock_api.requests) == 2
    mock_api.requests.clear()
    mock_api.respond("rooms", {}, 401)
    with pytest.raises(CloudRefusedError):
        await light("huawei").find_calls("kids", "room", span(-1200, -900))
    assert len(mock_api.requests) == 1


async def test_closing_closes_the_connections_to_iam(light: Any) -> None:
    """And those to the API."""
    huawei = light("huawei", auth="token")
    opened = [http._connect() for http in (huawei._client.http, huawei._client.credentials._http)]
    await huawei.close()
    assert all(connection._client.is_closed for connection in opened)


async def test_parameters_and_paths_are_encoded(light: Any, mock_api: Any) -> None:
    """A room's name in a path or in a query cannot change either; no body has no content."""
    mock_api.respond("dismiss", b"", 202)
    mock_api.respond("rooms", {"total": 0})
    huawei = light("huawei")
    await huawei.control.dismiss("kids", "a/b c")
    await huawei.find_calls("kids", "a&b c", span(-1200, -900))
    command, query = mock_api.requests
    assert command.url.raw_path == b"/v2/apps/app-of-kids/rooms/a%2Fb%20c/dismiss"
    assert (command.method, command.content) == ("POST", b"")
    assert b"room_id=a%26b%20c" in query.url.raw_path
