"""The adapter of an iCal address."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

from bot.errors import IntegrationInvalidResponseError
from bot.i18n.messages import message
from bot.integrations.service_client import ServiceClient
from bot.ports import Shift

_SERVICE = "iCal"


class IcalRota:
    """The rota at an iCal address. `timezone` is that of events which name none."""

    service = _SERVICE

    def __init__(self, address: str, timezone: str, *, allow_private: bool) -> None:
        self._address = address
        self._timezone = timezone
        self._client = ServiceClient(
            _SERVICE, allow_private=allow_private, headers={"Accept": "text/calendar"}
        )

    async def list_shifts(self, start: dt.datetime, end: dt.datetime) -> Sequence[Shift]:
        """Return all shifts that overlap a time. Raises IntegrationError."""
        from bot.integrations.ical.schemas import parse_shifts  # noqa: PLC0415 - slow to import

        body = await self._client.send("GET", self._address)
        try:  # in a thread: a long calendar takes seconds
            return await asyncio.to_thread(parse_shifts, body, start, end, self._timezone)
        except Exception as error:  # the libraries raise many types
            text = message("What the iCal address returns is not a calendar.")
            raise IntegrationInvalidResponseError(text, service=_SERVICE) from error

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()
