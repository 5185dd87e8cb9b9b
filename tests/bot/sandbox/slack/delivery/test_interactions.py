"""Commands, clicks, forms and shortcuts, delivered signed to a scripted app."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.signature import SignatureVerifier

from bot.sandbox.slack import Workspace

BUTTON = {
    "type": "button",
    "action_id": "ticket.claim",
    "value": "12",
    "text": {"type": "plain_text", "text": "Claim"},
}
ACTIONS = {"type": "actions", "block_id": "buttons", "elements": [BUTTON]}


async def open_modal(workspace: Workspace, call: Any, view: dict[str, Any]) -> dict[str, Any]:
    """Open a modal for lin and return it as lin sees it."""
    trigger = workspace.make_trigger("U07LIN00001")
    assert (await call("views.open", trigger_id=trigger, view=view)).error == ""
    return await workspace.person("lin").wait_for_view()


async def test_command_is_signed_form(workspace: Workspace, app: Any) -> None:
    """A command arrives as a form that slack-sdk's own verifier accepts."""
    outcome = await workspace.person("lin").command("/report", "class_77_1 & 10001")
    sent = app.calls[0]
    verifier = SignatureVerifier(workspace.signing_secret)
    assert (outcome.status, outcome.text) == (200, "")
    assert verifier.is_valid_request(sent.raw, sent.headers)
    assert tuple(
        sent.payload[name] for name in ("text", "user_id", "channel_name", "is_enterprise_install")
    ) == ("class_77_1 & 10001", "U07LIN00001", "teachers", "false")


@pytest.mark.parametrize(
    "body", ["hello", {"text": "hello"}, {"response_type": "ephemeral", "text": "hello"}]
)
async def test_acknowledgement_body_is_posted(workspace: Workspace, app: Any, body: object) -> None:
    """The body of a command's acknowledgement is posted to that person alone."""
    app.answers["/report"] = (200, body)
    lin = workspace.person("lin")
    outcome = await lin.command("/report")
    assert (outcome.text, [m["text"] for m in lin.ephemerals("teachers")]) == ("hello", ["hello"])


async def test_acknowledgement_in_channel(workspace: Workspace, app: Any) -> None:
    """With in_channel the message is public."""
    app.answers["/report"] = (200, {"response_type": "in_channel", "text": "all"})
    await workspace.person("lin").command("/report")
    assert [message["text"] for message in workspace.messages("teachers")] == ["all"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [((404, ""), "dispatch_failed"), ((200, {"blocks": [{"type": "x"}]}), "dispatch_failed")],
)
async def test_failed_command(workspace: Workspace, app: Any, answer: Any, error: str) -> None:
    """Anything but a valid 200 gives Slack's error notice."""
    app.answers["/report"] = answer
    outcome = await workspace.person("lin").command("/report")
    assert (error, [error]) == (outcome.error, [notice.code for notice in workspace.notices])


@pytest.mark.parametrize("ack_limit_s", [0.5])
async def test_late_command(workspace: Workspace, app: Any) -> None:
    """An acknowledgement after the limit does not count."""
    app.slow.add("/report")
    outcome = await workspace.person("lin").command("/report")
    text = '/report failed with the error "operation_timeout"'
    assert (True, [text]) == (outcome.late, [notice.text for notice in workspace.notices])


async def test_unknown_command_is_not_sent(app: Any) -> None:
    """A command the manifest does not have is not delivered."""
    workspace = Workspace(manifest={"features": {"slash_commands": [{"command": "/report"}]}})
    outcome = await workspace.person("lin").command("/raport")
    assert (outcome.error, app.calls) == ("unknown_command", [])


async def test_required_field_is_not_sent(
    workspace: Workspace, app: Any, call: Any, modal: Any
) -> None:
    """Slack's client does not send a form with an empty required field; a forged one is sent."""
    view = await open_modal(workspace, call, modal())
    lin = workspace.person("lin")
    submission = await lin.submit(view, {})
    assert (submission.action, list(submission.errors), app.calls) == ("required", ["cname"], [])
    forged = await lin.submit(view, {}, force=True)
    assert (forged.action, len(app.of_type("view_submission"))) == ("close", 1)


async def test_submission_closes_view(
    workspace: Workspace, app: Any, call: Any, modal: Any
) -> None:
    """An empty acknowledgement closes the modal; the state is in the payload."""
    view = await open_modal(workspace, call, modal())
    outcome = await workspace.person("lin").submit(view, {"cname": "class_77"})
    sent = app.of_type("view_submission")[0]["view"]
    value = {"type": "plain_text_input", "value": "class_77"}
    assert (outcome.ok, workspace.person("lin").views) == (True, [])
    assert {"cname": {"value": value}} == sent["state"]["values"]


async def test_errors_keep_what_was_typed(
    workspace: Workspace, app: Any, call: Any, modal: Any, make_input_block: Any
) -> None:
    """With errors the modal and its values remain."""
    view = await open_modal(
        workspace, call, modal(make_input_block("cname"), make_input_block("uid"))
    )
    errors = {"response_action": "errors", "errors": {"uid": "A number, please."}}
    app.answers["view_submission"] = (200, errors)
    lin = workspace.person("lin")
    outcome = await lin.submit(view, {"cname": "a", "uid": "b"})
    assert (outcome.errors, len(lin.views)) == ({"uid": "A number, please."}, 1)
    assert outcome.status == 200
    app.answers["view_submission"] = (200, "")
    await lin.submit(view, {"uid": "1"})
    values = app.of_type("view_submission")[1]["view"]["state"]["values"]
    assert [values[name]["value"]["value"] for name in ("cname", "uid")] == ["a", "1"]


@pytest.mark.parametrize(
    "body",
    [
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "explode"},
        {"response_action": "update", "view": {"type": "modal"}},
        {"text": "thanks"},
        "thanks",
    ],
)
async def test_wrong_response_action(
    workspace: Workspace, app: Any, call: Any, modal: Any, body: object
) -> None:
    """An invalid response leaves the modal open with "trouble connecting"."""
    view = await open_modal(workspace, call, modal())
    app.answers["view_submission"] = (200, body)
    outcome = await workspace.person("lin").submit(view, {"cname": "x"})
    assert (outcome.action, len(workspace.person("lin").views)) == ("failed", 1)
    assert workspace.defects[-1]["code"] == "bad_response_action"


@pytest.mark.parametrize(
    "done",
    [("update", ["second"]), ("push", ["report", "second"]), ("clear", [])],
)
async def test_response_action(
    workspace: Workspace, app: Any, call: Any, modal: Any, done: tuple[str, list[str]]
) -> None:
    """update, push and clear change the stack accordingly."""
    action, shown = done
    view = await open_modal(workspace, call, modal())
    body = {"response_action": action}
    if action != "clear":
        body["view"] = modal(callback_id="second")
    app.answers["view_submission"] = (200, body)
    outcome = await workspace.person("lin").submit(view, {"cname": "x"})
    stack = [one["callback_id"] for one in workspace.person("lin").views]
    assert (outcome.action, outcome.status, stack) == (action, 200, shown)


@pytest.mark.parametrize("ack_limit_s", [0.5])
async def test_late_submission_leaves_the_form_open(
    workspace: Workspace, app: Any, call: Any, modal: Any
) -> None:
    """A form whose acknowledgement is late remains open."""
    view = await open_modal(workspace, call, modal())
    app.slow.add("view_submission")
    outcome = await workspace.person("lin").submit(view, {"cname": "x"})
    assert (outcome.late, len(workspace.person("lin").views)) == (True, 1)


@pytest.mark.parametrize(("notify", "expected"), [(True, 1), (False, 0)])
async def test_close_is_sent_if_requested(
    workspace: Workspace, app: Any, call: Any, modal: Any, *, notify: bool, expected: int
) -> None:
    """view_closed is only sent for a view with notify_on_close."""
    view = await open_modal(workspace, call, modal(notify_on_close=notify))
    await workspace.person("lin").close(view)
    assert expected == len(app.of_type("view_closed"))


async def test_click_has_the_message(workspace: Workspace, app: Any, call: Any) -> None:
    """A click has the action, the message and a response URL that can replace it."""
    await call("chat.postMessage", channel="C07ESCALATE", text="card", blocks=[ACTIONS])
    message = workspace.messages("escalations")[0]
    outcome = await workspace.person("sam").click(message, "ticket.claim")
    sent = app.of_type("block_actions")[0]
    action = sent["actions"][0]
    assert outcome.ok
    assert tuple(action[name] for name in ("action_id", "block_id", "value")) == (
        "ticket.claim",
        "buttons",
        "12",
    )
    assert ("C07ESCALATE", message["ts"]) == (sent["channel"]["id"], sent["message"]["ts"])


async def test_click_can_be_forged(workspace: Workspace, app: Any, call: Any) -> None:
    """A test may press a button with a value of its own."""
    await call("chat.postMessage", channel="C07ESCALATE", text="card", blocks=[ACTIONS])
    message = workspace.messages("escalations")[0]
    await workspace.person("sam").click(message, "ticket.claim", value="999")
    assert app.of_type("block_actions")[0]["actions"][0]["value"] == "999"
    with pytest.raises(AssertionError, match=r"ticket\.close.*ticket\.claim"):
        await workspace.person("sam").click(message, "ticket.close")


async def test_choice_in_home(workspace: Workspace, app: Any, call: Any) -> None:
    """A select in App Home sends the option and the view's state."""
    options = [{"text": {"type": "plain_text", "text": v}, "value": v} for v in ("mine", "all")]
    select = {"type": "static_select", "action_id": "filter", "options": options}
    home = {"type": "home", "blocks": [{"type": "actions", "block_id": "f", "elements": [select]}]}
    await call("views.publish", user_id="U07SAM00003", view=home)
    sam = workspace.person("sam")
    assert sam.home is not None
    await sam.choose(sam.home, "filter", "all")
    sent = app.of_type("block_actions")[0]
    state = sent["view"]["state"]["values"]["f"]["filter"]
    assert sent["actions"][0]["selected_option"]["value"] == "all"
    assert state["selected_option"]["value"] == "all"


PLAIN = {"type": "plain_text", "text": "One"}
OPTION = {"text": {"type": "plain_text", "text": "One", "emoji": True}, "value": "1"}
CHOICES = {"options": [OPTION, OPTION | {"value": "2"}]}


@pytest.mark.parametrize(
    "choice",
    [
        ({"type": "overflow", **CHOICES}, "1", {"selected_option": OPTION}),
        ({"type": "static_select", **CHOICES}, "1", {"selected_option": OPTION}),
        ({"type": "radio_buttons", **CHOICES}, "1", {"selected_option": OPTION}),
        ({"type": "checkboxes", **CHOICES}, ["1"], {"selected_options": [OPTION]}),
        ({"type": "checkboxes", **CHOICES}, [], {"selected_options": []}),
        ({"type": "datepicker"}, "2026-11-21", {"selected_date": "2026-11-21"}),
        ({"type": "datepicker"}, None, {"selected_date": None}),
        ({"type": "timepicker"}, "09:30", {"selected_time": "09:30"}),
        ({"type": "users_select"}, "U07LIN00001", {"selected_user": "U07LIN00001"}),
    ],
)
async def test_a_choice_has_the_key_of_its_element(
    workspace: Workspace, app: Any, call: Any, choice: tuple[dict[str, Any], object, dict[str, Any]]
) -> None:
    """In a message, with the block's and the element's ids and the time."""
    element, value, sent = choice
    block = {"type": "actions", "block_id": "b", "elements": [{**element, "action_id": "a"}]}
    posted = await call("chat.postMessage", channel="C07ESCALATE", text="x", blocks=[block])
    assert posted.error == ""
    await workspace.person("sam").choose(workspace.messages("escalations")[0], "a", value)
    action = dict(app.of_type("block_actions")[0]["actions"][0])
    assert float(action.pop("action_ts")) > 0
    assert action == {"type": element["type"], "block_id": "b", "action_id": "a", **sent}


async def test_input_without_dispatch_is_quiet(
    workspace: Workspace, app: Any, call: Any, modal: Any
) -> None:
    """Typing in an input block is not sent, but it is there when something else is."""
    blocks = (modal()["blocks"][0], ACTIONS)
    view = await open_modal(workspace, call, modal(*blocks))
    lin = workspace.person("lin")
    await lin.choose(view, "value", "typed", block_id="cname")
    assert app.calls == []
    await lin.click(view, "ticket.claim")
    values = app.of_type("block_actions")[0]["view"]["state"]["values"]
    assert values["cname"]["value"]["value"] == "typed"


@pytest.mark.parametrize(
    ("answer", "offered"),
    [
        ({"options": [OPTION] * 100}, 100),
        ({"options": [OPTION] * 101}, 0),
        ({"option_groups": [{"label": PLAIN, "options": [OPTION] * 100}]}, 100),
        ({"option_groups": [{"label": PLAIN, "options": [OPTION] * 101}]}, 0),
        ({"option_groups": [{"label": PLAIN, "options": [OPTION]}] * 101}, 0),
        ({}, 0),
        ("nonsense", 0),
    ],
)
async def test_at_most_a_hundred_options(
    workspace: Workspace, app: Any, call: Any, modal: Any, *, answer: object, offered: int
) -> None:
    """More than Slack takes are none, in groups too."""
    element = {"type": "external_select", "action_id": "value"}
    block = {"type": "input", "block_id": "t", "label": PLAIN, "element": element}
    view = await open_modal(workspace, call, modal(block))
    app.answers["block_suggestion"] = (200, answer)
    options = await workspace.person("lin").options(view, "value", "LD")
    assert len(options) == offered


@pytest.mark.parametrize(("escapes", "text"), [(True, "<@U07SAM00003|sam>"), (False, "@sam")])
async def test_people_in_a_command(*, escapes: bool, text: str) -> None:
    """By id, for a command that asks for it; unknown names stay as they are."""
    declared = {"command": "/tickets", "should_escape": escapes}
    workspace = Workspace(manifest={"features": {"slash_commands": [declared]}})
    await workspace.person("lin").command("/tickets", "by=@sam and @nobody")
    assert workspace.calls[-1]["request"]["text"] == f"by={text} and @nobody"


async def test_shortcuts(workspace: Workspace, app: Any) -> None:
    """A global shortcut brings a trigger, a message shortcut the message too."""
    lin = workspace.person("lin")
    posted = await lin.post_message("teachers", "class_77_1 teacher 10001")
    await lin.shortcut("report_call")
    await lin.message_shortcut("report_message", posted)
    assert app.of_type("shortcut")[0]["callback_id"] == "report_call"
    assert app.of_type("message_action")[0]["message"]["text"] == "class_77_1 teacher 10001"


async def test_shortcut_must_be_declared(app: Any) -> None:
    """A shortcut that is not in the manifest, or has another type, is unknown."""
    shortcuts = [{"type": "global", "callback_id": "report_call", "name": "x"}]
    workspace = Workspace(manifest={"features": {"shortcuts": shortcuts}})
    outcome = await workspace.person("lin").shortcut("report_message")
    assert (outcome.error, app.calls) == ("unknown_shortcut", [])


async def test_options_are_requested(
    workspace: Workspace, app: Any, call: Any, modal: Any, make_input_block: Any
) -> None:
    """An external select requests the app's options, and submits the chosen one."""
    element = {"type": "external_select", "min_query_length": 0}
    view = await open_modal(workspace, call, modal(make_input_block("ticket", element)))
    option = {"text": {"type": "plain_text", "text": "LD-12"}, "value": "12"}
    app.answers["block_suggestion"] = (200, {"options": [option]})
    lin = workspace.person("lin")
    offered = await lin.options(view, "value", "LD")
    assert ("LD", [option]) == (app.of_type("block_suggestion")[0]["value"], offered)
    await lin.submit(view, {"ticket": offered[0]})
    state = app.of_type("view_submission")[0]["view"]["state"]["values"]["ticket"]["value"]
    assert state["selected_option"]["value"] == "12"
