"""The composition root: Slack and the jobs on top of an application; sees every layer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from aiohttp import web
from slack_bolt.async_app import AsyncApp

from bot.application import Application
from bot.integrations.webhooks import WebhookSender
from bot.jobs.run import JobHandler, collect_handlers
from bot.jobs.worker import SLACK_PACE, Worker
from bot.services.admin.healthcheck import HealthCheck
from bot.services.admin.refused_links import RefusedLinks
from bot.services.admin.retention import RetentionJobs
from bot.services.alerts.jobs import AlertJobs
from bot.services.app_metrics.jobs import AppMetricsJobs
from bot.services.assembly import Services
from bot.services.call_control.jobs import CallControlJobs
from bot.services.call_control.recording_jobs import RecordingJobs
from bot.services.call_control.status_posts import StatusPosts
from bot.services.context import Context
from bot.services.diagnosis.call_statistics import CallStatisticsJob
from bot.services.diagnosis.event_poller import EventPoller
from bot.services.diagnosis.inquiry_jobs import InquiryJobs
from bot.services.diagnosis.jobs import DiagnosisJobs
from bot.services.escalation.incidents import IncidentJobs
from bot.services.escalation.jobs import EscalationJobs
from bot.services.escalation.on_call_jobs import OnCallJobs
from bot.services.notifications.jobs import NotificationJobs
from bot.services.notifications.relay import RelayJobs
from bot.services.publishing import Publisher
from bot.services.summary.jobs import SummaryJobs
from bot.services.summary.trend_jobs import TrendJobs
from bot.services.tickets.cloud_report_jobs import CloudReportJobs
from bot.services.tickets.issue_jobs import IssueJobs
from bot.services.tickets.jobs import TicketJobs
from bot.services.tickets.mentions import MentionJobs
from bot.services.webhooks.jobs import WebhookJobs
from bot.services.workflow_step.jobs import WorkflowStepJobs
from bot.store.job_leases import Pace
from bot.store.rate_limits import SqlKeyValueStore
from handlers.admin.slack_checks import SlackHealthCheck
from handlers.alerts.reporters import SlackReporters
from handlers.api.server import HttpApi
from handlers.app_metrics.posts import SlackAppMetricsResponder
from handlers.call_control.posts import SlackRoomStatusPosts
from handlers.diagnosis.posts import SlackDiagnosisPosts
from handlers.escalation.on_call_people import SlackPeopleFinder
from handlers.escalation.posts import SlackIncidentPosts, SlackPager
from handlers.notifications.posts import SlackTicketNotifications
from handlers.notifications.relay_posts import SlackRelayPosts
from handlers.slack.chart_support import ChartSupport
from handlers.slack.clients import (
    TIMEOUT_S,
    SlackClients,
)
from handlers.slack.flood_limit import FloodLimit
from handlers.slack.installed import InstalledWorkspaces
from handlers.slack.oauth import InstallationStore
from handlers.slack.open_requests import OpenRequests
from handlers.slack.posting import SlackPoster
from handlers.slack.rate_limits import RateLimits
from handlers.slack.token_rotation import WorkspaceTokens
from handlers.slack.user_directory import UserDirectory
from handlers.summary.posts import SlackSummaryPosts
from handlers.summary.trend_posts import SlackTrendResponder
from handlers.tickets.issue_text import PlainIssueWriter
from handlers.tickets.mentions import SlackMentionPosts
from handlers.tickets.posts import SlackTicketPosts
from handlers.transports import build_app, build_http_transport
from handlers.work_objects.refusals import LinkRefusals
from handlers.workflow_step.results import SlackStepResults

ANSWER_TIMEOUT_S: Final = 2.0  # and 0.3 s to answer that it was late; Slack waits for three


@dataclass(frozen=True, slots=True)
class SlackRuntime:
    """The Bolt app, the services behind it and the worker; a transport connects it to Slack."""

    app: AsyncApp
    context: Context
    services: Services
    worker: Worker | None
    job_handlers: Mapping[str, JobHandler]
    clients: SlackClients
    installations: InstallationStore
    users: UserDirectory
    flood_limit: FloodLimit


@dataclass(frozen=True, slots=True)
class _SlackClients:
    """What the jobs of every feature send to Slack with."""

    clients: SlackClients
    users: UserDirectory
    charts: ChartSupport
    poster: SlackPoster
    publisher: Publisher


def _slack_clients(
    application: Application, clients: SlackClients, users: UserDirectory
) -> _SlackClients:

    charts = ChartSupport(SqlKeyValueStore(application.store), application.context.clock)
    poster = SlackPoster(clients)
    return _SlackClients(clients, users, charts, poster, Publisher(poster))


@asynccontextmanager
async def open_slack_runtime(
    application: Application,
    *,
    worker: bool,
    pace: Pace = SLACK_PACE,
    answer_timeout_s: float = ANSWER_TIMEOUT_S,
    slack_timeout_s: float | None = None,
) -> AsyncIterator[SlackRuntime]:
    """Connect the services to Slack and the job engine; with `worker` jobs run in this process."""
    settings, clock = application.settings, application.context.clock
    tokens = WorkspaceTokens(application.installations, settings, clock)
    token_for = tokens.token_for if settings.has_oauth else None
    async with AsyncExitStack() as stack:
        clients = await stack.enter_async_context(
            SlackClients(
                *(settings.slack_api_url, settings.slack_bot_token, token_for),
                limits=RateLimits(clock, SqlKeyValueStore(application.store)),
                timeout_s=slack_timeout_s or TIMEOUT_S,
            )
        )
        users = UserDirectory(clients, application.context)
        people = SlackPeopleFinder(clients)
        context = replace(application.context, permissions=users, people=people)
        services = Services.of(context)
        slack = _slack_clients(application, clients, users)
        started_jobs = (
            EventPoller(context),
            _summary_jobs(context, services, slack),
            RetentionJobs(context),
            OnCallJobs(context),
        )
        handlers = collect_handlers(
            *_ticket_jobs(context, services, slack),
            *_other_jobs(context, services, slack),
            *started_jobs,
            _webhook_jobs(context, stack),
        )
        requests, job_worker, flood_limit = OpenRequests(), None, FloodLimit(settings.person_limit)
        if worker:
            job_worker = await stack.enter_async_context(
                Worker(
                    *(application.store, handlers),
                    wait_until_quiet=requests.wait_until_quiet,
                    pace=pace,
                )
            )
            for jobs in started_jobs:
                await jobs.start()
        installations = InstallationStore(application.installations, clock)
        app = build_app(
            *(services, users, context, clients, installations),
            tokens=tokens,
            answer_timeout_s=answer_timeout_s,
            requests=requests,
            flood_limit=flood_limit,
        )
        yield SlackRuntime(
            *(app, context, services, job_worker, handlers),
            *(clients, installations, users, flood_limit),
        )


def build_web_app(slack: SlackRuntime) -> web.Application:
    """Return the HTTP routes: Slack's, and those that settings switch on."""
    settings = slack.context.settings
    routes = build_http_transport(
        slack.app, slack.services, settings, slack.clients, slack.installations
    ).web_app()
    if settings.http_api:
        HttpApi(slack.services, slack.users, settings).add_to(routes)
    if settings.mcp:
        from handlers.mcp.assembly import build_endpoint  # noqa: PLC0415 - mcp is slow to import

        installed = InstalledWorkspaces(settings, slack.installations, slack.clients)
        endpoint = build_endpoint(
            slack.services, slack.context, slack.users, installed, slack.flood_limit
        )
        endpoint.register(routes)
    return routes


def _ticket_jobs(
    context: Context,
    services: Services,
    slack: _SlackClients,
) -> list[object]:
    """Return the jobs that post about tickets."""
    users, workspaces = slack.users, context.workspaces
    poster, publisher = slack.poster, slack.publisher
    ticket_posts = SlackTicketPosts(poster, users, workspaces, services.call_control.has_menu)
    diagnosis_posts = SlackDiagnosisPosts(
        poster, users, slack.charts, services.preferences.has_native_charts
    )
    pager = SlackPager(poster, users, workspaces)
    status_posts = StatusPosts(context, publisher, SlackRoomStatusPosts(poster, users))
    notifications = SlackTicketNotifications(poster, users)
    incident_posts = SlackIncidentPosts(poster, users, workspaces)
    return [
        TicketJobs(context, publisher, ticket_posts),
        CloudReportJobs(context),
        IssueJobs(context, PlainIssueWriter(users)),
        DiagnosisJobs(context, services.diagnosis, publisher, diagnosis_posts),
        InquiryJobs(context, services.diagnosis, diagnosis_posts),
        EscalationJobs(context, publisher, pager),
        CallControlJobs(context, status_posts),
        RecordingJobs(context, status_posts),
        NotificationJobs(context, publisher, notifications),
        RelayJobs(context, publisher, SlackRelayPosts(poster, users)),
        IncidentJobs(context, publisher, incident_posts),
        MentionJobs(context, publisher, SlackMentionPosts(poster, users)),
        WorkflowStepJobs(context, SlackStepResults(slack.clients), ticket_posts.permalink),
        AlertJobs(context, services.diagnosis, SlackReporters(slack.clients)),
    ]


def _summary_jobs(context: Context, services: Services, slack: _SlackClients) -> SummaryJobs:
    posts = SlackSummaryPosts(slack.clients, slack.users, slack.charts)
    return SummaryJobs(context, services.summary, services.app_metrics, slack.publisher, posts)


def _webhook_jobs(context: Context, stack: AsyncExitStack) -> WebhookJobs:
    sender = WebhookSender(allow_private=context.settings.allow_private_addresses)
    stack.push_async_callback(sender.close)
    return WebhookJobs(context, sender)


def _other_jobs(
    context: Context,
    services: Services,
    slack: _SlackClients,
) -> list[object]:
    """Return the jobs that answer inquiries or post nothing."""
    responder = SlackAppMetricsResponder(slack.users, slack.charts)
    trend_responder = SlackTrendResponder(
        slack.poster, slack.users, slack.charts, services.preferences.has_native_charts
    )
    slack_health_check = SlackHealthCheck(
        slack.clients,
        slack.users,
        context.workspaces,
        context.settings.slack_app_token,
        LinkRefusals(RefusedLinks(context), context.settings.public_url),
    )
    return [
        CallStatisticsJob(context),
        AppMetricsJobs(context, services.app_metrics, responder),
        TrendJobs(context, services.trend, trend_responder),
        HealthCheck(context, slack_health_check),
    ]


@asynccontextmanager
async def open_summary_jobs(
    application: Application,
) -> AsyncIterator[tuple[SummaryJobs, Worker]]:
    """Connect to Slack for one summary posted from the terminal."""
    settings, context = application.settings, application.context
    tokens = WorkspaceTokens(application.installations, settings, context.clock)
    token_for = tokens.token_for if settings.has_oauth else None
    limits = RateLimits(context.clock, SqlKeyValueStore(application.store))
    async with SlackClients(
        settings.slack_api_url, settings.slack_bot_token, token_for, limits=limits
    ) as clients:
        users = UserDirectory(clients, context)
        slack, services = _slack_clients(application, clients, users), application.services
        jobs = _summary_jobs(context, services, slack)
        async with Worker(application.store, collect_handlers(jobs), polls=False) as worker:
            yield jobs, worker
