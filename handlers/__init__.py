"""Slack's side of the house: hears and speaks, decides nothing. `register` lists the stories."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.desk import Desk
from handlers.channels import ChannelsStory
from handlers.diagnose import DiagnoseStory
from handlers.home import HomeStory
from handlers.incidents import IncidentsStory
from handlers.judging import JudgingStory
from handlers.life import LifeStory
from handlers.lists import ListsStory
from handlers.middleware import answer_errors
from handlers.people import People
from handlers.preferences import PreferencesStory
from handlers.quality import QualityStory
from handlers.report import ReportStory
from handlers.rooms import RoomsStory
from handlers.settings import SettingsStory
from handlers.summary import SummaryStory
from handlers.thread import ThreadStory
from handlers.tickets import TicketsStory

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
