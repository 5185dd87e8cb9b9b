"""Requests to one service: connected when the first one is sent, refusals as IntegrationError."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from bot.errors import IntegrationBusyError, IntegrationRefusedError
from bot.i18n.messages import Message, message

if TYPE_CHECKING:  # httpx is slow to import
    from bot.integrations.http import IntegrationHttp, Response

_UNAUTHORIZED: Final = frozenset({401, 403})
_NOT_FOUND: Final = frozenset({404, 410})
_TOO_MANY_REQUESTS: Final = 429
_MAX_DETAIL: Final = 300


def _no_detail(_body: bytes) -> str:
    return ""


class ServiceClient:
    """Sends requests to the service `name`. `explain` reads why from the body of a refusal.

    `allow_private`: its address may be in a private network.
    """

    def __init__(
        self,
        name: str,
        *,
        allow_private: bool,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        explain: Callable[[bytes], str] = _no_detail,
    ) -> None:
        self._name = name
        self._allow_private = allow_private
        self._auth = auth
        self._headers = dict(headers or {})
        self._explain = explain
        self._http: IntegrationHttp | None = None

    async def send(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Send a request; return the body of a 2xx. Raises IntegrationError."""
        if self._http is None:
            from bot.integrations.http import IntegrationHttp  # noqa: PLC0415 - see above

            self._http = IntegrationHttp(
                self._name, allow_private=self._allow_private, auth=self._auth
            )
        response = await self._http.request(
            method, url, body=body, headers={**self._headers, **(headers or {})}
        )
        if not 200 <= response.status < 300:  # noqa: PLR2004 - HTTP's
            raise self._refusal(response)
        return response.body

    async def close(self) -> None:
        """Close all connections."""
        if self._http is not None:
            await self._http.close()

    def _refusal(self, response: Response) -> IntegrationRefusedError:
        status = response.status
        if status == _TOO_MANY_REQUESTS or status >= 500:  # noqa: PLR2004 - HTTP's
            return IntegrationBusyError(
                message(
                    "%(service)s is not available now (%(status)s). Try again in a minute.",
                    service=self._name,
                    status=status,
                ),
                service=self._name,
                status=status,
                retry_after_s=_seconds(response.headers.get("Retry-After", "")),
            )
        detail = self._explain(response.body)[:_MAX_DETAIL].rstrip(".")
        text = _reason(self._name, status, detail)
        return IntegrationRefusedError(text, service=self._name, status=status)


def _reason(service: str, status: int, detail: str) -> Message:
    facts = {"service": service, "status": status}
    if status in _UNAUTHORIZED:
        return message("%(service)s refuses the key (%(status)s). Check its settings.", **facts)
    if status in _NOT_FOUND:
        return message(
            "%(service)s has nothing at this address (%(status)s). Check its settings.", **facts
        )
    if detail:
        return message("%(service)s refuses: %(detail)s.", service=service, detail=detail)
    return message("%(service)s refuses (%(status)s).", **facts)


def _seconds(text: str) -> float:
    """Return a Retry-After in seconds; 0 for a date, which no service here sends."""
    return float(text) if text.isdigit() else 0.0
