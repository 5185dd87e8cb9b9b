"""The demo as a stranger meets it: started by its command, driven in Chromium, read by eye."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

ROOT = Path(__file__).parent.parent
SCREENSHOTS = ROOT / "screenshots"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TEACHER, AGENT = "U07LIN00001", "U07SAM00003"

expect.set_options(timeout=30_000)  # a busy machine is no defect of the page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("LAGDESK_NEEDS_BROWSER"),
        reason="no Chromium is installed",
    ),
]


@asynccontextmanager
async def running_demo(locale: str) -> AsyncIterator[str]:
    """Start the demo's command; yields the page's address it prints."""
    command = [sys.executable, "-m", "bot", "demo", "--no-browser"]
    demo = await asyncio.create_subprocess_exec(
        *command,
        *("--port", "0", "--locale", locale),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert demo.stdout is not None
    try:
        line = (await asyncio.wait_for(demo.stdout.readline(), 60)).decode()
        yield line.split()[-1]
    finally:
        demo.send_signal(signal.SIGTERM)
        assert 0 == await asyncio.wait_for(demo.wait(), 20)


@asynccontextmanager
async def open_page(url: str, person: str) -> AsyncIterator[Page]:
    """Open the workspace's page as somebody, in Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1360, "height": 940})
        await page.goto(f"{url}/?as={person}")
        await expect(page.get_by_test_id("composer")).to_be_visible()
        yield page
        await browser.close()


async def take_screenshot(page: Page, name: str) -> None:
    """Leave a picture for people to look at."""
    SCREENSHOTS.mkdir(exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png")


async def choose_app(page: Page, app: str) -> None:
    """Choose an app in the form's first field, where the first one is chosen already."""
    field = page.get_by_test_id("field-app")
    await expect(field).to_have_value("kids")
    if app != "kids":
        await field.click()
        await page.get_by_role("option", name=app).click()
        await expect(field).to_have_value(app)


@pytest.mark.parametrize(
    ("locale", "app", "cname", "verdict"),
    [
        ("zh", "kids", "class_77_2", "网络丢包（视频，上行）"),
        ("en", "kids", "class_77_3", "CPU is overloaded"),
        ("zh", "adults", "evening_5_3", "停止发送（音频，上行）"),
        ("en", "piano", "piano_8_2", "CPU is overloaded"),
    ],
)
async def test_stranger_reports_and_reads_why(
    locale: str, app: str, cname: str, verdict: str
) -> None:
    """Type /report, choose the app, fill the form, follow the link, read the verdict there."""
    async with running_demo(locale) as url, open_page(url, TEACHER) as page:
        await page.get_by_test_id("composer").fill(f"/report {cname} 10001 20002 卡")
        await page.keyboard.press("Enter")
        await choose_app(page, app)
        await page.get_by_test_id("field-abnormal_side").get_by_role("radio").nth(1).check()
        await take_screenshot(page, f"form-{locale}-{app}")
        await page.get_by_test_id("modal-submit").click()
        await page.get_by_test_id("app-row").click()
        await page.get_by_test_id("tab-messages").click()
        await page.locator("[data-testid=message] a[href*='/archives/']:visible").first.click()
        thread = page.get_by_test_id("thread-messages")
        await expect(thread.get_by_text(verdict).first).to_be_visible(timeout=60_000)
        await take_screenshot(page, f"thread-{locale}-{app}")


async def test_wrong_input_stands_under_its_field() -> None:
    """A uid of letters is refused in the reader's language, and nothing is filed."""
    async with running_demo("en") as url, open_page(url, TEACHER) as page:
        await page.get_by_test_id("composer").fill("/report class_77_1")
        await page.keyboard.press("Enter")
        await page.get_by_test_id("field-teacher_uid").fill("王老师")
        await page.get_by_test_id("field-student_uid").fill("20002")
        await page.get_by_test_id("field-abnormal_side").get_by_role("radio").nth(1).check()
        await page.get_by_test_id("modal-submit").click()
        await expect(page.get_by_test_id("error-teacher_uid")).to_contain_text("4294967295")
        await take_screenshot(page, "errors-zh")
        await page.goto(f"{url}/?as={AGENT}")
        await page.get_by_test_id("channel-escalations").click()
        await expect(page.get_by_text("LD-1")).to_have_count(0)
