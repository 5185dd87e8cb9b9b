"""Agora's alert callbacks: JSON without a signature, to the address that somebody set."""

from __future__ import annotations

from typing import Any, Final

import aiohttp

SECRET: Final = "sandbox-alert-secret-000"


def alert(
    cname: str, at: float, *, uid: int | None = None, project: str = "kids", **more: Any
) -> dict[str, Any]:
    """Return a callback, with the fields that Agora documents; `at` is in epoch seconds."""
    about_user = {} if uid is None else {"uid": str(uid)}
    return {
        "alertTime": str(int(at * 1000)),
        "timeZone": "UTC+8",
        "projectName": project,
        "cname": cname,
        **about_user,
        "enContent": "no voice receiving",
        "currentUserNum": 2,
        "currentHostNum": 2,
        "callId": "0",
        "url": "https://console.agora.io/analytics/call/search",
        "remark": "",
        **more,
    }


class AlertSender:
    """Sends alerts to one address, as often as it is asked to."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self._session = session
        self._address = address

    async def send(self, callback: Any) -> int:
        """Send a callback; return the status of the response."""
        async with self._session.post(self._address, json=callback) as response:
            await response.read()
            return response.status
