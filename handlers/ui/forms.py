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
from bot.errors import SpeakUnreachableError
from bot.i18n.messages import Message, message
from bot.services.tickets.submission import COMMENT_LENGTH
from handlers.slack.clients import error_code
from handlers.ui import block_kit
from handlers.ui.renderer import Voice

State = Mapping[str, Mapping[str, Mapping[str, Any]]]

SIDES: Final[Mapping[Side, Message]] = {
    Side.TEACHER: message("Teacher"),
    Side.STUDENT: message("Student"),
}
ISSUE_TYPES: Final[Mapping[IssueType, Message]] = {
    IssueType.CLASS_SWITCHED: message("Class switched"),
    IssueType.HELP: message("Help requested"),
    IssueType.COMPLAINT: message("Complaint"),
    IssueType.FEEDBACK: message("Problem feedback"),
}
_CNAME_LENGTH: Final = 64
_UID_LENGTH: Final = 64
_OPEN_LIMIT_S: Final = 1.7  # a trigger lives for three seconds, and we answer within them
_OUR_FAULT: Final = frozenset({"invalid_arguments", "view_too_large", "duplicate_external_id"})
_LATE: Final = message("Slack was too slow for the form to open. Please try again.")


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

    CALLBACK = "report"

    def view(self, voice: Voice, apps: Sequence[str], now: dt.datetime) -> block_kit.Block:
        """Draw the form; `app` is left out when there is but one."""
        say = voice.plain
        return block_kit.modal(
            self.CALLBACK,
            say(message("Report a bad call")),
            self.fields(voice, apps, now),
            submit=say(message("Report")),
            close=say(message("Cancel")),
            private_metadata=json.dumps({"channel": self.channel}),
        )

    def fields(self, voice: Voice, apps: Sequence[str], now: dt.datetime) -> list[block_kit.Block]:
        """Draw the fields alone; `app` is left out when there is but one."""
        app = block_kit.field("app", voice.plain(message("App")), self._app_menu(apps))
        return [
            *([app] if len(apps) > 1 else []),
            *self._who_fields(voice),
            *self._what_fields(voice, now),
        ]

    def _app_menu(self, apps: Sequence[str]) -> block_kit.Element:
        options = [(app, app) for app in apps[:100]]
        return block_kit.select(options, self.app or (apps[0] if apps else ""))

    def _who_fields(self, voice: Voice) -> list[block_kit.Block]:
        say = voice.plain
        sides = [(side.value, say(name)) for side, name in SIDES.items()]
        return [
            block_kit.field(
                "cname",
                say(message("Channel name (cname)")),
                block_kit.text_input(
                    self.cname, placeholder="class_77_1", max_length=_CNAME_LENGTH * 2
                ),
            ),
            block_kit.field(
                "teacher_uid",
                say(message("Teacher's uid")),
                block_kit.text_input(self.teacher_uid, max_length=_UID_LENGTH),
            ),
            block_kit.field(
                "student_uid",
                say(message("Student's uid")),
                block_kit.text_input(self.student_uid, max_length=_UID_LENGTH),
            ),
            block_kit.field(
                "abnormal_side",
                say(message("Who had the problem?")),
                block_kit.radio(sides, self.abnormal_side),
            ),
        ]

    def _what_fields(self, voice: Voice, now: dt.datetime) -> list[block_kit.Block]:
        say = voice.plain
        types = [(str(int(kind)), say(name)) for kind, name in ISSUE_TYPES.items()]
        moment = int((self.occurred_at or now).timestamp())
        return [
            block_kit.field(
                "issue_type",
                say(message("Type")),
                block_kit.select(types, self.issue_type or str(int(IssueType.FEEDBACK))),
            ),
            block_kit.field(
                "occurred_at", say(message("When did it happen?")), block_kit.moment_input(moment)
            ),
            block_kit.field(
                "comments",
                say(message("Comment")),
                block_kit.text_input(self.comments, multiline=True, max_length=COMMENT_LENGTH),
                hint=say(message("What did you see or hear?")),
                optional=True,
            ),
        ]

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> ReportForm:
        """Read a submitted form; a field that is missing or forged is empty."""
        return cls(
            app=_read(state, "app"),
            cname=_read(state, "cname"),
            teacher_uid=_read(state, "teacher_uid"),
            student_uid=_read(state, "student_uid"),
            abnormal_side=_read(state, "abnormal_side"),
            issue_type=_read(state, "issue_type"),
            occurred_at=_read_moment(state, "occurred_at"),
            comments=_read(state, "comments"),
            channel=read_metadata(private_metadata).get("channel", ""),
        )


@dataclass(frozen=True, slots=True)
class ResolveForm:
    """What was wrong and what was done."""

    number: int
    cause: str = ""
    resolution: str = ""

    CALLBACK = "resolve"

    def view(self, voice: Voice, causes: Sequence[tuple[str, str]], ticket: str) -> block_kit.Block:
        """Draw the form; `causes` are (key, name) pairs."""
        say = voice.plain
        return block_kit.modal(
            self.CALLBACK,
            say(message("Resolve %(ticket)s", ticket=ticket)),
            [
                block_kit.field(
                    "cause",
                    say(message("What was the cause?")),
                    block_kit.select(causes, self.cause),
                ),
                block_kit.field(
                    "resolution",
                    say(message("What was done?")),
                    block_kit.text_input(
                        self.resolution, multiline=True, max_length=COMMENT_LENGTH
                    ),
                ),
            ],
            submit=say(message("Resolve")),
            close=say(message("Cancel")),
            private_metadata=json.dumps({"number": self.number}),
        )

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> ResolveForm:
        """Read a submitted form; number 0 when it was forged."""
        number = read_metadata(private_metadata).get("number", 0)
        return cls(
            number=number if isinstance(number, int) else 0,
            cause=_read(state, "cause"),
            resolution=_read(state, "resolution"),
        )


def _read(state: State, field: str) -> str:
    element = _element(state, field)
    option = element.get("selected_option")
    value = option.get("value") if isinstance(option, dict) else element.get("value")
    return value if isinstance(value, str) else ""


def read_choice(state: State, field: str) -> str:
    """Read the value chosen or typed in a field; "" when there is none."""
    return _read(state, field)


def read_choices(state: State, field: str) -> tuple[str, ...]:
    """Read the values ticked in a field of boxes."""
    options = _element(state, field).get("selected_options")
    found = options if isinstance(options, list) else []
    values = (option.get("value") for option in found if isinstance(option, dict))
    return tuple(value for value in values if isinstance(value, str))


def read_person(state: State, field: str) -> str:
    """Read whom somebody chose; "" when nobody."""
    person = _element(state, field).get("selected_user")
    return person if isinstance(person, str) else ""


def read_number_kept(private_metadata: str) -> int:
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
    element = block.get(block_kit.INPUT) if isinstance(block, dict) else None
    return element if isinstance(element, dict) else {}


def read_metadata(text: str) -> dict[str, Any]:
    """Read what a form carries along; empty when somebody else wrote it."""
    try:
        data = json.loads(text or "{}")
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


async def open_form(client: AsyncWebClient, trigger_id: str, view: block_kit.Block) -> str:
    """Open a form while its trigger lives; returns its id.

    Raises SpeakUnreachableError when Slack is too slow.
    """
    try:
        async with asyncio.timeout(_OPEN_LIMIT_S):
            opened = await client.views_open(trigger_id=trigger_id, view=view)
    except SlackApiError as error:
        code = error_code(error)
        if code in _OUR_FAULT:
            raise
        raise SpeakUnreachableError(_LATE, code=code, maybe_arrived=False) from error
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
        name = type(error).__name__
        raise SpeakUnreachableError(_LATE, code=name, maybe_arrived=True) from error
    return str((opened.get("view") or {}).get("id") or "")
