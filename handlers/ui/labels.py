"""Names of a ticket's sides and issue types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.call import IssueType, Side
from bot.i18n.messages import Message, message

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
