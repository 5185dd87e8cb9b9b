"""Links to tickets: a preview for everybody in the channel, a side panel for one person."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.models.metadata import EntityMetadata

from bot.sandbox.slack import Person
from bot.sandbox.slack.state.model import Panel
from bot.services.admin.refused_links import RefusedLinks
from tests.conftest import URL, Harness, open_harness, slack_errors_of
from tests.scenario_helpers import find_ticket, report

Json = dict[str, Any]
COMMENT = "the student 30003 heard nothing"


@pytest.fixture(scope="module")
async def harness(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """A Lagdesk whose tickets have links, with a ticket of lin's."""
    folder = tmp_path_factory.mktemp("links")
    async with open_harness(folder, PUBLIC_URL=URL, MASK_UIDS="true") as built:
        assert (await report(built.workspace.person("lin"), "link_20002", comments=COMMENT)).ok
        await built.settled()
        yield built
        assert slack_errors_of(built.workspace) == []


async def post(harness: Harness, name: str, text: str) -> Json:
    """Write a message; returns it with whatever previews it got."""
    before = len(harness.workspace.calls)
    message = await harness.workspace.person(name).post_message("teachers", text)
    await harness.workspace.until(
        lambda: any("link_shared" in call["name"] for call in harness.workspace.calls[before:])
    )
    await harness.settled()
    return message


async def open_panel(harness: Harness, person: Person, message: Json, url: str) -> Panel:
    """Click on a preview and wait for the panel."""
    panel = person.open_panel(message, url)
    await harness.workspace.until(lambda: panel.entity or panel.error)
    return panel


async def test_a_preview_has_what_everybody_may_read(harness: Harness) -> None:
    """Status and who has it; neither the comment nor a uid, also in the channel's name."""
    message = await post(harness, "sam", f"Look at {URL}/t/1?from=slack please")
    (entity,) = message["work_objects"]
    assert entity["app_unfurl_url"] == f"{URL}/t/1?from=slack"
    assert (entity["url"], entity["external_ref"]["id"]) == (f"{URL}/t/1", "LD-1")
    assert entity["entity_payload"]["fields"]["status"]["value"] == "Open"
    text = json.dumps(entity, ensure_ascii=False)
    assert "•••02" in text
    for secret in ("20002", "30003", "heard nothing", "U07"):
        assert secret not in text
    metadata = EntityMetadata(**entity)
    metadata.validate_json()
    assert metadata.to_dict() == entity  # the SDK knows every key


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("guest", f"{URL}/t/1"),  # who may not see the ticket
        ("sam", f"{URL}/t/99"),
        ("sam", f"{URL}/t/x"),
        ("sam", f"{URL}/slack/events"),
        ("sam", "http://lagdesk.example/t/1"),
    ],
)
async def test_no_preview(harness: Harness, name: str, url: str) -> None:
    """Of tickets their writer may not see, and of what is no ticket."""
    message = await post(harness, name, url)
    assert "work_objects" not in message


@pytest.mark.parametrize(
    ("name", "status", "who"), [("sam", "Open", "Student"), ("lin", "待处理", "学生")]
)
async def test_the_panel_is_of_one_person(
    harness: Harness, name: str, status: str, who: str
) -> None:
    """In their language, with what `/tickets LD-1` shows, uids masked as there."""
    message = await post(harness, "sam", f"{URL}/t/1")
    panel = await open_panel(harness, harness.workspace.person(name), message, f"{URL}/t/1")
    payload = panel.entity["entity_payload"]
    text = json.dumps(panel.entity, ensure_ascii=False)
    assert payload["fields"]["status"]["value"] == status
    assert "heard nothing" in text
    assert who in text
    assert "•••02" in text
    assert "20002" not in text.replace("link_20002", "")
    assert "30003" not in text
    assert "<" not in text.replace("<!", "")
    ticket = await find_ticket(harness, "link_20002")
    links = [each["value"] for each in payload["custom_fields"] if each["key"] == "thread"]
    assert links == [ticket.thread.permalink]


async def test_others_are_told_what_to_do(harness: Harness) -> None:
    """Not an empty panel, and nothing of the ticket."""
    message = await post(harness, "sam", f"{URL}/t/1")
    guest = harness.workspace.person("guest")
    panel = await open_panel(harness, guest, message, f"{URL}/t/1")
    assert panel.entity == {}
    assert panel.error["status"] == "custom"
    assert "LD-1" in panel.error["custom_title"]
    assert "You can only see tickets you reported" in panel.error["custom_message"]


async def test_slacks_retry_draws_nothing_twice(harness: Harness) -> None:
    """Neither the preview nor the panel."""
    message = await post(harness, "sam", f"{URL}/t/1")
    before = len(harness.workspace.calls)
    await harness.workspace.redeliver(2)
    await harness.settled()
    later = [call["name"] for call in harness.workspace.calls[before:]]
    assert "chat.unfurl" not in later
    assert len(message["work_objects"]) == 1


async def test_a_workspace_without_them(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    """One line in the log, a line of doctor, and everything else works as before."""
    refused = RefusedLinks(harness.application.context)
    assert await refused.last_code(harness.workspace.team_id) == ""
    for _ in range(2):
        harness.workspace.fail_next("chat.unfurl", "feature_not_enabled")
        with caplog.at_level(logging.WARNING):
            assert "work_objects" not in await post(harness, "sam", f"{URL}/t/1")
    assert caplog.text.count("Slack shows no preview of links to tickets") == 1
    assert await refused.last_code(harness.workspace.team_id) == "feature_not_enabled"
    sam = harness.workspace.person("sam")
    await sam.command("/lagdesk", "doctor")
    await harness.settled()
    assert "feature_not_enabled" in json.dumps(sam.ephemerals("teachers")[-1])


async def test_details_have_the_link(harness: Harness) -> None:
    """So that a person can pass it on."""
    sam = harness.workspace.person("sam")
    await sam.command("/tickets", "LD-1")
    await harness.settled()
    assert f"<{URL}/t/1|{URL}/t/1>" in json.dumps(sam.ephemerals("teachers")[-1])


async def test_a_browser_learns_nothing(harness: Harness) -> None:
    """The same page for a ticket that exists and for one that does not, but for its number."""
    transport: Any = harness.workspace.transport
    base = transport.url.removesuffix("/slack/events")
    pages = []
    for number in (1, 99999):
        async with harness.slack.clients.session.get(f"{base}/t/{number}") as answer:
            assert answer.status == 200
            pages.append((await answer.text()).replace(f"LD-{number}", "LD"))
    assert pages[0] == pages[1]
    assert "/tickets LD" in pages[0]
    assert "link_20002" not in pages[0]
    async with harness.slack.clients.session.get(f"{base}/t/x") as answer:
        assert answer.status == 404
