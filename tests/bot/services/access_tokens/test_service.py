"""Access tokens: made, used, revoked, and what is kept of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from sqlmodel import select

from bot.errors import ConflictError, InputError, NotAllowedError, NotFoundError
from bot.services.access_tokens.service import MAX_TOKENS, PREFIX, AccessTokens, Caller, NewToken
from bot.services.admin.erasure import ErasureService
from bot.store.access_tokens.access_tokens import AccessToken
from bot.store.admin.audit_log import AuditEntry
from bot.store.admin.erasure import Identity
from tests.bot.services.conftest import TEAM, ServiceHarness
from tests.bot.services.contexts import Supporters
from tests.bot.store.every_table import all_rows

_numbers = count(1)
HOUR_S, DAY_S = 3600.0, 86400.0


@pytest.fixture
def person() -> str:
    """Somebody without a token."""
    return f"U-TOKENS-{next(_numbers)}"


def service_of(harness: ServiceHarness, **settings: Any) -> AccessTokens:
    """The service where tokens are of use."""
    context = harness.context
    chosen = replace(context.settings, **({"http_api": True} | settings))
    permissions = Supporters(gone=["U-GONE"])
    return AccessTokens(replace(context, settings=chosen, permissions=permissions))


async def create(tokens: AccessTokens, person: str, label: str = "Dashboard") -> NewToken:
    """Create a token by a form of its own."""
    return await tokens.create(TEAM, person, label, origin=f"V-TOKEN-{next(_numbers)}")


async def entries(harness: ServiceHarness, person: str) -> list[tuple[str, str]]:
    """What the audit log has of a person's tokens, oldest first."""
    rows = await harness.context.store.read(
        lambda session: session.exec(select(AuditEntry).where(AuditEntry.person == person)).all()
    )
    return [(row.action, row.detail["label"]) for row in rows]


async def test_token_finds_its_person(service_harness: ServiceHarness, person: str) -> None:
    """Until it is revoked; another one stays."""
    tokens = service_of(service_harness)
    first = await create(tokens, person)
    service_harness.clock.move(1)
    second = await create(tokens, person, " CI \n job ")
    listed = await tokens.list_tokens(TEAM, person)
    assert [each.label for each in listed] == ["Dashboard", "CI job"]
    assert await tokens.find_person(first.secret) == Caller(TEAM, person, listed[0].id)
    await tokens.revoke(TEAM, person, listed[0].id)
    assert await tokens.find_person(first.secret) is None
    assert await tokens.find_person(second.secret) == Caller(TEAM, person, listed[1].id)


async def test_secret_is_not_stored(service_harness: ServiceHarness, person: str) -> None:
    """It has 256 random bits after a prefix that scanners find, and is in no table and no repr."""
    tokens = service_of(service_harness)
    secrets = [(await create(tokens, person)).secret for _ in range(2)]
    assert len({*secrets}) == 2
    assert {(each.startswith(PREFIX), len(each)) for each in secrets} == {(True, len(PREFIX) + 43)}
    assert secrets[0] not in str(all_rows(service_harness.context.store))
    assert secrets[0] not in repr(NewToken(secrets[0], "Dashboard"))


@pytest.mark.parametrize("token", ["", PREFIX, f"{PREFIX}{'a' * 43}", "é" * 51, "x\x00"])
async def test_unknown_token(service_harness: ServiceHarness, token: str) -> None:
    """It is nobody's."""
    assert await service_of(service_harness).find_person(token) is None


@pytest.mark.parametrize("label", ["", "  ", "x" * 61])
async def test_label_is_needed(service_harness: ServiceHarness, person: str, label: str) -> None:
    """Nothing is created without one, or with one that is too long for a list."""
    tokens = service_of(service_harness)
    with pytest.raises(InputError):
        await create(tokens, person, label)
    assert await tokens.list_tokens(TEAM, person) == []


async def test_number_of_tokens_is_limited(service_harness: ServiceHarness, person: str) -> None:
    """A revoked one makes room."""
    tokens = service_of(service_harness)
    for _ in range(MAX_TOKENS):
        await create(tokens, person)
    with pytest.raises(InputError, match="10 tokens"):
        await create(tokens, person)
    listed = await tokens.list_tokens(TEAM, person)
    await tokens.revoke(TEAM, person, listed[0].id)
    await create(tokens, person)
    assert len(await tokens.list_tokens(TEAM, person)) == MAX_TOKENS


async def test_form_that_comes_twice(service_harness: ServiceHarness, person: str) -> None:
    """It makes one token."""
    tokens = service_of(service_harness)
    await tokens.create(TEAM, person, "Dashboard", origin="V-TWICE")
    with pytest.raises(ConflictError):
        await tokens.create(TEAM, person, "Dashboard", origin="V-TWICE")
    assert len(await tokens.list_tokens(TEAM, person)) == 1


@pytest.mark.parametrize(("team", "other"), [(TEAM, "U-ANOTHER"), ("T-OTHER", None)])
async def test_tokens_of_others(
    service_harness: ServiceHarness, person: str, team: str, other: str | None
) -> None:
    """Nobody sees or revokes them, not with the same id in another workspace either."""
    tokens = service_of(service_harness)
    token, who = await create(tokens, person), other or person
    listed = await tokens.list_tokens(TEAM, person)
    assert await tokens.list_tokens(team, who) == []
    with pytest.raises(NotFoundError):
        await tokens.revoke(team, who, listed[0].id)
    assert await tokens.find_person(token.secret)


async def test_person_who_left(service_harness: ServiceHarness) -> None:
    """Their token is good for nothing, and its use is not noted."""
    tokens = service_of(service_harness)
    token = await create(tokens, "U-GONE")
    assert await tokens.find_person(token.secret) is None
    assert (await tokens.list_tokens(TEAM, "U-GONE"))[0].last_used_at is None


async def test_workspace_that_is_not_served(service_harness: ServiceHarness, person: str) -> None:
    """With OAuth a token is good only where Lagdesk is installed."""
    tokens = service_of(service_harness)
    token = await create(tokens, person)
    context = service_harness.context
    oauth = replace(context.settings, slack_client_id="1", slack_client_secret="s")
    workspaces = type(context.workspaces)(context.store, oauth)
    elsewhere = AccessTokens(replace(context, workspaces=workspaces, permissions=Supporters()))
    assert await elsewhere.find_person(token.secret) is None


async def test_tokens_that_are_of_no_use(service_harness: ServiceHarness, person: str) -> None:
    """None is created where nothing takes one."""
    tokens = service_of(service_harness, http_api=False)
    assert not tokens.is_enabled
    with pytest.raises(NotAllowedError):
        await create(tokens, person)


async def test_last_use_is_stored_once_an_hour(
    service_harness: ServiceHarness, person: str
) -> None:
    """A dashboard that asks every minute does not write every minute; the audit log has each day."""
    tokens, clock = service_of(service_harness), service_harness.clock
    token = await create(tokens, person)
    used = []
    for pause_s in (0.0, HOUR_S - 1, 1.0, DAY_S):
        clock.move(pause_s)
        await tokens.find_person(token.secret)
        used.append(((await tokens.list_tokens(TEAM, person))[0].last_used_at, clock.now()))
    assert [at == now for at, now in used] == [True, False, True, True]
    assert used[1][0] == used[0][1]
    await tokens.revoke(TEAM, person, (await tokens.list_tokens(TEAM, person))[0].id)
    actions = [action for action, label in await entries(service_harness, person) if label]
    assert actions == ["token.create", "token.use", "token.use", "token.revoke"]


async def test_forgotten_person(service_harness: ServiceHarness, person: str) -> None:
    """Their tokens are deleted."""
    tokens = service_of(service_harness)
    token = await create(tokens, person)
    counts = ErasureService(service_harness.context).erase(Identity(person, is_uid=False))
    assert counts["access_token"] == 1
    assert await tokens.find_person(token.secret) is None


async def test_two_processes_note_one_use(service_harness: ServiceHarness, person: str) -> None:
    """Both read the token before either noted its use."""
    tokens = service_of(service_harness)
    token = await create(tokens, person)
    row = await service_harness.context.store.read(
        lambda session: session.exec(select(AccessToken).where(AccessToken.person == person)).one()
    )
    for _ in range(2):
        await tokens._note_use(row)
    assert await tokens.find_person(token.secret)
    assert await entries(service_harness, person) == [
        ("token.create", "Dashboard"),
        ("token.use", "Dashboard"),
    ]


async def test_doctor_counts_tokens(service_harness: ServiceHarness, person: str) -> None:
    """Of a workspace; nothing is said while the API is off."""
    tokens = service_of(service_harness)
    await create(tokens, person)
    ours, others = [await tokens.run_checks(team) for team in (TEAM, "T-OTHER")]
    count = (await tokens.run_checks(""))[0].detail.params["count"]
    assert [row.name for row in ours] == ["api"]
    assert (ours[0].detail.params["count"], others[0].detail.params["count"]) == (count, 0)
    assert await service_of(service_harness, http_api=False).run_checks("") == []
