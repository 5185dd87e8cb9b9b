"""What Volcengine tells of a whole app, by topic. Asks through `quality` and decides no colour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Final

from bot.clouds.merge import gather
from bot.clouds.response_cache import Answers, Ask, Asker, Part
from bot.clouds.volcengine.app_metric_queries import Quality
from bot.clouds.volcengine.client import DISTRIBUTION, Asking
from bot.clouds.volcengine.metric_names import DIMENSIONS, OPERATIONS, QUALITY, REALTIME_OPERATIONS
from bot.clouds.volcengine.schemas import CHINA
from bot.i18n.messages import Message, message
from bot.ports import Overview, Topic, Window

_HOUR: Final = dt.timedelta(hours=1)
_DAY: Final = dt.timedelta(days=1)
_WEEK: Final = dt.timedelta(days=7)
_COUNTED_AFTER: Final = dt.timedelta(hours=8)
_LIVE_FRESH: Final = dt.timedelta(seconds=30)
_LIVE_DISTRIBUTION: Final = "ListRealTimeQualityDistribution"
_PUBLISHED: Final = dt.timedelta(minutes=1)
_NEWEST: Final = dt.timedelta(minutes=2)  # a few half minutes, of which the newest is shown
_BY_DAY: Final[dict[Topic, tuple[str, ...]]] = {
    Topic.NETWORK: ("network_trans_delay",),
    Topic.EXPERIENCE: ("join_room_success_rate", "stall_rate"),
}

_STALLS: Final = message(
    "Stall rate at Volcengine: counted with the threshold shown beside it, usually 80 ms for "
    "audio and 500 ms for video."
)
_JOINS: Final = message("Join success: the people who got in within the time shown beside it.")
_ON_TIME: Final = message(
    "Transmission at Volcengine: the share of time within the delay target, usually 400 ms; "
    "higher is better."
)
_APART: Final = message("Volcengine counts users of browsers and of apps separately.")
_ONCE: Final = message("Users: somebody in two channels counts once.")
_DAYS: Final = message("Days follow Beijing time (UTC+08:00).")
_NOW_AND_THEN: Final = message(
    "First half a minute of the last minutes, then the last day that has been counted."
)
_DEFINITIONS: Final[dict[Topic, tuple[Message, ...]]] = {
    Topic.LIVE: (_STALLS, _JOINS, _APART),
    Topic.USAGE: (_ONCE, _DAYS),
    Topic.NETWORK: (_ON_TIME, _APART, _DAYS),
    Topic.EXPERIENCE: (_STALLS, _JOINS, _APART, _DAYS),
    Topic.SCALE: (),
    Topic.DISTRIBUTION: (_STALLS, _JOINS, _ON_TIME, _APART, _NOW_AND_THEN, _DAYS),
}
_LIVE_QUALITY: Final[dict[Topic, tuple[str, ...]]] = {
    Topic.LIVE: ("stall_rate", "join_room_success_rate"),
    Topic.NETWORK: ("network_trans_delay",),
    Topic.EXPERIENCE: tuple(name for name in QUALITY if name != "network_trans_delay"),
}


class Overviews:
    """Volcengine's figures of whole apps; the last answers are kept in `answers`."""

    def __init__(self, asking: Asking, quality: Quality, answers: Answers) -> None:
        self._asking = asking
        self._quality = quality
        self._asker = Asker(answers, asking.clock)

    async def fetch(self, app: str, topic: Topic) -> Overview:
        """Return what Volcengine tells of an app; what failed is told in it, never raised."""
        now = self._asking.clock.now()
        found = await self._asker.ask_all(self._asks(app, topic, now))
        return gather(topic, app, "volcengine", now, found, definitions=_DEFINITIONS[topic])

    def _asks(self, app: str, topic: Topic, now: dt.datetime) -> Iterable[Ask]:
        hour, week = Window(now - _HOUR, now), _counted(now, _WEEK)
        if topic in _LIVE_QUALITY:
            names = _LIVE_QUALITY[topic]
            live = partial(self._live, names=names)
            yield self._ask(app, "ListRealTimeQuality", ",".join(names), live, hour)
        if topic in {Topic.LIVE, Topic.SCALE}:
            yield self._ask(app, "ListRealTimeOperationData", "", self._scale, hour)
        if topic is Topic.USAGE:
            yield self._ask(app, "ListOperationData", "", self._usage, week)
        if topic in _BY_DAY:
            names = _BY_DAY[topic]
            daily = partial(self._daily, names=names)
            yield self._ask(app, "ListQuality", ",".join(names), daily, week)
        if topic is Topic.DISTRIBUTION:
            yield from self._spreads(app, now)

    def _spreads(self, app: str, now: dt.datetime) -> Iterable[Ask]:
        """Freezes in the newest half minute first, then everything of the last counted day."""
        newest = Window(now - _PUBLISHED - _NEWEST, now - _PUBLISHED)
        for dimension in DIMENSIONS:
            live = partial(self._live_spread, dimension=dimension)
            yield self._ask(app, _LIVE_DISTRIBUTION, dimension, live, newest)
        for dimension, indicator in product(DIMENSIONS, QUALITY):
            spread = partial(self._spread, indicator=indicator, dimension=dimension)
            what = f"{indicator}.{dimension}"
            yield self._ask(app, DISTRIBUTION, what, spread, _counted(now, _DAY))

    def _ask(
        self,
        app: str,
        action: str,
        what: str,
        fetch: Callable[[str, Window], Awaitable[Part]],
        window: Window,
    ) -> Ask:
        question = ".".join(("volcengine", action, what, self._asking.apps[app]))
        return Ask(action, question, partial(fetch, app, window))

    async def _usage(self, app: str, window: Window) -> Part:
        usages = await self._quality.usage(app, OPERATIONS, window)
        return replace(self._part(window, window.until + _DAY + _COUNTED_AFTER), usages=usages)

    async def _daily(self, app: str, window: Window, names: Sequence[str]) -> Part:
        usages = await self._quality.daily(app, names, window)
        return replace(self._part(window, window.until + _DAY + _COUNTED_AFTER), usages=usages)

    async def _spread(self, app: str, window: Window, indicator: str, dimension: str) -> Part:
        found = await self._quality.distribution(app, indicator, dimension, window)
        fresh_at = window.until + _DAY + _COUNTED_AFTER
        return replace(self._part(window, fresh_at), distributions=found)

    async def _live_spread(self, app: str, window: Window, dimension: str) -> Part:
        told = await self._quality.distribution(app, "stall_rate", dimension, window, is_live=True)
        newest = max((spread.since for spread in told if spread.since), default=None)
        found = tuple(spread for spread in told if spread.since == newest)
        fresh_at = self._asking.clock.now() + _LIVE_FRESH
        return replace(self._part(window, fresh_at), distributions=found)

    async def _live(self, app: str, window: Window, names: Sequence[str]) -> Part:
        trends = await self._quality.trends(app, names, window, is_live=True)
        return replace(self._part(window, self._asking.clock.now() + _LIVE_FRESH), trends=trends)

    async def _scale(self, app: str, window: Window) -> Part:
        trends = await self._quality.live_operations(app, REALTIME_OPERATIONS, window)
        return replace(self._part(window, self._asking.clock.now() + _LIVE_FRESH), trends=trends)

    def _part(self, window: Window, fresh_at: dt.datetime) -> Part:
        return Part(self._asking.clock.now(), fresh_at, window.since, window.until)


def _counted(now: dt.datetime, span: dt.timedelta) -> Window:
    """The newest whole days of +08:00 that are counted, `span` of them."""
    counted = (now - _COUNTED_AFTER).astimezone(CHINA)
    midnight = counted.replace(hour=0, minute=0, second=0, microsecond=0)
    return Window(midnight - span, midnight)
