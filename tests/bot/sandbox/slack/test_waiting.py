"""Waiting for a change of the workspace, and what an unfulfilled wait says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.sandbox.slack import Workspace


@pytest.mark.parametrize("change", ["archive", "unarchive", "add_bot", "remove_bot"])
async def test_a_change_of_a_channel_wakes_who_waits(workspace: Workspace, change: str) -> None:
    """Without the notification it would wait until something else changes."""
    if change == "unarchive":
        workspace.archive("escalations")
    if change == "add_bot":
        workspace.remove_bot("escalations")
    answers = iter([False, True])
    waiting = asyncio.create_task(workspace.until(lambda: next(answers)))
    await asyncio.sleep(0)
    getattr(workspace, change)("escalations")
    assert await waiting


async def test_a_wait_in_vain_says_what_there_is(
    workspace: Workspace, call: Any, modal: Any
) -> None:
    """Messages of each channel with thread and text, private ones, modals, notices, calls."""
    where = {"channel": "C07TEACHERS"}
    root = (await call("chat.postMessage", **where, text="root")).body["ts"]
    reply = (await call("chat.postMessage", **where, text="reply", thread_ts=root)).body["ts"]
    await call("chat.postEphemeral", **where, text="psst", user="U07LIN00001")
    trigger = workspace.make_trigger("U07LIN00001")
    await call("views.open", trigger_id=trigger, view=modal())
    await workspace.person("lin").command("/nothing")
    bot = workspace.app.bot_user_id
    with pytest.raises(AssertionError) as caught:
        await workspace.until(lambda: False, timeout_s=0)
    lines = str(caught.value).splitlines()
    assert lines[0] == "not within 0 s. The workspace holds:"
    assert f"  #teachers {root} in {root} {bot}: 'root'" in lines
    assert f"  #teachers {reply} in {root} {bot}: 'reply'" in lines
    assert any("#teachers (only U07LIN00001)" in line and "'psst'" in line for line in lines)
    assert "  modals of U07LIN00001: ['report']" in lines
    assert any(line.startswith("  notice for U07LIN00001: ") for line in lines)
    assert any(line.startswith('  app->slack views.open 200 {"ok": true') for line in lines)
    assert lines[-1] == '  slack->app /nothing 0 {"error": "connection_failed"}'
