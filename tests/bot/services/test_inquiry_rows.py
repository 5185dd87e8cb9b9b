"""Inquiries that are answered privately: stored once, answered once, forgotten afterwards."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any, Final

import pytest

from bot.call import MissingItem, MissingKind, MissingReason
from bot.diagnosis import Verdict
from bot.errors import InputError, NotAllowedError
from bot.jobs.run import Run
from bot.ports import AppMetrics, Diagnosis, Inquiry, Topic
from bot.services.admin.healthcheck import HealthCheck
from bot.services.app_metrics.jobs import AppMetricsJobs
from bot.services.diagnosis.inquiry_jobs import InquiryJobs
from bot.services.inquiry_rows import inquiry_of
from bot.store.models import InquiryRow
from tests.bot.services.conftest import OUTSIDER, SUPPORT, TEAM, ServiceHarness
from tests.bot.services.contexts import (
    SLACK_REFUSED,
    SLACK_UNREACHABLE,
    RecordedCalls,
    job_functions,
)
from tests.bot.store.factories import make_ticket

MINUTE: Final = dt.timedelta(minutes=1)
ANSWERED_FOR_S: Final = 29 * 60
_origins = count(1)


@pytest.fixture
def origin() -> str:
    """A command of its own."""
    return f"command-{next(_origins)}"


def inquiry(**changes: Any) -> Inquiry:
    """An inquiry of support about a channel."""
    fields = {"team": TEAM, "person": SUPPORT, "channel": "C1", "response_url": "https://slack/r"}
    fields |= {"locale": "zh-CN", "timezone": "Asia/Shanghai", "app": "kids", "cname": "class_1"}
    return Inquiry(**{**fields, **changes})


async def stored(harness: ServiceHarness, origin: str) -> InquiryRow:
    """Return an inquiry as it is stored."""
    return await harness.context.store.read(lambda s: s.get_one(InquiryRow, origin))


def diagnosis(cause: str, *gaps: MissingItem) -> Diagnosis:
    """A diagnosis with a verdict."""
    at = dt.datetime(2026, 11, 11, tzinfo=dt.UTC)
    return Diagnosis(make_ticket().report, "agora", Verdict(cause, at, at, missing=gaps), at)


def jobs(harness: ServiceHarness, responder: RecordedCalls, *found: Diagnosis) -> InquiryJobs:
    """The jobs that answer with these diagnoses, one after another."""
    service: Any = RecordedCalls(diagnose_channel=found)
    return InquiryJobs(harness.context, service, responder)


@pytest.mark.parametrize(
    ("service", "kind"),
    [("inquiries", "answer"), ("app_metrics", "app_metrics"), ("health_checks", "health_check")],
)
async def test_inquiry_is_stored_with_its_job(
    service_harness: ServiceHarness, service: str, kind: str, origin: str
) -> None:
    """The same command again is the same inquiry."""
    asked = inquiry(since_s=90.0, topic="live")
    request: Any = getattr(service_harness.services, service).request
    await request(origin, asked)
    job = await service_harness.job(f"{kind}:{origin}")
    assert job is not None
    assert (job.due_at, job.arguments) == (service_harness.clock.now(), [origin])
    row = await stored(service_harness, origin)
    assert (inquiry_of(row), row.requested_at) == (asked, service_harness.clock.now())
    await service_harness.finish_jobs()
    await request(origin, inquiry(cname="other"))
    assert await service_harness.job(f"{kind}:{origin}") is None
    assert (await stored(service_harness, origin)).cname == "class_1"


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"app": "adults"}, "app"), ({"cname": "琴房"}, "cname"), ({"cname": ""}, "cname")],
)
async def test_impossible_inquiry_is_refused(
    service_harness: ServiceHarness, changes: dict[str, Any], field: str, origin: str
) -> None:
    """An unknown app, or a name that no channel of the cloud can have; nothing is stored."""
    with pytest.raises(InputError) as error:
        await service_harness.services.inquiries.request(origin, inquiry(**changes))
    assert list(error.value.fields) == [field]
    assert await service_harness.job(f"answer:{origin}") is None


async def test_final_answer_is_the_last(service_harness: ServiceHarness, origin: str) -> None:
    """The response URL, a secret, is deleted with it."""
    await service_harness.services.inquiries.request(origin, inquiry(since_s=600.0))
    requested_at = service_harness.clock.now()
    responder, service = (
        RecordedCalls(),
        RecordedCalls(diagnose_channel=[diagnosis("network.loss")]),
    )
    fake: Any = service
    made = InquiryJobs(service_harness.context, fake, responder)
    for _ in range(2):
        await made.answer(Run("k"), origin)
        assert await made.answer_late(Run("k"), origin) is None
    clouds = service_harness.context.clouds
    assert service.calls == [("diagnose_channel", "kids", "class_1", clouds, 600.0, requested_at)]
    name, answered, result = responder.calls[0]
    assert (name, answered, result.verdict.cause) == (
        "answer",
        inquiry(since_s=600.0),
        "network.loss",
    )
    assert len(responder.calls) == 1
    assert (await stored(service_harness, origin)).response_url == ""
    assert await service_harness.job(f"answer_late:{origin}") is None


async def test_incomplete_answer_is_followed_by_a_second(
    service_harness: ServiceHarness, origin: str
) -> None:
    """When the missing data is there; until then the second answer waits."""
    await service_harness.services.inquiries.request(origin, inquiry())
    retry_at = service_harness.clock.now() + 2 * MINUTE
    gap = MissingItem(MissingKind.CALL, MissingReason.NOT_OUT_YET, retry_at)
    later = MissingItem(MissingKind.CALL, MissingReason.NOT_OUT_YET, retry_at + MINUTE)
    responder = RecordedCalls()
    found = [diagnosis("unknown", gap), diagnosis("unknown", later), diagnosis("network.loss")]
    made = jobs(service_harness, responder, *found)
    await made.answer(Run("k"), origin)
    job = await service_harness.job(f"answer_late:{origin}")
    assert job is not None
    assert (job.due_at, job.arguments) == (retry_at, [origin])
    assert (await stored(service_harness, origin)).response_url
    service_harness.clock.move(120)
    assert await made.answer_late(Run("k"), origin) == retry_at + MINUTE
    assert len(responder.calls) == 1
    service_harness.clock.move(60)
    assert await made.answer_late(Run("k"), origin) is None
    assert [result.verdict.cause for _, _, result in responder.calls] == ["unknown", "network.loss"]
    assert (await stored(service_harness, origin)).response_url == ""


@pytest.mark.parametrize(
    ("after_s", "is_answered"), [(ANSWERED_FOR_S - 1, True), (ANSWERED_FOR_S, False)]
)
async def test_inquiry_is_answered_for_29_minutes(
    service_harness: ServiceHarness, after_s: int, origin: str, *, is_answered: bool
) -> None:
    """A response URL is valid for 30."""
    await service_harness.services.inquiries.request(origin, inquiry())
    service_harness.clock.move(after_s)
    responder = RecordedCalls()
    await jobs(service_harness, responder, diagnosis("network.loss")).answer(Run("k"), origin)
    assert (len(responder.calls) == 1) is is_answered
    await jobs(service_harness, responder).answer(Run("k"), "unknown")


async def test_answer_that_slack_refuses(service_harness: ServiceHarness, origin: str) -> None:
    """What can be retried is raised and the URL kept; what is refused is given up."""
    await service_harness.services.inquiries.request(origin, inquiry())
    responder = RecordedCalls(answer=[SLACK_UNREACHABLE, SLACK_REFUSED])
    made = jobs(service_harness, responder, *[diagnosis("network.loss")] * 2)
    with pytest.raises(type(SLACK_UNREACHABLE)):
        await made.answer(Run("k"), origin)
    assert (await stored(service_harness, origin)).response_url
    await made.answer(Run("k"), origin)
    assert (await stored(service_harness, origin)).response_url == ""


def test_inquiry_handlers(service_harness: ServiceHarness) -> None:
    """The names under which jobs are stored."""
    made = jobs(service_harness, RecordedCalls())
    assert job_functions(made) == {"answer": made.answer, "answer_late": made.answer_late}


def overview() -> AppMetrics:
    """An overview of an app."""
    at = dt.datetime(2026, 11, 11, tzinfo=dt.UTC)
    return AppMetrics(
        app="kids", cloud="agora", topic=Topic.USAGE, since=at, until=at, fetched_at=at
    )


def metrics_jobs(harness: ServiceHarness, responder: RecordedCalls) -> tuple[AppMetricsJobs, Any]:
    """The jobs that answer with an overview each time."""
    service: Any = RecordedCalls(fetch=[overview() for _ in range(9)])
    service.others = lambda _team, app: (f"not {app}",)
    return AppMetricsJobs(harness.context, service, responder), service


async def test_overview_is_answered_once(service_harness: ServiceHarness, origin: str) -> None:
    """With the other apps; the response URL is deleted."""
    asked = inquiry(topic="usage")
    await service_harness.services.app_metrics.request(origin, asked)
    responder = RecordedCalls()
    made, service = metrics_jobs(service_harness, responder)
    for _ in range(2):
        await made.answer(Run("k"), origin)
    assert service.calls == [("fetch", "kids", Topic.USAGE)]
    assert responder.calls == [("respond", asked, overview(), ("not kids",))]
    assert (await stored(service_harness, origin)).response_url == ""


@pytest.mark.parametrize(
    ("after_s", "is_answered"), [(ANSWERED_FOR_S, True), (ANSWERED_FOR_S + 1, False)]
)
async def test_late_overview_is_not_fetched(
    service_harness: ServiceHarness, after_s: int, origin: str, *, is_answered: bool
) -> None:
    """Nor one of an app that is not configured any more, or that nobody asked for."""
    await service_harness.services.app_metrics.request(origin, inquiry(topic="live"))
    await service_harness.services.app_metrics.request(
        f"{origin}-2", inquiry(app="gone", topic="live")
    )
    service_harness.clock.move(after_s)
    responder = RecordedCalls()
    made, _ = metrics_jobs(service_harness, responder)
    await made.answer(Run("k"), origin)
    assert (len(responder.calls) == 1) is is_answered
    for unanswered in (f"{origin}-2", "unknown"):
        await made.answer(Run("k"), unanswered)
    assert (len(responder.calls) == 1) is is_answered


async def test_overview_that_slack_refuses(service_harness: ServiceHarness, origin: str) -> None:
    """What can be retried is raised and the URL kept; what is refused is given up."""
    await service_harness.services.app_metrics.request(origin, inquiry(topic="live"))
    responder = RecordedCalls(respond=[SLACK_UNREACHABLE, SLACK_REFUSED])
    made, _ = metrics_jobs(service_harness, responder)
    with pytest.raises(type(SLACK_UNREACHABLE)):
        await made.answer(Run("k"), origin)
    assert (await stored(service_harness, origin)).response_url
    await made.answer(Run("k"), origin)
    assert (await stored(service_harness, origin)).response_url == ""


def health_check(harness: ServiceHarness, slack: RecordedCalls) -> HealthCheck:
    """A health check that checks nothing but the settings of Slack."""
    made = HealthCheck(harness.context, slack)

    async def no_checks(*_: Any) -> list[Any]:
        return []

    for name in ("_check_slack", "_check_clouds", "_check_work"):
        setattr(made, name, no_checks)
    return made


@pytest.mark.parametrize(
    ("after_s", "is_answered"), [(ANSWERED_FOR_S, True), (ANSWERED_FOR_S + 1, False)]
)
async def test_health_check_is_answered_for_29_minutes(
    service_harness: ServiceHarness, after_s: int, origin: str, *, is_answered: bool
) -> None:
    """What can be retried is raised and the URL kept; what is refused is given up."""
    await service_harness.services.health_checks.request(origin, inquiry())
    service_harness.clock.move(after_s)
    slack = RecordedCalls(send_results=[SLACK_UNREACHABLE, SLACK_REFUSED])
    made = health_check(service_harness, slack)
    if is_answered:
        with pytest.raises(type(SLACK_UNREACHABLE)):
            await made.run(Run("k"), origin)
        assert (await stored(service_harness, origin)).response_url
    await made.run(Run("k"), origin)
    assert [answered for _, answered, _ in slack.calls] == [inquiry()] * 2 * is_answered
    if is_answered:
        assert [each.name for each in slack.calls[0][2]] == ["settings", "database"]
        assert (await stored(service_harness, origin)).response_url == ""
    await made.run(Run("k"), "unknown")


async def test_only_support_checks_the_health(service_harness: ServiceHarness, origin: str) -> None:
    """Nothing is stored for others."""
    with pytest.raises(NotAllowedError):
        await service_harness.services.health_checks.request(origin, inquiry(person=OUTSIDER))
    assert await service_harness.job(f"health_check:{origin}") is None
