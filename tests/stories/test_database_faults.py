"""Whatever the database does: nobody gets a yes for what was not saved, and nobody waits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Final

import pytest
from sqlmodel import select

from bot.sandbox.slack import Person
from bot.sandbox.slack.outcomes import SubmitOutcome
from bot.store import Limits, Session, Store
from bot.ticket import Ticket
from tests.bot.conftest import create_postgres
from tests.conftest import Harness, open_harness, slack_errors_of
from tests.database_faults import POSTGRES_FAULTS, SQLITE_FAULTS, UNREADABLE
from tests.scenario_helpers import FORM, Json, ephemeral_texts, find_card, report

NOT_SAVED: Final = {
    "sam": "Not saved: the database is unavailable. Try again in a minute.",
    "lin": "没有保存：数据库暂时不可用，请过一分钟再试。",
}
NOT_READ: Final = "Nothing can be read now: the database is unavailable. Try again in a minute."
_ANSWER_TIMEOUT_S: Final = 0.7
_LIMITS: Final = Limits(pool_s=0.2)  # two seconds outside tests


@pytest.fixture(scope="module")
async def broken(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Harness]:
    """A Lagdesk that answers soon, with one ticket, whose readers' languages are known."""
    transport, environment = request.param, {}
    if transport == "postgres":
        url = create_postgres(request.getfixturevalue("postgres"))
        transport, environment = "http", {"DATABASE_URL": url}
        store = Store(url)
        store.migrate()
        store.close()
    folder = tmp_path_factory.mktemp("lagdesk")
    async with open_harness(
        folder, transport, _ANSWER_TIMEOUT_S, _LIMITS, **environment
    ) as harness:
        await prepare(harness)
        yield harness
        assert slack_errors_of(harness.workspace) == []


async def prepare(harness: Harness) -> None:
    """Report a call, and let Lagdesk learn who reads what."""
    for name in NOT_SAVED:
        assert (await harness.workspace.person(name).command("/lagdesk", "help")).ok
    assert (await report(harness.workspace.person("lin"), "before")).ok
    await harness.settled()


async def open_form(person: Person) -> Json:
    """Open the report form and return it."""
    await person.command("/report", "")
    return await person.wait_for_view("report")


async def diagnose(person: Person) -> str:
    """Ask for a diagnosis, which a job responds to."""
    return (await person.command("/diagnose", "room")).text


async def list_tickets(person: Person) -> str:
    """List tickets."""
    return (await person.command("/tickets", "all")).text


async def click(harness: Harness, person: Person) -> str:
    """Press a button of the card; a slow machine may not send the refusal in time."""
    await person.click(find_card(harness, "before"), "ticket.escalate")
    return await newest(harness, lambda: ephemeral_texts(person, "escalations"))


async def open_forms(harness: Harness, person: Person) -> int:
    """Run both shortcuts; return how many forms they opened."""
    card, before = find_card(harness, "before"), count_opened_forms(harness)
    assert (await person.shortcut("report_call")).ok
    assert (await person.message_shortcut("report_message", card)).ok
    return count_opened_forms(harness) - before


def count_opened_forms(harness: Harness) -> int:
    """Count the forms that were opened so far."""
    return sum(
        call["name"] == "views.open" and call["response"]["ok"] for call in harness.workspace.calls
    )


async def newest(harness: Harness, read: Callable[[], list[str]]) -> str:
    """Return the newest of the messages to a person, once there is an answer."""
    await harness.workspace.until(lambda: any(map(is_refusal, read()[-1:])))
    return read()[-1]


def is_refusal(message: str) -> bool:
    """Return whether a message says that nothing was saved."""
    return any(sentence in message for sentence in NOT_SAVED.values())


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        *((transport, fault) for transport in ("http", "socket") for fault in SQLITE_FAULTS),
        *(pytest.param("postgres", fault, marks=pytest.mark.postgres) for fault in POSTGRES_FAULTS),
    ],
    indirect=["broken"],
)
async def test_nothing_is_confirmed_that_was_not_saved(broken: Harness, fault: str) -> None:
    """Everybody gets an error in their language during it; the same form then makes one ticket."""
    store = broken.application.store
    faults = SQLITE_FAULTS if store.is_sqlite else POSTGRES_FAULTS
    lin, sam = map(broken.workspace.person, ("lin", "sam"))
    cname = f"room-{fault}"
    form = await open_form(lin)
    with faults[fault](store):
        outcome = await lin.submit(form, {**FORM, "cname": cname})
        assert list(outcome.errors.values()) == [NOT_SAVED["lin"]]
        assert NOT_SAVED["sam"] in await diagnose(sam)
        assert NOT_SAVED["sam"] in await click(broken, sam)
        if fault in UNREADABLE:
            assert NOT_READ in await list_tickets(sam)
        assert await open_forms(broken, sam) == 2  # they need nothing from the database
    assert (await submit_until_saved(lin, form)).ok
    assert await store.read(lambda session: count_tickets(session, cname)) == 1


async def submit_until_saved(person: Person, form: Json) -> SubmitOutcome:
    """Submit a form again and again; what was late before may have been saved."""
    for _ in range(20):
        outcome = await person.submit(form)
        if outcome.ok:
            break
    return outcome


def count_tickets(session: Session, cname: str) -> int:
    """Count the tickets about a channel."""
    return len(session.exec(select(Ticket).where(Ticket.cname == cname)).all())
