"""The check of alerts for doctor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from bot.i18n.messages import message
from bot.ports import CheckResult, Health
from bot.services.context import Context
from bot.store.alerts.alerts import AlertState, count_states

_LABEL: Final = message("Agora's alerts")
_PERIOD: Final = dt.timedelta(days=1)


async def check_alerts(context: Context) -> Sequence[CheckResult]:
    """Return a row that counts the alerts of the last day; none while they are off."""
    if not context.settings.alerts.secret:
        return []
    since = context.clock.now() - _PERIOD
    counts = await context.store.read(lambda session: count_states(session, since))
    detail = message(
        "In the last day: %(filed)s confirmed, %(refuted)s not confirmed, %(waiting)s waiting,"
        " %(over)s over the limit of %(limit)s a day and app, %(unknown)s of a project"
        " whose name is no app's (add ?app=NAME to the address).",
        filed=counts.get(AlertState.FILED, 0),
        refuted=counts.get(AlertState.REFUTED, 0),
        waiting=counts.get(AlertState.WAITING, 0),
        over=counts.get(AlertState.OVER_LIMIT, 0),
        limit=context.settings.alerts.daily_limit,
        unknown=counts.get(AlertState.UNKNOWN_APP, 0),
    )
    is_noteworthy = {AlertState.UNKNOWN_APP, AlertState.OVER_LIMIT} & counts.keys()
    health = Health.WARNING if is_noteworthy else Health.OK
    return [CheckResult("alerts.agora", _LABEL, health, detail)]
