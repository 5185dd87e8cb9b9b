"""The health check of every workspace that installed Lagdesk, for the operator's terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.i18n.messages import Message, message
from bot.ports import CheckResult, Health, SlackHealthCheck
from bot.services.workspaces.directory import Workspaces

_OF_LAGDESK: Final = ("clock", "slack.app_token")  # alike in every workspace
_NONE: Final = message(
    "No workspace has installed Lagdesk yet: as one of its admins, open"
    " https://your.host/slack/install in a browser."
)
_NOT_ALLOWED: Final = message("Not served: it is not in ALLOWED_TEAMS.")


async def check_workspaces(
    workspaces: Workspaces, slack_health_check: SlackHealthCheck
) -> list[CheckResult]:
    """Return a row for each workspace, followed by what is not in order there."""
    teams = workspaces.installed
    if not teams:
        return [CheckResult("slack.workspaces", message("Workspaces"), Health.WARNING, _NONE)]
    served = [team for team in teams if workspaces.is_allowed(team)]
    found = await asyncio.gather(*(slack_health_check.run_checks(team) for team in served))
    shared = {row.name: row for rows in found for row in rows if row.name in _OF_LAGDESK}
    checked = [
        row for team, rows in zip(served, found, strict=True) for row in _rows_of(team, rows)
    ]
    refused = [
        CheckResult(f"slack.{team}", _label(team), Health.WARNING, _NOT_ALLOWED)
        for team in teams
        if team not in served
    ]
    return [*shared.values(), *checked, *refused]


def _label(team: str) -> Message:
    return message("Workspace %(team)s", team=team)


def _rows_of(team: str, rows: Sequence[CheckResult]) -> list[CheckResult]:
    """Return the first row, of the token, and those of a workspace that are not in order."""
    token, *others = (row for row in rows if row.name not in _OF_LAGDESK)
    notable = [
        replace(
            row,
            name=f"slack.{team}.{row.name.removeprefix('slack.')}",
            label=message("%(team)s: %(what)s", team=team, what=row.label),
        )
        for row in others
        if row.health is not Health.OK
    ]
    return [replace(token, name=f"slack.{team}", label=_label(team)), *notable]
