"""The health check of rotas: who is on call for each app now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.i18n.messages import Message, PersonId, message
from bot.ports import CheckResult, Health
from bot.services.context import Context
from bot.services.escalation.on_call import OnCall, OnCallService


async def check_rotas(context: Context, team: str) -> Sequence[CheckResult]:
    """Read the rota of each app of a workspace that has one, and look for the people in Slack."""
    on_call = OnCallService(context)
    teams = [team] if team else context.workspaces.served
    rotas = [(one, app) for one in teams for app in on_call.apps_of(one)]
    found = await asyncio.gather(*(on_call.find(one, app, anew=True) for one, app in rotas))
    of_several = len(teams) > 1
    return [
        _row(each, f"on_call.{one}.{app}" if of_several else f"on_call.{app}")
        for (one, app), each in zip(rotas, found, strict=True)
    ]


def _row(found: OnCall, name: str) -> CheckResult:
    label = message("On call for %(app)s (%(service)s)", app=found.app, service=found.service)
    if not found.people:
        reason = found.problem or ""
        detail = message("%(reason)s Support is alerted instead.", reason=reason)
        return CheckResult(name, label, Health.WARNING, detail)
    health = Health.OK if found.problem is None else Health.WARNING
    return CheckResult(name, label, health, _detail(found))


def _detail(found: OnCall) -> Message:
    people = [PersonId(person) for person in found.people]
    msg = message("Now: %(people)s.", people=people)
    if found.until is not None:
        msg = message("Now: %(people)s, until %(until)s.", people=people, until=found.until)
    if found.problem is None:
        return msg
    return message("%(sentence)s %(problem)s", sentence=msg, problem=found.problem)
