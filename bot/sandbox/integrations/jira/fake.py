"""Jira Cloud with one project (developer.atlassian.com/cloud/jira/platform/rest/v3)."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from bot.sandbox.integrations.issue_page import issue_page
from bot.sandbox.integrations.server import FakeService, Request, json_response

PROJECT: Final = "SUP"
EMAIL, TOKEN = "lagdesk@school.example", "sandbox-jira-token"
_API: Final = "/rest/api/3"
_MAX_SUMMARY: Final = 255
_LABEL_SEARCH: Final = re.compile(r'labels = "([^"\s]+)"')


@dataclass(frozen=True, slots=True)
class FakeIssue:
    """An issue; `text` is its description's, a line a paragraph."""

    key: str
    summary: str
    text: str
    labels: tuple[str, ...]


class FakeJira(FakeService):
    """Jira. `issues` are those in its project, `issue_types` those that it takes."""

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.issue_types = ["Task", "Bug"]
        self.issues: list[FakeIssue] = []

    def respond(self, request: Request) -> web.Response:
        """Handle a request of the API, or show the page of an issue."""
        if request.path.startswith("/browse/"):
            return self._page(request.path.removeprefix("/browse/"))
        if request.headers.get("authorization") != _basic(f"{EMAIL}:{self.token}"):
            return web.Response(status=401)
        match request.method, request.path.removeprefix(_API):
            case "POST", "/issue":
                return self._create(json.loads(request.body)["fields"])
            case "POST", "/search/jql":
                return self._search(json.loads(request.body)["jql"])
            case "GET", path if path == f"/project/{PROJECT}":
                types = [{"name": name, "subtask": False} for name in self.issue_types]
                return json_response({"key": PROJECT, "name": "Support", "issueTypes": types})
        return json_response({"errorMessages": ["Not found."], "errors": {}}, 404)

    def _create(self, fields: dict[str, Any]) -> web.Response:
        errors: dict[str, str] = {}
        if fields["project"]["key"] != PROJECT:
            errors["project"] = "valid project is required"
        if fields["issuetype"]["name"] not in self.issue_types:
            errors["issuetype"] = "Specify a valid issue type"
        if not 0 < len(fields["summary"]) <= _MAX_SUMMARY or "\n" in fields["summary"]:
            errors["summary"] = "The summary is invalid because it contains newline characters."
        if not _is_document(fields["description"]):
            errors["description"] = "Operation value must be an Atlassian Document"
        if any(" " in label for label in fields["labels"]):
            errors["labels"] = "The label contains spaces which is invalid."
        if errors:
            return json_response({"errorMessages": [], "errors": errors}, 400)
        key = f"{PROJECT}-{len(self.issues) + 1}"
        text = "\n".join(node["content"][0]["text"] for node in fields["description"]["content"])
        self.issues.append(FakeIssue(key, fields["summary"], text, tuple(fields["labels"])))
        url = f"{self.url}{_API}/issue/{key}"
        return json_response({"id": str(10_000 + len(self.issues)), "key": key, "self": url}, 201)

    def _search(self, jql: str) -> web.Response:
        match = _LABEL_SEARCH.fullmatch(jql)
        if match is None:
            return json_response({"errorMessages": [f"Error in the JQL Query: {jql}"]}, 400)
        found = [{"id": "1", "key": each.key} for each in self.issues if match[1] in each.labels]
        return json_response({"issues": found, "isLast": True})

    def _page(self, key: str) -> web.Response:
        issue = next((each for each in self.issues if each.key == key), None)
        if issue is None:
            return web.Response(status=404)
        return issue_page("Jira", f"{issue.key} {issue.summary}", issue.text)


def _basic(credentials: str) -> str:
    return f"Basic {base64.b64encode(credentials.encode()).decode()}"


def _is_document(node: Any) -> bool:
    """Return whether a description is a document of paragraphs that are not empty."""
    if (node.get("type"), node.get("version")) != ("doc", 1):
        return False
    texts = [child for paragraph in node["content"] for child in paragraph["content"]]
    return all(child["type"] == "text" and child["text"] for child in texts)
