"""A whole shift in Chromium: reports, a race for a claim, a call for help, and the Monday after."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from bot.sandbox.slack.state.seed import ESCALATIONS, LEADS, LIN, MAYA, SAM, WANG, ZHOU
from tests.browser import IN_BROWSER, open_page, take_screenshot
from tests.conftest import Harness, open_harness, slack_errors_of
from tests.scenario_helpers import Json, find_ticket

pytestmark = IN_BROWSER
REPORTS = (
    (LIN, "class_77_1", "学生画面卡顿"),
    (WANG, "class_77_2", "weak wifi?"),
    (LIN, "class_77_3", "声音断断续续"),
)


@pytest.fixture(scope="module")
async def school(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """Lagdesk with a weekly summary for the leads."""
    environment = {"SUMMARY_CHANNEL": LEADS, "DEFAULT_LOCALE": "zh", "ESCALATE_AFTER": "15m"}
    async with open_harness(tmp_path_factory.mktemp("lagdesk"), **environment) as built:
        yield built
        assert slack_errors_of(built.workspace) == []


async def report_in_page(page: Page, cname: str, comment: str) -> None:
    """Type /report, choose who had the problem, submit."""
    await page.get_by_test_id("composer").fill(f"/report {cname} 10001 20002 {comment}")
    await page.keyboard.press("Enter")
    await page.get_by_test_id("field-abnormal_side").get_by_role("radio").nth(1).check()
    await page.get_by_test_id("modal-submit").click()
    await expect(page.get_by_test_id("modal")).to_be_hidden()


def card_in(page: Page, cname: str) -> Locator:
    """A ticket's card in the channel somebody looks at."""
    messages = page.get_by_test_id("messages").get_by_test_id("message")
    return messages.filter(has_text=cname).first


def refusals(school: Harness) -> list[Json]:
    """Return the private responses to the two support agents in the channel."""
    agents = map(school.workspace.person, ("sam", "zhou"))
    return [message for agent in agents for message in agent.ephemerals("escalations")]


def until_monday(now: dt.datetime) -> float:
    """Seconds until next Monday, nine o'clock in Shanghai, and a minute."""
    local = now.astimezone(dt.timezone(dt.timedelta(hours=8)))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    monday = midnight + dt.timedelta(days=7 - local.weekday(), hours=9, minutes=1)
    return (monday - local).total_seconds()


async def test_a_whole_shift(school: Harness, browser: Browser) -> None:
    """Three reports, one claim of two wins, help is called, a ticket is resolved and reopened."""
    url = school.workspace.url
    for person, cname, comment in REPORTS:
        async with open_page(browser, url, person) as page:
            await report_in_page(page, cname, comment)
    await school.settled()
    async with open_page(browser, url, SAM) as sam, open_page(browser, url, ZHOU) as zhou:
        await race_for_a_claim(school, sam, zhou)
        await call_for_help(school, sam)
        await resolve(school, sam)
    async with open_page(browser, url, LIN) as lin:
        await reopen_from_the_message(school, lin)
    async with open_page(browser, url, ZHOU) as zhou:
        await work_from_home(school, zhou)
        await search(zhou)
    async with open_page(browser, url, MAYA) as maya:
        await read_the_week(school, maya)


async def race_for_a_claim(school: Harness, sam: Page, zhou: Page) -> None:
    """Both press at once; the card names one of them, the other gets an error message."""
    buttons = []
    for page in (sam, zhou):
        await page.get_by_test_id("channel-escalations").click()
        buttons.append(card_in(page, "class_77_1").get_by_test_id("action-ticket.claim"))
        await expect(buttons[-1]).to_be_visible()
    # Else the first claim could take the button off the card before the second arrives.
    school.workspace.fail_next("chat.update", "ratelimited", times=9, containing="class_77_1")
    await asyncio.gather(*(button.click() for button in buttons))
    (refusal,) = await school.workspace.until(lambda: refusals(school), timeout_s=60)  # a busy page
    winner = (await find_ticket(school, "class_77_1")).assignee
    assert f"<@{winner}>" in refusal["text"]
    school.workspace.faults.clear()
    await school.pass_time(2)
    await expect(card_in(zhou, "class_77_1")).to_contain_text("已认领")
    await take_screenshot(zhou, "shift-claim")


async def call_for_help(school: Harness, sam: Page) -> None:
    """Nobody claims the second: after a quarter of an hour support is called in its thread."""
    await school.pass_time(16 * 60)
    card = card_in(sam, "class_77_2")
    await card.get_by_test_id("replies").click()
    thread = sam.get_by_test_id("thread-messages")
    await expect(thread.get_by_text("@here").first).to_be_visible()
    await expect(thread).not_to_contain_text("20002")
    await take_screenshot(sam, "shift-escalation")
    assert (await find_ticket(school, "class_77_1")).escalated_at is None
    await sam.get_by_test_id("thread-close").click()


async def resolve(school: Harness, sam: Page) -> None:
    """The form proposes the verdict's cause; the resolution is on the card."""
    await card_in(sam, "class_77_1").get_by_test_id("action-ticket.resolve").click()
    await sam.get_by_test_id("field-resolution").fill("请学生靠近路由器，卡顿消失")
    await take_screenshot(sam, "shift-resolve")
    await sam.get_by_test_id("modal-submit").click()
    await school.settled()
    await expect(card_in(sam, "class_77_1")).to_contain_text("请学生靠近路由器")


async def reopen_from_the_message(school: Harness, lin: Page) -> None:
    """The reporter reads it in private, and opens the ticket again from there."""
    await lin.get_by_test_id("app-row").click()
    await lin.get_by_test_id("tab-messages").click()
    message = lin.get_by_test_id("message").filter(has_text="请学生靠近路由器").last
    await expect(message.get_by_test_id("action-ticket.helped")).to_be_visible()
    await take_screenshot(lin, "shift-resolved")
    await message.get_by_test_id("action-ticket.reopen").click()
    await expect(message.get_by_test_id("action-ticket.reopen")).to_have_count(0)
    await school.settled()
    assert (await find_ticket(school, "class_77_1")).status == "open"


async def work_from_home(school: Harness, zhou: Page) -> None:
    """The queue's first is the one that was escalated; a claim takes it out of the open ones."""
    await zhou.get_by_test_id("rail-home").click()
    home = zhou.get_by_test_id("home")
    await expect(home).to_contain_text("class_77_2")
    await home.get_by_test_id("action-ticket.claim").first.click()
    await expect(home).to_contain_text("已认领 1")
    await take_screenshot(zhou, "shift-home")
    assert (await find_ticket(school, "class_77_2")).assignee == ZHOU


async def search(zhou: Page) -> None:
    """Two Chinese characters find what a teacher wrote and what was done."""
    await zhou.get_by_test_id("channel-escalations").click()
    await zhou.get_by_test_id("composer").fill("/tickets 卡顿")
    await zhou.keyboard.press("Enter")
    response = zhou.get_by_test_id("messages").locator("[data-ephemeral=true]").last
    await expect(response).to_contain_text("class_77_1")
    await expect(response).not_to_contain_text("class_77_3")
    await take_screenshot(zhou, "shift-search")


async def read_the_week(school: Harness, maya: Page) -> None:
    """On Monday the leads' channel has one post about the week, in the channel's language."""
    await school.pass_time(until_monday(school.clock.now()))
    await maya.get_by_test_id("channel-leads").click()
    posts = maya.get_by_test_id("messages").get_by_test_id("message")
    await expect(posts.filter(has_text="3 张工单")).to_have_count(1)
    await take_screenshot(maya, "shift-week")
    assert len(school.workspace.messages(LEADS)) == 1
    assert school.escalations == ESCALATIONS
