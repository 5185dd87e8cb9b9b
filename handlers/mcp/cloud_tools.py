"""The tools that ask the clouds: explaining a call, and the quality of an app now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

import msgspec

from bot.call import MissingKind, MissingReason, Trend
from bot.decoding import convert_object
from bot.diagnosis.verdict import write_time
from bot.i18n.messages import message
from bot.masking import mask_uids_in
from bot.ports import AppMetrics, Diagnosis, Topic
from bot.services.app_metrics.service import choose_app, to_json
from bot.services.assembly import Services
from bot.services.context import Context
from bot.services.diagnosis.arguments import DiagnoseArguments, diagnose_arguments
from bot.services.diagnosis.retry_policy import is_final
from handlers.api import schemas
from handlers.api.routes import Reader
from handlers.app_metrics.view import metrics_text
from handlers.diagnosis.terminal import diagnosis_text
from handlers.mcp.pending import PendingAnswers
from handlers.mcp.tool import Answer, Arguments, Tool
from handlers.ui.metric_names import full_name
from handlers.ui.renderer import Renderer

_RETRY_AFTER: Final = dt.timedelta(seconds=15)
_OF_PEOPLE: Final = (MissingKind.TEACHER_METRICS, MissingKind.STUDENT_METRICS)
_App = Annotated[
    str,
    msgspec.Meta(
        description="Name of an app of the workspace; by default the person's usual app. A wrong "
        "name is answered with the names there are.",
        examples=["kids"],
        max_length=100,
    ),
]


class ExplainCallArguments(Arguments, frozen=True, kw_only=True):
    """The arguments of explain_call."""

    cname: Annotated[
        str,
        msgspec.Meta(
            description="Name of the channel of the call, exactly as the company's app names it.",
            examples=["class_77_1"],
            max_length=200,
        ),
    ]
    app: _App = ""
    since: Annotated[
        str,
        msgspec.Meta(
            description="How far back the channel's last call is searched, up to 24 hours, which "
            "is the default.",
            examples=["30m", "2h"],
            max_length=20,
        ),
    ] = ""


class QualityNowArguments(Arguments, frozen=True, kw_only=True):
    """The arguments of quality_now."""

    app: _App = ""
    topic: Annotated[
        Literal["live", "usage", "network", "experience", "scale", "distribution"],
        msgspec.Meta(
            description="live: the few figures that matter now. usage: by day. network, "
            "experience, scale (users and channels): the last hours. distribution: by region, "
            "network, system."
        ),
    ] = "live"


@dataclass(frozen=True, slots=True)
class ExplainedCall:
    """A call and its verdict; uids are masked.

    `verdict` is null when the cloud has not answered in time. While `is_final` is false, ask again
    at `retry_at`. `as_of` is when the data was fetched.
    """

    app: str
    cname: str
    is_final: bool
    retry_at: str | None
    as_of: str | None = None
    cloud: str | None = None
    verdict: schemas.Verdict | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric of the period: its newest value, and the others'; null without values."""

    name: str
    label: str
    unit: str
    newest: float | None
    average: float | None
    lowest: float | None
    highest: float | None


@dataclass(frozen=True, slots=True)
class QualityNow:
    """The metrics of an app.

    `as_of` is when the data was fetched, `fresh_at` when newer data can be had, `quotas` are the
    calls left at the cloud. All but `app` and `topic` is empty when the cloud has not answered in
    time: ask again at `fresh_at`.
    """

    app: str
    topic: str
    fresh_at: str | None
    as_of: str | None = None
    cloud: str | None = None
    since: str | None = None
    until: str | None = None
    figures: list[Figure] = field(default_factory=list)
    days: list[dict[str, Any]] = field(default_factory=list)
    distributions: list[dict[str, Any]] = field(default_factory=list)
    missing: list[dict[str, Any]] = field(default_factory=list)
    quotas: list[dict[str, Any]] = field(default_factory=list)


class CloudTools:
    """Answers as `/diagnose` and `/quality` do, in bounded time."""

    def __init__(self, services: Services, context: Context, pending: PendingAnswers) -> None:
        self._services = services
        self._context = context
        self._pending = pending

    def tools(self) -> Iterable[Tool]:
        """Return the tools."""
        yield Tool(
            "explain_call",
            "Explain a call",
            "Asks the RTC cloud about the last call in a channel, running or ended, and says why "
            "it is or was bad, with the measured evidence, how sure that is, what to do, and who "
            "was in it (uids masked). The verdict is made by rules: quote it as it is. No ticket "
            "is needed. It uses the cloud's quota and data that is some minutes late: when it says "
            "when to ask again, wait until then. It cannot tell about calls older than the cloud "
            "keeps, and does not know what people said.",
            ExplainCallArguments,
            ExplainedCall,
            self.explain,
            asks_cloud=True,
        )
        yield Tool(
            "quality_now",
            "Quality of an app now",
            "Shows the call quality or usage of one whole app as its RTC cloud measures it: freeze "
            "rates, delays, join success, users, channels; how old the data is, when newer can be "
            "had, and how much of the cloud's quota is left. It knows nothing about single calls "
            "(explain_call does) or tickets.",
            QualityNowArguments,
            QualityNow,
            self.measure,
            asks_cloud=True,
        )

    async def explain(self, reader: Reader, asked: ExplainCallArguments) -> Answer:
        """Diagnose the last call of a channel."""
        apps = await self._services.preferences.apps_of(reader.team, reader.person)
        arguments = diagnose_arguments(asked.cname, asked.app, asked.since, apps)
        self._services.inquiries.validate(reader.team, arguments.app, arguments.cname)
        diagnosis = await self._pending.wait(
            (reader.team, arguments), lambda: self._diagnose(reader.team, arguments)
        )
        if diagnosis is None:
            text, retry_at = self._not_ready(reader.renderer)
            data = ExplainedCall(arguments.app, arguments.cname, is_final=False, retry_at=retry_at)
        else:
            text = diagnosis_text(diagnosis, reader.renderer)
            data = _explained(diagnosis, mask=reader.renderer.mask)
        return Answer(text, data, app=arguments.app)

    async def _diagnose(self, team: str, arguments: DiagnoseArguments) -> Diagnosis:
        return await self._services.diagnosis.diagnose_channel(
            *(arguments.app, arguments.cname, self._context.clouds_of(team)),
            since_s=arguments.since_s,
        )

    async def measure(self, reader: Reader, asked: QualityNowArguments) -> Answer:
        """Fetch an app's metrics."""
        apps = await self._services.preferences.apps_of(reader.team, reader.person)
        app, topic = choose_app(asked.app or None, apps), Topic(asked.topic)
        service = self._services.app_metrics
        metrics = await self._pending.wait(
            (reader.team, app, topic), lambda: service.fetch(app, topic)
        )
        if metrics is None:
            text, fresh_at = self._not_ready(reader.renderer)
            return Answer(text, QualityNow(app, topic.value, fresh_at), app=app)
        others = service.others(reader.team, app)
        text = metrics_text(metrics, others, reader.renderer)
        return Answer(text, _quality(metrics, reader.renderer), app=app)

    def _not_ready(self, renderer: Renderer) -> tuple[str, str]:
        """Return what is answered when the cloud is slow, and when to ask again."""
        retry_at = self._context.clock.now() + _RETRY_AFTER
        not_ready = message("Not enough data yet. Try again at %(when)s.", when=retry_at)
        return renderer.plain_text(not_ready), write_time(retry_at)


def _explained(diagnosis: Diagnosis, *, mask: bool) -> ExplainedCall:
    verdict = diagnosis.verdict
    data = verdict.to_json()
    if mask:
        data = mask_uids_in(data, _uids_of(diagnosis))
    return ExplainedCall(
        diagnosis.report.app,
        diagnosis.report.cname,
        is_final=is_final(verdict),
        retry_at=write_time(verdict.known_at) if verdict.known_at else None,
        as_of=write_time(diagnosis.requested_at),
        cloud=diagnosis.cloud,
        verdict=convert_object(data, schemas.Verdict),
    )


def _uids_of(diagnosis: Diagnosis) -> set[str]:
    """Return who was in the call, and whose data is missing."""
    absent = {
        gap.detail
        for gap in diagnosis.verdict.missing
        if gap.what in _OF_PEOPLE or gap.why is MissingReason.CUT_OFF
    }
    return absent | {one.uid for one in diagnosis.participants}


def _quality(metrics: AppMetrics, renderer: Renderer) -> QualityNow:
    data = to_json(metrics)
    return QualityNow(
        metrics.app,
        data["topic"],
        fresh_at=data["fresh_at"],
        as_of=data["fetched_at"],
        cloud=metrics.cloud,
        since=data["since"],
        until=data["until"],
        figures=[_figure(trend, renderer) for trend in metrics.trends],
        days=data["usages"],
        distributions=data["distributions"],
        missing=data["missing"],
        quotas=data["quotas"],
    )


def _figure(trend: Trend, renderer: Renderer) -> Figure:
    values = [value for _, value in trend.points]
    statistics = (
        (values[-1], sum(values) / len(values), min(values), max(values)) if values else (None,) * 4
    )
    label = renderer.plain_text(full_name(trend.name, trend.definition))
    return Figure(trend.name.value, label, trend.unit.value, *statistics)
