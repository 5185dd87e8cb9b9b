"""conversations.*, users.*, usergroups.*, reactions.*: who is where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.sandbox.slack import Workspace


async def test_user_has_locale_on_request(call: Any) -> None:
    """The locale needs include_locale; the time zone is always there."""
    plain = (await call("users.info", form=True, user="U07LIN00001")).body["user"]
    with_locale = await call("users.info", form=True, user="U07LIN00001", include_locale="true")
    assert (plain["tz"], plain["tz_offset"], "locale" in plain) == ("Asia/Shanghai", 28_800, False)
    assert with_locale.body["user"]["locale"] == "zh-CN"
    assert (await call("users.info", form=True, user="U0")).error == "user_not_found"


async def test_a_user_as_a_whole(call: Any, clock: Any) -> None:
    """With what Slack adds; nobody here is an administrator or a guest."""
    user = (await call("users.info", form=True, user="U07SAM00003")).body["user"]
    del user["profile"]
    assert user == {
        "id": "U07SAM00003",
        "team_id": "T07LAGDESK0",
        "name": "sam",
        "deleted": False,
        "color": "1d5f9a",
        "real_name": "Sam Carter",
        "tz": "Europe/London",
        "tz_label": "GMT",
        "tz_offset": 0,
        "is_admin": False,
        "is_owner": False,
        "is_restricted": False,
        "is_bot": False,
        "is_app_user": False,
        "updated": int(clock.now),
    }


NAMES = ("real_name", "display_name", "first_name", "last_name")


@pytest.mark.parametrize(
    ("user", "names"),
    [
        ("U07SAM00003", ("Sam Carter", "sam", "Sam", "Carter")),
        ("U07LIN00001", ("林晓燕", "lin", "林晓燕", "")),
        ("U07LAGDESK9", ("Lagdesk", "", "Lagdesk", "")),
    ],
)
async def test_users_have_names(call: Any, user: str, names: tuple[str, ...]) -> None:
    """First and last name are the parts of the real name; a bot has no display name."""
    profile = (await call("users.info", form=True, user=user)).body["user"]["profile"]
    assert tuple(profile[name] for name in NAMES) == names
    assert [profile[f"{name}_normalized"] for name in NAMES[:2]] == list(names[:2])


async def test_lists_page_by_page(call: Any) -> None:
    """A cursor leads through all users exactly once."""
    seen: list[str] = []
    cursor = ""
    while True:
        response = await call("users.list", form=True, limit="3", cursor=cursor)
        seen += [member["name"] for member in response.body["members"]]
        cursor = response.body["response_metadata"]["next_cursor"]
        if not cursor:
            break
    assert seen == ["lin", "wang", "sam", "zhou", "maya", "guest", "lagdesk"]
    assert (await call("users.list", form=True, cursor="!")).error == "invalid_cursor"


async def test_support_group(call: Any) -> None:
    """The user group's members can be listed."""
    groups = (await call("usergroups.list", form=True)).body["usergroups"]
    response = await call("usergroups.users.list", form=True, usergroup=groups[0]["id"])
    assert (
        groups[0]["handle"],
        response.body["users"],
    ) == ("support", ["U07SAM00003", "U07ZHOU0004"])
    wrong = await call("usergroups.users.list", form=True, usergroup="S0")
    assert wrong.error == "no_such_subteam"


async def test_channels_by_kind(workspace: Workspace, call: Any) -> None:
    """Lists hold the requested types; private channels without the app are left out."""
    types = "public_channel,private_channel"
    both = await call("conversations.list", form=True, types=types)
    names = ["teachers", "escalations", "leads", "random"]
    assert names == [channel["name"] for channel in both.body["channels"]]
    workspace.remove_bot("leads")
    left = await call("conversations.list", form=True, types=types)
    assert "leads" not in [channel["name"] for channel in left.body["channels"]]
    assert (await call("conversations.list", form=True, types="x")).error == "invalid_types"


async def test_private_scope(workspace: Workspace, call: Any) -> None:
    """A private channel needs groups:read."""
    workspace.scopes.discard("groups:read")
    response = await call("conversations.info", form=True, channel="C07LEADS001")
    assert (response.error, response.body["needed"]) == ("missing_scope", "groups:read")


async def test_members_and_join(workspace: Workspace, call: Any) -> None:
    """The app joins a public channel by itself."""
    assert (await call("conversations.join", channel="C07RANDOM01")).error == ""
    members = await call("conversations.members", form=True, channel="C07RANDOM01")
    assert workspace.app.bot_user_id in members.body["members"]


@pytest.mark.parametrize(
    ("users", "error"),
    [("U07LIN00001", ""), ("U0NOBODY000", "user_not_found"), ("", "users_list_not_supplied")],
)
async def test_opens_direct_channels(call: Any, users: str, error: str) -> None:
    """A direct channel is opened once and reused."""
    answers = [await call("conversations.open", users=users) for _ in range(2)]
    assert [error, error] == [response.error for response in answers]
    assert answers[0].body == answers[1].body


async def test_history_and_replies(call: Any) -> None:
    """History is newest first without replies; replies have the root first."""
    metadata = {"event_type": "ticket", "event_payload": {"number": 1}}
    where = {"channel": "C07TEACHERS"}
    first = await call("chat.postMessage", **where, text="one", metadata=metadata)
    ts = first.body["ts"]
    await call("chat.postMessage", **where, text="two")
    await call("chat.postMessage", **where, text="reply", thread_ts=ts)
    history = (await call("conversations.history", **where)).body["messages"]
    full = await call("conversations.history", **where, include_all_metadata=True)
    replies = await call("conversations.replies", form=True, **where, ts=ts)
    assert [message["text"] for message in history] == ["two", "one"]
    assert (False, metadata) == ("metadata" in history[1], full.body["messages"][1]["metadata"])
    assert [message["text"] for message in replies.body["messages"]] == ["one", "reply"]
    nowhere = await call("conversations.replies", form=True, **where, ts="1.0")
    assert nowhere.error == "thread_not_found"


async def test_reactions(workspace: Workspace, call: Any) -> None:
    """A reaction is added once."""
    posted = await workspace.person("lin").post_message("teachers", "x")
    where = {"channel": "C07TEACHERS", "timestamp": posted["ts"]}
    errors = [(await call("reactions.add", **where, name="eyes")).error for _ in range(2)]
    assert errors == ["", "already_reacted"]
    assert (await call("reactions.add", **where, name="not one")).error == "invalid_name"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "invalid_arguments"),
        ({"blocks": [{"type": "divider"}]}, ""),
        ({"blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ({"view": {"type": "modal"}}, "invalid_view"),
        ({"message": {}}, "invalid_message"),
    ],
)
async def test_validates_blocks(call: Any, body: dict[str, Any], error: str) -> None:
    """blocks.validate takes exactly one argument and returns its errors."""
    form = {name: json.dumps(value) for name, value in body.items()}
    response = await call("blocks.validate", form=True, **form)
    assert error == response.error
