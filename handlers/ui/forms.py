"""Each form: its ids, its view and its parse, side by side. What can be taken the desk knows."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.call import IssueType, Side
from bot.errors import SlackUnreachableError
from bot.i18n.messages import Message, message
from bot.services.tickets.submission import COMMENT_LENGTH
from handlers.slack.clients import error_code
from handlers.ui import block_kit
from handlers.ui.renderer import Renderer

State = Mapping[str, Mapping[str, Mapping[str, Any]]]

SIDE_NAMES: Final[Mapping[Side, Message]] = {
    Side.TEACHER: message("Teacher"),
    Side.STUDENT: message("Student"),
}
ISSUE_TYPE_NAMES: Final[Mapping[IssueType, Message]] = {
    IssueType.CLASS_SWITCHED: message("Class switched"),
    IssueType.HELP: message("Help requested"),
    IssueType.COMPLAINT: message("Complaint"),
    IssueType.FEEDBACK: message("Problem feedback"),
}
_CNAME_LENGTH: Final = 64
_UID_LENGTH: Final = 64
_OPEN_TIMEOUT_S: Final = 1.7  # a trigger lives for three seconds, and we answer within them
_PROGRAMMING_ERROR_CODES: Final = frozenset(
    {"invalid_arguments", "view_too_large", "duplicate_external_id"}
)
_SLACK_TOO_SLOW: Final = message("Slack was too slow for the form to open. Please try again.")


@dataclass(frozen=True, slots=True)
class ReportForm:
    """The report of a bad call, as far as it is filled in."""

    app: str = ""
    cname: str = ""
    teacher_uid: str = ""
    student_uid: str = ""
    abnormal_side: str = ""
    issue_type: str = ""
    occurred_at: dt.datetime | None = None
    comments: str = ""
    channel: str = ""

    CALLBACK_ID = "report"

    def view(self, renderer: Renderer, apps: Sequence[str], now: dt.datetime) -> block_kit.Block:
        """Draw the form; `app` is left out when there is but one."""
        plain_text = renderer.plain_text
        return block_kit.modal(
            self.CALLBACK_ID,
            plain_text(message("Report a bad call")),
            self.fields(renderer, apps, now),
            submit=plain_text(message("Report")),
            close=plain_text(message("Cancel")),
            private_metadata=json.dumps({"channel": self.channel}),
        )

    def fields(
        self, renderer: Renderer, apps: Sequence[str], now: dt.datetime
    ) -> list[block_kit.Block]:
        """Draw the fields alone; `app` is left out when there is but one."""
        app = block_kit.field("app", renderer.plain_text(message("App")), self._app_menu(apps))
        return [
            *([app] if len(apps) > 1 else []),
            *self._call_fields(renderer),
            *self._problem_fields(renderer, now),
        ]

    def _app_menu(self, apps: Sequence[str]) -> block_kit.Element:
        options = [(app, app) for app in apps[:100]]
        return block_kit.select(options, self.app or (apps[0] if apps else ""))

    def _call_fields(self, renderer: Renderer) -> list[block_kit.Block]:
        plain_text = renderer.plain_text
        sides = [(side.value, plain_text(name)) for side, name in SIDE_NAMES.items()]
        return [
            block_kit.field(
                "cname",
                plain_text(message("Channel name (cname)")),
                block_kit.text_input(
                    self.cname, placeholder="class_77_1", max_length=_CNAME_LENGTH * 2
                ),
            ),
            block_kit.field(
                "teacher_uid",
                plain_text(message("Teacher's uid")),
                block_kit.text_input(self.teacher_uid, max_length=_UID_LENGTH),
            ),
            block_kit.field(
                "student_uid",
                plain_text(message("Student's uid")),
                block_kit.text_input(self.student_uid, max_length=_UID_LENGTH),
            ),
            block_kit.field(
                "abnormal_side",
                plain_text(message("Who had the problem?")),
                block_kit.radio(sides, self.abnormal_side),
            ),
        ]

    def _problem_fields(self, renderer: Renderer, now: dt.datetime) -> list[block_kit.Block]:
        plain_text = renderer.plain_text
        types = [(str(int(kind)), plain_text(name)) for kind, name in ISSUE_TYPE_NAMES.items()]
        moment = int((self.occurred_at or now).timestamp())
        return [
            block_kit.field(
                "issue_type",
                plain_text(message("Type")),
                block_kit.select(types, self.issue_type or str(int(IssueType.FEEDBACK))),
            ),
            block_kit.field(
                "occurred_at",
                plain_text(message("When did it happen?")),
                block_kit.datetime_input(moment),
            ),
            block_kit.field(
                "comments",
                plain_text(message("Comment")),
                block_kit.text_input(self.comments, multiline=True, max_length=COMMENT_LENGTH),
                hint=plain_text(message("What did you see or hear?")),
                optional=True,
            ),
        ]

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> ReportForm:
        """Read a submitted form; a field that is missing or forged is empty."""
        return cls(
            app=_read_value(state, "app"),
            cname=_read_value(state, "cname"),
            teacher_uid=_read_value(state, "teacher_uid"),
            student_uid=_read_value(state, "student_uid"),
            abnormal_side=_read_value(state, "abnormal_side"),
            issue_type=_read_value(state, "issue_type"),
            occurred_at=_read_moment(state, "occurred_at"),
            comments=_read_value(state, "comments"),
            channel=read_metadata(private_metadata).get("channel", ""),
        )


@dataclass(frozen=True, slots=True)
class ResolveForm:
    """What was wrong and what was done."""

    number: int
    cause: str = ""
    resolution: str = ""

    CALLBACK_ID = "resolve"

    def view(
        self, renderer: Renderer, causes: Sequence[tuple[str, str]], ticket: str
    ) -> block_kit.Block:
        """Draw the form; `causes` are (key, name) pairs."""
        plain_text = renderer.plain_text
        return block_kit.modal(
            self.CALLBACK_ID,
            plain_text(message("Resolve %(ticket)s", ticket=ticket)),
            [
                block_kit.field(
                    "cause",
                    plain_text(message("What was the cause?")),
                    block_kit.select(causes, self.cause),
                ),
                block_kit.field(
                    "resolution",
                    plain_text(message("What was done?")),
                    block_kit.text_input(
                        self.resolution, multiline=True, max_length=COMMENT_LENGTH
                    ),
                ),
            ],
            submit=plain_text(message("Resolve")),
            close=plain_text(message("Cancel")),
            private_metadata=json.dumps({"number": self.number}),
        )

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> ResolveForm:
        """Read a submitted form; number 0 when it was forged."""
        number = read_metadata(private_metadata).get("number", 0)
        return cls(
            number=number if isinstance(number, int) else 0,
            cause=_read_value(state, "cause"),
            resolution=_read_value(state, "resolution"),
        )


def _read_value(state: State, field: str) -> str:
    element = _element(state, field)
    option = element.get("selected_option")
    value = option.get("value") if isinstance(option, dict) else element.get("value")
    return value if isinstance(value, str) else ""


def read_choice(state: State, field: str) -> str:
    """Read the value chosen or typed in a field; "" when there is none."""
    return _read_value(state, field)


def read_choices(state: State, field: str) -> tuple[str, ...]:
    """Read the values ticked in a field of boxes."""
    options = _element(state, field).get("selected_options")
    selected = options if isinstance(options, list) else []
    values = (option.get("value") for option in selected if isinstance(option, dict))
    return tuple(value for value in values if isinstance(value, str))


def read_person(state: State, field: str) -> str:
    """Read whom somebody chose; "" when nobody."""
    person = _element(state, field).get("selected_user")
    return person if isinstance(person, str) else ""


def read_metadata_number(private_metadata: str) -> int:
    """Read the ticket's number a form kept; 0, which nobody has, when it was forged."""
    number = read_metadata(private_metadata).get("number", 0)
    return number if isinstance(number, int) and not isinstance(number, bool) else 0


def _read_moment(state: State, field: str) -> dt.datetime | None:
    epoch_s = _element(state, field).get("selected_date_time")
    if isinstance(epoch_s, bool) or not isinstance(epoch_s, int):
        return None
    try:
        return dt.datetime.fromtimestamp(epoch_s, dt.UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _element(state: State, field: str) -> Mapping[str, Any]:
    block = state.get(field)
    element = block.get(block_kit.INPUT_ACTION_ID) if isinstance(block, dict) else None
    return element if isinstance(element, dict) else {}


def read_metadata(text: str) -> dict[str, Any]:
    """Read what a form carries along; empty when somebody else wrote it."""
    try:
        data = json.loads(text or "{}")
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


async def open_modal(client: AsyncWebClient, trigger_id: str, view: block_kit.Block) -> str:
    """Open a form while its trigger lives; returns its id.

    Raises SpeakUnreachableError when Slack is too slow.
    """
    try:
        async with asyncio.timeout(_OPEN_TIMEOUT_S):
            response = await client.views_open(trigger_id=trigger_id, view=view)
    except SlackApiError as error:
        code = error_code(error)
        if code in _PROGRAMMING_ERROR_CODES:
            raise
        raise SlackUnreachableError(_SLACK_TOO_SLOW, code=code, maybe_arrived=False) from error
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
        name = type(error).__name__
        raise SlackUnreachableError(_SLACK_TOO_SLOW, code=name, maybe_arrived=True) from error
    return str((response.get("view") or {}).get("id") or "")
