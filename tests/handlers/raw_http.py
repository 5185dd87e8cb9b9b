"""Raw HTTP requests to Lagdesk, and a valid example of everything that Slack sends."""

from __future__ import annotations

import io
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.app import build_web_app
from bot.sandbox.slack.delivery.transport import sign
from bot.store.tickets.lists import TicketQuery, page
from handlers.http_server import serve_http
from tests.conftest import START, Harness, open_harness

Json = dict[str, Any]
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
RESPONSE_URL = "https://hooks.slack.com/commands/1/2/3"
TEAM, PERSON = "T07LAGDESK0", "U07SAM00003"
VIEW_ID = (("view", "id"),)
ABSENT = object()
CHALLENGE = {"type": "url_verification", "challenge": "abc", "token": "t"}


class RawHttpClient:
    """A client for raw requests to Lagdesk's HTTP server."""

    def __init__(self, harness: Harness, url: str, session: aiohttp.ClientSession) -> None:
        self.harness = harness
        self.url = url
        self.session = session

    async def send(
        self,
        body: bytes,
        headers: dict[str, str],
        method: str = "POST",
    ) -> tuple[int, str]:
        """Send bytes as they are; returns status and text."""
        async with self.session.request(
            method,
            f"{self.url}/slack/events",
            data=io.BytesIO(body),
            headers=headers,
        ) as answer:
            return answer.status, await answer.text()

    async def send_signed(
        self,
        body: bytes,
        content_type: str = JSON,
        method: str = "POST",
    ) -> tuple[int, str]:
        """Send bytes signed as Slack signs them."""
        headers = sign(self.harness.workspace.signing_secret, body)
        return await self.send(body, {**headers, "Content-Type": content_type}, method)

    async def send_payload(self, payload: Any) -> tuple[int, str]:
        """Send a payload as Slack would: events as JSON, the rest in a form."""
        if isinstance(payload, dict) and payload.get("response_url") == RESPONSE_URL:
            url = self.harness.workspace.make_response_url(self.harness.escalations, PERSON)
            payload = {**payload, "response_url": url}
        if isinstance(payload, dict) and "command" in payload:
            return await self.send_signed(urlencode(payload, errors="surrogatepass").encode(), FORM)
        kind = payload.get("type") if isinstance(payload, dict) else None
        if kind in ("event_callback", "url_verification"):
            return await self.send_signed(json.dumps(payload).encode())
        return await self.send_signed(urlencode({"payload": json.dumps(payload)}).encode(), FORM)

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Look at a page."""
        page = self.session.get(self.url + path, allow_redirects=False, headers=headers)
        async with page as answer:
            return answer.status, await answer.text()

    async def count_tickets(self) -> int:
        """Count the tickets, as an effect."""
        read = self.harness.application.store.read
        visible = await read(lambda session: page(session, TicketQuery(team=TEAM), 1000))
        return len(visible.tickets)


@asynccontextmanager
async def open_raw_http(folder: Path, **environment: str) -> AsyncIterator[RawHttpClient]:
    """Start Lagdesk with its HTTP server."""
    async with (
        open_harness(folder, ESCALATE_AFTER="1h", **environment) as harness,
        serve_http(build_web_app(harness.slack), "127.0.0.1", 0) as url,
        aiohttp.ClientSession() as session,
    ):
        yield RawHttpClient(harness, url, session)


def command(**fields: str) -> Json:
    """A command as Slack sends it."""
    return {
        "token": "t",
        "team_id": TEAM,
        "team_domain": "school",
        "channel_id": "C1",
        "channel_name": "general",
        "user_id": PERSON,
        "user_name": "sam",
        "command": "/tickets",
        "text": "",
        "response_url": RESPONSE_URL,
        "trigger_id": "1.2.abc",
        "api_app_id": "A1",
        "is_enterprise_install": "false",
        **fields,
    }


def submission(**values: Any) -> Json:
    """The report form, sent."""
    state = {
        "cname": {"value": {"type": "plain_text_input", "value": "class_77_1"}},
        "teacher_uid": {"value": {"type": "plain_text_input", "value": "10001"}},
        "student_uid": {"value": {"type": "plain_text_input", "value": "20002"}},
        "abnormal_side": {"value": {"type": "radio_buttons", "selected_option": option("student")}},
        "issue_type": {"value": {"type": "static_select", "selected_option": option("3")}},
        "occurred_at": {
            "value": {"type": "datetimepicker", "selected_date_time": int(START.timestamp()) - 60},
        },
        "comments": {"value": {"type": "plain_text_input", "value": "stuck"}},
    }
    for name, value in values.items():
        state[name] = {"value": value}
    blocks = [{"type": "input", "block_id": name, "element": {}} for name in state]
    return {
        "type": "view_submission",
        "team": {"id": TEAM, "domain": "school"},
        "user": {"id": PERSON, "name": "sam", "team_id": TEAM},
        "trigger_id": "1.2.abc",
        "view": {
            "id": "V1",
            "team_id": TEAM,
            "type": "modal",
            "callback_id": "report",
            "private_metadata": '{"channel": "C1"}',
            "state": {"values": state},
            "blocks": blocks,
            "hash": "1.a",
            "root_view_id": "V1",
            "app_installed_team_id": TEAM,
        },
        "response_urls": [],
    }


def option(value: Any) -> Json:
    """A chosen option."""
    return {"text": {"type": "plain_text", "text": "x"}, "value": value}


def action(action_id: str = "ticket.claim", value: Any = "1") -> Json:
    """A button, pressed."""
    return {
        "type": "block_actions",
        "team": {"id": TEAM},
        "user": {"id": PERSON, "team_id": TEAM},
        "channel": {"id": "C1", "name": "general"},
        "message": {"ts": "1.1", "text": "x", "blocks": []},
        "container": {"type": "message", "message_ts": "1.1", "channel_id": "C1"},
        "trigger_id": "1.2.abc",
        "response_url": RESPONSE_URL,
        "actions": [{"type": "button", "action_id": action_id, "block_id": "b", "value": value}],
    }


def shortcut(kind: str = "message_action") -> Json:
    """A shortcut, chosen."""
    named = "report_message" if kind == "message_action" else "report_call"
    return {
        "type": kind,
        "team": {"id": TEAM},
        "user": {"id": PERSON},
        "callback_id": named,
        "trigger_id": "1.2.abc",
        "channel": {"id": "C1"},
        "message": {"type": "message", "text": "class_77_1 teacher 10001", "ts": "1.1"},
        "response_url": "",
    }


def event(**fields: Any) -> Json:
    """An event."""
    return {
        "type": "event_callback",
        "token": "t",
        "team_id": TEAM,
        "api_app_id": "A1",
        "event_id": "Ev1",
        "event_time": 1,
        "authorizations": [{"enterprise_id": None, "team_id": TEAM, "user_id": "U9"}],
        "is_ext_shared_channel": False,
        "event": {
            "type": "message",
            "channel": "C1",
            "user": PERSON,
            "ts": "2.2",
            "thread_ts": "1.1",
            "text": "hello LD-1 <https://x.slack.com/archives/C1/p1234567890123456|it>",
            **fields,
        },
    }


VALID_PAYLOADS = [
    command(),
    command(command="/report", text="class_77_1 10001"),
    command(command="/diagnose", text="class_77_1"),
    command(command="/lagdesk"),
    submission(),
    {**submission(), "view": {**submission()["view"], "callback_id": "resolve"}},
    action(),
    action("ticket.resolve"),
    action("tickets.show"),
    action("verdict.right"),
    action("verdict.details"),
    action("summary.csv", "2026-W46"),
    action("incident.close"),
    command(command="/quality", text="live"),
    action("tickets.more", '{"which":"open","words":[],"before":3}'),
    shortcut(),
    shortcut("shortcut"),
    event(),
    event(type="app_home_opened", tab="home"),
    event(type="user_change", user={"id": PERSON}),
    event(
        subtype="message_changed",
        message={
            "ts": "2.2",
            "thread_ts": "1.1",
            "text": "LD-1",
            "user": PERSON,
            "edited": {"user": PERSON, "ts": "3.3"},
        },
    ),
    event(subtype="message_deleted", previous_message={"ts": "2.2", "thread_ts": "1.1"}),
    CHALLENGE,
]


def paths_in(thing: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the paths to all values in a payload."""
    paths = [path] if path else []
    if not isinstance(thing, dict | list):
        return paths
    pairs = thing.items() if isinstance(thing, dict) else enumerate(thing)
    return [*paths, *(p for key, inner in pairs for p in paths_in(inner, (*path, key)))]


def replace_at(thing: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Copy a payload with another value at one path; ABSENT removes it."""
    key, *rest = path
    copy = dict(thing) if isinstance(thing, dict) else list(thing)
    if rest:
        copy[key] = replace_at(thing[key], tuple(rest), value)
    elif value is ABSENT:
        del copy[key]
    else:
        copy[key] = value
    return copy


def with_fresh_ids(
    payload: Json,
    path: tuple[Any, ...] = (),
    ids: tuple[tuple[Any, ...], ...] = (("event_id",), ("trigger_id",)),
) -> Json:
    """Give an event or interaction a new id, unless the id itself is mutated."""
    for id_path in ids:
        if id_path != path and id_path in paths_in(payload):
            payload = replace_at(payload, id_path, f"Ev{time.perf_counter_ns()}")
    return payload
