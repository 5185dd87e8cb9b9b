"""The sessions of a call and their metrics: today's `call/sessions` and `call/metrics`.

One list of everybody serves all tickets of the call. It is not requested again while the metrics
of those who are asked about show that they are still there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.call import Call
from bot.clouds.agora.client import AgoraClient
from bot.clouds.agora.schemas import Details, SessionMetricsRow, UserRow
from bot.clouds.agora.series import last_sample_s
from bot.clouds.client import AT_ONCE, WindowResponse
from bot.clouds.windows import RequestWindow

_UIDS_MAX: Final = 10
_SIDS_MAX: Final = 20
_SESSIONS_MAX: Final = 40  # of a whole class, at one request a second
_PAGES_MAX: Final = 10
_KEPT: Final = dt.timedelta(hours=1)
_SILENT_S: Final = 10.0  # whoever was measured so shortly before the end is there

_Response = WindowResponse[Details]
SessionRows = tuple[Sequence[UserRow], Sequence[SessionMetricsRow]]


@dataclass(frozen=True, slots=True)
class _UserList:
    """Sessions, and whether they are those of the whole window."""

    users: list[UserRow]
    is_current: bool


@dataclass(frozen=True, slots=True)
class SessionQuery:
    """The requests about one window of one call."""

    client: AgoraClient
    call: Call
    window: RequestWindow

    async def fetch(self, uids: Sequence[str]) -> SessionRows:
        """Return the sessions of these uids, of everybody when there are none, and their metrics.

        First with those that were listed for an earlier window; where somebody may have come or
        gone since, they are listed again.
        """
        listed = await self._list(uids, outdated=bool(uids))
        if not (listed.is_current or _are_there(uids, listed.users)):
            listed = await self._list(uids)
        responses = await self._metrics(uids, listed.users)
        if not (listed.is_current or _are_measured(listed.users, responses)):
            listed = await self._list(uids)
            responses = await self._metrics(uids, listed.users)
        return listed.users, _rows(responses)

    async def list_everybody(self) -> SessionRows:
        """Return everybody's sessions, and no metrics."""
        return (await self._list(())).users, ()

    async def fetch_others(self, uids: Sequence[str]) -> SessionRows:
        """Return the sessions of others than these uids and their metrics, with one request each.

        So they are of the first page of sessions, and no more than one request for metrics takes.
        """
        everybody = (await self._page(1)).body.call_info or ()
        others = [user for user in everybody if str(user.uid) not in uids][:_SIDS_MAX]
        return others, _rows(await self._metrics((), others))

    async def _list(self, uids: Sequence[str], *, outdated: bool = False) -> _UserList:
        """List everybody, or by uid where one page does not have everybody."""
        if uids and not self._is_last(await self._page(1, outdated=True)):
            parts = [uids[first : first + _UIDS_MAX] for first in range(0, len(uids), _UIDS_MAX)]
            pages = [await self._page(1, part, outdated=outdated) for part in parts]
        else:
            pages = await self._pages(outdated=outdated)
        users = [user for page in pages for user in page.body.call_info or ()]
        wanted = [user for user in users if not uids or str(user.uid) in uids]
        now = self.client.clock.now()
        are_current = (page.is_current(self.window.wanted, now) for page in pages)
        return _UserList(wanted, all(are_current))

    async def _pages(self, *, outdated: bool) -> list[_Response]:
        pages: list[_Response] = []
        for page_no in range(1, _PAGES_MAX + 1):
            pages.append(await self._page(page_no, outdated=outdated))
            if self._is_last(pages[-1], sum(len(page.body.call_info or ()) for page in pages)):
                break
        return pages

    def _is_last(self, page: _Response, listed: int | None = None) -> bool:
        rows = len(page.body.call_info or ())
        listed = rows if listed is None else listed
        return rows < self._page_size or listed >= (page.body.total_size or listed + 1)

    @property
    def _page_size(self) -> int:
        return self.client.find_endpoint("sessions", "current").page_size

    async def _page(
        self, number: int, uids: Sequence[str] = (), *, outdated: bool = False
    ) -> _Response:
        params = {"exclude_server_user": "true", "page_size": str(self._page_size)}
        if uids:
            params["uids"] = ",".join(uids)
        params["page_no"] = str(number)
        return await self._get("sessions", params, kept=_KEPT, outdated=outdated)

    async def _metrics(self, uids: Sequence[str], users: Iterable[UserRow]) -> list[_Response]:
        """Fetch the metrics of sessions; without uids of those who send first.

        While somebody is absent from a running call nothing is judged, so what was measured of
        the other one for an earlier window will do.
        """
        by_use = sorted(users, key=lambda user: not user.speaker)
        sids = sorted({str(user.sid) for user in (users if uids else by_use[:_SESSIONS_MAX])})
        is_absent = not {str(user.uid) for user in users}.issuperset(uids)
        outdated = is_absent and self.call.ended_at is None
        return [
            await self._get(
                "metrics", {"sids": ",".join(sids[first : first + _SIDS_MAX])}, outdated=outdated
            )
            for first in range(0, len(sids), _SIDS_MAX)
        ]

    async def _get(
        self,
        name: str,
        params: dict[str, str],
        *,
        kept: dt.timedelta = AT_ONCE,
        outdated: bool = False,
    ) -> _Response:
        endpoint = self.client.find_endpoint(name, "current")
        return await self.client.cached_get(
            *(self.call, endpoint, params, Details, self.window),
            kept=kept,
            outdated=outdated,
        )


def _rows(responses: Iterable[_Response]) -> list[SessionMetricsRow]:
    return [row for response in responses for row in response.body.metrics or ()]


def _are_there(uids: Iterable[str], users: Iterable[UserRow]) -> bool:
    """Return whether each of these uids is listed as present."""
    return {str(user.uid) for user in users if user.finished is False}.issuperset(uids)


def _are_measured(users: Iterable[UserRow], responses: Iterable[_Response]) -> bool:
    """Return whether everybody listed as present was measured until the responses end."""
    measured = {
        str(row.sid)
        for response in responses
        for row in response.body.metrics or ()
        if last_sample_s(row) >= response.window.until.timestamp() - _SILENT_S
    }
    return measured.issuperset(str(user.sid) for user in users if user.finished is False)
