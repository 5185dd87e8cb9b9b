"""A person in the workspace: what people can do in Slack, for tests and for the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.slack import channels, messages, work_objects, workflow_steps
from bot.sandbox.slack.delivery.events import emit
from bot.sandbox.slack.elements import every_block, find_element, iterate_elements
from bot.sandbox.slack.errors import Json, api_error
from bot.sandbox.slack.interactions import actions, view_submissions
from bot.sandbox.slack.json_copy import copy_json
from bot.sandbox.slack.outcomes import ActionOutcome, CommandOutcome, SubmitOutcome
from bot.sandbox.slack.state.model import Channel, Panel, StepExecution, User
from bot.sandbox.slack.state.workspace_state import WorkspaceState
from bot.sandbox.slack.waiting import wait_until


class Person:
    """One person. Channels are named by id or name; messages and views are their JSON."""

    def __init__(self, workspace: WorkspaceState, user: User) -> None:
        self._workspace = workspace
        self.user = user

    @property
    def id(self) -> str:
        """The user id."""
        return self.user.id

    @property
    def views(self) -> list[Json]:
        """The stack of open modals, the top one last."""
        stack = self._workspace.stacks.get(self.id, [])
        return [copy_json(self._workspace.views[view_id]) for view_id in stack]

    @property
    def home(self) -> Json | None:
        """What the app published on this person's App Home."""
        return copy_json(self._workspace.homes.get(self.id))

    async def wait_for_view(self, callback_id: str | None = None, timeout_s: float = 5.0) -> Json:
        """Wait for a modal on top (with this callback_id, when given)."""

        def top() -> Json | None:
            view = self.views[-1]
            return view if callback_id in (None, view["callback_id"]) else None

        view = await wait_until(self._workspace, top, timeout_s)
        return view or {}

    def dm_channel_id(self) -> str:
        """The id of the direct channel with the app."""
        return self._workspace.direct_channel(self.id).id

    async def command(self, name: str, text: str = "", channel: str = "teachers") -> CommandOutcome:
        """Type a slash command."""
        where = self._workspace.channel(channel)
        return await actions.command(self._workspace, self.user, name, text, where)

    async def submit(
        self, view: Json, values: Mapping[str, Any] | None = None, *, force: bool = False
    ) -> SubmitOutcome:
        """Fill a modal in and submit it. Values are by block_id; fields left out keep theirs.

        An option is named by its value. `force` skips what Slack's client checks itself.
        """
        current = self._open_view(view)
        given = {
            block_id: _by_action(current, block_id, value)
            for block_id, value in (values or {}).items()
        }
        return await view_submissions.submit(
            self._workspace, self.user, current["id"], given, force=force
        )

    def _open_view(self, view: Json) -> Json:
        if view["id"] not in self._workspace.stacks.get(self.id, []):
            message = f"{self.user.name} has no open modal {view['id']}"
            raise AssertionError(message)
        return self._workspace.views[view["id"]]

    async def close(self, view: Json, *, everything: bool = False) -> None:
        """Close a modal, or with `everything` the whole stack."""
        await view_submissions.close(self._workspace, self.user, view["id"], everything=everything)

    async def click(
        self,
        container: Json,
        action_id: str,
        *,
        block_id: str | None = None,
        value: str | None = None,
    ) -> ActionOutcome:
        """Press the first button with this action_id; another `value` forges the request."""
        return await self.choose(container, action_id, value, block_id=block_id)

    async def choose(
        self, container: Json, action_id: str, value: Any, *, block_id: str | None = None
    ) -> ActionOutcome:
        """Choose, pick or type in an element of a message, a modal or the App Home."""
        current = self.find_container(container)
        block_element = _find(current, action_id, block_id)
        return await actions.act(self._workspace, self.user, current, block_element, value)

    async def options(self, container: Json, action_id: str, query: str = "") -> list[Json]:
        """Open an external select and type into it; groups come as one list."""
        current = self.find_container(container)
        block_element = _find(current, action_id, None)
        answer = await actions.suggest(self._workspace, self.user, current, block_element, query)
        grouped = (o for g in answer.get("option_groups", []) for o in g["options"])
        return [*answer.get("options", []), *grouped]

    def find_container(self, container: Json) -> Json:
        """Find the message or view as it is now; KeyError when it is gone."""
        workspace = self._workspace
        if "ts" in container:
            channel = workspace.channel_of(container["ts"])
            return workspace.message(channel.id, container["ts"])
        home = workspace.homes.get(self.id)
        if home is not None and home["id"] == container["id"]:
            return home
        return self._open_view(container)

    async def shortcut(self, callback_id: str) -> ActionOutcome:
        """Run a global shortcut."""
        return await actions.shortcut(self._workspace, self.user, callback_id, None)

    async def message_shortcut(self, callback_id: str, message: Json) -> ActionOutcome:
        """Run a message shortcut."""
        current = self.find_container(message)
        return await actions.shortcut(self._workspace, self.user, callback_id, current)

    async def post_message(
        self, channel: str, text: str, thread_ts: str | None = None, *, broadcast: bool = False
    ) -> Json:
        """Post a message, as a client sends it (`&`, `<`, `>` escaped); return it."""
        workspace, where = self._workspace, self._workspace.channel(channel)
        self._check_can_post(where)
        message = messages.compose(workspace, {"text": text}, user=self.id, thread_ts=thread_ts)
        messages.post(workspace, where, message, broadcast=broadcast)
        return message

    def _check_can_post(self, channel: Channel) -> None:
        if self.id not in channel.members:
            raise api_error("not_in_channel")
        if channel.archived:
            raise api_error("is_archived")
        if channel.kind == "im" and self._workspace.app.messages_read_only:
            raise api_error("messages_tab_read_only")

    async def edit(self, message: Json, text: str) -> Json:
        """Edit one's own message."""
        channel, own = self._own_message(message)
        edited = {"user": self.id, "ts": self._workspace.id_generator.make_ts()}
        messages.change(self._workspace, channel, own, {"text": text, "edited": edited})
        return own

    async def react(self, message: Json, name: str) -> None:
        """React to a message with an emoji."""
        channel = self._workspace.channel_of(message["ts"])
        post = channel.messages[message["ts"]]
        messages.react(self._workspace, channel, post, self.id, name)

    async def delete(self, message: Json) -> None:
        """Delete one's own message."""
        channel, own = self._own_message(message)
        messages.delete(self._workspace, channel, own)

    def _own_message(self, message: Json) -> tuple[Channel, Json]:
        channel = self._workspace.channel_of(message["ts"])
        own = channel.messages[message["ts"]]
        if own["user"] != self.id:
            raise api_error("cant_update_message")
        return channel, own

    def open_panel(self, message: Json, url: str) -> Panel:
        """Click on the preview of a link in a message."""
        channel = self._workspace.channel_of(message["ts"]).id
        return work_objects.open_panel(self._workspace, self.user, channel, message["ts"], url)

    def run_step(self, callback_id: str, inputs: Mapping[str, Any]) -> StepExecution:
        """Run a workflow that has a step of the app with these inputs."""
        return workflow_steps.run_step(self._workspace, self.user, callback_id, inputs)

    async def open_home(self, tab: str = "home") -> None:
        """Open the app's Home (or Messages) tab; the app gets app_home_opened."""
        workspace, ts = self._workspace, self._workspace.id_generator.make_ts()
        event: Json = {
            "type": "app_home_opened",
            "user": self.id,
            "channel": self.dm_channel_id(),
            "tab": tab,
            "event_ts": ts,
        }
        if self.home is not None and tab == "home":
            event["view"] = self.home
        emit(workspace, "app_home_opened", event)

    def ephemerals(self, channel: str) -> list[Json]:
        """List the messages in a channel that only this person sees, oldest first."""
        ephemerals = self._workspace.channel(channel).ephemerals
        return [message for message in ephemerals if message["to"] == self.id]

    def read(self, channel: str) -> None:
        """Mark a channel as read."""
        read = self._workspace.channel(channel)
        read.last_read[self.id] = next(reversed(read.messages), "0")

    def channel_list(self) -> list[Json]:
        """List the channels of the side bar, with the number of unread messages."""
        return channels.list_channels(self._workspace, self.user)

    def __repr__(self) -> str:
        return f"Person({self.user.name})"


def _by_action(view: Json, block_id: str, value: Any) -> dict[str, Any]:
    elements = [e for b, e in iterate_elements(every_block(view)) if b["block_id"] == block_id]
    action_ids = [element["action_id"] for element in elements]
    if not action_ids:
        known = [block.get("block_id") for block in view["blocks"]]
        message = f"no field {block_id} in the modal, which has {known}"
        raise AssertionError(message)
    if isinstance(value, Mapping) and set(value) <= set(action_ids):
        return dict(value)
    return {action_ids[0]: value}


def _find(container: Json, action_id: str, block_id: str | None) -> tuple[Json, Json]:
    block_element = find_element(container, action_id, block_id)
    if block_element is None:
        ids = [e["action_id"] for _, e in iterate_elements(every_block(container))]
        message = f"no element {action_id}; there are {ids}"
        raise AssertionError(message)
    return block_element


def find_person(workspace: WorkspaceState, name: str) -> Person:
    """Find a person by id or short name; KeyError when there is none."""
    for person in list_people(workspace):
        if name in (person.id, person.user.name):
            return person
    raise KeyError(name)


def list_people(workspace: WorkspaceState) -> list[Person]:
    """List everybody who is not a bot."""
    return [Person(workspace, user) for user in workspace.users.values() if not user.is_bot]
