"""Requests and responses of Jira Cloud: the Atlassian Document Format, issues, projects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from bot.decoding import decode_json
from bot.errors import IntegrationInvalidResponseError
from bot.i18n.messages import message

_MAX_SUMMARY: Final = 255
_MAX_DESCRIPTION: Final = 30_000  # Jira takes 32,767 characters


class _Created(msgspec.Struct):
    key: str


class _Found(msgspec.Struct):
    issues: list[_Created]


class _IssueType(msgspec.Struct):
    name: str
    subtask: bool = False


class _Project(msgspec.Struct):
    name: str
    issueTypes: list[_IssueType] = []  # noqa: N815 - Jira's name


class _Errors(msgspec.Struct):
    errorMessages: list[str] = []  # noqa: N815 - Jira's name
    errors: dict[str, str] = {}


def summary(title: str) -> str:
    """Return a title as Jira takes it: one line of up to 255 characters."""
    return " ".join(title.split())[:_MAX_SUMMARY]


def document(lines: Sequence[str], url: str) -> dict[str, Any]:
    """Return lines of plain text as a document, a paragraph each, then a link.

    Text in a document is never markup, so nothing is escaped.
    """
    paragraphs, length = [], 0
    for line in lines:
        length += len(line)
        if line and length <= _MAX_DESCRIPTION:
            paragraphs.append(_paragraph({"type": "text", "text": line}))
    if url:
        link = {"type": "link", "attrs": {"href": url}}
        paragraphs.append(_paragraph({"type": "text", "text": url, "marks": [link]}))
    return {"type": "doc", "version": 1, "content": paragraphs}


def _paragraph(node: dict[str, Any]) -> dict[str, Any]:
    return {"type": "paragraph", "content": [node]}


def parse_created(body: bytes) -> str:
    """Return the key of a created issue, such as LAG-7. Raises IntegrationInvalidResponseError."""
    return str(_decode(body, _Created).key)


def parse_found(body: bytes) -> str:
    """Return the key of the first issue found, "" without one."""
    issues = _decode(body, _Found).issues
    return str(issues[0].key) if issues else ""


def parse_project(body: bytes) -> tuple[str, list[str]]:
    """Return a project's name, and its types of issues that are no subtasks."""
    project = _decode(body, _Project)
    return project.name, [each.name for each in project.issueTypes if not each.subtask]


def explain(body: bytes) -> str:
    """Return why a request was refused, "" when it does not say."""
    try:
        errors = decode_json(body, _Errors)
    except msgspec.MsgspecError:
        return ""
    fields = (f"{field}: {text}" for field, text in errors.errors.items())
    return " ".join([*errors.errorMessages, *fields])


def _decode(body: bytes, kind: Any) -> Any:
    try:
        return decode_json(body, kind)
    except msgspec.MsgspecError as error:
        text = message("The response of %(service)s is not as documented.", service="Jira")
        raise IntegrationInvalidResponseError(text, service="Jira") from error
