"""The pictures of verdicts in docs/screens, from the demo: `python -m tests.bench.screens [zh]`.

Not part of `make bench`: the pictures are renewed when the texts or the charts change.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.async_api import Browser, Page, ViewportSize, expect

from bot.cli.serve import serve
from bot.i18n.translator import load_catalogs
from bot.sandbox.demo import DELAY_SCALE, demo_environment
from bot.sandbox.slack.state.seed import SAM, ZHOU
from bot.settings import read_settings
from handlers.slack.manifest import build_manifest
from tests.browser import launch

SCREENS: Final = Path(__file__).parents[2] / "docs" / "screens"
CALLS: Final = {
    "loss-up": "class_77_2",
    "wifi-weak": "class_77_1",
    "loss-down": "class_77_8",
    "cpu-high": "class_77_3",
    "stopped-sending": "class_77_4",
    "camera-busy": "class_77_18",
}
NATIVE: Final = {"native-loss-up": "class_77_2"}
READERS: Final = {"zh": ZHOU, "en": SAM}
_WINDOW: Final[ViewportSize] = {"width": 1360, "height": 940}
_SCALE: Final = 1.656  # a thread of 407 CSS pixels becomes 674
_DIAGNOSED_S: Final = 210.0  # until the clouds have published the minutes after the complaint


@asynccontextmanager
async def run_demo(locale: str, *, supports_charts: bool) -> AsyncIterator[str]:
    """Run the demo in a language; yields the address of its page."""
    ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    with tempfile.TemporaryDirectory() as folder:
        manifest = build_manifest("https://lagdesk.example")
        async with demo_environment(Path(folder), manifest, port=0, locale=locale) as demo:
            demo.workspace.supports_charts = supports_charts

            def on_ready(url: str) -> None:
                demo.connect(url)
                ready.set_result(None)

            settings = replace(read_settings(demo.environment), port=0)
            served = asyncio.create_task(
                serve(settings, worker=True, delay_scale=DELAY_SCALE, on_ready=on_ready)
            )
            await ready
            yield demo.workspace.url
            served.cancel()
            await asyncio.wait([served])


async def report(page: Page, cname: str) -> None:
    """Report a call whose student had the problem."""
    await page.get_by_test_id("composer").fill(f"/report {cname} 10001 20002")
    await page.keyboard.press("Enter")
    await page.get_by_test_id("field-app").click()
    await page.get_by_role("option", name="kids").click()
    await page.get_by_test_id("field-abnormal_side").get_by_role("radio").nth(1).check()
    await page.get_by_test_id("modal-submit").click()
    await expect(page.get_by_test_id("modal")).to_be_hidden()


async def take_thread(page: Page, cname: str, path: Path) -> None:
    """Take the whole thread of a call's ticket."""
    cards = page.get_by_test_id("messages").get_by_test_id("message")
    await cards.filter(has_text=f"· {cname} ·").first.get_by_test_id("replies").click()
    thread = page.get_by_test_id("thread-messages")
    await expect(thread.get_by_test_id("action-verdict.details")).to_be_visible()
    await page.wait_for_load_state("networkidle")
    hidden = await thread.evaluate("list => list.scrollHeight - list.clientHeight")
    await page.set_viewport_size({**_WINDOW, "height": _WINDOW["height"] + hidden})
    save(await thread.screenshot(), path)
    await page.set_viewport_size(_WINDOW)
    await page.get_by_test_id("thread-close").click()


def save(png: bytes, path: Path) -> None:
    """Save a picture with 256 colours, which halves it."""
    Image.open(io.BytesIO(png)).convert("RGB").quantize(256).save(path, optimize=True)


async def take_all(
    browser: Browser, locale: str, calls: dict[str, str], *, supports_charts: bool
) -> None:
    """Report the calls in one demo and take each thread."""
    async with run_demo(locale, supports_charts=supports_charts) as url:
        context = await browser.new_context(viewport=_WINDOW, device_scale_factor=_SCALE)
        page = await context.new_page()
        await page.goto(f"{url}/?as={READERS[locale]}")
        if supports_charts:
            await page.get_by_test_id("composer").fill("/lagdesk charts native")
            await page.keyboard.press("Enter")
            await expect(page.get_by_test_id("composer")).to_be_empty()
        for cname in calls.values():
            await report(page, cname)
        await page.get_by_test_id("channel-escalations").click()
        await asyncio.sleep(_DIAGNOSED_S)
        for name, cname in calls.items():
            await take_thread(page, cname, SCREENS / f"{name}-{locale}.png")
        await context.close()


async def main(locales: list[str]) -> None:
    """Take all pictures in these languages."""
    load_catalogs()
    async with launch() as browser:
        for locale in locales:
            await take_all(browser, locale, CALLS, supports_charts=False)
            await take_all(browser, locale, NATIVE, supports_charts=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or list(READERS)))
