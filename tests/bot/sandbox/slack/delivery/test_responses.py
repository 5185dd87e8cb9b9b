"""Response URLs: five uses, thirty minutes, and what can be done through them."""

from __future__ import annotations

from typing import Any

import aiohttp

from bot.sandbox.slack import Workspace

LIN = "U07LIN00001"


async def answer(url: str, **body: object) -> tuple[int, dict[str, Any]]:
    """POST to a response URL."""
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as reply:
        return reply.status, await reply.json()


async def test_five_uses(workspace: Workspace) -> None:
    """The sixth use is answered 404 used_url."""
    url = workspace.make_response_url("C07TEACHERS", LIN)
    for number in range(5):
        assert (await answer(url, text=str(number)))[0] == 200
    assert await answer(url, text="6") == (404, {"ok": False, "error": "used_url"})
    assert len(workspace.person("lin").ephemerals("teachers")) == 5


async def test_thirty_minutes(workspace: Workspace, clock: Any) -> None:
    """After thirty minutes it is answered 404 expired_url."""
    url = workspace.make_response_url("C07TEACHERS", LIN)
    clock.now += 1801
    assert await answer(url, text="late") == (404, {"ok": False, "error": "expired_url"})


async def test_refusals_have_no_detail(workspace: Workspace) -> None:
    """Errors do not name the invalid block."""
    url = workspace.make_response_url("C07TEACHERS", LIN)
    refused = await answer(url, text="x", blocks=[{"type": "nonsense"}])
    assert refused == (200, {"ok": False, "error": "invalid_blocks"})


async def test_replaces_and_deletes_original(workspace: Workspace, call: Any) -> None:
    """The message of the interaction can be replaced, then deleted."""
    await call("chat.postMessage", channel="C07TEACHERS", text="old")
    message = workspace.messages("teachers")[0]
    url = workspace.make_response_url("C07TEACHERS", LIN, message)
    await answer(url, replace_original=True, text="new")
    assert [one["text"] for one in workspace.messages("teachers")] == ["new"]
    await answer(url, delete_original=True)
    assert workspace.messages("teachers") == []


async def test_replaces_ephemeral(workspace: Workspace, call: Any) -> None:
    """An ephemeral message, which chat.update cannot reach, is replaced in place."""
    await call("chat.postEphemeral", channel="C07TEACHERS", user=LIN, text="old")
    lin = workspace.person("lin")
    ephemeral = lin.ephemerals("teachers")[0]
    update = await call("chat.update", channel="C07TEACHERS", ts=ephemeral["ts"], text="no")
    assert update.error == "message_not_found"
    url = workspace.make_response_url("C07TEACHERS", LIN, ephemeral)
    await answer(url, replace_original=True, text="new")
    assert [one["text"] for one in lin.ephemerals("teachers")] == ["new"]
    await answer(url, delete_original=True)
    assert lin.ephemerals("teachers") == []


async def test_response_url_works_where_the_app_is_no_member(workspace: Workspace) -> None:
    """A response URL works in a channel the app is not in."""
    url = workspace.make_response_url("C07RANDOM01", LIN)
    await answer(url, text="all", response_type="in_channel")
    assert [one["text"] for one in workspace.messages("random")] == ["all"]
