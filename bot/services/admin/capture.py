"""Asks the clouds what a diagnosis asks, while the shapes of their responses are captured."""

from __future__ import annotations

import logging
from functools import partial

from bot.errors import CloudError
from bot.services.context import Context
from bot.services.diagnosis.service import DiagnosisService
from bot.store.tickets import tickets

log = logging.getLogger(__name__)


async def ask_clouds(context: Context) -> None:
    """Check each app, and diagnose the call of its newest ticket if there is one.

    Each request takes one call of a quota. What a cloud refuses is captured too.
    """
    diagnosis = DiagnosisService(context.clouds, context.clock)
    for app, cloud in context.clouds.items():
        try:
            await cloud.check(app)
        except CloudError as error:
            log.debug("%s refused a check: %s", cloud.name, error)
        ticket = await context.store.read(partial(tickets.find_newest_of_app, app=app))
        if ticket is not None and not ticket.has_erased_participant:
            await diagnosis.diagnose(ticket.report)
