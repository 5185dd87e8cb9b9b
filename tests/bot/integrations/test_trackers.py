"""What every issue tracker promises, for both of them against their fakes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.errors import (
    IntegrationBusyError,
    IntegrationError,
    IntegrationInvalidResponseError,
    IntegrationRefusedError,
    IntegrationUnreachableError,
)
from bot.integration_settings import JiraSettings, ZendeskSettings
from bot.integrations.jira.client import JiraTracker
from bot.integrations.zendesk.client import ZendeskTracker
from bot.ports import IssueTracker, NewIssue
from bot.sandbox.clouds.faults import FaultKind
from bot.sandbox.integrations.jira import fake as jira
from bot.sandbox.integrations.jira.fake import FakeJira
from bot.sandbox.integrations.zendesk import fake as zendesk
from bot.sandbox.integrations.zendesk.fake import FakeZendesk

ISSUE = NewIssue(
    key="lagdesk-12-0123456789ab",
    title="LD-12 · class_77\n_1",
    lines=["老师 10…01: *loss* [x](y) 30% <b>", "", "{code} & |done|"],
    url="https://slack.example/archives/C1/p1",
)


@dataclass
class Case:
    """A tracker and the simulated service behind it."""

    tracker: IssueTracker
    fake: FakeJira | FakeZendesk

    @property
    def texts(self) -> list[tuple[str, str]]:
        """Title and text of what was created."""
        if isinstance(self.fake, FakeJira):
            return [(each.summary, each.text) for each in self.fake.issues]
        return [(each.subject, each.text) for each in self.fake.tickets]


@pytest.fixture(params=["jira", "zendesk"])
async def case(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    """Each tracker."""
    tracker: IssueTracker
    fake: FakeJira | FakeZendesk
    fake = FakeJira() if request.param == "jira" else FakeZendesk()
    async with fake.serve() as url:
        if isinstance(fake, FakeJira):
            jira_settings = JiraSettings(url, jira.PROJECT, jira.EMAIL, jira.TOKEN)
            tracker = JiraTracker(jira_settings, allow_private=True)
        else:
            settings = ZendeskSettings(url, zendesk.EMAIL, zendesk.TOKEN)
            tracker = ZendeskTracker(settings, allow_private=True)
        yield Case(tracker, fake)
        await tracker.close()


async def test_what_is_created_is_found_again(case: Case) -> None:
    """By its key, with its name and address; others are not."""
    assert await case.tracker.find(ISSUE.key) is None
    created = await case.tracker.create(ISSUE)
    assert await case.tracker.find(ISSUE.key) == created
    assert await case.tracker.find(f"{ISSUE.key}0") is None
    assert created.url.startswith(case.fake.url)
    assert created.name.lstrip("#") in created.url


async def test_a_text_stays_as_it_is(case: Case) -> None:
    """Nothing of it becomes markup; the title is one line, the link is there."""
    await case.tracker.create(ISSUE)
    ((title, text),) = case.texts
    assert title == "LD-12 · class_77 _1"
    lines = [line for line in text.splitlines() if line]
    assert lines == [*filter(None, ISSUE.lines), ISSUE.url]


async def test_a_long_text_is_cut(case: Case) -> None:
    """What a tracker would refuse for its length is created without its end."""
    long = NewIssue(ISSUE.key, "题" * 900, ["很长的一行" * 20] * 3000, ISSUE.url)
    await case.tracker.create(long)
    ((_, text),) = case.texts
    assert text.endswith(ISSUE.url)
    assert len(text) < 40_000


async def test_an_issue_without_a_link(case: Case) -> None:
    """As long as the thread's address is unknown."""
    await case.tracker.create(NewIssue(ISSUE.key, "LD-1", ["A line."]))
    assert [text for _, text in case.texts] == ["A line."]


async def test_the_check_says_where_issues_go(case: Case) -> None:
    """It creates none."""
    assert "Tickets can be handed over" in str(await case.tracker.check())
    assert case.texts == []


async def test_a_refused_key(case: Case) -> None:
    """The check says so too."""
    case.fake.token = "another"
    for request in (case.tracker.check(), case.tracker.create(ISSUE), case.tracker.find("x")):
        with pytest.raises(IntegrationRefusedError, match=r"refuses the key|takes this key"):
            await request


@pytest.mark.parametrize(
    ("fault", "error", "maybe_arrived"),
    [
        ("reset", IntegrationUnreachableError, True),
        ("http_500", IntegrationBusyError, None),
        ("http_429", IntegrationBusyError, None),
        ("html", IntegrationInvalidResponseError, None),
    ],
)
async def test_failures(
    case: Case, fault: FaultKind, error: type[IntegrationError], *, maybe_arrived: bool | None
) -> None:
    """Each may be over in a minute; what has arrived all the same is found."""
    case.fake.fail_next(fault, after_effect=True)
    with pytest.raises(error) as caught:
        await case.tracker.create(ISSUE)
    assert caught.value.retryable
    assert getattr(caught.value, "maybe_arrived", None) is maybe_arrived
    assert await case.tracker.find(ISSUE.key) is not None


async def test_jira_says_why_it_refuses() -> None:
    """By the field; the check names the types of issues that there are."""
    fake = FakeJira()
    async with fake.serve() as url:
        settings = JiraSettings(url, jira.PROJECT, jira.EMAIL, jira.TOKEN, "Story")
        tracker = JiraTracker(settings, allow_private=True)
        with pytest.raises(IntegrationRefusedError, match="issuetype: Specify a valid issue type"):
            await tracker.create(ISSUE)
        with pytest.raises(IntegrationRefusedError, match="no issue type Story, but: Task, Bug"):
            await tracker.check()
        await tracker.close()


async def test_zendesk_mails_nobody_and_repeats_nothing() -> None:
    """A ticket is internal; the same key within two hours creates no second one."""
    fake = FakeZendesk()
    async with fake.serve() as url:
        settings = ZendeskSettings(url, zendesk.EMAIL, zendesk.TOKEN)
        tracker = ZendeskTracker(settings, allow_private=True)
        assert await tracker.create(ISSUE) == await tracker.create(ISSUE)
        assert [each.is_public for each in fake.tickets] == [False]
        with pytest.raises(IntegrationRefusedError, match="cannot be blank"):
            await tracker.create(NewIssue("other", "LD-1", []))
        await tracker.close()
