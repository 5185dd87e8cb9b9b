"""Everything that the table of routes has, tried by everybody: who is refused, and what is seen."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from sqlmodel import select

from bot.sandbox.slack.delivery.transport import sign
from bot.services.admin.installations import WorkspaceToken
from bot.store import Session
from bot.store.admin.audit_log import AuditEntry
from bot.store.diagnosis.feedback import VerdictFeedback
from bot.store.escalation.incidents import Incident
from bot.store.models import ThreadReply
from bot.store.workspaces.workspaces import Workspace
from bot.ticket import Ticket
from handlers.slack.manifest import EVENTS, STEP_EVENTS, WORK_OBJECT_EVENTS
from tests.conftest import Harness
from tests.every_request import CNAME, requests, sent_by
from tests.handlers.raw_http import FORM, JSON
from tests.scenario_helpers import report
from tests.shared_slack import Town, open_town

FIRST, SECOND = "T07LAGDESK0", "T07OTHER000"
JIRA: Final = {  # which nobody reaches
    "JIRA_URL": "http://127.0.0.1:1",
    "JIRA_PROJECT": "SUP",
    "JIRA_EMAIL": "a@b.example",
    "JIRA_TOKEN": "token",
}
COMMENT: Final = "a-secret-comment"
PEOPLE: Final = {"outsider": "guest", "admin": "wang", "reporter": "lin", "support": "sam"}
REFUSALS: Final = (
    "Only support",
    "You can only see tickets",
    "Only the reporter",
    "Only admins",
    "There is no ticket",
    "There is no such incident",
)
SUGGESTIONS: Final = "options ticket"
FOR_EVERYBODY: Final = {
    *("command /report class_77_1", "command /diagnose class_77_1", "command /tickets all"),
    *("command /tickets class_77_1", "command /quality app=kids usage", "command /lagdesk"),
    *("command /quality trend", "command /lagdesk quality trend"),
    *("command /lagdesk settings", "command /lagdesk language en", "command /lagdesk summary"),
    *("command /lagdesk accuracy", "command /lagdesk policy", "command /lagdesk help"),
    *("shortcut report_call", "shortcut report_message", "action reaction.report", "view report"),
    "action diagnose.use_call",
    *("action access_token.create", "action access_token.revoke", "view access_token"),
    *("view preferences", "action tickets.more", "action tickets.share", SUGGESTIONS),
    *(f"action home.{verb}" for verb in ("report", "settings", "state", "app", "cause", "age")),
    *(f"action home.{verb}" for verb in ("whose", "more", "first", "greeted")),
    *(f"event {name}" for name in ("app_home_opened", "message", "reaction_added", "user_change")),
    *(f"event {name}" for name in ("channel_unarchive", "group_unarchive")),
    *("event member_joined_channel", "event link_shared", "event function_executed"),
}
FOR_SUPPORT: Final = {
    *(f"action card.menu 1:{choice}" for choice in ("hand_over", "link", "room", "snooze")),
    *(
        "action report.again",
        "action report.arrived",
        "action ticket.accept",
        "action ticket.claim",
    ),
    *("action ticket.escalate", "action ticket.resolve", "action incident.close"),
    *(f"view {name}" for name in ("hand_over", "link", "resolve", "resolve_linked", "snooze")),
    *("view room", "view room_confirm", "command /lagdesk audit LD-1", "view hand_over jira"),
}
FOR_SUPPORT_OF_ITS_WORKSPACE: Final = {
    *("action summary.csv", "command /lagdesk channel-language both"),
    *("command /lagdesk charts picture", "command /lagdesk doctor"),
}
FOR_REPORTERS_TOO: Final = {
    *("action card.menu 1:correct", "action ticket.correct", "action ticket.diagnose"),
    *("action ticket.reopen", "action tickets.show", "action verdict.details", "view correct"),
    *("action verdict.own_language", "action verdict.true_cause", "action verdict.use_call"),
    *(f"action verdict.{rating}" for rating in ("right", "partly", "wrong")),
    *(f"action verdict.use_person.{place}" for place in range(10)),
    *("command /tickets LD-1", "event entity_details_requested"),
}
FOR_REPORTERS: Final = {"action ticket.helped", "action ticket.withdraw"}
FOR_ADMINS: Final = {"command /lagdesk setup", "view setup"}
ALL: Final = frozenset({*PEOPLE, "other workspace"})
# Who is refused. A route that is new is missing here, and fails the test until it is added.
REFUSED: Final[Mapping[str, Collection[str]]] = {
    **dict.fromkeys(FOR_EVERYBODY, ()),
    **dict.fromkeys(FOR_SUPPORT, ALL - {"support"}),
    **dict.fromkeys(FOR_SUPPORT_OF_ITS_WORKSPACE, ALL - {"support", "other workspace"}),
    **dict.fromkeys(FOR_REPORTERS_TOO, ALL - {"support", "reporter"}),
    **dict.fromkeys(FOR_REPORTERS, ALL - {"reporter"}),
    **dict.fromkeys(FOR_ADMINS, ALL - {"admin"}),
}


@dataclass
class Walk:
    """The requests of one person, and what came back to their workspace."""

    town: Town
    harness: Harness
    person: str
    start: int
    seen: dict[str, str] = field(default_factory=dict)

    async def send(self, name: str, payload: dict[str, Any]) -> None:
        """Send a request, and keep the answer with everything that Lagdesk sent meanwhile."""
        workspace = self.harness.workspace
        sent = sent_by(payload, workspace.team_id, self.person, self.start + len(self.seen))
        if sent.get("response_url"):
            sent["response_url"] = workspace.make_response_url(
                self.harness.escalations, self.person
            )
        before = len(workspace.calls)
        if "command" in sent:
            body, kind = urlencode(sent).encode(), FORM
        elif sent["type"] == "event_callback":
            body, kind = json.dumps(sent).encode(), JSON
        else:
            body, kind = urlencode({"payload": json.dumps(sent)}).encode(), FORM
        headers = {**sign(workspace.signing_secret, body), "Content-Type": kind}
        url = f"{self.town.url}/slack/events"
        async with self.town.slack.session.post(url, data=body, headers=headers) as answer:
            assert answer.status in (200, 503), name
            text = await answer.text()
        await self.harness.settled()
        self.seen[name] = text + json.dumps(workspace.calls[before:], default=str)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A ticket of lin's in the first workspace, and a second one with the same people."""
    async with open_town(
        tmp_path,
        FIRST,
        SECOND,
        PUBLIC_URL="https://lagdesk.example",
        ESCALATE_AFTER="9h",
        HTTP_API="true",
    ) as opened:
        for harness in opened.harnesses:
            workspace = harness.workspace
            token = WorkspaceToken(workspace.bot_token, "B1", "U1")
            await harness.application.installations.save(workspace.team_id, token)
            for name in ("lin", "wang"):
                user = workspace.person(name).user
                user.locale, user.is_admin = "en-US", name == "wang"
        first, second = opened.harnesses
        await second.application.store.transact(
            lambda session: session.merge(
                Workspace(
                    team=SECOND, chosen={"escalation_channel": second.escalations, "apps": []}
                )
            )
        )
        await second.application.installations.load()
        lin = first.workspace.person("lin")
        for number in range(2):
            assert (await report(lin, f"{CNAME}{number or ''}", comments=COMMENT)).ok
        await first.settled()
        now = first.clock.now()
        incident = Incident(
            team=FIRST, app="kids", cause="network.loss", opened_at=now, last_ticket_at=now
        )
        await first.application.store.transact(lambda session: session.add(incident))
        yield opened


def every_route(harness: Harness) -> list[tuple[str, str]]:
    """Everything that somebody listens to, with the events of the manifest."""
    every_event = (*EVENTS, *WORK_OBJECT_EVENTS, *STEP_EVENTS)
    events = {name.partition(".")[0] for name in every_event}
    events -= {"app_uninstalled", "tokens_revoked"}
    app: Any = harness.slack.app
    return [*sorted(app.routes.names), *(("event", name) for name in sorted(events))]


async def walk(town: Town, harness: Harness, person: str, start: int) -> Walk:
    """Send everything as one person."""
    walked = Walk(town, harness, harness.workspace.person(person).id, start)
    for kind, route in every_route(harness):
        for name, payload in requests(kind, route):
            await walked.send(f"{kind} {name}", payload)
    return walked


async def rows_of_first(harness: Harness) -> list[str]:
    """What the first workspace has stored."""

    def work(session: Session) -> list[str]:
        tables = (Ticket, AuditEntry, ThreadReply, Workspace)
        found = [
            repr(row.model_dump())
            for table in tables
            for row in session.exec(select(table).where(table.team == FIRST))
        ]
        return [*found, *(repr(row) for row in session.exec(select(VerdictFeedback)))]

    return sorted(await harness.application.store.read(work))


async def test_other_workspace(town: Town) -> None:
    """Its support, with the same user id, changes nothing here and reads nothing from here."""
    first, second = town.harnesses
    before, calls = await rows_of_first(first), len(first.workspace.calls)
    walked = await walk(town, second, "sam", 1000)
    await walk(town, second, "wang", 5000)
    assert await rows_of_first(first) == before
    later = [call["name"] for call in first.workspace.calls[calls:]]
    assert set(later) <= {"apps.connections.open"}  # doctor's, with the app's own token
    leaks = [
        name for name, seen in walked.seen.items() if COMMENT in seen or '"app": "kids"' in seen
    ]
    assert leaks == []


async def test_rights(town: Town) -> None:
    """Everybody is refused what is not theirs, and nothing else."""
    first, second = town.harnesses
    walks = {"other workspace": await walk(town, second, "sam", 1000)}
    for number, (role, name) in enumerate(PEOPLE.items(), start=2):
        walks[role] = await walk(town, first, name, number * 1000)
    refused: dict[str, set[str]] = {
        name: set() for walked in walks.values() for name in walked.seen
    }
    for role, walked in walks.items():
        for name, seen in walked.seen.items():
            if any(text in seen for text in REFUSALS):
                refused[name].add(role)
    assert refused == {name: set(roles) for name, roles in REFUSED.items()}
    offered = {role for role, walked in walks.items() if '"options"' in walked.seen[SUGGESTIONS]}
    assert offered == {"support"}  # a menu has no room for a refusal
