"""The adapter of a PagerDuty schedule: REST API v2, `/schedules/{id}` and `/schedules/{id}/users`.

`/oncalls` would need an escalation policy that uses the schedule.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlencode

from bot.integrations.pagerduty.schemas import explain, parse_shifts
from bot.integrations.service_client import ServiceClient
from bot.ports import Shift

SERVICE: Final = "PagerDuty"


class PagerDutyRota:
    """The schedule with this id."""

    service = SERVICE

    def __init__(self, schedule: str, base_url: str, token: str, *, allow_private: bool) -> None:
        self._url = f"{base_url}/schedules/{quote(schedule, safe='')}"
        self._client = ServiceClient(
            SERVICE,
            allow_private=allow_private,
            headers={
                "Authorization": f"Token token={token}",
                "Accept": "application/vnd.pagerduty+json;version=2",
            },
            explain=explain,
        )

    async def list_shifts(self, start: dt.datetime, end: dt.datetime) -> Sequence[Shift]:
        """Return all shifts that overlap a time. Raises IntegrationError."""
        times = urlencode(
            {"since": start.isoformat(), "until": end.isoformat(), "overflow": "true"}
        )
        schedule, users = await asyncio.gather(
            self._client.send("GET", f"{self._url}?{times}"),
            self._client.send("GET", f"{self._url}/users?{times}"),
        )
        return parse_shifts(schedule, users)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()
