"""The report form and the resolve form: fields, view and parsing."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bot.call import IssueType
from bot.i18n.messages import LocaleName, Message, message
from bot.i18n.translator import Translator
from bot.services.tickets.submission import COMMENT_LENGTH
from bot.ticket import Ticket
from handlers.tickets.source_message import is_permalink
from handlers.ui import block_kit
from handlers.ui.block_kit import OptionGroup
from handlers.ui.form_state import (
    State,
    read_metadata,
    read_metadata_number,
    read_moment,
    read_value,
)
from handlers.ui.labels import ISSUE_TYPE_NAMES, SIDE_NAMES
from handlers.ui.renderer import Renderer, link_to

_CNAME_LENGTH: Final = 64
_UID_LENGTH: Final = 64
FILLED_IN: Final = ("app", "teacher_uid", "student_uid")  # from what the reporter did before
_UID_HINT: Final = message(
    "A uid is the person's number in the call. The class page shows it, or the call in the cloud's "
    "console."
)
_MAX_FORMS: Final = 64  # languages times sets of apps


@dataclass(frozen=True)
class ReportForm:
    """The report of a bad call; empty fields are not filled in."""

    app: str = ""
    cname: str = ""
    teacher_uid: str = ""
    student_uid: str = ""
    abnormal_side: str = ""
    issue_type: str = ""
    occurred_at: dt.datetime | None = None
    comments: str = ""
    source_permalink: str = ""  # of the message it is made from
    response_url: str = ""  # where its request is answered

    CALLBACK_ID = "report"

    def view(
        self,
        renderer: Renderer,
        apps: Sequence[str],
        now: dt.datetime,
        time_hint: Message | None = None,
    ) -> block_kit.Block:
        """Build the modal; without the field `app` when there is only one app.

        `time_hint` is where `occurred_at` comes from.
        """
        form = _empty_form(renderer.translator.locale, tuple(apps))
        metadata = json.dumps({"source": self.source_permalink, "answer": self.response_url})
        blocks = self.fields(renderer, apps, now)
        if time_hint is not None:
            hint = renderer.plain_text(time_hint)
            blocks = [
                block_kit.with_hint(each, hint) if each["block_id"] == "occurred_at" else each
                for each in blocks
            ]
        return form | {"blocks": blocks, "private_metadata": metadata}

    def fields(
        self, renderer: Renderer, apps: Sequence[str], now: dt.datetime
    ) -> list[block_kit.Block]:
        """Build the fields; without `app` when there is only one app."""
        form = _empty_form(renderer.translator.locale, tuple(apps))
        values: dict[str, str | int] = {
            "app": self.app,
            "cname": self.cname,
            "teacher_uid": self.teacher_uid,
            "student_uid": self.student_uid,
            "abnormal_side": self.abnormal_side,
            "issue_type": self.issue_type or str(int(IssueType.FEEDBACK)),
            "occurred_at": int((self.occurred_at or now).timestamp()),
            "comments": self.comments,
        }
        return [block_kit.fill_in(field, values[field["block_id"]]) for field in form["blocks"]]

    @classmethod
    def parse(cls, state: State, private_metadata: str = "") -> ReportForm:
        """Read a submitted form; missing and forged fields are empty.

        What was filled in after the form had opened is in the metadata: Slack submits it empty.
        """
        metadata = read_metadata(private_metadata)
        source = metadata.get("source")
        return cls(
            cname=read_value(state, "cname"),
            **{n: read_value(state, n) or str(metadata.get(n) or "") for n in FILLED_IN},
            abnormal_side=read_value(state, "abnormal_side"),
            issue_type=read_value(state, "issue_type"),
            occurred_at=read_moment(state, "occurred_at"),
            comments=read_value(state, "comments"),
            source_permalink=source if is_permalink(source) else "",
            response_url=str(metadata.get("answer") or ""),
        )


def with_warning(view: block_kit.Block, ticket: Ticket, renderer: Renderer) -> block_kit.Block:
    """Add to a report form that there is another ticket about the channel, and in which app."""
    has_apps = any(block["block_id"] == "app" for block in view["blocks"])
    warning = message(
        ":warning: %(ticket)s is already open for %(cname)s, reported %(when)s. Report this only "
        "if it is another problem.",
        ticket=link_to(ticket.thread.permalink, ticket.label),
        when=ticket.created_at,
        cname=f"{ticket.cname} ({ticket.app})" if has_apps else ticket.cname,
    )
    block = block_kit.context("unresolved", renderer.mrkdwn(warning))
    return view | {"blocks": [block, *view["blocks"]]}


def with_note(view: block_kit.Block, note: Message, renderer: Renderer) -> block_kit.Block:
    """Add a note above a form's fields."""
    block = block_kit.context("note", renderer.mrkdwn(note))
    return view | {"blocks": [block, *view["blocks"]]}


@lru_cache(maxsize=_MAX_FORMS)
def _empty_form(locale: LocaleName, apps: tuple[str, ...]) -> block_kit.Block:
    """Build the report form once for each language: that takes most of a request's time."""
    renderer = Renderer(Translator(locale))
    return block_kit.modal(
        ReportForm.CALLBACK_ID,
        renderer.plain_text(message("Report a bad call")),
        [
            *([_app_field(renderer, apps)] if len(apps) > 1 else []),
            *_call_fields(renderer),
            *_problem_fields(renderer),
        ],
        submit=renderer.plain_text(message("Report")),
        close=renderer.plain_text(message("Cancel")),
    )


def _app_field(renderer: Renderer, apps: Sequence[str]) -> block_kit.Block:
    menu = block_kit.select([(app, app) for app in apps[:100]])
    return block_kit.field("app", renderer.plain_text(message("App")), menu)


def _call_fields(renderer: Renderer) -> list[block_kit.Block]:
    plain_text = renderer.plain_text
    sides = [(side.value, plain_text(name)) for side, name in SIDE_NAMES.items()]
    return [
        block_kit.field(
            "cname",
            plain_text(message("Channel name (cname)")),
            block_kit.text_input(placeholder="class_77_1", max_length=_CNAME_LENGTH * 2),
        ),
        block_kit.field(
            "teacher_uid",
            plain_text(message("Teacher's uid")),
            block_kit.text_input(max_length=_UID_LENGTH),
        ),
        block_kit.field(
            "student_uid",
            plain_text(message("Student's uid")),
            block_kit.text_input(max_length=_UID_LENGTH),
            hint=plain_text(_UID_HINT),
        ),
        block_kit.field(
            "abnormal_side",
            plain_text(message("Who had the problem?")),
            block_kit.radio(sides),
        ),
    ]


def _problem_fields(renderer: Renderer) -> list[block_kit.Block]:
    plain_text = renderer.plain_text
    types = [(str(int(kind)), plain_text(name)) for kind, name in ISSUE_TYPE_NAMES.items()]
    return [
        block_kit.field("issue_type", plain_text(message("Type")), block_kit.select(types)),
        block_kit.field(
            "occurred_at",
            plain_text(message("When did it happen?")),
            block_kit.datetime_input(),
        ),
        block_kit.field(
            "comments",
            plain_text(message("Comment")),
            block_kit.text_input(multiline=True, max_length=COMMENT_LENGTH),
            hint=plain_text(message("What did you see or hear?")),
            optional=True,
        ),
    ]


@dataclass(frozen=True, slots=True)
class ResolveForm:
    """The cause of a problem and how it was resolved."""

    number: int
    cause: str = ""
    canned: str = ""  # the index of a canned resolution
    resolution: str = ""

    CALLBACK_ID = "resolve"

    def view(
        self,
        renderer: Renderer,
        causes: Sequence[OptionGroup],
        canned: Sequence[str],
        ticket: str,
    ) -> block_kit.Block:
        """Build the modal; `canned` are texts to choose from."""
        plain_text = renderer.plain_text
        return block_kit.modal(
            self.CALLBACK_ID,
            plain_text(message("Resolve %(ticket)s", ticket=ticket)),
            [
                block_kit.fill_in(
                    block_kit.field(
                        "cause",
                        plain_text(message("What was the cause?")),
                        block_kit.grouped_select(causes),
                    ),
                    self.cause,
                ),
                block_kit.field(
                    "canned",
                    plain_text(message("What was done?")),
                    block_kit.select([(str(n), text) for n, text in enumerate(canned)]),
                    optional=True,
                ),
                block_kit.field(
                    "resolution",
                    plain_text(message("In your own words, or more about it")),
                    block_kit.text_input(multiline=True, max_length=COMMENT_LENGTH),
                    optional=True,
                ),
            ],
            submit=plain_text(message("Resolve")),
            close=plain_text(message("Cancel")),
            private_metadata=json.dumps({"number": self.number}),
        )

    def text(self, canned: Sequence[str]) -> str:
        """Return the canned resolution and the words after it; "" without either."""
        chosen = [text for n, text in enumerate(canned) if str(n) == self.canned]
        return "\n".join(filter(None, [*chosen, self.resolution]))

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> ResolveForm:
        """Read a submitted form; number 0 when it is forged."""
        return cls(
            number=read_metadata_number(private_metadata),
            cause=read_value(state, "cause"),
            canned=read_value(state, "canned"),
            resolution=read_value(state, "resolution").strip(),
        )
