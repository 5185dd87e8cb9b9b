"""How stories are told: reporting as a person does, and finding what came of it in Slack."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bot.app import open_house, open_slack
from bot.sandbox.clouds import Clouds
from bot.sandbox.scenario import demo_lessons
from bot.sandbox.slack import Person, Workspace
from bot.settings import read_settings
from bot.store import Session
from bot.store.tickets import tickets
from bot.ticket import Ticket
from handlers.slack.manifest import build_manifest
from tests.conftest import MovedClock, Stage, no_waiting, open_door, stage_environment

FORM: Final = {
    "teacher_uid": "10001",
    "student_uid": "20002",
    "abnormal_side": "student",
    "issue_type": "3",
    "comments": "卡住了 <!channel> & student 20002",
}
Json = dict[str, Any]


async def report(person: Person, cname: str, **fields: Any) -> Any:
    """Report a call as a person does: command, form, submit."""
    await person.command("/report", cname)
    view = await person.view_opened("report")
    return await person.submit(view, {**FORM, "cname": cname, **fields})


def text_of(shown: Mapping[str, Any] | None) -> str:
    """Everything a reader sees of a message, a modal or a home, as one string."""
    return json.dumps(shown, ensure_ascii=False)


def cards_of(stage: Stage, cname: str) -> list[Json]:
    """The cards about a channel, in the escalation channel."""
    return [m for m in stage.workspace.messages(stage.escalations) if cname in text_of(m)]


def card_of(stage: Stage, cname: str) -> Json:
    """The only card about a channel."""
    cards = cards_of(stage, cname)
    assert 1 == len(cards)
    return cards[0]


def thread_of(stage: Stage, card: Mapping[str, Any]) -> list[Json]:
    """The replies under a card."""
    return stage.workspace.messages(stage.escalations, card["ts"])[1:]


def findings_of(stage: Stage, cname: str) -> list[Json]:
    """What was found, in the thread of the only card about a room; support being called is not."""
    replies = thread_of(stage, card_of(stage, cname))
    return [reply for reply in replies if "<!here>" not in reply["text"]]


def told(stage: Stage, person: Person, cname: str) -> list[Json]:
    """What a person was told in the direct channel about a room."""
    return [m for m in stage.workspace.messages(person.direct()) if cname in text_of(m)]


def whispers(person: Person, channel: str = "teachers") -> list[str]:
    """What only this person sees in a channel, oldest first."""
    return [text_of(message) for message in person.ephemerals(channel)]


async def choose_more(stage: Stage, person: Person, cname: str, choice: str) -> Any:
    """Choose something in the menu of a room's card."""
    card = card_of(stage, cname)
    value = next(iter(re.findall(rf'"value": "(\d+:{choice})"', text_of(card))))
    return await person.choose(card, "card.menu", value)


async def ticket_of(stage: Stage, cname: str) -> Ticket:
    """The newest ticket about a room."""

    def work(session: Session) -> Ticket | None:
        return tickets.newest_of_channel(session, "kids", cname)

    found = await stage.house.store.read(work)
    assert found is not None
    return found


def count_reports(stage: Stage, cname: str) -> int:
    """How many reports about a room the cloud took."""
    return sum(report.fields["cname"] == cname for report in stage.clouds.reports)


@dataclass(slots=True)
class World:
    """Slack and the clouds, which stay when Lagdesk goes and comes back on the same files."""

    clock: MovedClock
    workspace: Workspace
    clouds: Clouds
    folder: Path

    @asynccontextmanager
    async def lagdesk(
        self, *, worker: bool = True, connect: bool = True, **environment: str
    ) -> AsyncIterator[Stage]:
        """Run Lagdesk until the block ends."""
        env = stage_environment(self.workspace, self.clouds, self.folder, **environment)
        settings = replace(read_settings(env), port=0)
        async with AsyncExitStack() as stack:
            house = await stack.enter_async_context(
                open_house(settings, clock=self.clock, sleep=self.clock.sleep)
            )
            slack = await stack.enter_async_context(open_slack(house, worker=worker))
            if connect:
                await open_door(stack, "http", self.workspace, house, slack)
            yield Stage(self.clock, self.workspace, self.clouds, settings, house, slack)


@asynccontextmanager
async def open_world(folder: Path, clock: MovedClock) -> AsyncIterator[World]:
    """Serve Slack and the clouds."""
    workspace = Workspace(
        clock=clock, manifest=build_manifest("https://lagdesk.example"), message_rate_s=0
    )
    clouds = Clouds(demo_lessons(clock()), clock=clock)
    with no_waiting():
        async with workspace.serve(), clouds.serve():
            yield World(clock, workspace, clouds, folder)
