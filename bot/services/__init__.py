"""The desk decides. It knows neither Slack's shapes nor a cloud's; both doors call it."""

from bot.services.diagnosis.service import Examiner
from bot.services.preferences.languages import Languages
from bot.services.tickets.jobs import Carriers
from bot.services.tickets.service import Desk
from bot.services.tickets.submission import Submission

__all__ = ["Carriers", "Desk", "Examiner", "Languages", "Submission"]
