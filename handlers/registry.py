"""All handlers; `register` adds them to the Bolt app."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.services.tickets.service import TicketService
from handlers.admin.channel_events import ChannelEventHandlers
from handlers.admin.command import LagdeskCommandHandlers
from handlers.app_metrics.command import QualityHandlers
from handlers.call_control.handlers import CallControlHandlers
from handlers.diagnosis.command import DiagnoseHandlers
from handlers.diagnosis.feedback import FeedbackHandlers
from handlers.escalation.incidents import IncidentHandlers
from handlers.preferences.modal import PreferencesHandlers
from handlers.slack.errors import register_error_handler
from handlers.slack.user_directory import UserDirectory
from handlers.summary.command import SummaryHandlers
from handlers.tickets.command import TicketListHandlers
from handlers.tickets.handlers import TicketButtonHandlers
from handlers.tickets.home import HomeHandlers
from handlers.tickets.menu import TicketMenuHandlers
from handlers.tickets.report import ReportHandlers
from handlers.tickets.thread import ThreadHandlers

HANDLERS = (
    ReportHandlers,
    DiagnoseHandlers,
    QualityHandlers,
    TicketListHandlers,
    TicketButtonHandlers,
    LagdeskCommandHandlers,
    PreferencesHandlers,
    HomeHandlers,
    ThreadHandlers,
    ChannelEventHandlers,
    CallControlHandlers,
    TicketMenuHandlers,
    FeedbackHandlers,
    IncidentHandlers,
    SummaryHandlers,
)


def register(app: AsyncApp, ticket_service: TicketService, users: UserDirectory) -> None:
    """Give the app every story, each bound to the desk, and the one answer to errors."""
    for handler_class in HANDLERS:
        handler_class(ticket_service, users).register(app)
    register_error_handler(app, users)
