"""What Agora tells of a whole app, by topic, in either generation. The asking is beside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from bot.clouds.agora.client import Asking, Generation
from bot.clouds.agora.insight import fetch_days, fetch_spread
from bot.clouds.agora.live import fetch_live, fetch_ranking
from bot.clouds.endpoints import Endpoint
from bot.clouds.merge import gather, say_nothing, untold
from bot.clouds.response_cache import Answers, Ask, Asker, Found, Part
from bot.errors import CloudError, CloudRefusedError
from bot.i18n.messages import Duration, Message, message
from bot.ports import Overview, Topic

_NOT_FOUND: Final = 404
_STANDARD: Final = "standard"


@dataclass(frozen=True, slots=True)
class _Wish:
    """One question of a topic: its endpoint, and which of its trends the topic shows (): all."""

    endpoint: str
    show: tuple[str, ...] = ()
    spread: tuple[str, str] | None = None  # a figure and a dimension


_NOW: Final = ("videoFreezeRate", "audioFreezeRate", "joinSuccessRate")
_EXPERIENCE: Final = (*_NOW, "joinSuccessIn5sRate")
_TOPICS: Final[dict[Generation, dict[Topic, tuple[_Wish, ...]]]] = {
    "seed": {
        Topic.LIVE: (_Wish("live_experience", _NOW), _Wish("live_scale")),
        Topic.USAGE: (_Wish("insight_usage"),),
        Topic.NETWORK: (_Wish("live_network"),),
        Topic.EXPERIENCE: (_Wish("live_experience"),),
        Topic.SCALE: (_Wish("live_scale"),),
    },
    "current": {
        Topic.LIVE: (_Wish("realtime_quality", _NOW), _Wish("realtime_usage")),
        Topic.USAGE: (_Wish("insight_usage"),),
        Topic.NETWORK: (_Wish("realtime_quality", ("networkDelay",)),),
        Topic.EXPERIENCE: (_Wish("realtime_quality", _EXPERIENCE), _Wish("insight_quality")),
        Topic.SCALE: (_Wish("realtime_usage"),),
        Topic.DISTRIBUTION: (
            _Wish("quality_ranking", spread=("videoFreezeRate", "network")),
            _Wish("usage_ranking", spread=("userCount", "network")),
            _Wish("quality_ranking", spread=("videoFreezeRate", "country")),
            _Wish("usage_ranking", spread=("userCount", "country")),
            _Wish("quality_ranking", spread=("videoFreezeRate", "os")),
            _Wish("usage_ranking", spread=("userCount", "os")),
            _Wish("quality_spread", spread=("videoFreezeRate", "network")),
            _Wish("quality_spread", spread=("videoFreezeRate", "country")),
            _Wish("quality_spread", spread=("videoFreezeRate", "os")),
            _Wish("usage_spread", spread=("userCount", "network")),
            _Wish("usage_spread", spread=("userCount", "country")),
            _Wish("usage_spread", spread=("userCount", "os")),
        ),
    },
}

_COUNTS: Final = message("Users: the same uid in two channels counts as two.")
_SESSIONS: Final = message("Sessions: every time somebody joins a channel counts.")
_FREEZES: Final = message(
    "Freeze rate at Agora: the share of time frozen. Video counts as frozen from 600 ms, audio "
    "from 200 ms."
)
_JOINS: Final = message("Join success: the people who got in, of those who tried.")
_GOOD: Final = message(
    "Good transmission at Agora: the share sent with a loss of at most 5%%. Upstream: from the "
    "sender to Agora; end to end: from the sender to the receiver."
)
_DELAYS: Final = message(
    "Network delay rate: the share of time with a delay of more than 400 ms from end to end."
)
_NATIVE: Final = message("Quality is that of native apps; Agora counts browsers separately.")
_DAYS: Final = message("Days follow UTC.")
_DEFINITIONS: Final[dict[Topic, tuple[Message, ...]]] = {
    Topic.LIVE: (_FREEZES, _JOINS, _COUNTS),
    Topic.USAGE: (_COUNTS, _SESSIONS, _DAYS),
    Topic.NETWORK: (_GOOD,),
    Topic.EXPERIENCE: (_FREEZES, _JOINS),
    Topic.SCALE: (_COUNTS,),
    Topic.DISTRIBUTION: (_FREEZES, _COUNTS, _DAYS),
}


class Overviews:
    """Agora's figures of whole apps; the last answers are kept in `answers`."""

    def __init__(self, asking: Asking, answers: Answers) -> None:
        self._asking = asking
        self._asker = Asker(answers, asking.clock)

    async def fetch(self, app: str, topic: Topic) -> Overview:
        """Return what Agora tells of an app; what failed is told in it, never raised."""
        now = self._asking.clock.now()
        try:
            generation = await self._asking.generation(app)
        except CloudError as error:
            return gather(topic, app, "agora", now, [Found(topic.value, error=error)])
        found = await self._ask_all(app, topic, generation)
        if any(_is_gone(each) for each in found) and await self._has_changed(app):
            generation = await self._asking.generation(app)
            found = await self._ask_all(app, topic, generation)
        why = self._why_nothing(topic, generation)
        if why is not None:
            return say_nothing(topic, app, "agora", now, why)
        definitions = definitions_of(topic, generation)
        if topic is Topic.DISTRIBUTION:
            definitions = (self._now_and_then(), *definitions)
        return gather(topic, app, "agora", now, found, definitions=definitions)

    async def _ask_all(self, app: str, topic: Topic, generation: Generation) -> list[Found]:
        if self._why_nothing(topic, generation) is not None:
            return []
        wishes = _TOPICS[generation][topic]
        found = await self._asker.ask_all(self._ask(app, wish, generation) for wish in wishes)
        return [_shown(each, wish) for each, wish in zip(found, wishes, strict=True)]

    def _ask(self, app: str, wish: _Wish, generation: Generation) -> Ask:
        row = self._asking.endpoint(wish.endpoint, generation)
        names = ("agora", generation, row.name, *(wish.spread or ()), self._asking.apps[app])
        return Ask(row.name, ".".join(names), _fetching(self._asking, app, row, wish))

    def _now_and_then(self) -> Message:
        row = self._asking.endpoint("usage_ranking", "current")
        return message(
            "First twenty seconds, which the %(plan)s plan tells %(delay)s later; then the last "
            "day that has been counted.",
            plan=self._asking.plan.title(),
            delay=Duration(row.delay_s),
        )

    async def _has_changed(self, app: str) -> bool:
        """`live/*` is gone from today's API, `realtime/*` unknown to the one of 2020."""
        try:
            return await self._asking.has_changed(app)
        except CloudError:
            return False

    def _why_nothing(self, topic: Topic, generation: Generation) -> Message | None:
        if topic not in _TOPICS[generation]:
            return untold("agora")
        if generation == "current" and self._asking.plan == _STANDARD:
            return message(
                "Agora gives the figures of whole apps from its Premium plan on. If your account "
                "has it, set AGORA_PLAN=premium."
            )
        return None


def definitions_of(topic: Topic, generation: Generation) -> Sequence[Message]:
    """What the figures of a topic mean."""
    if generation == "seed":
        return _DEFINITIONS[topic]
    known = (_DELAYS,) if topic is Topic.NETWORK else _DEFINITIONS[topic]
    counts_only = topic in {Topic.USAGE, Topic.SCALE}
    return known if counts_only else (*known, _NATIVE)


def _fetching(
    asking: Asking, app: str, row: Endpoint, wish: _Wish
) -> Callable[[], Awaitable[Part]]:
    if wish.spread and row.name.endswith("ranking"):
        return partial(fetch_ranking, asking, asking.clock.now(), app, row, wish.spread)
    if wish.spread:
        return partial(fetch_spread, asking, app, row, *wish.spread)
    fetch = fetch_days if row.name.startswith("insight") else fetch_live
    return partial(fetch, asking, app, row)


def _shown(found: Found, wish: _Wish) -> Found:
    """Leave out the trends another topic shows."""
    if found.part is None or not wish.show:
        return found
    return replace(found, part=found.part.only(*wish.show))


def _is_gone(found: Found) -> bool:
    return isinstance(found.error, CloudRefusedError) and found.error.status == _NOT_FOUND
