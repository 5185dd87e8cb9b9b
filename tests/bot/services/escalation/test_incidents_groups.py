"""Which tickets form an incident, which join it, and when it closes."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any, Final

import pytest

from bot.errors import NotAllowedError, NotFoundError
from bot.jobs.run import Run
from bot.ports import Destination, MessageRef
from bot.services.escalation.incidents import IncidentJobs
from bot.services.publishing import Publisher
from bot.store.diagnosis import evidence
from bot.store.escalation.incidents import Incident
from bot.ticket import Status
from tests.bot.services.conftest import OUTSIDER, SUPPORT, TEAM, ServiceHarness
from tests.bot.services.contexts import (
    SLACK_GONE,
    NoMessages,
    PostedMessages,
    RecordedCalls,
    job_functions,
)
from tests.bot.store.factories import make_ticket, store_tickets

MINUTE: Final = dt.timedelta(minutes=1)
_causes = count(1)


@pytest.fixture
def cause() -> str:
    """A cause that no other test's ticket has."""
    return f"network.cause{next(_causes)}"


def incident_jobs(
    harness: ServiceHarness, posts: RecordedCalls | None = None, finder: Any = None
) -> IncidentJobs:
    """The jobs of incidents."""
    return IncidentJobs(
        harness.context, Publisher(finder or NoMessages()), posts or RecordedCalls()
    )


async def file(harness: ServiceHarness, cause: str, *minutes: float, **changes: Any) -> list[int]:
    """File tickets with a cause, so many minutes after now; `network` is that of the student."""
    now, network = harness.clock.now(), changes.pop("network", None)
    made = [
        make_ticket(cause=cause, at_fault_uid="20002", created_at=now + each * MINUTE, **changes)
        for each in minutes
    ]

    def work(session: Any) -> list[int]:
        numbers = store_tickets(session, *made)
        people = [{"uid": "20002", "network": network}]
        for number in numbers if network is not None else ():
            evidence.save(session, number, b"", {"participants": people}, now)
        return numbers

    return await harness.context.store.transact(work)


async def group(harness: ServiceHarness, numbers: list[int]) -> list[int | None]:
    """Run the job of each ticket and return their incidents."""
    for number in numbers:
        await incident_jobs(harness).group(Run(f"group_incident:LD-{number}"), number)
    return [(await harness.ticket(number)).incident for number in numbers]


async def load(harness: ServiceHarness, number: int | None) -> Incident:
    """Return an incident as it is stored."""
    return await harness.context.store.read(lambda session: session.get_one(Incident, number))


@pytest.mark.parametrize(
    ("minutes", "is_incident"),
    [
        ((0, 0, 0, 0), True),
        ((0, 0, 0), False),
        ((0, 3, 6, 10), True),
        ((0, 3, 6, 10.1), False),
        ((0, 9, 11, 12, 18), True),
    ],
)
async def test_four_tickets_within_ten_minutes(
    service_harness: ServiceHarness, cause: str, minutes: tuple[float, ...], *, is_incident: bool
) -> None:
    """Fewer, or a longer time, may be a coincidence."""
    numbers = await file(service_harness, cause, *minutes)
    grouped = await group(service_harness, numbers[-1:])
    assert (grouped[0] is not None) is is_incident


async def test_incident_of_its_tickets(service_harness: ServiceHarness, cause: str) -> None:
    """It has their app, cause and network, and is posted."""
    numbers = await file(service_harness, cause, 0, 1, 2, 3, network="wifi")
    await service_harness.finish_jobs()
    await group(service_harness, numbers[-1:])
    incidents = [(await service_harness.ticket(number)).incident for number in numbers]
    assert len(set(incidents)) == 1
    incident = await load(service_harness, incidents[0])
    now = service_harness.clock.now()
    assert (incident.team, incident.app, incident.cause) == (TEAM, "kids", cause)
    assert (incident.network, incident.opened_at) == ("wifi", now)
    assert incident.last_ticket_at == now + 3 * MINUTE
    job = await service_harness.job(f"incident:{incident.label}")
    assert job is not None
    assert (job.due_at, job.arguments) == (now, [incident.id])
    assert job.partition == f"{TEAM}/escalations"


@pytest.mark.parametrize(
    "changes",
    [
        {"status": Status.RESOLVED},
        {"incident": 9999},
        {"cause": ""},
        {"team": "T2"},
        {"app": "adults"},
        {"network": "4g"},
    ],
)
async def test_ticket_of_another_kind_does_not_count(
    service_harness: ServiceHarness, cause: str, changes: dict[str, Any]
) -> None:
    """A resolved, grouped or different ticket is no fourth one."""
    own = changes.pop("cause", cause)
    await file(service_harness, own, 0, **changes)
    numbers = await file(service_harness, cause, 0, 0, 0, network="wifi")
    assert await group(service_harness, numbers) == [None] * 3


async def test_unknown_network_counts_as_the_same(
    service_harness: ServiceHarness, cause: str
) -> None:
    """The most common network is the incident's; a ticket of another one is left out."""
    unknown = await file(service_harness, cause, 0)
    other = await file(service_harness, cause, 0, network="4g")
    wifi = await file(service_harness, cause, 0, 0, network="wifi")
    last = await file(service_harness, cause, 0)
    grouped = await group(service_harness, last)
    incident = await load(service_harness, grouped[0])
    assert incident.network == "wifi"
    members = [*unknown, *wifi, *last]
    assert {(await service_harness.ticket(number)).incident for number in members} == {incident.id}
    assert (await service_harness.ticket(other[0])).incident is None


@pytest.mark.parametrize(
    ("changes", "is_ignored"),
    [
        ({"status": Status.RESOLVED}, True),
        ({"cause": ""}, True),
        ({"incident": 4}, True),
        ({}, False),
    ],
)
async def test_ticket_that_needs_no_incident(
    service_harness: ServiceHarness, cause: str, changes: dict[str, Any], *, is_ignored: bool
) -> None:
    """Resolved, without a cause, or grouped already."""
    await file(service_harness, cause, 0, 0, 0, 0)
    (number,) = await file(service_harness, changes.pop("cause", cause), 0, **changes)
    (incident,) = await group(service_harness, [number])
    assert (incident in (None, 4)) is is_ignored


@pytest.mark.parametrize(
    ("minute", "network", "is_joined"),
    [
        (30, "wifi", True),
        (30.1, "wifi", False),
        (-30, "wifi", True),
        (-30.1, "wifi", False),
        (5, "4g", False),
        (5, "", True),
        (5, None, True),
    ],
)
async def test_later_ticket_joins(
    service_harness: ServiceHarness, cause: str, minute: float, network: Any, *, is_joined: bool
) -> None:
    """Within half an hour of the newest ticket, with the same network; the post is edited."""
    numbers = await file(service_harness, cause, 0, 0, 0, 0, network="wifi")
    (opened, *_) = await group(service_harness, numbers)
    before = await load(service_harness, opened)
    await service_harness.finish_jobs()
    (number,) = await file(service_harness, cause, minute, network=network)
    (joined,) = await group(service_harness, [number])
    assert (joined == opened) is is_joined
    job = await service_harness.job(f"incident:{before.label}")
    assert (job is not None) is is_joined
    after = await load(service_harness, opened)
    moved = minute * MINUTE if is_joined and minute > 0 else 0 * MINUTE
    assert after.last_ticket_at == before.last_ticket_at + moved


async def opened(harness: ServiceHarness, cause: str) -> tuple[Incident, list[int]]:
    """An incident of four tickets that is not posted yet."""
    numbers = await file(harness, cause, 0, 0, 0, 0)
    (number, *_) = await group(harness, numbers)
    return await load(harness, number), numbers


async def post(harness: ServiceHarness, incident: Incident, posts: Any, **more: Any) -> Any:
    """Run the job of an incident's post."""
    run = Run(f"incident:{incident.label}", is_retry="finder" in more)
    return await incident_jobs(harness, posts, **more).post_or_update(run, incident.id or 0)


async def test_incident_is_posted_then_edited(service_harness: ServiceHarness, cause: str) -> None:
    """Its cards link the post; it is run again when a quiet incident is to be closed."""
    incident, numbers = await opened(service_harness, cause)
    revision = (await service_harness.ticket(numbers[0])).revision
    await service_harness.finish_jobs()
    posts = RecordedCalls(post=[MessageRef("C-SUPPORT", "7.0")], permalink=["https://slack/7"] * 2)
    closes_at = incident.last_ticket_at + 120 * MINUTE
    assert await post(service_harness, incident, posts) == closes_at
    assert posts.names == ["post", "permalink"]
    _, facts, grouped, run = posts.calls[0]
    assert (facts.id, facts.label, facts.cause) == (incident.id, incident.label, cause)
    assert ([each.id for each in grouped], run.key) == (numbers, f"incident:{incident.label}")
    stored = await load(service_harness, incident.id)
    assert (stored.channel, stored.ts, stored.permalink) == ("C-SUPPORT", "7.0", "https://slack/7")
    for number in numbers:
        ticket = await service_harness.ticket(number)
        assert ticket.thread.incident_permalink == "https://slack/7"
        assert ticket.revision == (revision + 1 if number == numbers[0] else ticket.revision)
        assert await service_harness.job(f"card:{ticket.label}")
    assert await post(service_harness, incident, posts) == closes_at
    assert posts.names[2:] == ["update"]
    assert posts.calls[2][-1] == MessageRef("C-SUPPORT", "7.0")


async def test_address_is_optional(service_harness: ServiceHarness, cause: str) -> None:
    """Without it no card is drawn again."""
    incident, numbers = await opened(service_harness, cause)
    await service_harness.finish_jobs()
    await post(service_harness, incident, RecordedCalls(permalink=[""]))
    assert (await load(service_harness, incident.id)).ts
    assert await service_harness.job(f"card:LD-{numbers[0]}") is None


async def test_post_of_an_earlier_attempt_is_edited(
    service_harness: ServiceHarness, cause: str
) -> None:
    """A retry posts nothing again."""
    incident, _ = await opened(service_harness, cause)
    key = f"incident__{incident.label}"
    finder = PostedMessages(**{key: MessageRef("C-SUPPORT", "8.0")})
    posts = RecordedCalls(permalink=["https://slack/8"])
    await post(service_harness, incident, posts, finder=finder)
    assert posts.names == ["permalink", "update"]
    assert posts.calls[1][-1] == MessageRef("C-SUPPORT", "8.0")
    where, _, since = finder.searched[0]
    assert where == Destination(TEAM, service_harness.context.settings.escalation_channel)
    assert since == incident.opened_at - dt.timedelta(seconds=30)


async def test_deleted_post_is_posted_again(service_harness: ServiceHarness, cause: str) -> None:
    """At its new position."""
    incident, _ = await opened(service_harness, cause)
    posts = RecordedCalls(
        post=[MessageRef("C-SUPPORT", "7.0"), MessageRef("C-SUPPORT", "9.0")],
        permalink=["https://slack/7", "https://slack/9"],
        update=[SLACK_GONE],
    )
    for _ in range(2):
        await post(service_harness, incident, posts)
    assert posts.names == ["post", "permalink", "update", "post", "permalink"]
    assert (await load(service_harness, incident.id)).ts == "9.0"


async def test_quiet_incident_closes_by_itself(service_harness: ServiceHarness, cause: str) -> None:
    """Two hours after its last ticket, nobody's doing; a closed one takes no further tickets."""
    incident, _ = await opened(service_harness, cause)
    service_harness.clock.move(7199)
    posts = RecordedCalls(permalink=[""])
    assert await post(service_harness, incident, posts) == incident.last_ticket_at + 120 * MINUTE
    assert (await load(service_harness, incident.id)).closed_at is None
    service_harness.clock.move(1)
    assert await post(service_harness, incident, posts) is None
    stored = await load(service_harness, incident.id)
    assert (stored.closed_at, stored.closed_by) == (service_harness.clock.now(), "")
    assert posts.calls[-1][1].closed_at == service_harness.clock.now()
    service_harness.clock.move(60)
    assert await post(service_harness, incident, posts) is None
    assert (await load(service_harness, incident.id)).closed_at == stored.closed_at


async def test_support_closes_an_incident(service_harness: ServiceHarness, cause: str) -> None:
    """The first who closes it is named, and its post is edited."""
    incident, _ = await opened(service_harness, cause)
    service = service_harness.services.incidents
    number = incident.id or 0
    with pytest.raises(NotAllowedError):
        await service.close(TEAM, number, OUTSIDER)
    for team, missing in (("T2", number), (TEAM, number + 1000)):
        with pytest.raises(NotFoundError):
            await service.close(team, missing, SUPPORT)
    await service_harness.finish_jobs()
    await service.close(TEAM, number, SUPPORT)
    closed_at = service_harness.clock.now()
    assert await service_harness.job(f"incident:{incident.label}")
    service_harness.clock.move(60)
    await service.close(TEAM, number, "U-SUPPORT-2")
    stored = await load(service_harness, number)
    assert (stored.closed_at, stored.closed_by) == (closed_at, SUPPORT)


async def test_unknown_incident(service_harness: ServiceHarness) -> None:
    """Its job fails."""
    with pytest.raises(NotFoundError):
        await incident_jobs(service_harness).post_or_update(Run("incident:INC-99999"), 99999)


def test_incident_handlers(service_harness: ServiceHarness) -> None:
    """The names under which jobs are stored."""
    made = incident_jobs(service_harness)
    assert job_functions(made) == {"group_incident": made.group, "incident": made.post_or_update}
