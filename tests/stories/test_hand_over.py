"""A ticket is handed over to a tracker: as one issue, with a link both ways."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final

import pytest

from bot.errors import ConflictError
from bot.sandbox.integrations.fakes import FakeIntegrations
from bot.sandbox.integrations.jira import fake as jira
from bot.sandbox.slack import Person
from bot.services.tickets.actions import ActionRequest
from bot.services.tickets.issue_jobs import FIND_AFTER
from bot.store import Store
from tests.bot.conftest import create_postgres
from tests.conftest import FakeClock, Harness, open_harness, slack_errors_of
from tests.scenario_helpers import (
    ExternalServices,
    choose_in_menu,
    find_card,
    find_replies,
    find_ticket,
    open_external_services,
    report,
    text_of,
)
from tests.stored_rows import list_audit_entries

CNAME: Final = "class_77_1"  # a call with a verdict
LATER_S: Final = FIND_AFTER.total_seconds() + 1


@pytest.fixture
async def integrations() -> AsyncIterator[FakeIntegrations]:
    """The simulated trackers."""
    made = FakeIntegrations()
    async with made.serve():
        yield made


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[ExternalServices]:
    """Slack and the clouds, without Lagdesk."""
    async with open_external_services(tmp_path, FakeClock()) as built:
        yield built
        assert slack_errors_of(built.workspace) == []


def with_jira(
    services: ExternalServices, integrations: FakeIntegrations, issue_type: str = "Task"
) -> AbstractAsyncContextManager[Harness]:
    """Run Lagdesk with Jira alone."""
    return services.run_lagdesk(
        ALLOW_PRIVATE_ADDRESSES="true",
        JIRA_URL=integrations.jira.url,
        JIRA_PROJECT=jira.PROJECT,
        JIRA_EMAIL=jira.EMAIL,
        JIRA_TOKEN=integrations.jira.token,
        JIRA_ISSUE_TYPE=issue_type,
    )


async def file(harness: Harness, cname: str = CNAME) -> None:
    """Report a call and wait for its verdict."""
    await report(harness.workspace.person("lin"), cname)
    await harness.settled()


async def open_form(harness: Harness, person: Person, cname: str = CNAME) -> Any:
    """Open the form from the card's menu."""
    await choose_in_menu(harness, person, cname, "hand_over")
    return await person.wait_for_view("hand_over")


async def hand_over(harness: Harness, target: str = "jira", cname: str = CNAME) -> Any:
    """Hand a ticket over as sam does."""
    sam = harness.workspace.person("sam")
    outcome = await sam.submit(await open_form(harness, sam, cname), {"target": target})
    await harness.settled()
    return outcome


def card_text(harness: Harness, cname: str = CNAME) -> str:
    """Return a ticket's card as text."""
    return text_of(find_card(harness, cname))


def notes(harness: Harness, cname: str = CNAME) -> list[str]:
    """Return the notes about handing over in a ticket's thread."""
    replies = find_replies(harness, find_card(harness, cname))
    return [reply["text"] for reply in replies if "hand" in reply["text"]]


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
@pytest.mark.parametrize("tracker", ["jira", "zendesk"])
async def test_a_link_both_ways(
    request: pytest.FixtureRequest,
    integrations: FakeIntegrations,
    tmp_path: Path,
    tracker: str,
    database: str,
) -> None:
    """The form lets choose; the issue has the verdict, card and thread have the issue."""
    environment = dict(integrations.environment("kids", "kids"), ON_CALL="")
    if database == "postgres":
        environment["DATABASE_URL"] = create_postgres(request.getfixturevalue("postgres"))
        store = Store(environment["DATABASE_URL"])
        store.migrate()
        store.close()
    async with open_harness(tmp_path, **environment) as harness:
        await file(harness)
        await harness.pass_time(600)
        assert "Hand over, also to Jira, Zendesk…" in card_text(harness)
        assert (await hand_over(harness, tracker)).ok
        ticket = await find_ticket(harness, CNAME)
        title, text, url, name = created(integrations, tracker)
        assert title == f"LD-1 · {CNAME} · Weak Wi-Fi signal"
        assert "LD-1: channel class_77_1 of kids (Agora)" in text
        assert "around 2026-11-11 10:29 UTC+8: Weak Wi-Fi signal. Very likely (97%)." in text
        assert "• Student •••02: Uplink packet loss (audio) 26" in text
        assert "→ Support: Their Wi-Fi signal is weak" in text
        assert "卡住了 <!channel> & student •••02" in text
        assert text.endswith(ticket.thread.permalink)
        for secret in ("10001", "20002", "&lt;", "<@", ":warning:"):
            assert secret not in text
        assert f"Handed over to {tracker.capitalize()} <{url}|{name}>" in card_text(harness)
        sam = harness.workspace.person("sam")
        assert notes(harness) == [
            f"<@{sam.id}> handed it over as <{url}|{tracker.capitalize()} {name}>"
        ]
        entries = await harness.application.store.read(
            lambda session: list_audit_entries(session, 1)
        )
        assert [(entry.action, entry.person) for entry in entries] == [
            ("ticket.create_issue", sam.id)
        ]
        other = {"jira": "Zendesk", "zendesk": "Jira"}[tracker]
        assert f"Hand over, also to {other}…" in card_text(harness)
        assert slack_errors_of(harness.workspace) == []


def created(integrations: FakeIntegrations, tracker: str) -> tuple[str, str, str, str]:
    """Return title, text, address and name of the only issue."""
    if tracker == "jira":
        (issue,) = integrations.jira.issues
        address = f"{integrations.jira.url}/browse/{issue.key}"
        return issue.summary, issue.text, address, issue.key
    (ticket,) = integrations.zendesk.tickets
    address = f"{integrations.zendesk.url}/agent/tickets/{ticket.number}"
    return ticket.subject, ticket.text, address, f"#{ticket.number}"


async def test_two_clicks_make_one_issue(
    services: ExternalServices, integrations: FakeIntegrations
) -> None:
    """From two forms that were opened before, and by two people."""
    sam, zhou = services.workspace.person("sam"), services.workspace.person("zhou")
    async with with_jira(services, integrations) as harness:
        await file(harness)
        forms = [(person, await open_form(harness, person)) for person in (sam, zhou)]
        for person, form in forms:
            assert (await person.submit(form, {"target": "jira"})).ok
        await harness.settled()
        assert len(integrations.jira.issues) == 1
        assert len(notes(harness)) == 1
        assert "Hand over…" in card_text(harness)


async def test_an_attempt_without_an_answer_is_not_repeated(
    services: ExternalServices, integrations: FakeIntegrations
) -> None:
    """Its issue is looked for, after the time that Jira needs to find it."""
    integrations.jira.fail_next("reset", after_effect=True)
    async with with_jira(services, integrations) as harness:
        await file(harness)
        await hand_over(harness)
        assert "Handing over to Jira: waiting, will be tried again. Jira did not" in card_text(
            harness
        )
        await harness.pass_time(20)
        assert notes(harness) == []
        await harness.pass_time(LATER_S)
        assert "Handed over to Jira <" in card_text(harness)
        assert len(integrations.jira.issues) == 1
        paths = [each.path for each in integrations.jira.requests]
        assert paths == ["/rest/api/3/issue", "/rest/api/3/search/jql"]


async def test_nothing_is_repeated_while_the_search_fails_too(
    services: ExternalServices, integrations: FakeIntegrations
) -> None:
    """An attempt that may have arrived stays known through an outage and a refusal."""
    integrations.jira.fail_next("reset", after_effect=True)
    integrations.jira.fail_next("http_429")
    async with with_jira(services, integrations) as harness:
        await file(harness)
        await hand_over(harness)
        await harness.pass_time(LATER_S)
        integrations.jira.token = "another"
        await harness.pass_time(LATER_S)
        assert "Jira refuses the key (401)" in notes(harness)[0]
        integrations.jira.token = jira.TOKEN
        await hand_over(harness)
        assert "Handed over to Jira <" in card_text(harness)
        assert len(integrations.jira.issues) == 1


async def test_a_tracker_that_is_down(
    services: ExternalServices, integrations: FakeIntegrations
) -> None:
    """It is tried again until it is back."""
    integrations.jira.fail_next("http_503", times=3)
    async with with_jira(services, integrations) as harness:
        await file(harness)
        await hand_over(harness)
        for _ in range(4):
            await harness.pass_time(LATER_S)
        assert "Handed over to Jira <" in card_text(harness)
        assert len(integrations.jira.issues) == 1


async def test_lagdesk_ends_in_the_middle(
    services: ExternalServices, integrations: FakeIntegrations
) -> None:
    """While Jira has created the issue and has not answered: the next start finds it."""
    integrations.jira.fail_next("timeout", after_effect=True)
    async with with_jira(services, integrations) as harness:
        await file(harness)
        sam = services.workspace.person("sam")
        await sam.submit(await open_form(harness, sam), {"target": "jira"})
        await integrations.jira.wait_for_request()
    async with with_jira(services, integrations) as harness:
        await harness.pass_time(LATER_S)
        assert "Handed over to Jira <" in card_text(harness)
        assert len(integrations.jira.issues) == 1


async def test_a_refusal_says_what_to_do(
    services: ExternalServices, integrations: FakeIntegrations
) -> None:
    """Who handed it over is mentioned in the thread; corrected, it works from the same menu."""
    async with with_jira(services, integrations, issue_type="Story") as harness:
        await file(harness)
        await hand_over(harness)
        (note,) = notes(harness)
        assert note.startswith(f"<@{services.workspace.person('sam').id}> could not hand it over")
        assert "issuetype: Specify a valid issue type. When that is corrected, hand it" in note
        assert "Not handed over to Jira: refused." in card_text(harness)
        integrations.jira.issue_types.append("Story")
        await hand_over(harness)
        assert len(integrations.jira.issues) == 1
        assert "Not handed over" not in card_text(harness)


async def test_a_person_can_still_be_chosen(
    services: ExternalServices, integrations: FakeIntegrations
) -> None:
    """An open ticket needs one then; a resolved one can only be handed over to the tracker."""
    sam, zhou = services.workspace.person("sam"), services.workspace.person("zhou")
    async with with_jira(services, integrations) as harness:
        await file(harness)
        form = await open_form(harness, sam)
        assert set((await sam.submit(form, {"target": "person"})).errors) == {"person"}
        assert (await sam.submit(form, {"target": "person", "person": zhou.id})).ok
        await harness.settled()
        assert "Hand over or unclaim, also to Jira…" in card_text(harness)
        await sam.click(find_card(harness, CNAME), "ticket.resolve")
        view = await sam.wait_for_view("resolve")
        assert (await sam.submit(view, {"cause": "network.loss", "resolution": "x"})).ok
        await harness.settled()
        assert "Hand over to Jira…" in card_text(harness)
        form = await open_form(harness, sam)
        assert "To a person" not in text_of(form)
        assert (await sam.submit(form, {"target": "jira"})).ok
        await harness.settled()
        assert len(integrations.jira.issues) == 1


async def test_without_a_tracker(services: ExternalServices) -> None:
    """The form is as it was, and a forged choice is refused."""
    sam = services.workspace.person("sam")
    async with services.run_lagdesk() as harness:
        await file(harness)
        form = await open_form(harness, sam)
        assert "Jira" not in text_of(form)
        assert "Hand over…" in card_text(harness)
        request = ActionRequest(services.workspace.team_id, 1, sam.id, "V1")
        with pytest.raises(ConflictError, match="can no longer be handed over there"):
            await harness.slack.services.ticket_actions.create_issue(request, "jira")


async def test_doctor(services: ExternalServices, integrations: FakeIntegrations) -> None:
    """It asks the tracker, without creating anything."""
    sam = services.workspace.person("sam")
    async with with_jira(services, integrations) as harness:
        await sam.command("/lagdesk", "doctor")
        await harness.settled()
        answer = text_of(sam.ephemerals("teachers")[-1])
        assert "Tickets can be handed over to the project Support." in answer
        integrations.jira.token = "another"
        await sam.command("/lagdesk", "doctor")
        await harness.settled()
        assert "Jira refuses the key (401)" in text_of(sam.ephemerals("teachers")[-1])
        assert integrations.jira.issues == []
