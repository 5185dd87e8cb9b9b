"""What is left of the clouds' allowances, for people who ask. Nothing is spent or decided here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Final

from bot.clouds.agora import AgoraCloud
from bot.clouds.endpoint import DAY_S, Endpoint
from bot.clouds.endpoints import ENDPOINTS
from bot.clouds.quota import RateLimitStore
from bot.ports import Cloud, RemainingQuota
from bot.settings import CloudSettings

_MIN_PERIOD_S: Final = 60.0  # what is free again within seconds never runs out


async def read_remaining_quota(
    cloud: Cloud,
    settings: CloudSettings,
    app: str,
    rate_limit_store: RateLimitStore,
    *,
    now: dt.datetime,
    names: Collection[str] | None = None,
) -> tuple[RemainingQuota, ...]:
    """Read what is left of each allowance of an app that lasts a minute or longer.

    `names` are names of endpoints; None: all of them.
    """
    generation = cloud.generation if isinstance(cloud, AgoraCloud) else ""
    plan = settings.options.get("plan")
    rows = (
        endpoint
        for endpoint in ENDPOINTS
        if endpoint.cloud == settings.name
        and (not generation or endpoint.generation in ("", generation))
        and endpoint.plan in (None, plan)
        and (names is None or endpoint.name in names)
    )
    quotas = [
        await _read(endpoint, settings.apps[app], rate_limit_store, now)
        for endpoint in _one_per_quota_key(rows)
    ]
    return tuple(each for each in quotas if each is not None)


def _one_per_quota_key(rows: Iterable[Endpoint]) -> Iterable[Endpoint]:
    """Rows that share an allowance are told once."""
    return {endpoint.bucket(""): endpoint for endpoint in rows}.values()


async def _read(
    endpoint: Endpoint, app_id: str, rate_limit_store: RateLimitStore, now: dt.datetime
) -> RemainingQuota | None:
    name = endpoint.quota_group or endpoint.name
    rates = [
        (rate.calls, rate.period_s) for rate in endpoint.rates if rate.period_s >= _MIN_PERIOD_S
    ]
    remaining_by_rate, today = await rate_limit_store.remaining(
        endpoint.bucket(app_id), rates, endpoint.daily_limit, now=now
    )
    if endpoint.daily_limit is not None and today is not None:
        return RemainingQuota(name, today, endpoint.daily_limit, DAY_S)
    if not rates:
        return None
    (most, period_s), remaining = max(
        zip(rates, remaining_by_rate, strict=True), key=lambda each: each[0][1]
    )
    return RemainingQuota(name, remaining, most, period_s)
