from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.handlers.raw_http import (
    ABSENT,
    FORM,
    JSON,
    VALID_PAYLOADS,
    VIEW_ID,
    Json,
    RawHttpClient,
    action,
    command,
    option,
    paths_in,
    replace_at,
    submission,
    with_fresh_ids,
)

pytestmark = [
    pytest.mark.usefixtures("no_traceback"),
    # The engine's threads use `random` while Hypothesis draws, which blames us.
    pytest.mark.filterwarnings("ignore:Do not use the .random. module"),
]


@pytest.mark.parametrize("content_type", [JSON, FORM, "text/plain", "", "multipart/form-data"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"0",
        b'"text"',
        b"{",
        b"{}",
        b'{"type": NaN}',
        b'{"type": "event_callback"}',
        b'{"type": ["event_callback"]}',
        b'{"command": "/report"}',
        b"payload=",
        b"payload=%7B",
        b"payload=[]",
        b"payload=%7B%22type%22%3A%22nonsense%22%7D",
        b"command=/report",
        b"command=/report&command=/report&team_id=T&user_id=U&trigger_id=1",
        b"&&&=",
        b"[" * 100_000,
        b'{"event":' * 5_000,
        b'{"type":"event_callback","event_id":"E","team_id":"T","n":' + b"9" * 5000 + b"}",
        b"a=1&" * 5000,
    ],
    ids=range(23),
)
async def test_signed_nonsense(raw_http: RawHttpClient, body: bytes, content_type: str) -> None:
    """Signed bytes that are no payload of Slack's get 400."""
    assert (await raw_http.send_signed(body, content_type))[0] == 400


@pytest.mark.parametrize("payload", VALID_PAYLOADS, ids=range(len(VALID_PAYLOADS)))
async def test_what_slack_sends_is_taken(raw_http: RawHttpClient, payload: Json) -> None:
    """Every complete payload gets the response that Slack expects."""
    assert (await raw_http.send_payload(payload))[0] == 200


async def test_ssl_check(raw_http: RawHttpClient) -> None:
    """Slack's look at our certificate is answered, when it is signed."""
    assert (await raw_http.send_signed(b"ssl_check=1&token=t", FORM))[0] == 200
    assert (await raw_http.send(b"ssl_check=1&token=t", {"Content-Type": FORM}))[0] == 401


KINDS_OF_WRONG = [
    ABSENT,
    None,
    0,
    "",
    "x\x00\ud83d<!channel>",
    [None],
    {"id": []},
]
WRONG = [
    *KINDS_OF_WRONG,
    10**30,
    "9" * 25,
    {},
    True,
    -1,
    1.5,
    "\x00",
    "\ud800",
    "é中",
    [],
    [[]],
    {"id": "x"},
    {"": {"": {}}},
]


def kind_of(payload: Json) -> object:
    """The values by which the outermost part of a payload is routed."""
    return "command" if "command" in payload else payload["type"]


def mutations() -> Iterator[tuple[int, tuple[Any, ...], Any]]:
    """Every kind of wrong value at every path; in turn where the same parser reads it again."""
    seen, turn = set[tuple[object, ...]](), itertools.cycle(WRONG)
    for number, payload in enumerate(VALID_PAYLOADS):
        for path in paths_in(payload):
            alike = (kind_of(payload), *(0 if isinstance(key, int) else key for key in path))
            own = path[0] in ("actions", "text", "event")
            wrong = [next(turn)] if alike in seen else KINDS_OF_WRONG
            if own:
                wrong = [*wrong, next(turn), next(turn)]
            seen.add(alike)
            yield from ((number, path, each) for each in wrong)


async def test_every_mutated_value(raw_http: RawHttpClient) -> None:
    """A wrong value at any path of any payload gets a 4xx or a response, never a failure."""
    failed = []
    for number, path, wrong in mutations():
        payload = replace_at(VALID_PAYLOADS[number], path, wrong)
        status, _ = await raw_http.send_payload(with_fresh_ids(payload, path))
        is_nobody = status == 503 and path[0] == "user"  # who cannot be sent the refusal
        failed += [] if is_nobody or status in (200, 400) else [(number, path, wrong)]
    assert failed == []


FORGED_VALUES = [
    {"value": "x\x00y"},
    {"value": "x" * 50_000},
    {"value": ["a"]},
    {"value": {"a": 1}},
    {"value": -(10**40)},
    {"selected_option": option("nonsense")},
    {"selected_option": option(None)},
    {"selected_option": option(["3"])},
    {"selected_option": option("٣")},
    {"selected_option": "3"},
    {"selected_user": ["U1"]},
    {"selected_options": [{"value": 1}, "x", option("99999999999999999999")]},
    {"selected_date_time": 10**30},
    {"selected_date_time": -(10**30)},
    {"selected_date_time": 1e300},
    {"selected_date_time": "now"},
    {"selected_date_time": True},
    {"selected_date_time": -62135596801},
    {},
    {"value": "=HYPERLINK(1)\ud800"},
]
FIELDS = {
    "report": [*submission()["view"]["state"]["values"], "app"],
    "resolve": ["cause", "canned", "resolution"],
    "room": ["choice", "side"],
    "room_confirm": ["choice", "side"],
    "hand_over": ["person"],
    "snooze": ["until", "at"],
    "link": ["ticket", "relation", "unlink"],
    "correct": ["cname", "occurred_at"],
}


@pytest.mark.parametrize("form", FIELDS)
async def test_forged_values_are_answered_under_fields(raw_http: RawHttpClient, form: str) -> None:
    """A forged value in any field, or in all, gives an answer: errors under fields, or a ticket."""
    everywhere = sorted({*itertools.chain.from_iterable(FIELDS.values())})
    several = [everywhere] if form == "report" else []
    for fields in (*several, *([field] for field in FIELDS[form])):
        for value in FORGED_VALUES:
            forged = submission(**dict.fromkeys(fields, value))
            sent = replace_at(forged, ("view", "callback_id"), form)
            status, text = await raw_http.send_payload(with_fresh_ids(sent, ids=VIEW_ID))
            assert status == 200
            assert not text or json.loads(text)["response_action"] in ("errors", "update"), (
                fields,
                value,
            )


@pytest.mark.parametrize("form", ["report", "resolve", "room", "room_confirm"])
@pytest.mark.parametrize(
    ("metadata", "status"),
    [
        ("", 200),
        ("{}", 200),
        ('{"channel": null}', 200),
        ('{"number": 999}', 200),
        ("{", 400),
        ("[]", 400),
        ("null", 400),
        ('{"channel": {"id": 1}}', 400),
        ('{"channel": ["C1"]}', 400),
        ('{"channel": 5}', 400),
        ('{"channel": "\\u0000"}', 400),
        ('{"channel": "\\ud800"}', 400),
        ('{"channel": "' + "x" * 2900 + '"}', 400),
        ('{"people": "x", "choice": ["mute"], "number": 1}', 200),
        ('{"people": 1e400, "choice": {"a": 1}}', 200),
        ('{"people": -1, "choice": "dismiss", "number": 1}', 200),
        ('{"number": true}', 400),
        ('{"number": "1"}', 400),
        ('{"number": -1}', 400),
        ('{"number": 1e400}', 400),
        ('{"number": ' + "9" * 30 + "}", 400),
        ('{"number": ' + "9" * 5000 + "}", 400),
        ('{"number": NaN}', 400),
        ("[" * 100_000, 400),
    ],
    ids=range(24),
)
async def test_forged_metadata(
    raw_http: RawHttpClient,
    form: str,
    metadata: str,
    status: int,
) -> None:
    """What a form brings back of ours may be forged, too."""
    values = {"cause": {"selected_option": option("unknown")}, "resolution": {"value": "done"}}
    sent = replace_at(submission(**values), ("view", "callback_id"), form)
    sent = replace_at(sent, ("view", "private_metadata"), metadata)
    assert status == (await raw_http.send_payload(with_fresh_ids(sent, ids=VIEW_ID)))[0]


@pytest.mark.parametrize(
    "value",
    ["", "0", "-1", "x", "9" * 18, "9" * 19, "9" * 5000, "١", "1\x00", "1 ", None, "1e3"],
)
async def test_forged_numbers(raw_http: RawHttpClient, value: str | None) -> None:
    """Unknown ticket numbers get a response."""
    for verb in ("claim", "diagnose", "escalate", "resolve", "reopen"):
        assert (await raw_http.send_payload(action(f"ticket.{verb}", value)))[0] == 200


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{}",
        "[]",
        "null",
        "{",
        '{"which":"none"}',
        '{"which":["open"]}',
        '{"before":"x"}',
        '{"before":' + "9" * 30 + "}",
        '{"before":1e999}',
        '{"words":"x"}',
        '{"words":[1]}',
        '{"words":["%"]}',
        '{"words":["\\u0000"]}',
        '{"words":["\\ud800"]}',
        "[" * 3000,
    ],
    ids=range(16),
)
async def test_forged_pages(raw_http: RawHttpClient, value: str) -> None:
    """An unknown page gets a response."""
    assert (await raw_http.send_payload(action("tickets.more", value)))[0] == 200


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec=None, categories=None), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@st.composite
def mangled(draw: st.DrawFn) -> Any:
    """A payload of Slack's with any JSON at up to three paths."""
    payload = draw(st.sampled_from(VALID_PAYLOADS))
    for _ in range(draw(st.integers(1, 3))):
        payload = replace_at(payload, draw(st.sampled_from(paths_in(payload))), draw(ANY_JSON))
    return payload


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(payload=mangled())
async def test_any_json_at_any_path(raw_http: RawHttpClient, payload: Json) -> None:
    """Any JSON at any path gets a 4xx or a response, never a failure."""
    assert (await raw_http.send_payload(with_fresh_ids(payload)))[0] in (200, 400)


@settings(max_examples=50, deadline=None)
@given(body=st.binary(max_size=300), content_type=st.sampled_from([JSON, FORM, "text/plain"]))
async def test_any_signed_bytes(raw_http: RawHttpClient, body: bytes, content_type: str) -> None:
    """Any signed bytes are a 4xx or an answer."""
    assert (await raw_http.send_signed(body, content_type))[0] in (200, 400)


@settings(max_examples=50, deadline=None)
@given(text=st.text(st.characters(codec=None, categories=None)), number=st.integers(0, 3))
async def test_any_text_behind_a_command(raw_http: RawHttpClient, text: str, number: int) -> None:
    """Whatever people type behind a command is answered."""
    name = ("/tickets", "/diagnose", "/lagdesk", "/report")[number]
    typed = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    assert (await raw_http.send_payload(command(command=name, text=typed)))[0] == 200
