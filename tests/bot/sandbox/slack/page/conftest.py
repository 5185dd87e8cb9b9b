"""What the page's tests share: a workspace with commands, one Chromium, people's pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page

from bot.sandbox.slack import Workspace
from tests.browser import CHROMIUM

Json = dict[str, Any]
Open = Callable[..., Awaitable[Page]]

MANIFEST: Final[Json] = {
    "display_information": {"name": "Lagdesk"},
    "features": {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "bot_user": {"display_name": "lagdesk"},
        "slash_commands": [
            {
                "command": "/report",
                "description": "Report a bad call",
                "usage_hint": "[cname] [teacher_uid]",
            },
            {"command": "/tickets", "description": "List tickets", "usage_hint": "[open|all]"},
        ],
        "shortcuts": [
            {"type": "global", "callback_id": "report_call", "name": "Report a call"},
            {"type": "message", "callback_id": "report_message", "name": "Report this message"},
        ],
    },
    "oauth_config": {"scopes": {"bot": ["chat:write", "commands", "users:read"]}},
    "settings": {"event_subscriptions": {"bot_events": ["app_home_opened"]}},
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and skip them without Chromium."""
    folder = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(folder):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@pytest.fixture
async def workspace(ack_limit_s: float) -> AsyncIterator[Workspace]:
    """A workspace with two commands and two shortcuts, with the real clock."""
    made = Workspace(
        manifest=MANIFEST, message_rate_s=0, retry_delays_s=(), ack_limit_s=ack_limit_s
    )
    async with made.serve():
        yield made


@pytest.fixture
async def open_page(browser: Browser, workspace: Workspace) -> AsyncIterator[Open]:
    """A function that opens the page as a user; any error in the browser fails the test."""
    seen: list[str] = []
    contexts = []

    async def run(who: str = "sam", path: str = "", **context: Any) -> Page:
        made = await browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **context})
        contexts.append(made)
        page = await made.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on("console", lambda entry: seen.append(entry.text) if entry.type == "error" else None)
        await page.goto(f"{workspace.url}/?as={workspace.person(who).id}{path}")
        await page.wait_for_selector("html[data-ready]")
        return page

    yield run
    for made in contexts:
        await made.close()
    assert seen == []
