"""How many requests to a cloud a ticket costs, and when its verdict is right.

`python -m tests.bench cloud_requests [tickets] [cloud ...]`: a ticket every three minutes of a
simulated clock, through the whole product. Three of four calls are in progress, the others ended
two minutes before; in each third call others are present; a tenth of the tickets is a second report
of the same call and minutes. Somebody claims each after ten minutes. The clouds publish their data
as late as their documents say.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from sqlmodel import Session, col, func, select

from bot.clouds.endpoints import ENDPOINTS
from bot.diagnosis import Verdict
from bot.sandbox.clouds import FakeClouds
from bot.sandbox.scenario import KINDS, SimulatedCall, build_simulated_call
from bot.sandbox.scenario.catalogue import add_others
from bot.sandbox.slack import Workspace
from bot.services.tickets.submission import Submission
from bot.store.models import Job
from bot.store.tickets import tickets
from bot.ticket import Ticket
from handlers.slack.manifest import build_manifest
from tests.bench.accounts import (
    AGORA_2020,
    AGORA_TODAY,
    HUAWEI,
    VOLCENGINE,
    Account,
    environment_of,
    report_of,
)
from tests.bench.expectation import Expectation
from tests.bench.labelled_calls import expectation_of
from tests.bench.perturbations import PERTURBATIONS
from tests.conftest import FakeClock, Harness, fast_waits
from tests.scenario_helpers import ExternalServices

_EVERY_S: Final = 180.0
_FILED_AFTER_S: Final = (0, 10, 20, 40, 60, 90, 120, 180)  # after what is complained about
_SECOND_REPORT: Final = 10  # each tenth ticket is about the call of the one before
_SECOND_AFTER_S: Final = 60.0
_OVER: Final = 4  # each fourth call has ended
_OVER_FOR_S: Final = 120
_OVER_AFTER_S: Final = 240  # after what is complained about
_CLASS: Final = 3  # in each third call there are others
_OTHERS: Final = 3
_CLAIMED_AFTER_S: Final = 600.0
_WATCHED_S: Final = 1800.0
_LONGEST_STEP_S: Final = 60.0

ACCOUNTS: Final = (
    replace(AGORA_TODAY, name="agora-standard", plan="standard"),
    replace(AGORA_TODAY, name="agora-premium", plan="premium"),
    AGORA_TODAY,
    AGORA_2020,
    VOLCENGINE,
    HUAWEI,
)


@dataclass(slots=True)
class Case:
    """A complaint about a call, when it is filed (epoch s), and what its ticket has said since."""

    sim_call: SimulatedCall
    expectation: Expectation
    filed_at: float
    ticket: int = 0
    first_post_s: float | None = None
    right_s: float | None = None
    is_right: bool = False


def make_cases(started_at: float, count: int) -> list[Case]:
    """Calls of every kind, each from half an hour before its complaint."""
    cases: list[Case] = []
    kinds, perturbations = sorted(KINDS), list(PERTURBATIONS.values())
    for number in range(count):
        if number % _SECOND_REPORT == _SECOND_REPORT - 1:
            first = cases[-1]
            cases.append(replace(first, filed_at=first.filed_at + _SECOND_AFTER_S))
            continue
        kind = kinds[number % len(kinds)]
        filed_at = started_at + number * _EVERY_S
        late_s = _FILED_AFTER_S[number % len(_FILED_AFTER_S)]
        is_over = number % _OVER == _OVER - 1
        sim_call = build_simulated_call(
            kind,
            f"lesson_{number}_{kind}",
            seed=number,
            started_at=filed_at - (_OVER_AFTER_S + _OVER_FOR_S if is_over else late_s) - 1800,
            length_s=1800 + _OVER_AFTER_S if is_over else 3600,
            complaint_after_s=1800,
            severity=0.7,
        )
        changed = perturbations[number % len(perturbations)](sim_call)
        if number % _CLASS == 0:
            changed = add_others(changed, _OTHERS)
        cases.append(Case(changed, expectation_of(kind, changed), filed_at))
    return cases


@dataclass(slots=True)
class Traffic:
    """Files the complaints as time passes, claims their tickets and watches their verdicts."""

    harness: Harness
    cases: Sequence[Case]
    _filed: list[Case] = field(default_factory=list)

    async def run(self) -> None:
        """Let time pass until the last ticket has been watched for half an hour."""
        events = sorted(self._events(), key=lambda event: event[0])
        for at, case in events:
            while (left_s := at - self.harness.clock()) > 0:
                await self.harness.pass_time(min(left_s, await self._next_job_s()))
                await self._watch()
            if case is not None and not case.ticket:
                await self._file(case)
            elif case is not None:
                await self._claim(case)
            await self.harness.settled()
            await self._watch()

    def _events(self) -> Iterator[tuple[float, Case | None]]:
        for case in self.cases:
            yield case.filed_at, case
            yield case.filed_at + _CLAIMED_AFTER_S, case
        yield self.cases[-1].filed_at + _WATCHED_S, None

    async def _next_job_s(self) -> float:
        def read(session: Session) -> dt.datetime | None:
            due = select(func.min(Job.due_at)).where(
                col(Job.finished_at).is_(None), Job.due_at > self.harness.clock.now()
            )
            return session.exec(due).one()

        due_at = await self.harness.application.store.read(read)
        wait_s = _LONGEST_STEP_S
        if due_at is not None:
            wait_s = min(wait_s, (due_at - self.harness.clock.now()).total_seconds())
        return max(wait_s, 1.0)

    async def _file(self, case: Case) -> None:
        report, workspace = report_of(case.sim_call), self.harness.workspace
        ticket = await self.harness.slack.services.tickets.report_call(
            Submission(
                team=workspace.team_id,
                origin=f"V{case.filed_at:.0f}",
                reporter=workspace.person("sam").id,
                app=report.app,
                cname=report.cname,
                teacher_uid=report.teacher_uid,
                student_uid=report.student_uid,
                abnormal_side=report.abnormal_side,
                issue_type=str(int(report.issue_type)),
                occurred_at=report.occurred_at,
            )
        )
        case.ticket = ticket.id
        self._filed.append(case)

    async def _claim(self, case: Case) -> None:
        workspace = self.harness.workspace
        zhou = workspace.person("zhou").id
        await self.harness.slack.services.tickets.claim(workspace.team_id, case.ticket, zhou)

    async def _watch(self) -> None:
        now = self.harness.clock()
        watched = {case.ticket: case for case in self._filed if now < case.filed_at + _WATCHED_S}

        def read(session: Session) -> Sequence[Ticket]:
            return [tickets.find(session, number) for number in watched]

        for ticket in await self.harness.application.store.read(read):
            if ticket.verdict is not None:
                _note_verdict(watched[ticket.id], Verdict.from_json(ticket.verdict), now)


def _note_verdict(case: Case, verdict: Verdict, now: float) -> None:
    case.is_right = case.expectation.accepts(verdict)
    since_s = now - case.filed_at
    if case.first_post_s is None:
        case.first_post_s = since_s
    if case.is_right and case.right_s is None:
        case.right_s = since_s


async def measure(account: Account, count: int) -> tuple[list[Case], Counter[str]]:
    """File tickets about calls in progress; return them, and the requests to the cloud."""
    clock = FakeClock()
    clouds = FakeClouds(clock=clock, agora_generation=account.generation, agora_plan=account.plan)
    workspace = Workspace(
        clock=clock, manifest=build_manifest("https://lagdesk.example"), message_rate_s=0
    )
    cases = make_cases(clock() + _EVERY_S, count)
    for case in cases:
        if clouds.sim_call(case.sim_call.cname) is None:
            clouds.add(case.sim_call)
    with fast_waits(), tempfile.TemporaryDirectory() as folder:
        async with workspace.serve(), clouds.serve():
            services = ExternalServices(clock, workspace, clouds, Path(folder))
            environment = environment_of(account, clouds)
            async with services.run_lagdesk(worker=True, connect=False, **environment) as harness:
                await Traffic(harness, cases).run()
    return cases, clouds.counts


def print_result(account: Account, cases: Sequence[Case], counts: Counter[str]) -> None:
    """Print a line for each endpoint, and one about the verdicts."""
    _print_line(f"{account.name}: {len(cases)} tickets")
    for endpoint, count in sorted(counts.items()):
        per_ticket = count / len(cases)
        limit = _daily_limit(account, endpoint)
        a_day = "" if limit is None else f", enough for {limit / per_ticket:.0f} tickets a day"
        _print_line(f"  {endpoint:30} {per_ticket:5.2f} a ticket{a_day}")
    seen = [case for case in cases if case.expectation.is_visible(account)]
    known = sorted(case.right_s for case in seen if case.right_s is not None)
    posted = max(case.first_post_s or 0 for case in cases)
    _print_line(f"  first post after {posted:.0f} s at most")
    _print_line(f"  right in the end: {sum(case.is_right for case in seen)} of {len(seen)}")
    times = (statistics.mean(known), statistics.median(known), known[-1])
    _print_line("  first right after {:.0f} s, median {:.0f} s, at most {:.0f} s".format(*times))


def _print_line(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a benchmark prints


def _daily_limit(account: Account, path: str) -> int | None:
    limits = [
        row.daily_limit
        for row in ENDPOINTS
        if row.cloud == account.cloud
        and row.path.removeprefix("/beta/") == path
        and row.is_for(account.generation, account.plan)
    ]
    return limits[0] if limits else None


async def main(names: Sequence[str], count: int) -> None:
    """Measure each account."""
    for account in ACCOUNTS:
        if not names or account.name in names:
            print_result(account, *await measure(account, count))


if __name__ == "__main__":
    words = sys.argv[1:]
    numbers = [int(word) for word in words if word.isdigit()]
    asyncio.run(main([word for word in words if not word.isdigit()], (numbers or [100])[0]))
