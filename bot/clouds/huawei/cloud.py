"""Huawei SparkRTC as the desk sees it. Only the joining of its rooms is here."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec

from bot.call import Call, CallRecord, Report
from bot.clouds.errors import cannot, clean_code, refused
from bot.clouds.huawei.app_metric_queries import Figures
from bot.clouds.huawei.app_metrics import Overviews
from bot.clouds.huawei.calls import find_calls
from bot.clouds.huawei.client import Asking
from bot.clouds.huawei.client_events import ClientEvents
from bot.clouds.huawei.control import Control
from bot.clouds.huawei.events import fetch_events
from bot.clouds.huawei.record import fetch_record
from bot.clouds.huawei.schemas import Id
from bot.clouds.response_cache import Answers, PassingAnswers
from bot.i18n.messages import message
from bot.ports import Capabilities, EventAnswer, Overview, Topic, Window

# SparkRTC's FAQ on RoomID and UserID: both up to 64 letters, digits, "_" and "-".
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAME_HINT: Final = message("1 to 64 letters, digits, underscores or hyphens")
_APPS_PAGE: Final = 100
_APPS_PAGES_MAX: Final = 5


class _AppState(msgspec.Struct):
    state: str | None = None


class _AppRow(msgspec.Struct):
    """One app; its keys, which 5.2 shows, are not read."""

    app_id: Id
    state: _AppState | None = None


class _Apps(msgspec.Struct):
    count: int | None = None
    apps: list[_AppRow] | None = None


class HuaweiCloud:
    """SparkRTC's REST API of 2023-11. Implements `bot.ports.Cloud`.

    Beyond that: `figures` of a whole app, `control` of rooms and recordings, and what clients
    told (`client_events`: `auto`, `on` or `off`).
    """

    name: Final = "huawei"

    def __init__(
        self, asking: Asking, *, client_events: str = "auto", answers: Answers | None = None
    ) -> None:
        self._asking = asking
        self.figures: Final = Figures(asking)
        self._overviews = Overviews(asking, self.figures, answers or PassingAnswers())
        self.control: Final = Control(asking)
        self.client_events: Final = ClientEvents(asking, client_events)

    def __repr__(self) -> str:
        return f"HuaweiCloud(apps={sorted(self.apps)})"

    @property
    def apps(self) -> Sequence[str]:
        """Our names of the apps it carries."""
        return tuple(self._asking.apps)

    @property
    def capabilities(self) -> Capabilities:
        """What it can do. It remembers rooms longer than metrics; metrics are what we need."""
        metrics = self._asking.endpoint("qos")
        return Capabilities(
            reports=False,
            events=True,
            look_back=metrics.look_back or dt.timedelta(0),
            metrics_delay=metrics.delay,
            events_delay=self._asking.endpoint("abnormal_events").delay,
            cname=_NAME,
            cname_hint=_NAME_HINT,
            uid=_NAME,
            uid_max=None,
            uid_hint=_NAME_HINT,
            rooms=True,
            recording=True,
            occupancy=True,
        )

    async def find_calls(self, app: str, cname: str, window: Window) -> tuple[Call, ...]:
        """Return the calls of this room that touch the window, newest first."""
        return await find_calls(self._asking, app, cname, window)

    async def fetch_record(self, call: Call, uids: Sequence[str], window: Window) -> CallRecord:
        """Return participants and series of these uids within the window."""
        record = await fetch_record(self._asking, call, uids, window)
        networks = await self.client_events.networks(call.app, call.cname, record.participants)
        people = tuple(
            replace(one, network=networks.get(one.sid, "")) for one in record.participants
        )
        return replace(record, participants=people)

    async def fetch_events(self, app: str, cname: str, window: Window) -> EventAnswer:
        """Return Huawei's own diagnosis of a room, of all rooms when `cname` is "".

        Where 13.13, which names causes, tells nothing of a room, 13.12 may know that something
        went wrong, in numbers that have no table (W31).
        """
        answer = await fetch_events(self._asking, app, cname, window)
        if answer.events or answer.missing or not cname:
            return answer
        told = await self.client_events.told_anyway(app, cname, window)
        return replace(answer, events=told)

    async def fetch_overview(self, app: str, topic: Topic) -> Overview:
        """Return the figures of a whole app; what failed is told in it, never raised."""
        return await self._overviews.fetch(app, topic)

    async def send_report(self, report: Report) -> None:  # noqa: ARG002 - there is no such call
        """Raise CloudCannotError: Huawei takes no reports."""
        raise cannot("huawei", "report")

    async def check(self, app: str) -> str:
        """Look the app up in the list of apps (5.2), which proves the key.

        Returns the kind of key and the app's state, such as `aksk, ACTIVATION`. Raises
        CloudRefusedError when this account has no such app.
        """
        row = self._asking.endpoint("apps")
        seen = 0
        for page in range(_APPS_PAGES_MAX):  # here the offset counts pages, not rows
            asked = {"limit": str(_APPS_PAGE), "offset": str(page)}
            body = await self._asking.body(app, row, asked, _Apps)
            rows = body.apps or []
            for each in rows:
                if str(each.app_id) == self._asking.apps[app]:
                    state = clean_code((each.state.state if each.state else None) or "unknown")
                    return f"{self._asking.credentials.name}, {state}"
            seen += len(rows)
            if not rows or seen >= (body.count or 0):
                break
        raise refused(row, status=0, code="RTC.00001015")

    async def close(self) -> None:
        """Give connections back."""
        await self._asking.close()
