"""Posts with keys, found again by them; files; permalinks, against the fake Slack."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.errors import (
    SlackAccessLostError,
    SlackContentRefusedError,
    SlackError,
    SlackNotInstalledError,
    SlackRefusedError,
    SlackUnreachableError,
)
from bot.jobs.run import LeaseLostError, Run
from bot.ports import Destination, MessageRef
from bot.sandbox.slack import Workspace
from handlers.slack.clients import SlackClients
from handlers.slack.manifest import build_manifest
from handlers.slack.open_modal import open_modal
from handlers.slack.posting import SlackPoster
from handlers.ui import block_kit
from tests.conftest import FakeClock

BLOCKS = [block_kit.section("s", "in blocks")]
INVALID = [{"type": "section", "block_id": "s"}]
PLAIN = "text\n:warning: Slack: `invalid_blocks`"


@pytest.fixture
async def workspace(fake_clock: FakeClock) -> AsyncIterator[Workspace]:
    """A fake Slack."""
    manifest = build_manifest("https://lagdesk.example")
    made = Workspace(clock=fake_clock, manifest=manifest, message_rate_s=0)
    async with made.serve():
        yield made


@pytest.fixture
async def poster(workspace: Workspace) -> AsyncIterator[SlackPoster]:
    """A poster with the workspace's token."""
    async with SlackClients(workspace.api_url, workspace.bot_token) as clients:
        yield SlackPoster(clients)


def escalations(workspace: Workspace, thread_ts: str = "") -> Destination:
    """The escalation channel, or a thread in it."""
    return Destination("T1", workspace.channel("escalations").id, thread_ts)


def calls_of(workspace: Workspace, method: str) -> list[dict[str, Any]]:
    """The arguments of the calls of a method."""
    return [call["request"] for call in workspace.calls if call["name"] == method]


async def test_a_post(workspace: Workspace, poster: SlackPoster) -> None:
    """Text and blocks, without previews of links."""
    where = escalations(workspace)
    ref = await poster.post(where, Run("key"), "text", BLOCKS)
    (posted,) = workspace.messages(where.channel)
    assert (ref.channel, ref.ts) == (where.channel, posted["ts"])
    assert (posted["text"], posted["blocks"][0]["text"]["text"]) == ("text", "in blocks")
    (arguments,) = calls_of(workspace, "chat.postMessage")
    assert (arguments["unfurl_links"], arguments["unfurl_media"]) in {
        *((False, False), ("0", "0"), ("false", "false")),
    }
    reply = await poster.post(escalations(workspace, ref.ts), Run("key2"), "reply")
    assert [m["ts"] for m in workspace.messages(where.channel, ref.ts)] == [ref.ts, reply.ts]


@pytest.mark.parametrize(
    ("blocks", "fall_back", "expected"),
    [(INVALID, True, PLAIN), (INVALID, False, None), (BLOCKS, False, "text")],
)
async def test_blocks_that_slack_rejects(
    blocks: list[dict[str, Any]],
    fall_back: bool,  # noqa: FBT001 - a row of the table
    expected: str | None,
    workspace: Workspace,
    poster: SlackPoster,
) -> None:
    """The text alone is posted then, unless the caller has better blocks."""
    where = escalations(workspace)
    posting = poster.post(where, Run("key"), "text", blocks, fall_back_to_text=fall_back)
    if expected is None:
        with pytest.raises(SlackRefusedError, match="invalid_blocks"):
            await posting
    else:
        await posting
    assert [m["text"] for m in workspace.messages(where.channel)] == [expected][: bool(expected)]


@pytest.mark.parametrize("blocks", [BLOCKS, None])
async def test_other_refusals_are_raised(
    blocks: list[dict[str, Any]] | None,
    workspace: Workspace,
    poster: SlackPoster,
) -> None:
    """Text alone would not help."""
    workspace.archive("escalations")
    with pytest.raises(SlackAccessLostError):
        await poster.post(escalations(workspace), Run("key"), "text", blocks)
    assert len(calls_of(workspace, "chat.postMessage")) == 1


async def test_post_of_another_worker(workspace: Workspace, poster: SlackPoster) -> None:
    """A lease that ended while the message was prepared: nothing is sent."""
    where = escalations(workspace)
    with pytest.raises(LeaseLostError):
        await poster.post(where, Run("key", valid_until=-1), "text", BLOCKS)
    assert calls_of(workspace, "chat.postMessage") == []


async def test_a_rejected_text_is_not_sent_twice(workspace: Workspace, poster: SlackPoster) -> None:
    """There is nothing to leave out."""
    workspace.fail_next("chat.postMessage", "no_text")
    with pytest.raises(SlackRefusedError):
        await poster.post(escalations(workspace), Run("key"), "text")
    assert workspace.messages(escalations(workspace).channel) == []


async def test_edits(workspace: Workspace, poster: SlackPoster) -> None:
    """Text and blocks are replaced."""
    where = escalations(workspace)
    ref = await poster.post(where, Run("key"), "text")
    await poster.update("T1", ref, "new", BLOCKS)
    (posted,) = workspace.messages(where.channel)
    assert (posted["text"], posted["blocks"][0]["text"]["text"]) == ("new", "in blocks")


@pytest.mark.parametrize("fall_back", [True, False])
async def test_edits_that_slack_rejects(
    fall_back: bool,  # noqa: FBT001 - a row of the table
    workspace: Workspace,
    poster: SlackPoster,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The text alone remains, without the old blocks; the reason is logged once."""
    where = escalations(workspace)
    ref = await poster.post(where, Run("key"), "old", BLOCKS)
    for _ in range(2):
        editing = poster.update("T1", ref, "text", INVALID, fall_back_to_text=fall_back)
        if fall_back:
            await editing
        else:
            with pytest.raises(SlackContentRefusedError):
                await editing
    (posted,) = workspace.messages(where.channel)
    assert (posted["text"], bool(posted["blocks"])) == (
        (PLAIN, False) if fall_back else ("old", True)
    )
    assert [each.getMessage().count("/blocks/0") for each in caplog.records] == [1] * fall_back


async def test_text_that_is_too_long(workspace: Workspace, poster: SlackPoster) -> None:
    """It is shortened, with or without blocks."""
    where = escalations(workspace)
    for blocks in (None, BLOCKS):
        workspace.fail_next("chat.postMessage", "msg_too_long")
        await poster.post(where, Run("key"), "x" * 9000, blocks)
    for posted in workspace.messages(where.channel):
        assert 3000 < len(posted["text"]) < 3100


async def test_a_message_that_one_person_sees(workspace: Workspace, poster: SlackPoster) -> None:
    """In a thread."""
    where = escalations(workspace)
    zhou = workspace.person("zhou")
    ref = await poster.post(where, Run("key"), "text")
    thread = escalations(workspace, ref.ts)
    await poster.post_ephemeral(thread, zhou.user.id, "secret", BLOCKS)
    (seen,) = zhou.ephemerals("escalations")
    assert (seen["text"], seen["thread_ts"]) == ("secret", ref.ts)
    assert seen["blocks"][0]["text"]["text"] == "in blocks"
    assert len(workspace.messages(where.channel, ref.ts)) == 1


async def test_posts_are_found_by_their_keys(
    workspace: Workspace,
    poster: SlackPoster,
    fake_clock: FakeClock,
) -> None:
    """In a channel, a thread and direct messages, not before the given time."""
    since = fake_clock.now() - dt.timedelta(seconds=1)
    where, lin = escalations(workspace), workspace.person("lin").user.id
    to_lin = Destination("T1", person=lin)
    first = await poster.post(where, Run("first"), "x")
    await workspace.person("zhou").post_message("escalations", "nothing of ours")
    thread = escalations(workspace, first.ts)
    reply = await poster.post(thread, Run("reply"), "x")
    message = await poster.post(to_lin, Run("message"), "x")
    assert await poster.find(where, "first", since) == first
    assert await poster.find(thread, "reply", since) == reply
    assert await poster.find(to_lin, "message", since) == message
    assert await poster.find(where, "reply", since) is None
    assert await poster.find(where, "other", since) is None
    later = since + dt.timedelta(hours=1)
    assert await poster.find(where, "first", later) is None


async def test_posts_are_found_behind_a_full_page(
    workspace: Workspace,
    poster: SlackPoster,
    fake_clock: FakeClock,
) -> None:
    """A page has two hundred."""
    since = fake_clock.now() - dt.timedelta(seconds=1)
    where = escalations(workspace)
    first = await poster.post(where, Run("first"), "x")
    for number in range(201):
        await workspace.person("zhou").post_message("escalations", str(number))
    assert await poster.find(where, "first", since) == first
    assert len(calls_of(workspace, "conversations.history")) == 2


@pytest.mark.parametrize(
    ("code", "is_raised"),
    [("missing_scope", False), ("channel_not_found", True)],
)
async def test_a_channel_that_cannot_be_read(
    code: str,
    is_raised: bool,  # noqa: FBT001 - a row of the table
    workspace: Workspace,
    poster: SlackPoster,
    fake_clock: FakeClock,
) -> None:
    """Without the optional scope nothing is found: rather post twice than never."""
    workspace.fail_next("conversations.history", code)
    finding = poster.find(escalations(workspace), "key", fake_clock.now())
    if is_raised:
        with pytest.raises(SlackError):
            await finding
    else:
        assert await finding is None


@pytest.mark.parametrize("is_shared", [True, False])
async def test_files(
    is_shared: bool,  # noqa: FBT001 - a row of the table
    workspace: Workspace,
    poster: SlackPoster,
) -> None:
    """Uploaded, and shared where a channel is given."""
    channel = await poster.direct_channel("T1", workspace.person("lin").user.id)
    shared = channel if is_shared else None
    file_id = await poster.upload("T1", "a.csv", b"1,2,3", title="T", channel=shared)
    assert workspace.files[file_id].data == b"1,2,3"
    assert len(workspace.messages(channel)) == int(is_shared)


@pytest.mark.parametrize(("fault", "arrived"), [("http_500", False), ("dropped", True)])
async def test_bytes_that_do_not_arrive(
    fault: str,
    arrived: bool,  # noqa: FBT001 - a row of the table
    workspace: Workspace,
    poster: SlackPoster,
) -> None:
    """The upload is tried again by its job."""
    workspace.fail_next("upload", fault)
    with pytest.raises(SlackUnreachableError) as caught:
        await poster.upload("T1", "a.csv", b"1,2,3", title="T")
    assert caught.value.maybe_arrived is arrived


@pytest.mark.parametrize("fault", ["", "http_500", "message_not_found", "dropped"])
async def test_permalinks(fault: str, workspace: Workspace, poster: SlackPoster) -> None:
    """A card without a link is better than none."""
    ref = await poster.post(escalations(workspace), Run("key"), "x")
    if fault:
        workspace.fail_next("chat.getPermalink", fault, times=2)
        assert await poster.permalink("T1", ref) == ""
    else:
        assert ref.ts.replace(".", "") in await poster.permalink("T1", ref)
        assert await poster.permalink("T1", MessageRef(ref.channel, "1.0")) == ""


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [("expired_trigger_id", False), ("http_500", False), ("dropped", True)],
)
async def test_a_modal_that_does_not_open(
    fault: str,
    arrived: bool,  # noqa: FBT001 - a row of the table
    workspace: Workspace,
) -> None:
    """The reader is asked to try again."""
    workspace.fail_next("views.open", fault, times=2)
    view = block_kit.modal("x", "T", BLOCKS, submit="", close="C")
    async with SlackClients(workspace.api_url, workspace.bot_token) as clients:
        with pytest.raises(SlackUnreachableError) as caught:
            await open_modal(clients.default, "1.2.3", view)
    assert caught.value.maybe_arrived is arrived
    assert "too slow" in str(caught.value.user_message)


@pytest.mark.parametrize("code", ["invalid_arguments", "view_too_large"])
async def test_a_modal_that_slack_rejects_is_our_mistake(code: str, workspace: Workspace) -> None:
    """It is logged as an error, not taken for a slow Slack."""
    workspace.fail_next("views.open", code)
    async with SlackClients(workspace.api_url, workspace.bot_token) as clients:
        with pytest.raises(Exception, match=code) as caught:
            await open_modal(clients.default, "1.2.3", {})
    assert not isinstance(caught.value, SlackError)


async def test_clients_are_shared(workspace: Workspace) -> None:
    """One for each token; a workspace that has not installed Lagdesk has none."""

    async def token_for(team: str) -> str | None:
        return {"T1": "xoxb-1", "T2": "xoxb-1"}.get(team)

    async with SlackClients(workspace.api_url, "xoxb-0", token_for) as clients:
        one, two = [await clients.of(team) for team in ("T1", "T2")]
        assert one is two
        assert (one.token, clients.default.token) == ("xoxb-1", "xoxb-0")
        with pytest.raises(SlackNotInstalledError):
            await clients.of("T3")
        assert await clients.of("") is clients.default
        session = clients.session
    assert session.closed
    alone = SlackClients(workspace.api_url, "xoxb-0")
    with pytest.raises(RuntimeError):
        _ = alone.session
    async with alone:
        assert await alone.of("T1") is alone.default
