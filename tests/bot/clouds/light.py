"""Clouds over a scripted network, with stores in memory: a test takes a millisecond."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import httpx

from bot.cloud_settings import CloudSettings
from bot.clouds import build_clouds
from bot.ports import Clock

APP_ID: Final = "app-of-kids"
_OPTIONS: Final = {
    "agora": {"api": "seed", "plan": "premium", "report": "reportV2"},
    "volcengine": {},
    "huawei": {"project_id": "project", "iam_url": "https://iam.invalid", "client_events": "off"},
}
_SECRETS: Final = {
    "agora": ("customer_id", "customer_secret"),
    "volcengine": ("access_key", "secret_key"),
    "huawei": ("access_key", "secret_key"),
}


class NoLimits:
    """A rate limit store that always reserves now; records each bucket with its deadline."""

    def __init__(self) -> None:
        self.reserved: list[tuple[str, float]] = []
        self.blocked: dict[str, dt.datetime] = {}
        self.left: tuple[tuple[int, ...], int | None] = ((), None)

    async def reserve_slot(
        self,
        bucket: str,
        rates: Sequence[tuple[int, float]],
        daily_limit: int | None,
        *,
        now: dt.datetime,
        deadline: dt.datetime,
    ) -> tuple[dt.datetime, bool]:
        """Reserve now."""
        _ = rates, daily_limit
        self.reserved.append((bucket, (deadline - now).total_seconds()))
        return now, True

    async def block_until(self, bucket: str, until: dt.datetime) -> None:
        """Record when a bucket is free again."""
        self.blocked[bucket] = until

    async def remaining(
        self,
        bucket: str,
        rates: Sequence[tuple[int, float]],
        daily_limit: int | None,
        *,
        now: dt.datetime,
    ) -> tuple[tuple[int, ...], int | None]:
        """Return what the test set."""
        _ = bucket, rates, daily_limit, now
        return self.left


class Memory:
    """A key-value store in memory."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    async def get(self, name: str) -> str | None:
        """Return a value, None when there is none."""
        return self.values.get(name)

    async def put(self, name: str, value: str, at: dt.datetime) -> None:
        """Store a value."""
        _ = at
        self.values[name] = value


def build_light(
    name: str,
    network: httpx.AsyncBaseTransport,
    clock: Clock,
    *,
    limits: NoLimits | None = None,
    memory: Memory | None = None,
    delay_scale: float = 1.0,
    **options: str,
) -> Any:
    """Build one cloud, whose one app is `kids`."""
    secrets = dict.fromkeys(_SECRETS[name], "an-invented-secret")
    if options.pop("auth", "") == "token":
        names = ("iam_user", "iam_password", "iam_domain", "iam_project")
        secrets = dict.fromkeys(names, "an-invented-secret")
    settings = CloudSettings(
        name, {"kids": APP_ID}, "https://cloud.invalid", secrets, _OPTIONS[name] | options
    )
    return build_clouds(
        [settings],
        rate_limit_store=limits or NoLimits(),
        key_value_store=memory or Memory(),
        clock=clock,
        transport=network,
        delay_scale=delay_scale,
        sleep=getattr(clock, "sleep"),  # noqa: B009 - only a manual clock has it
    )["kids"]
