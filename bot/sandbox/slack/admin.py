"""What an administrator does: user settings, uninstalling, redelivery, URL verification."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping

from bot.sandbox.slack.delivery.events import emit
from bot.sandbox.slack.delivery.transport import HttpTransport, deliver, sign
from bot.sandbox.slack.errors import NoAckError
from bot.sandbox.slack.state.model import Ack, Delivery, User
from bot.sandbox.slack.state.workspace_state import WorkspaceState


def update_user(workspace: WorkspaceState, user: User, fields: Mapping[str, str]) -> None:
    """Change a person's settings; the event carries the user object with its locale."""
    for name, value in fields.items():
        setattr(user, name, value)
    now = workspace.clock()
    described = user.described(workspace.team_id, now, with_locale=True)
    event = {"type": "user_change", "user": described, "event_ts": _ts(workspace)}
    emit(workspace, "user_change", event)
    workspace.change_signal.notify()


def uninstall(workspace: WorkspaceState) -> None:
    """Send the app the events of its uninstallation and reject its tokens from now on."""
    tokens = {"bot": [workspace.app.bot_user_id], "oauth": []}
    revoked = {"type": "tokens_revoked", "tokens": tokens, "event_ts": _ts(workspace)}
    emit(workspace, "tokens_revoked", revoked)
    gone = {"type": "app_uninstalled", "event_ts": _ts(workspace)}
    emit(workspace, "app_uninstalled", gone)
    workspace.app.installed = False


async def redeliver(workspace: WorkspaceState, count: int) -> list[Ack]:
    """Send the last delivery again; a missing acknowledgement has status 0."""
    last = workspace.last_delivery
    if last is None:
        message = "nothing was delivered yet"
        raise AssertionError(message)
    return [await _redeliver_once(workspace, last, number) for number in range(1, count + 1)]


async def verify_url(workspace: WorkspaceState, transport: HttpTransport) -> bool:
    """Send the signed `url_verification` challenge; return whether it was echoed."""
    challenge = workspace.id_generator.make("challenge", 40)
    token = workspace.app.verification_token
    challenge_event = {"type": "url_verification", "token": token, "challenge": challenge}
    body = json.dumps(challenge_event).encode()
    headers = {"Content-Type": "application/json", **sign(workspace.app.signing_secret, body)}
    ack = await transport.post(body, headers)
    return ack.ok and challenge in ack.body


async def _redeliver_once(workspace: WorkspaceState, last: Delivery, number: int) -> Ack:
    if last.kind == "events_api":
        last = dataclasses.replace(last, retry_num=number, retry_reason="http_timeout")
    try:
        return await deliver(workspace, last)
    except NoAckError as error:
        return Ack(0, error.reason)


def _ts(workspace: WorkspaceState) -> str:
    return workspace.id_generator.make_ts()
