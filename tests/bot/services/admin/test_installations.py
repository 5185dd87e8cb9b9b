"""Workspaces that installed Lagdesk, and installations under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from sqlmodel import select

from bot.errors import LagdeskError, NotAllowedError
from bot.services.admin.installations import ROTATION_TIMEOUT, InstallationService, WorkspaceToken
from bot.services.admin.token_cipher import TokenCipher
from bot.services.workspaces.directory import Workspaces
from bot.store import Session
from bot.store.access_tokens.access_tokens import AccessToken
from bot.store.admin import installations as store
from tests.bot.services.conftest import ServiceHarness

KEY, NEW_KEY = "k" * 43 + "=", "n" * 43 + "="
FIRST, SECOND = (
    WorkspaceToken("xoxb-1", "B1", "U1"),
    WorkspaceToken("xoxb-2", None, "U2", ("chat:write", "commands"), "xoxe-1", 1_800_000_000),
)


def installations(
    harness: ServiceHarness,
    allowed: Mapping[str, tuple[str, ...]] | None = None,
    keys: Sequence[str] = (KEY,),
) -> InstallationService:
    """The service of a process of its own."""
    context = harness.context
    settings = replace(
        context.settings,
        slack_client_id="1",
        slack_client_secret="s",
        allowed_teams={"T5": (), "T6": (), "E1": ()} if allowed is None else allowed,
    )
    workspaces = Workspaces(context.store, settings)
    return InstallationService(context.store, context.clock, workspaces, TokenCipher(keys))


async def test_token_of_a_workspace(service_harness: ServiceHarness) -> None:
    """The last one, until Lagdesk is removed."""
    service = installations(service_harness)
    assert await service.find("T5") is None
    for token in (FIRST, SECOND):
        await service.save("T5", token)
        assert await service.find("T5") == ("T5", token)
    assert "T5" in await service.teams()
    await service.delete("T5")
    assert await service.find("T5") is None
    assert "T5" not in await service.teams()
    await service.replace_token("T5", FIRST)
    assert await service.find("T5") is None


async def test_tokens_are_not_printed() -> None:
    """Neither the token nor the one it is exchanged with."""
    assert "xox" not in repr(SECOND)


async def test_tokens_are_encrypted(service_harness: ServiceHarness) -> None:
    """With the newest key; older keys still decrypt, until everything is encrypted again."""
    context = service_harness.context

    async def stored() -> str:
        return str(await context.store.read(lambda session: store.find(session, "T5")))

    await installations(service_harness).save("T5", SECOND)
    before = await stored()
    assert "xox" not in before
    both = installations(service_harness, keys=(NEW_KEY, KEY))
    await both.load()
    assert await both.find("T5") == ("T5", SECOND)
    await both.encrypt_again()
    assert await stored() != before
    new = installations(service_harness, keys=(NEW_KEY,))
    await new.load()
    assert await new.find("T5") == ("T5", SECOND)
    with pytest.raises(LagdeskError, match="ENCRYPTION_KEY does not decrypt"):
        await installations(service_harness).load()
    await installations(service_harness, keys=(KEY, NEW_KEY)).load()
    await new.delete("T5")


async def test_tokens_of_an_older_version(service_harness: ServiceHarness) -> None:
    """They are in plain text, and encrypted at the first start."""
    context, plain = (
        service_harness.context,
        {"bot_token": "xoxb-5", "bot_id": "B", "bot_user_id": "U"},
    )
    await context.store.transact(lambda s: store.save(s, "T5", plain, context.clock.now()))
    service = installations(service_harness)
    await service.load()
    await service.encrypt_again()
    assert await service.find("T5") == ("T5", WorkspaceToken("xoxb-5", "B", "U"))
    assert "xoxb-5" not in str(await context.store.read(lambda s: store.find(s, "T5")))
    await service.delete("T5")


async def test_installations_by_another_process(service_harness: ServiceHarness) -> None:
    """A new one is seen at once, what follows as soon as it is read."""
    ours, others = installations(service_harness), installations(service_harness)
    assert await ours.find("T6") is None
    await others.save("T6", FIRST)
    assert await ours.find("T6") == ("T6", FIRST)
    await others.delete("T6")
    assert await ours.find("T6") == ("T6", FIRST)
    await ours.load()
    assert await ours.find("T6") is None


async def test_workspaces_that_are_not_allowed(service_harness: ServiceHarness) -> None:
    """They cannot install it; one that is no longer allowed has no token any more."""
    await installations(service_harness).save("T5", FIRST)
    for allowed in ({"T6": ()}, {}):
        service = installations(service_harness, allowed)
        with pytest.raises(NotAllowedError, match="T9"):
            await service.save("T9", FIRST)
    restricted = installations(service_harness, {"T6": ()})
    await restricted.load()
    assert await restricted.find("T5") is None


async def test_organization(service_harness: ServiceHarness) -> None:
    """One installation serves all its workspaces, also for a job that knows only the workspace."""
    service = installations(service_harness)
    await service.save("E1", FIRST)
    assert await service.find("T70") is None
    assert await service.find("T70", "E1") == ("E1", FIRST)
    assert await service.find("T70") == ("E1", FIRST)
    assert await service.find("", "E1") == ("E1", FIRST)
    other = installations(service_harness)
    assert await other.find("T70") == ("E1", FIRST)
    await service.delete("E1")
    assert await service.find("T70", "E1") is None


async def test_access_tokens_of_a_workspace_that_removed_lagdesk(
    service_harness: ServiceHarness,
) -> None:
    """They are deleted with it, those of an organization's workspaces with the organization's."""
    service, store = installations(service_harness), service_harness.context.store
    await service.save("E1", FIRST)
    await service.find("T70", "E1")

    def add(session: Session) -> None:
        now = service_harness.clock.now()
        for team in ("T5", "T6", "T70"):
            session.add(AccessToken(hash=team, team=team, person="U", label="", created_at=now))

    await store.transact(add)
    for name, left in (("T5", ["T6", "T70"]), ("E1", ["T6"]), ("T6", [])):
        await service.delete(name)
        assert sorted(await store.read(lambda s: s.exec(select(AccessToken.team)).all())) == left


async def test_one_process_exchanges_a_token(service_harness: ServiceHarness) -> None:
    """Another one may try when that process did not end it."""
    ours, others = installations(service_harness), installations(service_harness)
    assert [await ours.claim_rotation("T5"), await others.claim_rotation("T5")] == [True, False]
    service_harness.clock.move(ROTATION_TIMEOUT.total_seconds())
    assert [await others.claim_rotation("T5"), await ours.claim_rotation("T5")] == [True, False]


@pytest.mark.parametrize(("after_s", "is_valid"), [(600, True), (601, False)])
async def test_installation_takes_ten_minutes(
    service_harness: ServiceHarness, after_s: int, *, is_valid: bool
) -> None:
    """Its state is valid once, and no two are alike."""
    service = installations(service_harness)
    state, other = await service.issue_state(), await service.issue_state()
    assert state != other
    assert len(state) >= 32
    service_harness.clock.move(after_s)
    assert await service.consume_state(state) is is_valid
    assert not await service.consume_state(state)
