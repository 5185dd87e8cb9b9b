"""Waiting for a change of the workspace, and what an unfulfilled wait says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.sandbox.slack import Workspace

CHANGES: dict[str, Callable[[Workspace], object]] = {
    "archived": lambda workspace: workspace.archive("escalations"),
    "joined": lambda workspace: workspace.join("escalations", "lin"),
    "removed": lambda workspace: workspace.remove_bot("escalations"),
    "a notice": lambda workspace: workspace.notice("U07LIN00001", None, "late", "Too late"),
    "a request": lambda workspace: workspace.record(
        at=0.0,
        direction="app->slack",
        name="api.test",
        request={},
        status=200,
        response={},
        ms=0.0,
        warnings=[],
    ),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_wakes_who_waits(workspace: Workspace, change: str) -> None:
    """Without the notification it would wait until something else changes."""
    answers = iter([False, True])
    waiting = asyncio.create_task(workspace.until(lambda: next(answers)))
    await asyncio.sleep(0)
    CHANGES[change](workspace)
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
