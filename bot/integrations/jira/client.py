"""The adapter of Jira Cloud's REST API v3: create issue, search by JQL, get project."""

from __future__ import annotations

import msgspec

from bot.errors import IntegrationRefusedError
from bot.i18n.messages import Message, message
from bot.integration_settings import JiraSettings
from bot.integrations.jira import schemas
from bot.integrations.service_client import ServiceClient
from bot.ports import IssueReference, NewIssue

_SERVICE = "Jira"


class JiraTracker:
    """The project of the settings. An issue's key is one of its labels."""

    def __init__(self, settings: JiraSettings, *, allow_private: bool) -> None:
        self._settings = settings
        self._api = f"{settings.url}/rest/api/3"
        self._client = ServiceClient(
            _SERVICE,
            allow_private=allow_private,
            auth=(settings.email, settings.token),
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            explain=schemas.explain,
        )

    async def create(self, issue: NewIssue) -> IssueReference:
        """Create an issue. Raises IntegrationError."""
        fields = {
            "project": {"key": self._settings.project},
            "issuetype": {"name": self._settings.issue_type},
            "summary": schemas.summary(issue.title),
            "description": schemas.document(issue.lines, issue.url),
            "labels": ["lagdesk", issue.key],
        }
        body = msgspec.json.encode({"fields": fields})
        created = await self._client.send("POST", f"{self._api}/issue", body)
        return self._reference(schemas.parse_created(created))

    async def find(self, key: str) -> IssueReference | None:
        """Return the issue with a label. Raises IntegrationError."""
        query = {"jql": f'labels = "{key}"', "maxResults": 1, "fields": ["summary"]}
        body = msgspec.json.encode(query)
        found = await self._client.send("POST", f"{self._api}/search/jql", body)
        name = schemas.parse_found(found)
        return self._reference(name) if name else None

    async def check(self) -> Message:
        """Check that the project exists and has the type of issue. Raises IntegrationError."""
        settings = self._settings
        body = await self._client.send("GET", f"{self._api}/project/{settings.project}")
        name, issue_types = schemas.parse_project(body)
        if settings.issue_type not in issue_types:
            text = message(
                "The project %(project)s has no issue type %(type)s, but: %(types)s. Check"
                " JIRA_ISSUE_TYPE.",
                project=settings.project,
                type=settings.issue_type,
                types=issue_types,
            )
            raise IntegrationRefusedError(text, service=_SERVICE, status=200)
        return message("Tickets can be handed over to the project %(name)s.", name=name)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    def _reference(self, name: str) -> IssueReference:
        return IssueReference(name, f"{self._settings.url}/browse/{name}")
