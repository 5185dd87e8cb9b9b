"""All handlers; `register` adds them to the Bolt app."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.services.tickets.service import Desk
from handlers.admin.channel_events import ChannelsStory
from handlers.admin.lagdesk_command import SettingsStory
from handlers.app_metrics.command import QualityStory
from handlers.call_control.handlers import RoomsStory
from handlers.diagnosis.command import DiagnoseStory
from handlers.diagnosis.feedback import JudgingStory
from handlers.escalation.incidents import IncidentsStory
from handlers.preferences.modal import PreferencesStory
from handlers.slack.errors import answer_errors
from handlers.slack.user_directory import People
from handlers.summary.command import SummaryStory
from handlers.tickets.buttons import TicketsStory
from handlers.tickets.home import HomeStory
from handlers.tickets.list_command import ListsStory
from handlers.tickets.menu import LifeStory
from handlers.tickets.report import ReportStory
from handlers.tickets.thread import ThreadStory

STORIES = (
    ReportStory,
    DiagnoseStory,
    QualityStory,
    ListsStory,
    TicketsStory,
    SettingsStory,
    PreferencesStory,
    HomeStory,
    ThreadStory,
    ChannelsStory,
    RoomsStory,
    LifeStory,
    JudgingStory,
    IncidentsStory,
    SummaryStory,
)


def register(app: AsyncApp, desk: Desk, people: People) -> None:
    """Give the app every story, each bound to the desk, and the one answer to errors."""
    for story in STORIES:
        story(desk, people).register(app)
    answer_errors(app, people)
