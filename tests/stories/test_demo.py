"""The demo as a stranger meets it: started by its command, driven in Chromium, read by eye."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser import IN_BROWSER, open_page, take_screenshot

ROOT = Path(__file__).parents[2]
TEACHER, COLLEAGUE, AGENT = "U07LIN00001", "U07WANG0002", "U07SAM00003"

pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
async def demo(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Start the demo's command in a language, once; yields the page's address it prints."""
    command = [sys.executable, "-m", "bot", "demo", "--no-browser"]
    process = await asyncio.create_subprocess_exec(
        *command,
        *("--port", "0", "--locale", request.param),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        yield line.split()[-1]
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == 0


async def choose_app(page: Page, app: str) -> None:
    """Choose an app in the form's first field."""
    field = page.get_by_test_id("field-app")
    await field.click()
    await page.get_by_role("option", name=app).click()
    await expect(field).to_have_value(app)


@pytest.mark.parametrize("demo", ["en"], indirect=True)
async def test_wrong_input_stands_under_its_field(demo: str, browser: Browser) -> None:
    """A uid of letters is refused in the reader's language, and nothing is filed."""
    async with open_page(browser, demo, TEACHER) as page:
        await page.get_by_test_id("composer").fill("/report class_77_1")
        await page.keyboard.press("Enter")
        await choose_app(page, "kids")
        await page.get_by_test_id("field-teacher_uid").fill("王老师")
        await page.get_by_test_id("field-student_uid").fill("20002")
        await page.get_by_test_id("field-abnormal_side").get_by_role("radio").nth(1).check()
        await page.get_by_test_id("modal-submit").click()
        await expect(page.get_by_test_id("error-teacher_uid")).to_contain_text("4294967295")
        await take_screenshot(page, "errors-zh")
        await page.goto(f"{demo}/?as={AGENT}")
        await page.get_by_test_id("channel-escalations").click()
        await expect(page.get_by_text("LD-1")).to_have_count(0)


@pytest.mark.parametrize(
    ("demo", "person", "app", "cname", "verdict"),
    [
        ("en", COLLEAGUE, "piano", "piano_8_2", "CPU is overloaded"),
        ("zh", TEACHER, "kids", "class_77_2", "网络丢包（视频上行）"),
    ],
    indirect=["demo"],
)
async def test_stranger_reports_and_reads_why(
    demo: str, browser: Browser, *, person: str, app: str, cname: str, verdict: str
) -> None:
    """Type /report, choose the app, fill the form, follow the link, read the verdict there."""
    async with open_page(browser, demo, person) as page:
        await page.get_by_test_id("composer").fill(f"/report {cname} 10001 20002 卡")
        await page.keyboard.press("Enter")
        await choose_app(page, app)
        await page.get_by_test_id("field-abnormal_side").get_by_role("radio").nth(1).check()
        await take_screenshot(page, f"form-{app}")
        await page.get_by_test_id("modal-submit").click()
        await page.get_by_test_id("app-row").click()
        await page.get_by_test_id("tab-messages").click()
        await page.locator("[data-testid=message] a[href*='/archives/']:visible").first.click()
        thread = page.get_by_test_id("thread-messages")
        await expect(thread.get_by_text(verdict).first).to_be_visible(timeout=60_000)
        await take_screenshot(page, f"thread-{app}")
