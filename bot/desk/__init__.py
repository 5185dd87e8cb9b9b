"""The desk decides. It knows neither Slack's shapes nor a cloud's; both doors call it."""

from bot.desk.carriers import Carriers
from bot.desk.desk import Desk
from bot.desk.examining import Examiner
from bot.desk.languages import Languages
from bot.desk.submission import Submission

__all__ = ["Carriers", "Desk", "Examiner", "Languages", "Submission"]
