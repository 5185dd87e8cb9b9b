"""chat.*: who may post what where, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack import Workspace

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hi"}}


async def post(call: Any, channel: str = "C07TEACHERS", **more: object) -> dict[str, Any]:
    """Post a message and return the response's body."""
    body: dict[str, Any] = (await call("chat.postMessage", channel=channel, **more)).body
    return body


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE00", "text": "x"}, "channel_not_found"),
        ({"channel": "C07TEACHERS"}, "no_text"),
        ({"channel": "C07TEACHERS", "blocks": "[{"}, "invalid_blocks_format"),
        ({"channel": "C07TEACHERS", "text": "x", "thread_ts": "1.0"}, "cannot_reply_to_message"),
        ({"channel": "C07TEACHERS", "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"channel": "C07TEACHERS", "text": "x", "metadata": {"a": 1}}, "invalid_metadata_schema"),
    ],
)
async def test_refuses_posts(call: Any, arguments: dict[str, Any], error: str) -> None:
    """A post Slack would refuse is refused with its code."""
    assert error == (await call("chat.postMessage", **arguments)).error


async def test_invalid_blocks_are_pointed_at(call: Any) -> None:
    """The lines are in both `errors` and `response_metadata`, with a JSON pointer."""
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": ""}}]
    body = await post(call, text="x", blocks=blocks)
    assert body["error"] == "invalid_blocks"
    assert "[json-pointer:/blocks/0/text/text]" in body["errors"][-1]
    assert [f"[ERROR] {line}" for line in body["errors"]] == body["response_metadata"]["messages"]


async def test_needs_membership(workspace: Workspace, call: Any) -> None:
    """Outside a public channel the app needs chat:write.public; a private one is not there."""
    workspace.scopes.discard("chat:write.public")
    workspace.remove_bot("escalations")
    workspace.remove_bot("leads")
    assert (await post(call, "C07ESCALATE", text="x"))["error"] == "not_in_channel"
    assert (await post(call, "C07LEADS001", text="x"))["error"] == "channel_not_found"
    workspace.add_bot("escalations")
    assert (await post(call, "C07ESCALATE", text="x"))["ok"]


async def test_archived_channel(workspace: Workspace, call: Any) -> None:
    """An archived channel rejects messages until it is unarchived."""
    workspace.archive("escalations")
    assert (await post(call, "C07ESCALATE", text="x"))["error"] == "is_archived"
    workspace.unarchive("escalations")
    assert (await post(call, "C07ESCALATE", text="x"))["ok"]


async def test_thread_counts_replies(workspace: Workspace, call: Any) -> None:
    """Replies are in the thread only, and the root counts them."""
    root = (await post(call, text="root"))["ts"]
    await post(call, text="one", thread_ts=root)
    reply = (await post(call, text="two", thread_ts=root))["ts"]
    assert [m["text"] for m in workspace.messages("teachers")] == ["root"]
    assert [m["text"] for m in workspace.messages("teachers", root)] == ["root", "one", "two"]
    counted = workspace.messages("teachers")[0]
    assert (2, reply) == (counted["reply_count"], counted["latest_reply"])


async def test_posts_to_a_person(workspace: Workspace, call: Any) -> None:
    """A user id as channel is that person's direct channel with the app."""
    response = await post(call, "U07LIN00001", text="hi")
    assert workspace.person("lin").dm_channel_id() == response["channel"]


async def test_long_text_is_cut(workspace: Workspace, call: Any) -> None:
    """Beyond 40,000 characters a post is truncated with a warning; an update is rejected."""
    response = await post(call, text="x" * 40_001)
    assert response["warning"] == "message_truncated"
    assert len(workspace.messages("teachers")[0]["text"]) == 40_000
    update = {"channel": "C07TEACHERS", "ts": response["ts"], "text": "x" * 40_001}
    assert (await call("chat.update", **update)).error == "msg_too_long"


async def test_update_keeps_omitted_blocks(workspace: Workspace, call: Any) -> None:
    """chat.update keeps omitted blocks; an empty list removes them."""
    ts = (await post(call, text="old", blocks=[SECTION]))["ts"]
    await call("chat.update", channel="C07TEACHERS", ts=ts, text="new")
    edited = dict(workspace.messages("teachers")[0])
    await call("chat.update", channel="C07TEACHERS", ts=ts, text="newer", blocks=[])
    assert (edited["text"], len(edited["blocks"])) == ("new", 1)
    assert workspace.messages("teachers")[0]["blocks"] == []


async def test_changes_only_its_own(workspace: Workspace, call: Any) -> None:
    """The app can neither change nor delete what others wrote, nor what is not there."""
    posted = await workspace.person("lin").post_message("teachers", "mine")
    where = {"channel": "C07TEACHERS", "ts": posted["ts"]}
    assert (await call("chat.update", **where, text="x")).error == "cant_update_message"
    assert (await call("chat.delete", **where)).error == "cant_delete_message"
    where["ts"] = "1.0"
    assert (await call("chat.update", **where, text="x")).error == "message_not_found"


async def test_deleted_root_leaves_tombstone(workspace: Workspace, call: Any) -> None:
    """A deleted message with replies becomes a tombstone without blocks."""
    ts = (await post(call, text="root", blocks=[SECTION]))["ts"]
    await post(call, text="reply", thread_ts=ts)
    assert (await call("chat.delete", channel="C07TEACHERS", ts=ts)).body["ok"]
    root = workspace.messages("teachers")[0]
    assert (root["subtype"], "blocks" in root) == ("tombstone", False)


async def test_a_deleted_reply_no_longer_counts(workspace: Workspace, call: Any) -> None:
    """The newest reply left is the latest; without any it is the message itself."""
    root = (await post(call, text="root"))["ts"]
    replies = [(await post(call, text="reply", thread_ts=root))["ts"] for _ in range(2)]
    counted = []
    for ts in reversed(replies):
        await call("chat.delete", channel="C07TEACHERS", ts=ts)
        message = workspace.messages("teachers")[0]
        counted.append((message["reply_count"], message["latest_reply"]))
    assert counted == [(1, replies[0]), (0, root)]


async def test_ephemeral_is_private(workspace: Workspace, call: Any) -> None:
    """An ephemeral message is visible to one person and is in no history."""
    where = {"channel": "C07TEACHERS", "text": "psst"}
    assert (await call("chat.postEphemeral", user="U07LIN00001", **where)).error == ""
    assert [m["text"] for m in workspace.person("lin").ephemerals("teachers")] == ["psst"]
    assert workspace.person("sam").ephemerals("teachers") == []
    assert workspace.messages("teachers") == []
    outsider = {"channel": "C07ESCALATE", "text": "x", "user": "U07LIN00001"}
    assert (await call("chat.postEphemeral", **outsider)).error == "user_not_in_channel"


async def test_missing_text_is_a_defect(workspace: Workspace, call: Any) -> None:
    """A post with blocks only is taken, and noted for those who cannot see blocks."""
    assert (await post(call, blocks=[SECTION]))["ok"]
    assert [defect["code"] for defect in workspace.defects] == ["no_top_level_text"]
    assert workspace.calls[-1]["warnings"] == ["defect: no_top_level_text"]
    picture = {"type": "image", "image_url": "https://a.example/b.png", "alt_text": " "}
    assert (await post(call, text="x", blocks=[SECTION, picture]))["ok"]
    assert workspace.defects[-1] == {"code": "blank_alt_text", "pointer": "/1"}


@pytest.mark.parametrize(
    ("ahead_s", "error"), [(-1, "time_in_past"), (121 * 86_400, "time_too_far"), (60, "")]
)
async def test_scheduled_never_appears(
    workspace: Workspace, call: Any, clock: Any, ahead_s: int, error: str
) -> None:
    """A scheduled message is accepted for the next 120 days, and never posted with metadata."""
    metadata = {"event_type": "weekly", "event_payload": {}}
    arguments = {"channel": "C07TEACHERS", "text": "x", "metadata": metadata}
    response = await call("chat.scheduleMessage", post_at=int(clock.now) + ahead_s, **arguments)
    assert (error, []) == (response.error, workspace.messages("teachers"))


async def test_permalink_names_its_thread(workspace: Workspace, call: Any) -> None:
    """A permalink is the archive's address; a reply's names the thread."""
    ts = (await post(call, text="root"))["ts"]
    reply = (await post(call, text="reply", thread_ts=ts))["ts"]
    base = f"{workspace.url}/archives/C07TEACHERS/p"
    permalink = await call("chat.getPermalink", form=True, channel="C07TEACHERS", message_ts=reply)
    expected = f"{base}{reply.replace('.', '')}?thread_ts={ts}&cid=C07TEACHERS"
    assert expected == permalink.body["permalink"]


async def test_unfurls_only_shared_links(workspace: Workspace, call: Any) -> None:
    """An unfurl is attached only to the message with the link."""
    posted = await workspace.person("lin").post_message(
        "teachers", "see <https://desk.example/LD-1>"
    )
    where = {"channel": "C07TEACHERS", "ts": posted["ts"]}
    unfurls = {"https://desk.example/LD-1": {"blocks": [SECTION]}}
    assert (await call("chat.unfurl", **where, unfurls=unfurls)).error == ""
    assert len(workspace.messages("teachers")[0]["attachments"]) == 1
    other = {"https://desk.example/LD-2": {"blocks": [SECTION]}}
    assert (await call("chat.unfurl", **where, unfurls=other)).error == "cannot_unfurl_url"
