"""The desk decides. It knows neither Slack's shapes nor a cloud's; both doors call it."""

from bot.services.diagnosis.service import DiagnosisService
from bot.services.preferences.languages import Languages
from bot.services.tickets.jobs import TicketJobs
from bot.services.tickets.service import TicketService
from bot.services.tickets.submission import Submission

__all__ = ["DiagnosisService", "Languages", "Submission", "TicketJobs", "TicketService"]
