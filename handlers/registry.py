"""All handlers; `register` adds them to the Bolt app."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from slack_bolt.async_app import AsyncApp

from bot.escalation import Policy
from bot.ports import Clock
from bot.services.assembly import Services
from bot.settings import Settings
from bot.targets import Targets
from handlers.admin.channel_events import ChannelEventHandlers
from handlers.admin.command import LagdeskCommandHandlers, LagdeskServices
from handlers.app_metrics.command import QualityHandlers
from handlers.call_control.handlers import CallControlHandlers
from handlers.diagnosis.command import DiagnoseHandlers
from handlers.diagnosis.feedback import FeedbackHandlers
from handlers.diagnosis.likely_call import LikelyCallHandlers
from handlers.escalation.handlers import IncidentHandlers
from handlers.preferences.handlers import PreferencesHandlers, PreferencesModal
from handlers.slack.user_directory import UserDirectory
from handlers.summary.handlers import SummaryHandlers
from handlers.tickets.cloud_report import CloudReportHandlers
from handlers.tickets.command import TicketListHandlers
from handlers.tickets.handlers import TicketButtonHandlers
from handlers.tickets.home import HomeHandlers
from handlers.tickets.home_publish import HomePublisher
from handlers.tickets.menu import TicketMenuHandlers
from handlers.tickets.reaction import ReactionHandlers
from handlers.tickets.report import ReportHandlers
from handlers.tickets.thread import ThreadHandlers


class Handlers(Protocol):
    """The handlers of one feature."""

    def register(self, app: AsyncApp) -> None:
        """Register the listeners."""


def register(
    app: AsyncApp, services: Services, users: UserDirectory, settings: Settings, clock: Clock
) -> None:
    """Register the handlers of every feature."""
    home = HomePublisher(services.app_home, services.tickets.apps, users, Targets.of(settings))
    reports = ReportHandlers(services.tickets, services.preferences, users, clock)
    modal = PreferencesModal(services.preferences, services.tickets.apps, users)
    handlers: tuple[Handlers, ...] = (
        reports,
        ReactionHandlers(reports, users, settings),
        *_ticket_handlers(services, users, home, settings, clock),
        DiagnoseHandlers(services.inquiries, services.preferences, users),
        FeedbackHandlers(services.feedback, users),
        QualityHandlers(services.app_metrics, services.preferences, users),
        LagdeskCommandHandlers(
            LagdeskServices(
                preferences=services.preferences,
                summary=services.summary,
                audit_log=services.audit_log,
                feedback=services.feedback,
                health_checks=services.health_checks,
            ),
            modal,
            Policy.of(settings),
            users,
        ),
        PreferencesHandlers(services.preferences, home, users),
        HomeHandlers(services.app_home, modal, home, users, reports),
        ChannelEventHandlers(services.deliveries),
        IncidentHandlers(services.incidents),
        SummaryHandlers(services.summary),
    )
    for feature in handlers:
        feature.register(app)


def _ticket_handlers(
    services: Services, users: UserDirectory, home: HomePublisher, settings: Settings, clock: Clock
) -> Iterable[Handlers]:
    rooms = CallControlHandlers(services.call_control, users)
    clouds = {cloud.name for cloud in settings.clouds}
    return (
        TicketListHandlers(services.tickets, clouds, users, clock),
        TicketButtonHandlers(services.tickets, services.ticket_actions, home, users),
        CloudReportHandlers(services.ticket_actions),
        LikelyCallHandlers(services.ticket_actions),
        ThreadHandlers(services.tickets, services.ticket_actions, services.mentions),
        rooms,
        TicketMenuHandlers(
            services.tickets, services.ticket_actions, rooms, users, clock, home=home
        ),
    )
