"""What people did in the crash benchmark, and what was lost of it or happened twice."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.sandbox.clouds import FakeClouds
from bot.sandbox.slack import Workspace
from bot.services.summary.jobs import DETAILS, POST, job_name
from bot.services.summary.weeks import Week
from bot.store import Session, Store
from tests.scenario_helpers import FORM, Json, key_of, text_of
from tests.stored_rows import find_newest_ticket

REPORT_PAUSE_S: Final = 3.0
KNOWN_EVERY: Final = 3  # the cloud knows each third call, whose cause is then explained
_ATTEMPTS: Final = 4  # somebody whose form was not saved presses the button again
_PRIVATE: Final = ("confirm", "notify")
_TROUBLE: Final = (AssertionError, TimeoutError, LookupError)


@dataclass(slots=True)
class Traffic:
    """What people did and the responses they got."""

    workspace: Workspace
    on_submit: Callable[[str], None]
    reported: dict[str, bool] = field(default_factory=dict)  # cname -> acknowledged
    claimed: dict[str, bool] = field(default_factory=dict)  # cname -> acknowledged
    acknowledged_at: dict[str, float] = field(default_factory=dict)
    weeks: list[Week] = field(default_factory=list)
    refused: int = 0
    reported_after_s: float = 0.0  # how long after the problem
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def report_for_ever(self) -> None:
        """Report a call, wait a moment, and again."""
        while True:
            with contextlib.suppress(*_TROUBLE):
                await self._report(f"crash-{next(self.numbers)}")
            await asyncio.sleep(REPORT_PAUSE_S)

    async def claim_for_ever(self) -> None:
        """Claim the tickets whose cards are posted, each once."""
        while True:
            await asyncio.sleep(REPORT_PAUSE_S)
            for cname, (card, *_) in self.cards().items():
                if cname not in self.claimed:
                    self.claimed[cname] = False
                    self.on_submit("click")
                    with contextlib.suppress(*_TROUBLE):
                        self.claimed[cname] = await self._claim(card)

    async def _claim(self, card: Json) -> bool:
        """Press the button; return whether it is acknowledged and not refused in private."""
        sam = self.workspace.person("sam")
        refused = len(sam.ephemerals("escalations"))
        outcome = await sam.click(card, "ticket.claim")
        is_refused = len(sam.ephemerals("escalations")) > refused
        self.refused += is_refused
        return outcome.ok and not is_refused

    def cards(self) -> dict[str, list[Json]]:
        """The cards of each call."""
        cards: dict[str, list[Json]] = {}
        for message in self.workspace.messages(self.workspace.channel("escalations").id):
            match = re.search(r"crash-\d+", text_of(message))
            if match and key_of(message).startswith("card:"):
                cards.setdefault(match.group(), []).append(message)
        return cards

    async def _report(self, cname: str) -> None:
        lin = self.workspace.person("lin")
        await lin.command("/report", cname)
        view = await lin.wait_for_view("report", timeout_s=1.0)
        self.reported[cname] = False
        for _ in range(_ATTEMPTS):
            self.on_submit("form")
            with contextlib.suppress(*_TROUBLE):
                occurred_at = int(time.time() - self.reported_after_s)
                fields = {**FORM, "cname": cname, "occurred_at": occurred_at}
                if (await lin.submit(view, fields)).ok:
                    self.reported[cname] = True
                    self.acknowledged_at[cname] = time.time()
                    return
            await asyncio.sleep(1)
        await lin.close(view)


@dataclass(frozen=True, slots=True)
class Damage:
    """What was lost or happened twice, by kind; nothing should have."""

    counts: Counter[str]
    tickets: int
    unconfirmed: int
    latency_s: Sequence[float]


class Inspector:
    """Compares the responses to people with what Slack, the cloud and the database have."""

    def __init__(self, traffic: Traffic, clouds: FakeClouds, store: Store) -> None:
        self._traffic = traffic
        self._workspace = traffic.workspace
        self._clouds = clouds
        self._store = store

    @property
    def reports(self) -> Sequence[object]:
        """The reports that the cloud has."""
        return self._clouds.reports

    def inspect(self) -> Damage:
        """Count the damage."""
        counts, cards = Counter[str](), self._traffic.cards()
        posts = self._posts()
        for key, number in posts.items():
            counts[f"{_noun(key)} twice"] += number > 1
        for cname, is_acknowledged in self._traffic.reported.items():
            counts["tickets lost"] += is_acknowledged and not cards.get(cname)
            counts["tickets twice"] += len(cards.get(cname, [])) > 1
            for card in cards.get(cname, []):
                counts.update(self._missing(cname, card, posts))
        counts["tickets without a card"] += self._count_tickets() - sum(map(len, cards.values()))
        for week in self._traffic.weeks:
            counts["weekly posts missing"] += not posts[self._weekly(POST, week)]
            counts["weekly details missing"] += not posts[self._weekly(DETAILS, week)]
        states = Counter(_report_state(card) for found in cards.values() for card in found)
        latencies = self._latencies(cards)
        return Damage(counts, len(cards), states["unconfirmed"], latencies)

    def _missing(self, cname: str, card: Json, posts: Counter[str]) -> Counter[str]:
        """Return what a ticket should have had and has not, and what its cloud got twice."""
        label = key_of(card).removeprefix("card:")
        reports = sum(each.fields["cname"] == cname for each in self._clouds.reports)
        state = _report_state(card)
        sam = self._workspace.person("sam").id
        is_claimed = self._traffic.claimed.get(cname, False)
        return Counter(
            {
                "diagnoses missing": not posts[f"diagnose:{label}"],
                "private messages missing": not posts[f"confirm:{label}"],
                "clicks without effect": is_claimed and self._assignee(cname) != sam,
                "clicks not on the card": is_claimed and sam not in text_of(card),
                "cloud reports twice": reports > 1,
                "cloud reports lost": state == "pending" or (state == "accepted" and not reports),
            }
        )

    def _posts(self) -> Counter[str]:
        """Count Lagdesk's messages by their keys."""
        channels = self._workspace.channels.values()
        messages = [each for channel in channels for each in channel.messages.values()]
        return Counter(key for each in messages if (key := key_of(each)))

    def _assignee(self, cname: str) -> str | None:
        ticket = self._store.read_sync(lambda session: find_newest_ticket(session, cname))
        return ticket.assignee if ticket else None

    def _count_tickets(self) -> int:
        def work(session: Session) -> int:
            names = self._traffic.reported
            found = (find_newest_ticket(session, name) for name in names)
            return sum(ticket is not None for ticket in found)

        return self._store.read_sync(work)

    def _weekly(self, kind: str, week: Week) -> str:
        return job_name(kind, week, self._workspace.channel("teachers").id, "")

    def _latencies(self, cards: dict[str, list[Json]]) -> list[float]:
        """How long each card took after the acknowledgement, in seconds."""
        at = self._traffic.acknowledged_at
        return [float(found[0]["ts"]) - at[cname] for cname, found in cards.items() if cname in at]


def _noun(key: str) -> str:
    kind = key.partition(":")[0]
    nouns = {"card": "cards", "diagnose": "diagnoses", POST: "weekly posts"}
    nouns |= {DETAILS: "weekly details", **dict.fromkeys(_PRIVATE, "private messages")}
    return nouns.get(kind, "other messages")


def _report_state(card: Json) -> str:
    text = text_of(card)
    if "sent, unconfirmed" in text:
        return "unconfirmed"
    return "accepted" if ": accepted" in text else "pending"
