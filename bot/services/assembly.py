"""All services, made from one context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bot.services.access_tokens.service import AccessTokens
from bot.services.admin.audit_log import AuditLogService
from bot.services.admin.deliveries import DeliveryService
from bot.services.admin.healthcheck import HealthCheckRequests
from bot.services.admin.metrics import MetricsService
from bot.services.admin.refused_links import RefusedLinks
from bot.services.admin.signatures import WrongSignatures
from bot.services.alerts.receiver import AlertReceiver
from bot.services.app_metrics.service import AppMetricsService
from bot.services.call_control.service import CallControlService
from bot.services.call_control.webhooks import RecordingWebhooks
from bot.services.context import Context
from bot.services.diagnosis.feedback import FeedbackService
from bot.services.diagnosis.inquiries import InquiryService
from bot.services.diagnosis.service import DiagnosisService
from bot.services.escalation.incidents import IncidentService
from bot.services.escalation.on_call import ANSWER_WAIT_S, OnCallService
from bot.services.preferences.service import PreferencesService
from bot.services.summary.service import SummaryService
from bot.services.summary.trend import TrendService
from bot.services.summary.weekly_figures import WeeklyFiguresService
from bot.services.tickets.actions import TicketActions
from bot.services.tickets.app_home import AppHomeService
from bot.services.tickets.mentions import MentionService
from bot.services.tickets.recent_classes import RecentClasses
from bot.services.tickets.service import TicketService
from bot.services.webhooks.service import WebhookService
from bot.services.workflow_step.service import WorkflowStepService
from bot.services.workspaces.setup import SetupService


@dataclass(frozen=True, slots=True)
class Services:
    """The services that handlers and the command line use."""

    tickets: TicketService
    ticket_actions: TicketActions
    app_home: AppHomeService
    mentions: MentionService
    diagnosis: DiagnosisService
    inquiries: InquiryService
    feedback: FeedbackService
    incidents: IncidentService
    on_call: OnCallService
    call_control: CallControlService
    recording_webhooks: RecordingWebhooks
    app_metrics: AppMetricsService
    summary: SummaryService
    trend: TrendService
    preferences: PreferencesService
    audit_log: AuditLogService
    health_checks: HealthCheckRequests
    deliveries: DeliveryService
    setup: SetupService
    metrics: MetricsService
    workflow_steps: WorkflowStepService
    refused_links: RefusedLinks
    wrong_signatures: WrongSignatures
    access_tokens: AccessTokens
    webhooks: WebhookService
    alerts: AlertReceiver

    @classmethod
    def of(cls, context: Context) -> Self:
        """Make every service."""
        recent = RecentClasses(context)
        app_metrics, summary = AppMetricsService(context), SummaryService(context)
        return cls(
            tickets=TicketService(context, recent),
            ticket_actions=TicketActions(context, recent),
            app_home=AppHomeService(context),
            mentions=MentionService(context),
            diagnosis=DiagnosisService(context.clouds, context.clock),
            inquiries=InquiryService(context),
            feedback=FeedbackService(context),
            incidents=IncidentService(context),
            on_call=OnCallService(context, wait_s=ANSWER_WAIT_S),
            call_control=CallControlService(context),
            recording_webhooks=RecordingWebhooks(context),
            app_metrics=app_metrics,
            summary=summary,
            trend=TrendService(context, summary, app_metrics),
            preferences=PreferencesService(context),
            audit_log=AuditLogService(context),
            health_checks=HealthCheckRequests(context),
            deliveries=DeliveryService(context),
            setup=SetupService(context),
            metrics=MetricsService(context, WeeklyFiguresService(context, summary)),
            workflow_steps=WorkflowStepService(context),
            refused_links=RefusedLinks(context),
            wrong_signatures=WrongSignatures(context),
            access_tokens=AccessTokens(context),
            webhooks=WebhookService(context),
            alerts=AlertReceiver(context),
        )
