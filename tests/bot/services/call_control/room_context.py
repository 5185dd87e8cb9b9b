"""A context whose cloud has room control, and the tickets and rows of its tests."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from bot.ports import RoomControl
from bot.services.call_control.service import (
    CallControlAction,
    CallControlRequest,
    CallControlService,
)
from bot.services.context import Context
from bot.store.call_control import recordings, room_commands
from bot.store.call_control.recordings import Recording
from bot.store.call_control.room_commands import RoomCommand
from tests.bot.services.conftest import SUPPORT, TEAM, ServiceHarness
from tests.bot.services.contexts import RecordedCalls, with_settings

_views = count(1)


class RoomCloud:
    """A cloud with room control and recording."""

    name = "huawei"

    def __init__(self, control: Any, capabilities: Any) -> None:
        self.control: RoomControl = control
        self.capabilities = capabilities


class WatchingCloud:
    """A cloud that only returns who is in a room."""

    def __init__(self, source: RecordedCalls, capabilities: Any) -> None:
        self._source, self.capabilities = source, capabilities

    async def occupancy(self, app: str, cname: str) -> Any:
        """Return the next occupancy."""
        return await self._source.occupancy(app, cname)


def room_context(
    harness: ServiceHarness, control: RecordedCalls, *, cloud: Any = None, **changes: Any
) -> Context:
    """Return the context with room control for the app `kids`, and its record rule."""
    abilities = {"rooms": changes.pop("rooms", True), "recording": changes.pop("recording", True)}
    capabilities = replace(harness.context.clouds["kids"].capabilities, **abilities)
    rules = {"huawei_record_rules": {"kids": "rule-1"}, "huawei_callback_key": "key", **changes}
    fake: Any = cloud or RoomCloud(control, capabilities)
    settings = replace(harness.context.settings, **rules)
    return with_settings(harness.context, settings, {"kids": fake})


def request(number: int, choice: CallControlAction, **changes: Any) -> CallControlRequest:
    """A confirmed action of support, from a view of its own."""
    fields = {"team": TEAM, "person": SUPPORT, "origin": f"room-{next(_views)}"}
    return CallControlRequest(number=number, choice=choice, **{**fields, **changes})


async def submit(context: Context, asked: CallControlRequest) -> None:
    """Confirm an action."""
    await CallControlService(context).submit(asked)


async def command_of(context: Context, asked: CallControlRequest) -> RoomCommand:
    """Return the command of a confirmed action."""
    row = await context.store.read(
        lambda session: room_commands.find_by_origin(session, asked.team, asked.origin)
    )
    assert row is not None
    return row


async def recording_of(context: Context, asked: CallControlRequest) -> Recording:
    """Return the recording of a confirmed action."""
    row = await context.store.read(
        lambda session: recordings.find_by_origin(session, asked.team, asked.origin)
    )
    assert row is not None
    return row
