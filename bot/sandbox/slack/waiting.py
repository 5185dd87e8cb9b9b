"""Waiting for the workspace to change, with a dump of its contents when it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

from bot.sandbox.slack.errors import Json
from bot.sandbox.slack.state.workspace_state import WorkspaceState

Result = TypeVar("Result")


async def wait_until(
    workspace: WorkspaceState, predicate: Callable[[], Result], timeout_s: float
) -> Result:
    """Wait until the predicate returns something true, else AssertionError with a dump."""
    try:
        return await workspace.change_signal.until(predicate, timeout_s)
    except TimeoutError:
        raise AssertionError(_dump(workspace, timeout_s)) from None


def _dump(workspace: WorkspaceState, waited_s: float) -> str:
    """Describe the workspace line by line, for the error of a wait that timed out."""
    lines = [f"not within {waited_s:g} s. The workspace holds:"]
    for channel in workspace.channels.values():
        lines += [_line(channel.name or channel.id, m) for m in channel.messages.values()]
        lines += [_line(f"{channel.name} (only {m['to']})", m) for m in channel.ephemerals]
    for user_id, stack in workspace.stacks.items():
        views = [workspace.views[view_id].get("callback_id") for view_id in stack]
        lines.append(f"  modals of {user_id}: {views}")
    lines += [f"  notice for {n.user}: {n.code} {n.text}" for n in workspace.notices]
    lines += [
        f"  {c['direction']} {c['name']} {c['status']} {json.dumps(c['response'])[:300]}"
        for c in workspace.calls[-15:]
    ]
    return "\n".join(lines)


def _line(where: str, message: Json) -> str:
    thread = f" in {message['thread_ts']}" if message.get("thread_ts") else ""
    return f"  #{where} {message['ts']}{thread} {message['user']}: {message['text'][:120]!r}"
