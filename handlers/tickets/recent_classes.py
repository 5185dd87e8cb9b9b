"""The reporter's last classes, to choose one in the report form instead of typing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.i18n.messages import message
from bot.services.tickets.service import RecentClass
from bot.ticket import Ticket
from handlers.tickets.forms import ReportForm
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer

RECENT: Final = "recent"
_REPLACED: Final = frozenset(("app", "cname", "teacher_uid", "student_uid"))


def with_recent_classes(view: Block, recent: Sequence[RecentClass], renderer: Renderer) -> Block:
    """Add the classes that the reporter has reported to a report form.

    Their fields become optional: what is left empty is taken from the chosen class.
    """
    classes = [
        (str(each.number), f"{each.cname} · {each.teacher_uid} · {each.student_uid} · {each.app}")
        for each in recent
    ]
    choice = block_kit.field(
        RECENT,
        renderer.plain_text(message("One of your last classes")),
        block_kit.select(classes),
        hint=renderer.plain_text(message("It fills in what you leave empty below.")),
        optional=True,
    )
    fields = [
        each | {"optional": True} if each["block_id"] in _REPLACED else each
        for each in view["blocks"]
    ]
    return view | {"blocks": [choice, *fields]}


def filled_from(form: ReportForm, ticket: Ticket) -> ReportForm:
    """Return a submitted form with a chosen class in the fields that are left empty."""
    return replace(
        form,
        app=form.app if form.cname.strip() else ticket.app,
        cname=form.cname.strip() or ticket.cname,
        teacher_uid=form.teacher_uid.strip() or ticket.teacher_uid,
        student_uid=form.student_uid.strip() or ticket.student_uid,
    )
