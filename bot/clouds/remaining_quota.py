"""What is left of the clouds' allowances, for people who ask. Nothing is spent or decided here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Final

from bot.clouds.agora import AgoraCloud
from bot.clouds.endpoints import DAY_S, ENDPOINTS, Endpoint
from bot.clouds.quota import Ledger
from bot.ports import Allowance, Cloud
from bot.settings import CloudSettings

_WORTH_TELLING_S: Final = 60.0  # what is free again within seconds never runs out


async def read_allowances(
    cloud: Cloud,
    settings: CloudSettings,
    app: str,
    ledger: Ledger,
    *,
    now: dt.datetime,
    asked: Collection[str] | None = None,
) -> tuple[Allowance, ...]:
    """Read what is left of each allowance of an app that lasts a minute or longer.

    `asked` are names of endpoints; None: all of them.
    """
    generation = cloud.generation if isinstance(cloud, AgoraCloud) else ""
    plan = settings.options.get("plan")
    rows = (
        row
        for row in ENDPOINTS
        if row.cloud == settings.name
        and (not generation or row.generation in ("", generation))
        and row.plan in (None, plan)
        and (asked is None or row.name in asked)
    )
    found = [await _read(row, settings.apps[app], ledger, now) for row in _one_an_account(rows)]
    return tuple(each for each in found if each is not None)


def _one_an_account(rows: Iterable[Endpoint]) -> Iterable[Endpoint]:
    """Rows that share an allowance are told once."""
    return {row.account(""): row for row in rows}.values()


async def _read(row: Endpoint, app_id: str, ledger: Ledger, now: dt.datetime) -> Allowance | None:
    name = row.budget or row.name
    rates = [(rate.calls, rate.per_s) for rate in row.rates if rate.per_s >= _WORTH_TELLING_S]
    by_rate, today = await ledger.left(row.account(app_id), rates, row.daily, now=now)
    if row.daily is not None and today is not None:
        return Allowance(name, today, row.daily, DAY_S)
    if not rates:
        return None
    (most, per_s), left = max(zip(rates, by_rate, strict=True), key=lambda each: each[0][1])
    return Allowance(name, left, most, per_s)
