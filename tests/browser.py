"""How Chromium looks at the workspace's page, for every test that plays in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

SCREENSHOTS: Final = Path(__file__).parent.parent / "screenshots"
CHROMIUM: Final = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS: Final = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
IN_BROWSER: Final = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("LAGDESK_NEEDS_BROWSER"),
        reason="no Chromium is installed",
    ),
]

expect.set_options(timeout=30_000)  # a busy machine is no defect of the page


@asynccontextmanager
async def launch() -> AsyncIterator[Browser]:
    """Run a Chromium of our own."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        await launched.close()


@asynccontextmanager
async def open_page(browser: Browser, url: str, person: str) -> AsyncIterator[Page]:
    """Open the workspace's page with an empty browser profile."""
    context = await browser.new_context(viewport={"width": 1360, "height": 940})
    page = await context.new_page()
    await page.goto(f"{url}/?as={person}")
    await expect(page.get_by_test_id("composer")).to_be_visible()
    yield page
    await context.close()


async def take_screenshot(page: Page, name: str) -> None:
    """Leave a picture for people to look at."""
    SCREENSHOTS.mkdir(exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png")
