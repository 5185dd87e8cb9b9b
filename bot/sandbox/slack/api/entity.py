"""entity.*: the side panel of a Work Object."""

from __future__ import annotations

from typing import Final

from bot.sandbox.slack import work_objects
from bot.sandbox.slack.api.arguments import Arguments
from bot.sandbox.slack.api.method import TIER_3, Method, split_names
from bot.sandbox.slack.errors import Json
from bot.sandbox.slack.state.workspace_state import WorkspaceState


def _present_details(workspace: WorkspaceState, arguments: Arguments) -> Json:
    metadata, error = arguments.decoded("metadata"), arguments.decoded("error")
    work_objects.present(workspace, arguments.text("trigger_id"), metadata, error)
    return {}


METHODS: Final = {
    "entity.presentDetails": Method(
        _present_details,
        (),
        TIER_3,
        required=("trigger_id",),
        optional=split_names("metadata user_auth_required user_auth_url error"),
    ),
}
