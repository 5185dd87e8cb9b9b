"""The message about a cloud's remaining quotas."""

from __future__ import annotations

from collections.abc import Sequence

from bot.call import CLOUD_NAMES
from bot.i18n.messages import Duration, Message, message
from bot.ports import RemainingQuota


def describe_remaining_quota(cloud: str, remaining_quotas: Sequence[RemainingQuota]) -> Message:
    """Describe the remaining calls; a per-second rate limit is never used up."""
    if not remaining_quotas:
        return message(
            "%(cloud)s has only a per-second rate limit.",
            cloud=CLOUD_NAMES[cloud],
        )
    return message("Calls left: %(calls)s.", calls=[_describe(each) for each in remaining_quotas])


def _describe(quota: RemainingQuota) -> Message:
    numbers = {"call": quota.name, "left": quota.left, "most": quota.most}
    if quota.is_daily:
        return message("%(call)s %(left)s of %(most)s today", **numbers)
    return message(
        "%(call)s %(left)s of %(most)s within %(span)s", span=Duration(quota.per_s), **numbers
    )
