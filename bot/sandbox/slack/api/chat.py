"""chat.*: checks of posts, updates, deletions, scheduled messages and unfurls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.sandbox.slack import messages, work_objects
from bot.sandbox.slack.api.arguments import Arguments
from bot.sandbox.slack.api.method import TIER_3, TIER_4, Method, split_names
from bot.sandbox.slack.block_kit import Problem, message_warnings, validate_message
from bot.sandbox.slack.elements import iterate_dicts
from bot.sandbox.slack.errors import Json, api_error, invalid_message
from bot.sandbox.slack.json_copy import copy_json
from bot.sandbox.slack.state.model import Channel
from bot.sandbox.slack.state.workspace_state import WorkspaceState

_CONTENT: Final = ("text", "blocks", "attachments", "markdown_text", "metadata")
_STYLE: Final = ("username", "icon_emoji", "icon_url")
_IMAGES: Final = (".png", ".jpg", ".jpeg", ".gif")
_MAX_TEXT: Final = 40_000
_DAYS_AHEAD: Final = 120
_DAY_S: Final = 86_400
_READY_AFTER_S: Final = 10.0  # by then Slack has looked at a file by itself


def find_channel(workspace: WorkspaceState, arguments: Arguments) -> Channel:
    """Find the channel a call names; a private one the bot is not in does not exist for it."""
    name = arguments.text("channel")
    bot = workspace.app.bot_user_id
    if name in workspace.users and not workspace.users[name].is_bot:
        return workspace.direct_channel(name)
    try:
        channel = workspace.channel(name)
    except KeyError:
        raise api_error("channel_not_found") from None
    if name != channel.id:
        arguments.warnings.append("a channel's name instead of its id")
    if channel.private and bot not in channel.members:
        raise api_error("channel_not_found")
    return channel


def _find_postable(workspace: WorkspaceState, arguments: Arguments) -> Channel:
    channel = find_channel(workspace, arguments)
    if channel.archived:
        raise api_error("is_archived")
    outside = workspace.app.bot_user_id not in channel.members
    if outside and "chat:write.public" not in workspace.scopes:
        raise api_error("not_in_channel")
    if channel.kind == "im" and not workspace.app.messages_tab:
        raise api_error("messages_tab_disabled")
    return channel


def read_content(workspace: WorkspaceState, given: Json) -> Json:
    """Read and check a message's content: JSON decoded, blocks valid, files there."""
    arguments = Arguments(given)
    content: Json = {
        name: arguments.decoded(name) if name in ("blocks", "attachments", "metadata") else value
        for name, value in given.items()
        if name in _CONTENT + _STYLE
    }
    problems = validate_message(given)
    if problems:
        raise invalid_message(problems)
    unready = find_unready_files(workspace, content)
    unknown = [] if workspace.supports_charts else find_charts(content)
    if unready or unknown:
        raise invalid_message([*unready, *unknown])
    return content


def find_charts(content: Json) -> list[Problem]:
    """List the charts that a workspace refuses which Slack has not given them yet."""
    return [
        Problem("unsupported type: data_visualization", f"{pointer}/type")
        for node, pointer in iterate_dicts(content.get("blocks") or [], "/blocks")
        if node.get("type") == "data_visualization"
    ]


def find_unready_files(workspace: WorkspaceState, content: Json) -> list[Problem]:
    """List slack_files that are missing, not processed yet, or no images. Each check ages them."""
    problems: list[Problem] = []
    for node, pointer in iterate_dicts(content.get("blocks") or [], "/blocks"):
        wanted = node.get("slack_file")
        if not isinstance(wanted, Mapping):
            continue
        file = workspace.files.get(str(wanted.get("id") or _id_in(str(wanted.get("url", "")))))
        if file is not None and workspace.clock() - file.created > _READY_AFTER_S:
            file.uses_until_ready = 0
        if file is None or not file.ready or not file.name.lower().endswith(_IMAGES):
            problems.append(Problem("invalid slack file", f"{pointer}/slack_file"))
        if file is not None and file.completed:
            file.uses_until_ready -= 1
    return problems


def _id_in(url: str) -> str:
    return next((part for part in url.split("/") if part.startswith("F")), "")


def _find_root(channel: Channel, arguments: Arguments) -> str | None:
    thread_ts = arguments.text("thread_ts")
    if not thread_ts:
        return None
    root = channel.messages.get(thread_ts)
    if root is None:
        raise api_error("cannot_reply_to_message")
    if root.get("thread_ts", thread_ts) != thread_ts:
        arguments.warnings.append("thread_ts of a reply instead of its root")
    return str(root.get("thread_ts", thread_ts))


def _post_message(workspace: WorkspaceState, arguments: Arguments) -> Json:
    channel = _find_postable(workspace, arguments)
    content = read_content(workspace, arguments.given)
    root = _find_root(channel, arguments)
    if workspace.message_rate_s:
        rate = {"every_s": workspace.message_rate_s, "burst": workspace.message_burst}
        workspace.rate_limiter.acquire(
            f"post {channel.id}", every_s=rate["every_s"], burst=int(rate["burst"])
        )
    user = workspace.app.bot_user_id
    message = messages.compose(workspace, content, user=user, thread_ts=root)
    messages.post(workspace, channel, message, broadcast=arguments.flag("reply_broadcast"))
    return _post_response(channel, message) | _warn(content)


def _post_response(channel: Channel, message: Json) -> Json:
    visible = {key: value for key, value in message.items() if key != "to"}
    return {"channel": channel.id, "ts": message["ts"], "message": copy_json(visible)}


def _warn(content: Json) -> Json:
    warnings = message_warnings(content)
    if not warnings:
        return {}
    return {"warning": ",".join(warnings), "response_metadata": {"warnings": warnings}}


def _check_text_length(content: Json) -> None:
    if len(str(content.get("text") or "")) > _MAX_TEXT:
        raise api_error("msg_too_long")


def _post_ephemeral(workspace: WorkspaceState, arguments: Arguments) -> Json:
    channel = _find_postable(workspace, arguments)
    user = arguments.text("user")
    if user not in channel.members:
        raise api_error("user_not_in_channel")
    content = read_content(workspace, arguments.given)
    _check_text_length(content)
    root = _find_root(channel, arguments)
    message = messages.post_ephemeral(workspace, channel, content, user=user, thread_ts=root)
    return {"message_ts": message["ts"]}


def _find_own(
    workspace: WorkspaceState, arguments: Arguments, refusal: str
) -> tuple[Channel, Json]:
    channel = find_channel(workspace, arguments)
    message = channel.messages.get(arguments.text("ts"))
    if message is None:
        raise api_error("message_not_found")
    if message.get("bot_id") != workspace.app.bot_id:
        raise api_error(refusal)
    return channel, message


def _update(workspace: WorkspaceState, arguments: Arguments) -> Json:
    channel, message = _find_own(workspace, arguments, "cant_update_message")
    if channel.archived:
        raise api_error("cant_update_message")
    content = read_content(workspace, arguments.given)
    _check_text_length(content)
    if message.get("blocks") and "blocks" not in content:
        arguments.warnings.append("chat.update without blocks keeps the old blocks")
    edited = {"user": workspace.app.bot_user_id, "ts": workspace.id_generator.make_ts()}
    fields = {"text": "", "edited": edited, **content}
    messages.change(workspace, channel, message, fields)
    messages.note_defects(workspace, message)
    answered: Json = {"channel": channel.id, "ts": message["ts"], "text": message["text"]}
    return answered | {"message": copy_json(message)}


def _delete(workspace: WorkspaceState, arguments: Arguments) -> Json:
    channel, message = _find_own(workspace, arguments, "cant_delete_message")
    messages.delete(workspace, channel, message)
    return {"channel": channel.id, "ts": message["ts"]}


def _get_permalink(workspace: WorkspaceState, arguments: Arguments) -> Json:
    channel = find_channel(workspace, arguments)
    message = channel.messages.get(arguments.text("message_ts"))
    if message is None:
        raise api_error("message_not_found")
    return {"channel": channel.id, "permalink": messages.permalink(workspace, channel, message)}


def _schedule(workspace: WorkspaceState, arguments: Arguments) -> Json:
    """Take a message for later. Nothing here ever posts it; with metadata Slack does the same."""
    channel = _find_postable(workspace, arguments)
    content = read_content(workspace, arguments.given)
    post_at, now = arguments.number("post_at", 0), workspace.clock()
    if post_at <= now:
        raise api_error("time_in_past")
    if post_at > now + _DAYS_AHEAD * _DAY_S:
        raise api_error("time_too_far")
    if "metadata" in content:
        workspace.defects.append({"code": "scheduled_with_metadata", "channel": channel.id})
    return {
        "channel": channel.id,
        "scheduled_message_id": workspace.id_generator.make("Q"),
        "post_at": post_at,
        "message": {"type": "delayed_message", "text": str(content.get("text", ""))},
    }


def _unfurl(workspace: WorkspaceState, arguments: Arguments) -> Json:
    unfurls = arguments.decoded("unfurls")
    if not isinstance(unfurls, Mapping) and not arguments.has("metadata"):
        raise api_error("missing_unfurls" if unfurls is None else "invalid_unfurls_format")
    channel, message = _find_unfurlable(workspace, arguments)
    entities = work_objects.read_entities(workspace, arguments.decoded("metadata"))
    work_objects.check_urls(entities, message["text"])
    if entities:
        messages.change(workspace, channel, message, {"work_objects": entities})
    unfurls = unfurls or {}
    attachments = [a for a in message.get("attachments", []) if a.get("from_url") not in unfurls]
    for url, unfurl in unfurls.items():
        if url.replace("&", "&amp;") not in message["text"] and url not in message["text"]:
            raise api_error("cannot_unfurl_url")
        problems = validate_message({"text": "-", "blocks": unfurl.get("blocks")})
        if problems:
            raise invalid_message(problems)
        visible = {"from_url": url, "app_unfurl_url": url, "is_app_unfurl": True}
        attachments.append({**unfurl, **visible, "app_id": workspace.app.id})
    messages.change(workspace, channel, message, {"attachments": attachments})
    return {}


def _find_unfurlable(workspace: WorkspaceState, arguments: Arguments) -> tuple[Channel, Json]:
    channel_id, ts = arguments.text("channel"), arguments.text("ts")
    if arguments.has("unfurl_id"):
        channel_id, _, ts = arguments.text("unfurl_id").partition(".")
    elif not channel_id or not ts:
        raise api_error("missing_channel" if not channel_id else "missing_ts")
    channel = workspace.channels.get(channel_id)
    if channel is None:
        raise api_error("cannot_find_channel")
    message = channel.messages.get(ts)
    if message is None:
        raise api_error("cannot_find_message")
    return channel, message


_POST: Final = "text blocks attachments metadata markdown_text thread_ts link_names parse "
_LOOKS: Final = "mrkdwn username icon_emoji icon_url unfurl_links unfurl_media as_user "
_WRITE: Final = ("chat:write",)

METHODS: Final = {
    "chat.postMessage": Method(
        _post_message,
        _WRITE,
        required=("channel",),
        optional=split_names(_POST + _LOOKS + "reply_broadcast client_msg_id"),
    ),
    "chat.postEphemeral": Method(
        _post_ephemeral,
        _WRITE,
        TIER_4,
        required=split_names("channel user"),
        optional=split_names(_POST + _LOOKS),
    ),
    "chat.update": Method(
        _update,
        _WRITE,
        TIER_3,
        required=split_names("channel ts"),
        optional=split_names(_POST + "as_user file_ids reply_broadcast"),
    ),
    "chat.delete": Method(
        _delete, _WRITE, TIER_3, required=split_names("channel ts"), optional=split_names("as_user")
    ),
    "chat.getPermalink": Method(
        _get_permalink, takes_json=False, required=split_names("channel message_ts")
    ),
    "chat.scheduleMessage": Method(
        _schedule,
        _WRITE,
        TIER_3,
        required=split_names("channel post_at"),
        optional=split_names(_POST + _LOOKS + "reply_broadcast"),
    ),
    "chat.unfurl": Method(
        _unfurl,
        ("links:write",),
        TIER_3,
        optional=split_names(
            "channel ts unfurl_id source unfurls metadata user_auth_blocks user_auth_message "
            "user_auth_required user_auth_url"
        ),
    ),
}
