"""The adapter of Zendesk's Ticketing API: create ticket, list by external id, own user."""

from __future__ import annotations

import msgspec

from bot.errors import IntegrationRefusedError
from bot.i18n.messages import Message, message
from bot.integration_settings import ZendeskSettings
from bot.integrations.service_client import ServiceClient
from bot.integrations.zendesk import schemas
from bot.ports import IssueReference, NewIssue

_SERVICE = "Zendesk"


class ZendeskTracker:
    """The account of the settings. An issue's key is the external id of its ticket."""

    def __init__(self, settings: ZendeskSettings, *, allow_private: bool) -> None:
        self._url = settings.url
        self._client = ServiceClient(
            _SERVICE,
            allow_private=allow_private,
            auth=(f"{settings.email}/token", settings.token),
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            explain=schemas.explain,
        )

    async def create(self, issue: NewIssue) -> IssueReference:
        """Create a ticket with an internal note, which nobody is mailed. Raises IntegrationError.

        Zendesk itself ignores a repetition with the same Idempotency-Key within two hours.
        """
        ticket = {
            "subject": " ".join(issue.title.split()),
            "comment": {"body": schemas.body(issue.lines, issue.url), "public": False},
            "external_id": issue.key,
            "tags": ["lagdesk"],
        }
        created = await self._client.send(
            "POST",
            f"{self._url}/api/v2/tickets.json",
            msgspec.json.encode({"ticket": ticket}),
            headers={"Idempotency-Key": issue.key},
        )
        return self._reference(schemas.parse_created(created))

    async def find(self, key: str) -> IssueReference | None:
        """Return the ticket with an external id. Raises IntegrationError."""
        url = f"{self._url}/api/v2/tickets.json?external_id={key}"
        number = schemas.parse_found(await self._client.send("GET", url))
        return self._reference(number) if number else None

    async def check(self) -> Message:
        """Check that the key is that of an agent. Raises IntegrationError.

        Zendesk answers a wrong key as it answers somebody who is not signed in.
        """
        body = await self._client.send("GET", f"{self._url}/api/v2/users/me.json")
        name, role = schemas.parse_user(body)
        if role not in ("agent", "admin"):
            text = message(
                "Zendesk takes this key for nobody's or for no agent's. Check ZENDESK_EMAIL and"
                " ZENDESK_TOKEN."
            )
            raise IntegrationRefusedError(text, service=_SERVICE, status=200)
        return message("Tickets can be handed over, as %(name)s.", name=name)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    def _reference(self, number: int) -> IssueReference:
        return IssueReference(f"#{number}", f"{self._url}/agent/tickets/{number}")
