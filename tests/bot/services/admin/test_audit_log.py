"""Who may read the audit log, and what it says."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from bot.errors import NotAllowedError, NotFoundError
from bot.services.admin.audit_log import AuditLogService
from bot.store.admin import audit_log
from bot.store.admin.audit_log import AuditEntry
from tests.bot.services.conftest import OUTSIDER, SUPPORT, TEAM, ServiceHarness
from tests.bot.services.contexts import with_settings

_origins = count(1)


async def record(harness: ServiceHarness, action: str, origin: str, ticket: int | None) -> None:
    """Store an audit entry of support."""
    entry = AuditEntry(
        team=TEAM,
        person=SUPPORT,
        action=action,
        origin=origin,
        ticket=ticket,
        at=harness.clock.now(),
    )
    await harness.context.store.transact(lambda session: audit_log.add_entry(session, entry))


async def test_newest_actions_with_their_outcomes(service_harness: ServiceHarness) -> None:
    """Of one ticket, or the newest twenty of the workspace."""
    service = service_harness.services.audit_log
    ticket, other = await service_harness.report(), await service_harness.report()
    origin = f"audit-{next(_origins)}"
    await record(service_harness, "room.dismiss", origin, ticket.id)
    await record(service_harness, "room.dismiss.taken", origin, ticket.id)
    for _ in range(20):
        await record(service_harness, "ticket.link", f"audit-{next(_origins)}", other.id)
    (action,) = await service.recent_actions(TEAM, SUPPORT, ticket.id)
    assert (action.action, action.outcome, action.person, action.ticket) == (
        "room.dismiss",
        "taken",
        SUPPORT,
        ticket.id,
    )
    assert action.at == service_harness.clock.now()
    newest = await service.recent_actions(TEAM, SUPPORT)
    assert [(each.ticket, each.outcome) for each in newest] == [(other.id, "")] * 20


async def test_unknown_ticket(service_harness: ServiceHarness) -> None:
    """It has no actions."""
    with pytest.raises(NotFoundError):
        await service_harness.services.audit_log.recent_actions(TEAM, SUPPORT, 999999)


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ({"escalation_channel": "C1"}, "members of the escalation channel"),
        ({"escalation_channel": "C1", "support_group": "S1"}, "support user group"),
        ({}, "Nobody is support"),
    ],
)
async def test_only_support_reads_it(
    service_harness: ServiceHarness, chosen: dict[str, str], text: str
) -> None:
    """The refusal says who that is."""
    settings = replace(service_harness.context.settings, **chosen)  # type: ignore[arg-type]  # texts
    service = AuditLogService(with_settings(service_harness.context, settings))
    with pytest.raises(NotAllowedError, match=text):
        await service.recent_actions(TEAM, OUTSIDER)
