"""What the report form knows of its reader: their last classes, their app, their own uid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.i18n.messages import message
from bot.services.tickets.recent_classes import RecentClass
from bot.ticket import Ticket
from handlers.tickets.forms import FILLED_IN, ReportForm
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.form_state import read_metadata
from handlers.ui.renderer import Renderer

RECENT: Final = "recent"
_UIDS: Final = ("teacher_uid", "student_uid")
_FROM_CLASS: Final = ("app", "cname", *_UIDS)
_SURE_PEOPLE: Final = 3  # on the other side, for a uid in all classes to be the reporter's


def with_own_values(
    form: ReportForm, recent: Sequence[RecentClass], *, is_own_text: bool
) -> ReportForm:
    """Return a form with the app of the reporter's last report and their uid, where it has none.

    The uid only where it is certain, and if nobody else wrote the text that filled in the form.
    """
    last_app = next((each.app for each in recent), "")
    form = replace(form, app=form.app or last_app)
    name, uid = _own_uid(recent)
    uids = (form.teacher_uid, form.student_uid)
    if not is_own_text or form.app != last_app or uid in uids or not name or getattr(form, name):
        return form
    is_teacher = name == "teacher_uid"
    return replace(form, teacher_uid=uid) if is_teacher else replace(form, student_uid=uid)


def _own_uid(recent: Sequence[RecentClass]) -> tuple[str, str]:
    """Return the field and the uid that all classes have, with several people opposite; or ""."""
    for name, other in (_UIDS, _UIDS[::-1]):
        same = {(each.app, getattr(each, name)) for each in recent}
        if len(same) == 1 and len({getattr(each, other) for each in recent}) >= _SURE_PEOPLE:
            ((_, uid),) = same
            return name, uid
    return "", ""


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
        field | {"optional": True} if field["block_id"] in _FROM_CLASS else field
        for field in view["blocks"]
    ]
    return view | {"blocks": [choice, *fields]}


def with_late_values(
    view: Block, before: ReportForm, form: ReportForm, renderer: Renderer
) -> Block:
    """Offer what was read after the form had opened, for fields that are left empty.

    Slack fills in no field that is open already, so each says what its empty field means.
    """
    late = {name: getattr(form, name) for name in FILLED_IN if not getattr(before, name)}
    late = {name: value for name, value in late.items() if value}
    metadata = read_metadata(view["private_metadata"]) | late
    blocks = [
        _with_late_value(field, late[field["block_id"]], renderer)
        if field["block_id"] in late
        else field
        for field in view["blocks"]
    ]
    return view | {"blocks": blocks, "private_metadata": json.dumps(metadata)}


def _with_late_value(field: Block, value: str, renderer: Renderer) -> Block:
    hint = renderer.plain_text(message("Left empty, it is %(value)s.", value=value))
    return block_kit.with_hint(field, hint) | {"optional": True}


def filled_from(form: ReportForm, ticket: Ticket) -> ReportForm:
    """Return a submitted form with a chosen class in the fields that are left empty."""
    return replace(
        form,
        app=form.app if form.cname.strip() else ticket.app,
        cname=form.cname.strip() or ticket.cname,
        teacher_uid=form.teacher_uid.strip() or ticket.teacher_uid,
        student_uid=form.student_uid.strip() or ticket.student_uid,
    )
