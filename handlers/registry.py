"""All handlers; `register` adds them to the Bolt app."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from slack_bolt.async_app import AsyncApp

from bot.services.assembly import Services
from bot.services.context import Context
from bot.targets import Targets
from handlers.access_tokens.handlers import AccessTokenHandlers
from handlers.admin.channel_events import ChannelEventHandlers
from handlers.admin.command import LagdeskCommandHandlers, LagdeskServices
from handlers.app_metrics.command import QualityHandlers
from handlers.call_control.handlers import CallControlHandlers
from handlers.diagnosis.command import DiagnoseHandlers
from handlers.diagnosis.feedback import FeedbackHandlers
from handlers.diagnosis.likely_call import LikelyCallHandlers
from handlers.escalation.handlers import IncidentHandlers
from handlers.preferences.handlers import PreferencesHandlers, PreferencesModal
from handlers.slack.clients import SlackClients
from handlers.slack.user_directory import UserDirectory
from handlers.summary.handlers import SummaryHandlers
from handlers.tickets.cloud_report import CloudReportHandlers
from handlers.tickets.command import TicketListHandlers
from handlers.tickets.details import TicketDetails
from handlers.tickets.handlers import TicketButtonHandlers
from handlers.tickets.home import HomeHandlers
from handlers.tickets.home_publish import HomePublisher
from handlers.tickets.menu import TicketMenuHandlers
from handlers.tickets.reaction import ReactionHandlers
from handlers.tickets.report import ReportHandlers
from handlers.tickets.thread import ThreadHandlers
from handlers.work_objects.handlers import WorkObjectHandlers
from handlers.work_objects.refusals import LinkRefusals
from handlers.workflow_step.handlers import WorkflowStepHandlers
from handlers.workspaces.handlers import SetupHandlers


class Handlers(Protocol):
    """The handlers of one feature."""

    def register(self, app: AsyncApp) -> None:
        """Register the listeners."""


def register(
    app: AsyncApp,
    services: Services,
    users: UserDirectory,
    context: Context,
    clients: SlackClients,
) -> None:
    """Register the handlers of every feature."""
    targets = Targets.of(context.settings)
    home = HomePublisher(services.app_home, services.tickets, users, targets)
    reports = ReportHandlers(services.tickets, services.preferences, users, context.clock)
    modal = PreferencesModal(services.preferences, services.access_tokens, users)
    setup = SetupHandlers(services.setup, users, clients)
    quality = QualityHandlers(services.app_metrics, services.trend, services.preferences, users)
    handlers: tuple[Handlers, ...] = (
        reports,
        setup,
        ReactionHandlers(reports, users, context.settings),
        *_ticket_handlers(services, users, home, context),
        DiagnoseHandlers(services.inquiries, services.preferences, users),
        FeedbackHandlers(services.feedback, users),
        quality,
        LagdeskCommandHandlers(
            LagdeskServices(
                preferences=services.preferences,
                summary=services.summary,
                audit_log=services.audit_log,
                feedback=services.feedback,
                health_checks=services.health_checks,
                on_call=services.on_call,
            ),
            modal,
            setup,
            quality,
            workspaces=context.workspaces,
            users=users,
        ),
        PreferencesHandlers(services.preferences, home, users),
        AccessTokenHandlers(services.access_tokens, modal, users),
        HomeHandlers(services.app_home, modal, home, users, reports),
        ChannelEventHandlers(services.deliveries),
        IncidentHandlers(services.incidents),
        WorkObjectHandlers(
            services.tickets,
            context.workspaces,
            users,
            clients,
            LinkRefusals(services.refused_links, context.settings.public_url),
            public_url=context.settings.public_url,
        ),
        WorkflowStepHandlers(services.tickets, services.workflow_steps, users, context.clock),
        SummaryHandlers(services.summary),
    )
    for feature in handlers:
        feature.register(app)


def _ticket_handlers(
    services: Services, users: UserDirectory, home: HomePublisher, context: Context
) -> Iterable[Handlers]:
    rooms, clock = CallControlHandlers(services.call_control, users), context.clock
    public_url = context.settings.public_url
    details = TicketDetails(services.tickets, users, context.workspaces, public_url)
    return (
        TicketListHandlers(services.tickets, details, users, clock),
        TicketButtonHandlers(services.tickets, services.ticket_actions, details, home, users),
        CloudReportHandlers(services.ticket_actions),
        LikelyCallHandlers(services.ticket_actions, users),
        ThreadHandlers(services.tickets, services.ticket_actions, services.mentions),
        rooms,
        TicketMenuHandlers(
            services.tickets,
            services.ticket_actions,
            rooms,
            users,
            clock,
            home=home,
            details=details,
            workspaces=context.workspaces,
        ),
    )
