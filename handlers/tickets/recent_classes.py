"""The reporter's last classes in the report form, to choose one and type nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.i18n.messages import message
from bot.services.tickets.service import RecentClass
from bot.ticket import Ticket
from handlers.tickets.forms import ReportForm
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.form_state import read_metadata
from handlers.ui.renderer import Renderer

RECENT: Final = "recent"
_UIDS: Final = ("teacher_uid", "student_uid")
_OWN: Final = "own"
_SURE_PEOPLE: Final = 3  # on the other side, for a uid in all classes to be the reporter's


def with_recent_classes(view: Block, recent: Sequence[RecentClass], renderer: Renderer) -> Block:
    """Add the classes that the reporter has reported to a report form.

    Their fields become optional: what is left empty is taken from the chosen class. The
    reporter's own uid and its app need no class. Slack keeps what an open form's fields have, so
    they are not written into these; hints have them.
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
    own = _own_values(recent)
    metadata = json.dumps(read_metadata(view["private_metadata"]) | {_OWN: own})
    fields = [_optional(each, own, renderer) for each in view["blocks"]]
    return view | {"blocks": [choice, *fields], "private_metadata": metadata}


def _optional(field: Block, own: Mapping[str, str], renderer: Renderer) -> Block:
    name = field["block_id"]
    if name not in ("app", "cname", *_UIDS):
        return field
    optional = field | {"optional": True}
    if name not in own:
        return optional
    hint = message("If left empty: %(value)s, as in your last classes.", value=own[name])
    return block_kit.with_hint(optional, renderer.plain_text(hint))


def _own_values(recent: Sequence[RecentClass]) -> Mapping[str, str]:
    """Return the app and the uid that all classes have, with several people on the other side."""
    for name, other in (_UIDS, _UIDS[::-1]):
        same = {(each.app, getattr(each, name)) for each in recent}
        if len(same) == 1 and len({getattr(each, other) for each in recent}) >= _SURE_PEOPLE:
            ((app, uid),) = same
            return {"app": app, name: uid}
    return {}


def with_own_values(form: ReportForm, private_metadata: str) -> ReportForm:
    """Return a submitted form with the reporter's app and uid where these are left empty."""
    own = read_metadata(private_metadata).get(_OWN)
    if not isinstance(own, dict) or form.app not in ("", own.get("app")):
        return form
    return replace(
        form,
        app=form.app or str(own.get("app", "")),
        teacher_uid=form.teacher_uid.strip() or str(own.get("teacher_uid", "")),
        student_uid=form.student_uid.strip() or str(own.get("student_uid", "")),
    )


def filled_from(form: ReportForm, ticket: Ticket) -> ReportForm:
    """Return a submitted form with a chosen class in the fields that are left empty."""
    return replace(
        form,
        app=form.app if form.cname.strip() else ticket.app,
        cname=form.cname.strip() or ticket.cname,
        teacher_uid=form.teacher_uid.strip() or ticket.teacher_uid,
        student_uid=form.student_uid.strip() or ticket.student_uid,
    )
