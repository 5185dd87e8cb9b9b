"""Questions about whole apps: what is asked, who is asked, and the answer. Knows no surface."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Protocol

from bot.call import Distribution, Missing, Trend, Usage
from bot.diagnosis.verdict import write_time
from bot.errors import InputError, SpeakError
from bot.i18n.messages import Message, message
from bot.ports import Asked, Overview, Topic
from bot.services.app_metrics.remaining_quota import read_quotas
from bot.services.prefill.cleaning import clean, narrow
from bot.services.tickets.service import Desk
from bot.store import Session, models
from bot.store import jobs as store_jobs

log = logging.getLogger(__name__)

KIND: Final = "overview"
ANSWERED_WITHIN: Final = dt.timedelta(minutes=29)  # Slack's answer address lives for 30
_ARGUMENT: Final = re.compile(
    r"(?P<option>--?app[= ]\s*|app=)?"
    r"(?:(?P<mark>[\"'`])(?P<quoted>[^\"'`\n]*)(?P=mark)(?!\S)|(?P<bare>\S*))",
    re.IGNORECASE,
)
_TOPICS: Final[dict[str, Topic]] = {
    **{topic.value: topic for topic in Topic},
    **dict.fromkeys(("now", "realtime", "实时", "现在"), Topic.LIVE),
    **dict.fromkeys(("用量", "使用"), Topic.USAGE),
    **dict.fromkeys(("net", "网络"), Topic.NETWORK),
    **dict.fromkeys(("体验", "质量"), Topic.EXPERIENCE),
    **dict.fromkeys(("规模", "人数"), Topic.SCALE),
    **dict.fromkeys(("分布",), Topic.DISTRIBUTION),
}


@dataclass(frozen=True, slots=True)
class OverviewWanted:
    """What /quality asks: a topic of an app."""

    app: str
    topic: Topic = Topic.LIVE


def read_quality(text: str, apps: Sequence[str]) -> OverviewWanted:
    """Read `[app=<name>] [topic]` in any order; without app= the first app, without topic `live`.

    Raises InputError for anything else, and for an app nobody configured.
    """
    named: list[str] = []
    topics: list[Topic] = []
    for match in _ARGUMENT.finditer(narrow(clean(text).readable)):
        word = (match["bare"] if match["quoted"] is None else match["quoted"]).strip()
        if match["option"]:
            named.append(word)
        elif word:
            topics.append(_topic(word))
    if len(named) > 1 or len(topics) > 1:
        raise _wrong("text", message("Name one app and one topic at most."))
    app = choose_app(named[0] if named else None, apps)
    return OverviewWanted(app, topics[0] if topics else Topic.LIVE)


def _topic(word: str) -> Topic:
    found = _TOPICS.get(word.lower())
    if found is None:
        topics = ", ".join(Topic)
        raise _wrong(
            "text",
            message(
                "There is no topic %(word)s. Topics: %(topics)s.", word=word[:80], topics=topics
            ),
        )
    return found


def choose_app(wish: str | None, apps: Sequence[str]) -> str:
    """Return the app that is meant, the first one when none is named; InputError otherwise."""
    if wish is None and apps:
        return apps[0]
    if not wish:
        raise _wrong("app", message("Write the app's name after app=."))
    same = [app for app in apps if app == wish] or [
        app for app in apps if app.casefold() == wish.casefold()
    ]
    if same:
        return same[0]
    raise _wrong(
        "app",
        message(
            "There is no app called %(app)s. Apps: %(apps)s.",
            app=wish[:80],
            apps=", ".join(apps),
        ),
    )


def _wrong(field: str, spoken: Message) -> InputError:
    return InputError({field: spoken})


class Teller(Protocol):
    """Slack, as an overview's answer sees it."""

    async def tell(self, question: Asked, overview: Overview, others: Sequence[str]) -> None:
        """Tell somebody privately what was found; raises SpeakError. `others`: further apps."""


class Overviews:
    """Takes questions about whole apps and answers them by a job."""

    def __init__(self, desk: Desk, teller: Teller | None = None) -> None:
        self._desk = desk
        self._teller = teller

    def read(self, text: str, apps: Sequence[str] = ()) -> OverviewWanted:
        """Read what follows the command; unnamed, the first app is meant. Raises InputError."""
        return read_quality(text, list(apps or self._desk.clouds))

    def others(self, app: str) -> tuple[str, ...]:
        """The apps that could be asked about instead."""
        return tuple(each for each in self._desk.clouds if each != app)

    async def fetch(self, app: str, topic: Topic) -> Overview:
        """Ask the cloud that carries an app; what failed is told in the answer."""
        overview = await self._desk.clouds[app].fetch_overview(app, topic)
        if not overview.asked:
            return overview
        return replace(overview, allowances=await read_quotas(self._desk, app, overview.asked))

    async def ask(self, origin: str, asked: Asked) -> None:
        """Take a question; the same origin is the same question."""
        now = self._desk.clock.now()

        def work(session: Session) -> None:
            if session.get(models.Question, origin) is None:
                session.add(models.Question(id=origin, asked_at=now, **asdict(asked)))
                store_jobs.owe(session, f"{KIND}:{origin}", KIND, due_at=now)

        await self._desk.store.transact(work)
        await self._desk.wake()

    async def answer(self, duty: models.Duty) -> dt.datetime | None:
        """Answer a question, once; carried out by the job engine."""
        origin = duty.name.removeprefix(f"{KIND}:")
        question = await self._desk.store.read(lambda session: session.get(models.Question, origin))
        if question is None or self._teller is None or not self._is_open(question):
            return None
        asked = Asked(**{name: getattr(question, name) for name in Asked.__dataclass_fields__})
        if asked.app not in self._desk.clouds:
            return None
        overview = await self.fetch(asked.app, Topic(asked.topic))
        try:
            await self._teller.tell(asked, overview, self.others(asked.app))
        except SpeakError as error:
            if error.retryable:
                raise
            log.info("the answer to a question was not taken: %s", error)
        await self._desk.store.transact(lambda session: _forget_address(session, origin))
        return None

    def _is_open(self, question: models.Question) -> bool:
        """Tell whether Slack still takes an answer, and none was given."""
        is_late = self._desk.clock.now() > question.asked_at + ANSWERED_WITHIN
        return bool(question.answer_url) and not is_late


def _forget_address(session: Session, origin: str) -> None:
    """The address is a secret; nobody needs it any more."""
    question = session.get(models.Question, origin)
    if question is not None:
        question.answer_url = ""


def to_json(overview: Overview) -> dict[str, Any]:
    """Write an overview as JSON; times in ISO 8601, UTC."""
    return {
        "app": overview.app,
        "cloud": overview.cloud,
        "topic": overview.topic.value,
        "since": _iso(overview.since),
        "until": _iso(overview.until),
        "fetched_at": _iso(overview.fetched_at),
        "fresh_at": _iso(overview.fresh_at),
        "trends": [_trend(trend) for trend in overview.trends],
        "usages": [_usage(usage) for usage in overview.usages],
        "distributions": [_distribution(each) for each in overview.distributions],
        "missing": [_missing(lack) for lack in overview.missing],
        "quotas": [asdict(allowance) for allowance in overview.allowances or ()],
    }


def _trend(trend: Trend) -> dict[str, Any]:
    part = trend.figure.part.value if trend.figure and trend.figure.part else None
    points = [[_iso(at), value] for at, value in trend.points]
    return {"name": trend.name.value, "unit": trend.unit.value, "part": part, "points": points}


def _usage(usage: Usage) -> dict[str, Any]:
    part = usage.figure.part.value if usage.figure and usage.figure.part else None
    return {
        "day": usage.day.isoformat(),
        "name": usage.metric.value,
        "unit": usage.unit.value,
        "part": part,
        "value": usage.value,
    }


def _distribution(spread: Distribution) -> dict[str, Any]:
    figure = spread.figure
    return {
        "dimension": spread.dimension,
        "name": figure.name.value if figure else "users",  # without one, people are counted
        "unit": spread.unit.value,
        "part": figure.part.value if figure and figure.part else None,
        "since": _iso(spread.since),
        "rows": [[*(code.value for code in row.codes), row.value] for row in spread.rows],
    }


def _missing(lack: Missing) -> dict[str, Any]:
    why, retry_at = lack.why.value, _iso(lack.retry_at)
    return {"what": lack.what.value, "why": why, "retry_at": retry_at, "detail": lack.detail}


def _iso(moment: dt.datetime | None) -> str | None:
    return None if moment is None else write_time(moment)
