"""What is left of a cloud's allowances, read and said. Spends nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.call import CLOUD_NAMES
from bot.clouds.remaining_quota import read_allowances
from bot.i18n.messages import Duration, Message, message
from bot.ports import Allowance
from bot.services.tickets.service import Desk
from bot.store.rate_limits import SqlLedger


async def read_quotas(
    desk: Desk, app: str, asked: Collection[str] | None = None
) -> tuple[Allowance, ...]:
    """Read what is left for an app, of these endpoints alone where some are named."""
    return await read_allowances(
        desk.clouds[app],
        desk.settings.apps[app],
        app,
        SqlLedger(desk.store),
        now=desk.clock.now(),
        asked=asked,
    )


def say_quotas(cloud: str, allowances: Sequence[Allowance]) -> Message:
    """Say what is left; calls that are counted by the second alone never run out."""
    if not allowances:
        return message(
            "%(cloud)s counts these calls by the second only: they do not run out.",
            cloud=CLOUD_NAMES[cloud],
        )
    return message("Calls left: %(calls)s.", calls=[_one(each) for each in allowances])


def _one(allowance: Allowance) -> Message:
    numbers = {"call": allowance.name, "left": allowance.left, "most": allowance.most}
    if allowance.is_daily:
        return message("%(call)s %(left)s of %(most)s today", **numbers)
    return message(
        "%(call)s %(left)s of %(most)s within %(span)s", span=Duration(allowance.per_s), **numbers
    )
