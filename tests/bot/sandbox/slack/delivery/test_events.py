"""Events: subscriptions, scopes, membership, and retries."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack import Workspace


def events_received(app: Any, kind: str, subtype: str | None = None) -> list[dict[str, Any]]:
    """List the events of a type and subtype."""
    return [event for event in app.of_type(kind) if event.get("subtype") == subtype]


async def wait_for_event(workspace: Workspace, app: Any, kind: str, count: int = 1) -> None:
    """Wait until so many events of a type were delivered."""
    await workspace.until(lambda: len(app.of_type(kind)) >= count)


async def test_message_reaches_the_app(workspace: Workspace, app: Any) -> None:
    """A person's message in a channel of the app is an event in an envelope."""
    posted = await workspace.person("lin").post_message("teachers", "hello")
    await wait_for_event(workspace, app, "message")
    envelope = app.calls[0].payload
    event = envelope["event"]
    assert ("event_callback", workspace.team_id) == (envelope["type"], envelope["team_id"])
    assert ("hello", "channel", posted["ts"]) == (event["text"], event["channel_type"], event["ts"])


async def test_own_posts_name_the_bot(workspace: Workspace, app: Any, call: Any) -> None:
    """The app also gets events of its own posts, with its bot id."""
    await call("chat.postMessage", channel="C07TEACHERS", text="mine")
    await wait_for_event(workspace, app, "message")
    assert workspace.app.bot_id == app.of_type("message")[0]["bot_id"]


async def test_edits_and_deletions(workspace: Workspace, app: Any) -> None:
    """An edit has both versions, a deletion the old one."""
    lin = workspace.person("lin")
    posted = await lin.post_message("teachers", "one")
    await lin.edit(posted, "two")
    await lin.delete(posted)
    await wait_for_event(workspace, app, "message", 3)
    changed = events_received(app, "message", "message_changed")[0]
    deleted = events_received(app, "message", "message_deleted")[0]
    texts = (changed["previous_message"]["text"], changed["message"]["text"])
    assert texts == ("one", "two")
    assert posted["ts"] == deleted["deleted_ts"]
    for event in (changed, deleted):
        assert (event["hidden"], event["channel_type"]) == (True, "channel")
        assert event["event_ts"] == event["ts"] > posted["ts"]


async def test_no_events_for_a_non_member(workspace: Workspace, app: Any) -> None:
    """The app gets no events of channels it is not a member of."""
    await workspace.person("lin").post_message("random", "psst")
    await workspace.person("lin").post_message("teachers", "loud")
    await wait_for_event(workspace, app, "message")
    assert [event["text"] for event in app.of_type("message")] == ["loud"]


async def test_scope_is_needed(workspace: Workspace, app: Any) -> None:
    """Without channels:history there are no message events, but app_mention remains."""
    workspace.scopes.discard("channels:history")
    await workspace.person("lin").post_message("teachers", f"<@{workspace.app.bot_user_id}> hello")
    await wait_for_event(workspace, app, "app_mention")
    assert app.of_type("message") == []


async def test_manifest_chooses_events() -> None:
    """Only events in the manifest's subscriptions are sent."""
    settings = {"event_subscriptions": {"bot_events": ["message.channels"]}}
    workspace = Workspace(manifest={"settings": settings})
    is_subscribed = [
        workspace.app.is_subscribed(name) for name in ("message.channels", "message.im")
    ]
    assert is_subscribed == [True, False]


async def test_other_events(workspace: Workspace, app: Any) -> None:
    """Events of App Home, membership, changed users, links and uninstallation are sent."""
    lin = workspace.person("lin")
    await lin.open_home()
    workspace.join("escalations", "lin")
    workspace.update_user("lin", locale="en-US")
    await lin.post_message("teachers", "see <https://desk.example/LD-1|LD-1>")
    workspace.uninstall()
    await workspace.until(lambda: app.of_type("app_uninstalled") and app.of_type("link_shared"))
    assert app.of_type("app_home_opened")[0]["tab"] == "home"
    assert app.of_type("member_joined_channel")[0]["user"] == "U07LIN00001"
    assert app.of_type("user_change")[0]["user"]["locale"] == "en-US"
    assert app.of_type("link_shared")[0]["links"][0]["domain"] == "desk.example"
    assert [workspace.app.bot_user_id] == app.of_type("tokens_revoked")[0]["tokens"]["bot"]


async def test_home_comes_with_its_view(workspace: Workspace, app: Any, call: Any) -> None:
    """Once there is one, and only for its own tab."""
    lin = workspace.person("lin")
    await lin.open_home()
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    await call("views.publish", user_id="U07LIN00001", view=home)
    await lin.open_home()
    await lin.open_home("messages")
    await wait_for_event(workspace, app, "app_home_opened", 3)
    opened = app.of_type("app_home_opened")
    assert [(event["tab"], "view" in event) for event in opened] == [
        ("home", False),
        ("home", True),
        ("messages", False),
    ]


async def test_direct_message(workspace: Workspace, app: Any) -> None:
    """A direct message is a message.im event."""
    lin = workspace.person("lin")
    await lin.post_message(lin.dm_channel_id(), "hi")
    await wait_for_event(workspace, app, "message")
    assert app.of_type("message")[0]["channel_type"] == "im"


@pytest.mark.parametrize("ack_limit_s", [0.5])
@pytest.mark.parametrize(("broken", "reason"), [("slow", "http_timeout"), (500, "http_error")])
async def test_retries_three_times(
    workspace: Workspace, app: Any, broken: int | str, reason: str
) -> None:
    """An unacknowledged event is sent three more times with the same id, and then no more."""
    if broken == "slow":
        app.slow.add("message")
    else:
        app.answers["message"] = (broken, "")
    await workspace.person("lin").post_message("teachers", "hello")
    await wait_for_event(workspace, app, "message", 4)
    headers = [call.headers for call in app.calls]
    numbers = [header.get("X-Slack-Retry-Num") for header in headers]
    assert numbers == [None, "1", "2", "3"]
    assert reason == headers[-1]["X-Slack-Retry-Reason"]
    assert len({call.payload["event_id"] for call in app.calls}) == 1


async def test_redelivers_on_demand(workspace: Workspace, app: Any, call: Any) -> None:
    """The last delivery can be sent again with the same ids."""
    del call
    await workspace.person("lin").command("/report")
    acks = await workspace.redeliver(2)
    triggers = {sent.payload["trigger_id"] for sent in app.calls}
    assert ([ack.status for ack in acks], len(app.calls), len(triggers)) == ([200, 200], 3, 1)
