"""Helpers for stories: report as a person does, and find the resulting messages in Slack."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bot.app import open_slack_runtime
from bot.application import open_application
from bot.sandbox.clouds import FakeClouds
from bot.sandbox.scenario import demo_calls
from bot.sandbox.slack import Person, Workspace
from bot.settings import read_settings
from bot.store import Session
from bot.ticket import Ticket
from handlers.slack.manifest import build_manifest
from tests.conftest import (
    JITTER_S,
    NO_PACE,
    FakeClock,
    Harness,
    connect_slack,
    fast_waits,
    harness_environment,
)
from tests.stored_rows import find_newest_ticket

FORM: Final = {
    "teacher_uid": "10001",
    "student_uid": "20002",
    "abnormal_side": "student",
    "issue_type": "3",
    "comments": "卡住了 <!channel> & student 20002",
}
Json = dict[str, Any]


class Watched(list[Any]):
    """A list that announces what is appended."""

    def __init__(self, on_append: Callable[[Any], None]) -> None:
        super().__init__()
        self._on_append = on_append

    def append(self, item: Any) -> None:
        """Append, and announce it."""
        super().append(item)
        self._on_append(item)


def key_of(message: Json) -> str:
    """Return the name of the job that posted a message, "" without one."""
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return str(payload.get("key") or "")


async def report(person: Person, cname: str, **fields: Any) -> Any:
    """Report a call: command, form, submit."""
    await person.command("/report", cname)
    view = await person.wait_for_view("report")
    return await person.submit(view, {**FORM, "cname": cname, **fields})


def text_of(message: Mapping[str, Any] | None) -> str:
    """Return a message, a modal or a home as one JSON string."""
    return json.dumps(message, ensure_ascii=False)


def find_cards(harness: Harness, cname: str) -> list[Json]:
    """The cards about a channel, in the escalation channel."""
    return [m for m in harness.workspace.messages(harness.escalations) if cname in text_of(m)]


def find_card(harness: Harness, cname: str) -> Json:
    """The only card about a channel."""
    cards = find_cards(harness, cname)
    assert len(cards) == 1
    return cards[0]


def find_replies(harness: Harness, card: Mapping[str, Any]) -> list[Json]:
    """The replies under a card."""
    return harness.workspace.messages(harness.escalations, card["ts"])[1:]


def find_diagnosis_posts(harness: Harness, cname: str) -> list[Json]:
    """Return the diagnosis in the thread of the only card about a channel, without alerts."""
    replies = find_replies(harness, find_card(harness, cname))
    return [reply for reply in replies if "<!here>" not in reply["text"]]


def direct_messages(harness: Harness, person: Person, cname: str) -> list[Json]:
    """Return the direct messages to a person about a channel."""
    return [m for m in harness.workspace.messages(person.dm_channel_id()) if cname in text_of(m)]


def ephemeral_texts(person: Person, channel: str = "teachers") -> list[str]:
    """Return the ephemeral messages to a person in a channel, oldest first."""
    return [text_of(message) for message in person.ephemerals(channel)]


def own_messages(harness: Harness, person: Person, cname: str) -> list[Json]:
    """Return the messages to a reporter about their ticket, of which there is one."""
    messages = direct_messages(harness, person, cname)
    return [m for m in messages if m.get("blocks") and m["blocks"][0]["block_id"] == "own"]


async def choose_in_menu(harness: Harness, person: Person, cname: str, choice: str) -> Any:
    """Choose an option in the menu of the card about a channel."""
    card = find_card(harness, cname)
    value = next(iter(re.findall(rf'"value": "(\d+:{choice})"', text_of(card))))
    return await person.choose(card, "card.menu", value)


async def find_ticket(harness: Harness, cname: str) -> Ticket:
    """Return the newest ticket about a channel."""

    def work(session: Session) -> Ticket | None:
        return find_newest_ticket(session, cname)

    ticket = await harness.application.store.read(work)
    assert ticket is not None
    return ticket


def early_calls(workspace: Workspace, retry_after_s: float) -> list[object]:
    """Return the calls that Slack received although it had asked for a pause."""
    allowed_at: dict[object, float] = {}
    early: list[object] = []
    for call in workspace.calls:
        request = call["request"] if isinstance(call["request"], dict) else {}
        limit = (call["name"], str(request.get("channel")))
        if call["at"] < allowed_at.get(limit, 0.0):
            early.append(call)
        if call["status"] == 429:
            allowed_at[limit] = call["at"] + retry_after_s
    return early


def count_cloud_reports(harness: Harness, cname: str) -> int:
    """Count the reports about a channel that the cloud accepted."""
    return sum(report.fields["cname"] == cname for report in harness.clouds.reports)


@dataclass(slots=True)
class ExternalServices:
    """Slack and the clouds, which keep running while Lagdesk restarts on the same database."""

    clock: FakeClock
    workspace: Workspace
    clouds: FakeClouds
    folder: Path
    slack_timeout_s: float | None = None  # Lagdesk's own

    @asynccontextmanager
    async def run_lagdesk(
        self, *, worker: bool = True, connect: bool = True, **environment: str
    ) -> AsyncIterator[Harness]:
        """Run Lagdesk until the block ends."""
        env = harness_environment(self.workspace, self.clouds, self.folder, **environment)
        settings = replace(read_settings(env), port=0)
        async with AsyncExitStack() as stack:
            application = await stack.enter_async_context(
                open_application(settings, clock=self.clock, sleep=self.clock.sleep)
            )
            slack = await stack.enter_async_context(
                open_slack_runtime(
                    application,
                    worker=worker,
                    pace=NO_PACE,
                    answer_timeout_s=8.0,
                    slack_timeout_s=self.slack_timeout_s,
                )
            )
            if connect:
                await connect_slack(stack, "http", self.workspace, application, slack)
            yield Harness(self.clock, self.workspace, self.clouds, settings, application, slack)


@asynccontextmanager
async def open_external_services(
    folder: Path, clock: FakeClock, *, slack_timeout_s: float | None = None
) -> AsyncIterator[ExternalServices]:
    """Serve Slack and the clouds."""
    workspace = Workspace(
        clock=clock,
        manifest=build_manifest("https://lagdesk.example"),
        message_rate_s=0,
        ack_limit_s=10.0,
        trigger_life_s=10.0,
    )  # Slack's three seconds, and room for a busy machine
    clouds = FakeClouds(demo_calls(clock()), clock=clock, jitter_s=JITTER_S)
    with fast_waits():
        async with workspace.serve(), clouds.serve():
            yield ExternalServices(clock, workspace, clouds, folder, slack_timeout_s)
