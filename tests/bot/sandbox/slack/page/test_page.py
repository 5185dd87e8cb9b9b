"""The page's messages, threads, blocks and people, used in Chromium."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Locator, Page, Route, WebSocketRoute, expect

from bot.sandbox.slack import Workspace
from tests.browser import open_page as browser_page

Json = dict[str, Any]
Open = Callable[..., Awaitable[Page]]


def plain(text: str) -> Json:
    """Build a plain text object."""
    return {"type": "plain_text", "text": text}


def last_message(page: Page, where: str = "messages") -> Locator:
    """Find the newest message of a list."""
    return page.get_by_test_id(where).get_by_test_id("message").last


async def test_a_button_confirms_then_notifies_the_app(
    open_page: Open, app: Any, call: Any
) -> None:
    """A confirm object is displayed before a click is delivered."""
    button = {
        "type": "button",
        "action_id": "ticket.claim",
        "text": plain("Claim"),
        "value": "12",
        "confirm": {
            "title": plain("Sure?"),
            "text": plain("Really"),
            "confirm": plain("Yes"),
            "deny": plain("No"),
        },
    }
    block = {"type": "actions", "block_id": "deeds", "elements": [button]}
    page = await open_page(path="#C07ESCALATE")
    posted = await call("chat.postMessage", channel="C07ESCALATE", text="LD-12", blocks=[block])
    assert posted.error == ""
    await page.get_by_test_id("action-ticket.claim").click()
    await page.get_by_test_id("confirm-no").click()
    assert app.of_type("block_actions") == []
    await page.get_by_test_id("action-ticket.claim").click()
    await page.get_by_test_id("confirm-yes").click()
    await expect(page.get_by_test_id("confirm")).to_have_count(0)
    await expect(page.locator("[aria-busy=true].button")).to_have_count(0)
    assert [action["actions"][0]["value"] for action in app.of_type("block_actions")] == ["12"]


async def test_a_thread_can_be_read_and_replied_to(
    open_page: Open, call: Any, workspace: Workspace
) -> None:
    """A permanent link opens the thread; a reply lands in it and is counted on its parent."""
    posted = await call("chat.postMessage", channel="C07ESCALATE", text="LD-12 lost packets")
    ts = posted.body["ts"]
    link = await call("chat.getPermalink", form=True, channel="C07ESCALATE", message_ts=ts)
    page = await open_page()
    await page.goto(f"{link.body['permalink']}?as={workspace.person('sam').id}")
    pane = page.get_by_test_id("thread-pane")
    await expect(pane).to_contain_text("LD-12 lost packets")
    await page.get_by_test_id("thread-composer").fill("on it, @maya & co")
    await page.keyboard.press("Enter")
    await expect(last_message(page, "thread-messages")).to_contain_text("on it, @Maya Torres & co")
    await expect(page.get_by_test_id("replies")).to_contain_text("1 reply")
    said = workspace.messages("C07ESCALATE", ts)[-1]["text"]
    assert said == f"on it, <@{workspace.person('maya').id}> &amp; co"


async def test_a_link_to_the_workspace_opens_in_the_page(
    open_page: Open, call: Any, workspace: Workspace
) -> None:
    """An address under the workspace's domain at Slack is one of this page's messages."""
    posted = await call("chat.postMessage", channel="C07ESCALATE", text="LD-12 lost packets")
    place = f"/archives/C07ESCALATE/p{posted.body['ts'].replace('.', '')}"
    address = f"https://{workspace.domain}.slack.com{place}"
    await call("chat.postMessage", channel="C07ESCALATE", text=f"<{address}|original>")
    page = await open_page()
    await page.goto(f"{workspace.url}/?as={workspace.person('sam').id}#C07ESCALATE")
    link = page.get_by_role("link", name="original")
    await expect(link).to_have_attribute("href", place)
    await expect(link).not_to_have_attribute("target", "_blank")


MARKUP = [
    ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
    ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
    ("<javascript:alert(1)|press>", "press"),
    ("a*b*c stays and *bold* is drawn", "a*b*c stays and bold is drawn"),
    ("<!date^1795000020^{date_num} {time_secs}|then>", "2026-11-18 11:07:00 AM"),
    ("<!date^1795000020^{nonsense}|then UTC>", "then UTC"),
]


async def test_markup_is_text_unless_it_is_mrkdwn(open_page: Open, call: Any) -> None:
    """Nothing an app writes becomes HTML; dates are in the reader's zone."""
    page = await open_page()
    for text, shown in MARKUP:
        await call("chat.postMessage", channel="C07TEACHERS", text=text)
        body = last_message(page).locator(".message-body")
        await expect(body).to_have_text(re.compile(re.escape(shown).replace(r"\ AM", r"\sAM")))
        await expect(body.locator("img, script, a")).to_have_count(0)


async def test_charts_and_tables_have_their_numbers_as_text(open_page: Open, call: Any) -> None:
    """A chart turns into a table; a data table sorts by number and turns its pages."""
    points = [{"label": label, "value": value} for label, value in (("10:00", 2), ("10:05", 18))]
    chart = {
        "type": "data_visualization",
        "title": "Loss",
        "chart": {
            "type": "line",
            "series": [{"name": "Student", "data": points}],
            "axis_config": {"categories": ["10:00", "10:05"]},
        },
    }
    rows: list[list[Json]] = [[{"type": "raw_text", "text": name} for name in ("Who", "Loss")]]
    for value in (9, 100, 20, 3, 7, 50):
        number: Json = {"type": "raw_number", "value": value, "text": str(value)}
        rows.append([{"type": "raw_text", "text": f"u{value}"}, number])
    table = {"type": "data_table", "caption": "Evidence", "rows": rows}
    page = await open_page()
    posted = await call(
        "chat.postMessage", channel="C07TEACHERS", text="why", blocks=[chart, table]
    )
    assert posted.error == ""
    await page.get_by_role("button", name="Show as table").click()
    await expect(page.get_by_test_id("chart").get_by_role("row").last).to_have_text("10:0518")
    data = page.get_by_test_id("data-table")
    await data.get_by_role("button", name="Sort by Loss").click()
    first = data.locator("tbody td").first
    await expect(first).to_have_text("3")
    await data.get_by_role("button", name="Next").click()
    await expect(first).to_have_text("100")


_INVALID: Final = """
    [...document.querySelectorAll(
        'span div, span p, span ul, p div, p ul, button div, label div, a a, button button, a button'
    )].map(node => node.parentElement.outerHTML)
    .concat([...document.querySelectorAll('[role=tab]')]
        .filter(tab => !document.getElementById(tab.getAttribute('aria-controls')))
        .map(tab => tab.outerHTML))
    .concat([...document.querySelectorAll('button[aria-label]')]
        .filter(button => /[a-z]/i.test(button.innerText) && !button.ariaLabel.toLowerCase()
            .includes(button.innerText.trim().toLowerCase()))
        .map(button => button.outerHTML))
"""  # elements where HTML forbids them, tabs without panels, names without the visible text


async def test_home_is_drawn_and_listens(open_page: Open, app: Any, call: Any) -> None:
    """Opening App Home sends app_home_opened; its view and its buttons work."""
    button = {"type": "button", "action_id": "home.report", "text": plain("Report")}
    section = {"type": "section", "text": plain("Your tickets"), "accessory": button}
    page = await open_page()
    await page.get_by_test_id("rail-home").click()
    user = await page.get_by_test_id("act-as").get_attribute("data-user")
    title = {"type": "header", "text": plain("Home")}
    note = {"type": "context", "elements": [{"type": "mrkdwn", "text": "*Open*: 2"}]}
    published = await call(
        "views.publish", user_id=user, view={"type": "home", "blocks": [title, section, note]}
    )
    assert published.error == ""
    await expect(page.get_by_test_id("home")).to_contain_text("Your tickets")
    assert await page.evaluate(_INVALID) == []
    await page.get_by_test_id("action-home.report").click()
    await expect(page.locator("[aria-busy=true].button")).to_have_count(0)
    assert [event["tab"] for event in app.of_type("app_home_opened")] == ["home"]
    assert [a["actions"][0]["action_id"] for a in app.of_type("block_actions")] == ["home.report"]


async def test_a_message_has_shortcuts_and_can_be_edited(
    open_page: Open, app: Any, workspace: Workspace
) -> None:
    """The menu of one's own message edits it and runs the app's message shortcut."""
    page = await open_page()
    await page.get_by_test_id("composer").fill("class_1 is bad")
    await page.get_by_test_id("send").click()
    await last_message(page).hover()
    await last_message(page).get_by_test_id("message-menu").click()
    await page.get_by_role("menuitem", name="Edit message").click()
    await page.get_by_test_id("edit-text").fill("class_2 is bad")
    await page.keyboard.press("Enter")
    await expect(last_message(page)).to_contain_text("class_2 is bad (edited)")
    await last_message(page).get_by_test_id("message-menu").click()
    await page.get_by_test_id("shortcut-report_message").click()
    await workspace.until(lambda: app.of_type("message_action"))
    assert app.of_type("message_action")[0]["message"]["text"] == "class_2 is bad"


async def test_two_tabs_are_two_people(open_page: Open) -> None:
    """Each `?as=` is a person with a language; one person's message is unread for another."""
    lin, sam = await open_page("lin"), await open_page("sam", "#C07ESCALATE")
    assert await lin.locator("html").get_attribute("lang") == "zh-CN"
    assert await sam.locator("html").get_attribute("lang") == "en-US"
    await lin.get_by_test_id("composer").fill("听不到声音")
    await lin.keyboard.press("Enter")
    await expect(sam.get_by_test_id("channel-teachers").locator(".badge")).to_have_text("1")
    await sam.get_by_test_id("channel-teachers").click()
    await expect(last_message(sam)).to_contain_text("听不到声音")
    await sam.get_by_test_id("act-as").click()
    await sam.get_by_test_id(re.compile("act-as-U07ZHOU")).click()
    await expect(sam.locator("html")).to_have_attribute("lang", "zh-CN")
    assert "as=U07ZHOU" in sam.url


@pytest.mark.usefixtures("app")
async def test_a_lost_connection_shows_and_heals(open_page: Open, call: Any) -> None:
    """While the socket is down a banner is visible; after reconnecting, missed messages appear."""
    page = await open_page()
    routes: list[WebSocketRoute] = []

    def keep(route: WebSocketRoute) -> None:
        route.connect_to_server()
        routes.append(route)

    await page.route_web_socket(re.compile("/page/socket"), keep)
    await page.reload()
    await page.wait_for_selector("html[data-ready]")
    await expect(page.get_by_test_id("connection")).to_be_hidden()
    await routes[0].close()
    await expect(page.get_by_test_id("connection")).to_be_visible()
    await call("chat.postMessage", channel="C07TEACHERS", text="said meanwhile")
    await expect(page.get_by_test_id("connection")).to_be_hidden()
    await expect(last_message(page)).to_contain_text("said meanwhile")


async def test_the_inspector_lists_calls(open_page: Open, call: Any) -> None:
    """The drawer shows a request with its JSON and can be filtered."""
    page = await open_page()
    await page.get_by_test_id("inspector-toggle").click()
    await expect(page.get_by_test_id("inspector")).to_be_visible()
    await call("chat.postMessage", channel="C07TEACHERS", text="inspect me")
    await expect(page.get_by_text("inspect me").first).to_be_visible()
    await page.get_by_test_id("inspector-filter").fill("inspect me")
    entry = page.get_by_test_id("call")
    await expect(entry).to_have_count(1)
    await entry.locator("summary").click()
    await expect(entry).to_contain_text('"text": "inspect me"')
    await expect(entry).not_to_contain_text("xoxb-")


async def test_the_inspector_keeps_calls_that_arrive_while_it_loads(
    open_page: Open, call: Any
) -> None:
    """A call during the first fetch of the log is displayed, and remains when the fetch ends."""
    page = await open_page()
    fetched, release = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        response = await route.fetch()
        fetched.set()
        await release.wait()
        await route.fulfill(response=response)

    await page.route("**/page/calls*", hold)
    async with page.expect_response("**/page/calls*"):
        await page.get_by_test_id("inspector-toggle").click()
        await fetched.wait()
        await call("chat.postMessage", channel="C07TEACHERS", text="meanwhile")
        entry = page.get_by_test_id("inspector").get_by_test_id("call")
        await expect(entry.filter(has_text="chat.postMessage")).to_have_count(1)
        release.set()
    await page.evaluate("new Promise((done) => setTimeout(() => requestAnimationFrame(done)))")
    await expect(entry.filter(has_text="chat.postMessage")).to_have_count(1)


async def test_a_reply_leaves_the_card_in_place(open_page: Open, call: Any) -> None:
    """A reply changes the root's reply count only: its buttons are not replaced under a press."""
    button = {"type": "button", "action_id": "ticket.claim", "text": plain("Claim")}
    block = {"type": "actions", "elements": [button]}
    page = await open_page(path="#C07ESCALATE")
    root = await call("chat.postMessage", channel="C07ESCALATE", text="LD-12", blocks=[block])
    claim = page.get_by_test_id("action-ticket.claim")
    await claim.evaluate("(node) => node.setAttribute('data-same', 'yes')")
    for count in ("1 reply", "2 replies"):
        await call("chat.postMessage", channel="C07ESCALATE", thread_ts=root.body["ts"], text="a")
        await expect(page.get_by_test_id("replies")).to_contain_text(count)
    await expect(claim).to_have_attribute("data-same", "yes")


async def test_days_are_counted_by_the_workspaces_clock(browser: Browser) -> None:
    """A message of the workspace's day is under "Today", whatever the browser's clock is."""
    async with Workspace(clock=lambda: 1_700_000_000.0, message_rate_s=0).serve() as workspace:
        sam = workspace.person("sam")
        await sam.post_message("teachers", "hello")
        async with browser_page(browser, workspace.url, sam.id) as page:
            await expect(page.locator(".day")).to_have_text("Today")


async def test_it_fits_a_narrow_window(open_page: Open) -> None:
    """At 360 pixels nothing overflows, and the channels are one press away."""
    page = await open_page(
        "lin", viewport={"width": 360, "height": 740}, color_scheme="dark", reduced_motion="reduce"
    )
    assert await page.locator("html").get_attribute("data-theme") == "dark"
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    await page.locator(".nav-toggle").click()
    await page.get_by_test_id("app-row").click()
    await expect(page.get_by_test_id("home")).to_be_visible()
