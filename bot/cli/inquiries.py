"""The roof's part of the terminal's questions: tickets, one call, a whole app."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from bot.call import LackReason
from bot.cli.parser import DONE, FAILED, UsageError
from bot.diagnosis import UNKNOWN
from bot.errors import InputError
from bot.i18n import Words, message
from bot.ports import Diagnosis, Overview
from bot.services.app_metrics import service as app_metrics_service
from bot.services.app_metrics.service import Overviews
from bot.services.tickets import export as ticket_export
from bot.services.tickets.service import Desk
from bot.services.tickets.submission import is_uid
from bot.settings import N_, SettingError, Settings


class _House(Protocol):
    @property
    def desk(self) -> Desk: ...


OpenHouse = Callable[[Settings], AbstractAsyncContextManager[_House]]


async def export(settings: Settings, options: argparse.Namespace, open_house: OpenHouse) -> int:
    """Write tickets to standard output."""
    async with open_house(settings) as house:
        tickets = house.desk.stream_tickets(options.since)
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        ticket_export.write_tickets(tickets, sys.stdout, options.format)
    return DONE


async def diagnose(settings: Settings, options: argparse.Namespace, open_house: OpenHouse) -> int:
    """Say in the terminal why a call is or was bad."""
    if not settings.clouds:
        raise SettingError("AGORA_APPS", N_("the apps of at least one cloud"))
    async with open_house(settings) as house:
        _check_question(house.desk, options)
        diagnosis = await house.desk.examiner.examine_channel(
            options.app or next(iter(house.desk.clouds)),
            options.cname,
            at=options.at,
            teacher_uid=options.teacher,
            student_uid=options.student,
        )
    return _tell(diagnosis, house.desk.languages.default, as_json=options.json)


def _check_question(desk: Desk, options: argparse.Namespace) -> None:
    app = options.app or next(iter(desk.clouds))
    if app not in desk.clouds:
        names = ", ".join(desk.clouds)
        raise UsageError(
            message("There is no app called %(app)s. Apps: %(apps)s.", app=app, apps=names)
        )
    capabilities = desk.clouds[app].capabilities
    if not capabilities.cname.fullmatch(options.cname):
        raise UsageError(capabilities.cname_hint)
    for uid in filter(None, (options.teacher, options.student)):
        if not is_uid(uid, capabilities):
            raise UsageError(capabilities.uid_hint)
    if options.at is not None and options.at > desk.clock.now():
        raise UsageError(message("This time has not come yet. Choose now or earlier."))


def _tell(diagnosis: Diagnosis, spoken: Words, *, as_json: bool) -> int:
    from handlers.diagnosis import terminal  # noqa: PLC0415 - brings slackblocks, which others need not

    told = diagnosis.calls or diagnosis.events
    empty = diagnosis.verdict.cause == UNKNOWN and not told
    if empty and diagnosis.failures and not _is_only_early(diagnosis):
        line = " / ".join(terminal.print_failures(diagnosis, spoken))
        print(line, file=sys.stderr)  # noqa: T201 - what the command is for
        return FAILED
    if as_json:
        text = json.dumps(diagnosis.verdict.to_json(), ensure_ascii=False, indent=2)
    else:
        text = terminal.print_diagnosis(diagnosis, spoken)
    print(text)  # noqa: T201 - what the command is for
    return DONE


def _is_only_early(diagnosis: Diagnosis) -> bool:
    """Tell whether all that is missing comes by waiting: that can be said, and is an answer."""
    early = (LackReason.NOT_OUT_YET, LackReason.OVER_QUOTA)
    return all(lack.why in early for lack in diagnosis.verdict.missing)


async def quality(settings: Settings, options: argparse.Namespace, open_house: OpenHouse) -> int:
    """Say in the terminal how good an app is, or how much it is used."""
    if not settings.clouds:
        raise SettingError("AGORA_APPS", N_("the apps of at least one cloud"))
    async with open_house(settings) as house:
        asking = Overviews(house.desk)
        try:
            app = app_metrics_service.choose_app(options.app, list(house.desk.clouds))
        except InputError as error:
            raise UsageError(error.spoken) from error
        overview = await asking.fetch(app, options.topic)
    return _tell_overview(
        overview, asking.others(app), house.desk.languages.default, as_json=options.json
    )


def _tell_overview(
    overview: Overview, others: Sequence[str], spoken: Words, *, as_json: bool
) -> int:
    from handlers.app_metrics.view import print_failures, print_overview  # noqa: PLC0415 - see _tell

    if overview.is_empty and overview.failures:
        line = " / ".join(dict.fromkeys(print_failures(overview, spoken)))
        print(line, file=sys.stderr)  # noqa: T201 - what the command is for
        return FAILED
    if as_json:
        print(json.dumps(app_metrics_service.to_json(overview), ensure_ascii=False, indent=2))  # noqa: T201 - likewise
    else:
        print(print_overview(overview, others, spoken))  # noqa: T201 - likewise
    return DONE
