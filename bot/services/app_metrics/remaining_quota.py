"""What is left of a cloud's allowances, read and said. Spends nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.call import CLOUD_NAMES
from bot.clouds.remaining_quota import read_remaining_quota
from bot.i18n.messages import Duration, Message, message
from bot.ports import RemainingQuota
from bot.services.context import Context
from bot.store.rate_limits import SqlRateLimitStore


async def load_remaining_quota(
    context: Context, app: str, names: Collection[str] | None = None
) -> tuple[RemainingQuota, ...]:
    """Read what is left for an app, of these endpoints alone where some are named."""
    return await read_remaining_quota(
        context.clouds[app],
        context.settings.apps[app],
        app,
        SqlRateLimitStore(context.store),
        now=context.clock.now(),
        names=names,
    )


def describe_remaining_quota(cloud: str, remaining_quotas: Sequence[RemainingQuota]) -> Message:
    """Say what is left; calls that are counted by the second alone never run out."""
    if not remaining_quotas:
        return message(
            "%(cloud)s has only a per-second rate limit.",
            cloud=CLOUD_NAMES[cloud],
        )
    return message("Calls left: %(calls)s.", calls=[_describe(each) for each in remaining_quotas])


def _describe(allowance: RemainingQuota) -> Message:
    numbers = {"call": allowance.name, "left": allowance.left, "most": allowance.most}
    if allowance.is_daily:
        return message("%(call)s %(left)s of %(most)s today", **numbers)
    return message(
        "%(call)s %(left)s of %(most)s within %(span)s", span=Duration(allowance.per_s), **numbers
    )
