"""What Slack refuses in messages and views, and how it says so. No state, no HTTP here.

Tables say what is allowed (`objects`, `elements`, `rich_text`, `data`, `layout`), one engine reads
them (`schema`), `rules` and `totals` hold what spans several fields or blocks.
"""

from bot.sandbox.slack.block_kit.message import message_warnings, validate_message
from bot.sandbox.slack.block_kit.problem import Problem
from bot.sandbox.slack.block_kit.reading import visible_text_length
from bot.sandbox.slack.block_kit.view import validate_view

__all__ = [
    "Problem",
    "message_warnings",
    "validate_message",
    "validate_view",
    "visible_text_length",
]
