"""How often people agreed with verdicts, by cause."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from bot.causes import resolution_title
from bot.i18n.messages import Message, message, plural
from bot.services.diagnosis.feedback import CauseAccuracy

ACCURACY_PERIOD: Final = dt.timedelta(days=90)


def accuracy(rows: Sequence[CauseAccuracy]) -> Message:
    """Return how often people agreed, a line for each cause."""
    if not rows:
        return message("Nobody has rated a verdict in the last 90 days.")
    title = message("*How often verdicts were right, last 90 days*")
    msg = title
    for each in rows:
        msg = message("%(lines)s\n%(line)s", lines=msg, line=_precision_line(each))
    return msg


def _precision_line(row: CauseAccuracy) -> Message:
    return plural(
        "• %(cause)s: %(share)s%% right (%(count)s rating)",
        "• %(cause)s: %(share)s%% right (%(count)s ratings)",
        count=row.total,
        cause=resolution_title(row.cause),
        share=round(row.share * 100),
    )
