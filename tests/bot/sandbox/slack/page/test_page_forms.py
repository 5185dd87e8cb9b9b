"""The page's commands and forms, used as a person would use them, in Chromium."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from bot.sandbox.slack import Workspace

Json = dict[str, Any]
Open = Callable[..., Awaitable[Page]]


async def command(page: Page, text: str) -> None:
    """Type a command and send it."""
    await page.get_by_test_id("composer").fill(text)
    await page.keyboard.press("Enter")


def plain(text: str) -> Json:
    """Build a plain text object."""
    return {"type": "plain_text", "text": text}


def options(*values: str) -> list[Json]:
    """Build options named after their values."""
    return [{"text": plain(value.title()), "value": value} for value in values]


async def test_a_command_is_completed_by_keyboard_and_sent(
    open_page: Open, app: Any, workspace: Workspace
) -> None:
    """Arrow and Tab complete a command, its usage shows, and Enter delivers it."""
    app.answers["/tickets"] = (200, "3 open")
    page = await open_page()
    await page.get_by_test_id("composer").fill("/")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    assert await page.get_by_test_id("composer").input_value() == "/tickets "
    await expect(page.locator(".composer-usage").first).to_have_text("[open|all]")
    await page.keyboard.type("open")
    await page.keyboard.press("Enter")
    answer = page.locator("[data-ephemeral=true]")
    await expect(answer).to_contain_text("Only visible to you")
    await expect(answer).to_contain_text("3 open")
    assert [call["text"] for call in app.of_type("/tickets")] == ["open"]
    assert len(workspace.person("sam").ephemerals(workspace.channel("teachers").id)) == 1


@pytest.mark.parametrize("ack_limit_s", [0.5])
async def test_a_late_command_gives_one_notice(open_page: Open, app: Any) -> None:
    """A command the app acknowledges too late leaves one private line with the error."""
    app.slow.add("/tickets")
    page = await open_page()
    await command(page, "/tickets")
    await expect(page.get_by_test_id("notice")).to_contain_text("operation_timeout")
    app.blocked.set()
    await page.wait_for_timeout(400)  # a second line would arrive within the page's grace period
    await expect(page.get_by_test_id("notice")).to_have_count(1)


async def test_an_unknown_command_never_leaves_the_page(open_page: Open, app: Any) -> None:
    """An unregistered command is refused beside the composer."""
    page = await open_page()
    await command(page, "/nonsense now")
    await expect(page.get_by_test_id("notice")).to_contain_text("/nonsense is not a valid command")
    assert app.calls == []


@pytest.fixture
def report_form(modal: Any, make_input_block: Any) -> Json:
    """A form with a field of each common kind."""
    picked = {"type": "static_select", "options": options("teacher", "student")}
    element = {"type": "external_select", "min_query_length": 1}
    kinds = {"type": "checkboxes", "options": options("audio", "video")}
    when = {"type": "datetimepicker", "initial_date_time": 1_795_000_020}
    view: Json = modal(
        make_input_block("side", picked),
        make_input_block(
            "cname", {"type": "plain_text_input", "focus_on_load": True, "max_length": 64}
        ),
        make_input_block("ticket", element, optional=True),
        make_input_block("kinds", kinds, optional=True),
        make_input_block("occurred_at", when),
    )
    return view


@pytest.fixture
async def form(
    open_page: Open, workspace: Workspace, app: Any, call: Any, report_form: Json
) -> Page:
    """Sam's page with a form in front of it."""
    app.answers["/report"] = (200, "")
    app.answers["block_suggestion"] = lambda request: (
        200,
        {"options": options(f"{request['value']}-1", f"{request['value']}-2")},
    )
    page = await open_page()
    await command(page, "/report")
    await expect(page.get_by_test_id("composer")).to_have_value("")
    await workspace.until(lambda: app.of_type("/report"))
    opened = await call(
        "views.open", trigger_id=app.of_type("/report")[0]["trigger_id"], view=report_form
    )
    assert opened.error == ""
    await expect(page.get_by_test_id("modal")).to_be_visible()
    return page


async def test_a_form_is_filled_by_keyboard_and_sent(form: Page, app: Any) -> None:
    """Selects respond to typing and Enter; the app gets every value in Slack's shape."""
    await expect(form.get_by_test_id("field-cname")).to_be_focused()
    await form.keyboard.type("class_1")
    await form.get_by_test_id("field-side").focus()
    await form.keyboard.type("stu")
    await form.keyboard.press("Enter")
    await form.get_by_test_id("field-ticket").focus()
    await form.keyboard.type("ld")
    await expect(form.get_by_role("option")).to_have_count(2)
    await form.keyboard.press("ArrowDown")
    await form.keyboard.press("Enter")
    await form.get_by_test_id("field-kinds").get_by_text("Video").click()
    await form.get_by_test_id("field-occurred_at").fill("2026-11-18T10:00")
    await form.get_by_test_id("modal-submit").click()
    await expect(form.get_by_test_id("modal")).to_be_hidden()
    await expect(form.get_by_test_id("composer")).to_be_focused()
    values = app.of_type("view_submission")[0]["view"]["state"]["values"]
    assert values["cname"]["value"]["value"] == "class_1"
    assert values["side"]["value"]["selected_option"]["value"] == "student"
    assert values["ticket"]["value"]["selected_option"]["value"] == "ld-2"
    assert [one["value"] for one in values["kinds"]["value"]["selected_options"]] == ["video"]
    # Sam is in London: ten o'clock in November is UTC
    assert values["occurred_at"]["value"]["selected_date_time"] == 1_794_996_000


async def test_typing_after_a_click_replaces_the_chosen_option(form: Page) -> None:
    """A click opens the list with the chosen text selected, so what is typed filters the list."""
    side = form.get_by_test_id("field-side")
    for typed, chosen in (("teach", "Teacher"), ("stu", "Student")):
        await side.click()
        await form.keyboard.type(typed)
        await expect(form.get_by_role("option")).to_have_text([chosen])
        await form.keyboard.press("Enter")
        await expect(side).to_have_value(chosen)


async def test_errors_are_displayed_under_their_fields(form: Page, app: Any) -> None:
    """Missing fields are marked before sending, the app's errors after it; typing clears them."""
    await form.get_by_test_id("modal-submit").click()
    await expect(form.get_by_test_id("error-side")).to_contain_text("required field")
    await expect(form.get_by_test_id("field-side")).to_be_focused()
    assert app.of_type("view_submission") == []
    refusal = {"response_action": "errors", "errors": {"cname": "No such class"}}
    app.answers["view_submission"] = (200, refusal)
    await form.get_by_test_id("field-side").click()
    await form.get_by_role("option", name="Teacher").click()
    await form.get_by_test_id("field-cname").fill("nowhere")
    await form.get_by_test_id("modal-submit").click()
    await expect(form.get_by_test_id("error-cname")).to_have_text("No such class")
    await expect(form.get_by_test_id("field-cname")).to_have_attribute("aria-invalid", "true")
    await form.get_by_test_id("field-cname").press("x")
    await expect(form.get_by_test_id("error-cname")).to_be_hidden()


@pytest.mark.parametrize("ack_limit_s", [0.5])
async def test_a_late_form_shows_an_error_and_remains_open(form: Page, app: Any) -> None:
    """A submission the app does not acknowledge leaves the form open with what was typed."""
    app.slow.add("view_submission")
    await form.get_by_test_id("field-side").focus()
    await form.keyboard.type("tea")
    await form.keyboard.press("Enter")
    await form.get_by_test_id("field-cname").fill("class_1")
    await form.get_by_test_id("modal-submit").click()
    await expect(form.get_by_role("alert").filter(has_text="trouble")).to_be_visible()
    await expect(form.get_by_test_id("field-cname")).to_have_value("class_1")
    app.blocked.set()


async def test_escape_closes_a_list_then_the_form(form: Page) -> None:
    """Esc closes the open list first, then the form; focus returns to the composer."""
    await form.get_by_test_id("field-side").click()
    await expect(form.get_by_role("listbox")).to_be_visible()
    await form.keyboard.press("Escape")
    await expect(form.get_by_role("listbox")).to_have_count(0)
    await expect(form.get_by_test_id("modal")).to_be_visible()
    await form.keyboard.press("Escape")
    await expect(form.get_by_test_id("modal")).to_be_hidden()
    await expect(form.get_by_test_id("composer")).to_be_focused()


async def test_an_update_keeps_typed_text(form: Page, call: Any, modal: Any) -> None:
    """views.update redraws the form around the person's words and caret."""
    await form.get_by_test_id("field-cname").fill("half a na")
    label, element = plain("cname"), {"type": "plain_text_input", "action_id": "value"}
    field = {"type": "input", "block_id": "cname", "label": label, "element": element}
    note = {"type": "section", "text": plain("Found 2 calls")}
    view_id = await form.evaluate(
        "fetch('/page/state' + location.search).then(r => r.json()).then(s => s.views[0].id)"
    )
    updated = await call("views.update", view_id=view_id, view=modal(note, field))
    assert updated.error == ""
    await expect(form.get_by_test_id("modal")).to_contain_text("Found 2 calls")
    await expect(form.get_by_test_id("field-cname")).to_be_focused()
    await form.keyboard.type("me")
    assert await form.get_by_test_id("field-cname").input_value() == "half a name"


async def test_a_pushed_form_does_not_wait_for_the_one_below(
    form: Page, app: Any, modal: Any
) -> None:
    """The next form can be sent even if it opens before the first one's response arrives."""
    released = asyncio.Event()

    async def answer_late(route: Route) -> None:
        response = await route.fetch()
        await released.wait()
        await route.fulfill(response=response)

    await form.route("**/page/submit*", answer_late)
    sure = {"type": "section", "text": plain("Are you sure?")}
    pushed = {**modal(sure), "submit": plain("Do it")}
    app.answers["view_submission"] = (200, {"response_action": "push", "view": pushed})
    await form.get_by_test_id("field-side").focus()
    await form.keyboard.type("tea")
    await form.keyboard.press("Enter")
    await form.get_by_test_id("field-cname").fill("class_1")
    await form.get_by_test_id("modal-submit").click()
    await expect(form.get_by_test_id("modal-submit")).to_have_text("Do it")
    await expect(form.get_by_test_id("modal-submit")).to_be_enabled()
    released.set()
    app.answers["view_submission"] = (200, {"response_action": "clear"})
    await form.get_by_test_id("modal-submit").click()
    await expect(form.get_by_test_id("modal")).to_be_hidden()
