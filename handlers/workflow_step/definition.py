"""The inputs and outputs of the workflow step. Imports only the standard library, as the manifest.

Slack has one title for all languages; `label` names an input in the reader's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from bot.i18n.messages import Message, message

CALLBACK_ID: Final = "report_call_problem"


@dataclass(frozen=True, slots=True)
class StepInput:
    """An input of the step; `field` is that of a report which it fills in."""

    name: str
    field: str
    title: str
    description: str
    label: Message
    type: str = "string"
    is_required: bool = True


INPUTS: Final = (
    StepInput(
        "channel_name",
        "cname",
        "Channel name · 频道名",
        "The name of the call's channel at the cloud (cname)",
        message("Channel name (cname)"),
    ),
    StepInput(
        "teacher_uid",
        "teacher_uid",
        "Teacher's uid · 老师 uid",
        "The teacher's uid in the call",
        message("Teacher's uid"),
    ),
    StepInput(
        "student_uid",
        "student_uid",
        "Student's uid · 学生 uid",
        "The student's uid in the call",
        message("Student's uid"),
    ),
    StepInput(
        "side",
        "abnormal_side",
        "Who had the problem · 哪一方有问题",
        "teacher or student · 老师 或 学生",
        message("Who had the problem?"),
    ),
    StepInput(
        "reporter",
        "reporter",
        "Reporter · 提交人",
        "Whoever reports it: they get the messages about the ticket",
        message("Reporter"),
        type="slack#/types/user_id",
    ),
    StepInput(
        "type",
        "issue_type",
        "Type · 类型",
        "class switched, help, complaint or feedback (default) · 切课、求助、投诉 或 问题反馈",
        message("Type"),
        is_required=False,
    ),
    StepInput(
        "time",
        "occurred_at",
        "Time · 时间",
        "When it happened; without it, when the step runs",
        message("When did it happen?"),
        type="slack#/types/timestamp",
        is_required=False,
    ),
    StepInput(
        "comment",
        "comments",
        "Comment · 备注",
        "What they saw or heard",
        message("Comment"),
        is_required=False,
    ),
    StepInput(
        "app",
        "app",
        "App · 应用",
        "The app's name in Lagdesk; needed where several apps are configured",
        message("App"),
        is_required=False,
    ),
)
_OUTPUTS: Final = (
    ("ticket", "Ticket · 工单", "The ticket's number, such as LD-12"),
    ("link", "Link · 链接", "The link to the ticket's thread"),
)


def function_manifest() -> dict[str, Any]:
    """Return the part of the app's manifest that declares the step."""
    return {
        CALLBACK_ID: {
            "title": "Report a call problem · 提交通话问题",
            "description": "Files a ticket in Lagdesk, which finds out why the call was bad",
            "input_parameters": {
                each.name: _parameter(
                    each.name, each.type, each.title, each.description, is_required=each.is_required
                )
                for each in INPUTS
            },
            "output_parameters": {
                name: _parameter(name, "string", title, description, is_required=True)
                for name, title, description in _OUTPUTS
            },
        }
    }


def _parameter(
    name: str, kind: str, title: str, description: str, *, is_required: bool
) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "title": title,
        "description": description,
        "is_required": is_required,
    }
