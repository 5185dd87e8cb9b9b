"""Sequences of faults drawn by a seed, around what people do with one ticket."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from typing import Final

from bot.sandbox.clouds import FaultKind
from bot.services.context import DatabaseUnavailableError
from tests.conftest import Harness
from tests.database_faults import SQLITE_FAULTS
from tests.due_jobs import list_unfinished
from tests.scenario_helpers import FORM, Watched, find_cards, find_ticket, text_of
from tests.stored_rows import find_newest_ticket

CNAME: Final = "class_77_10"  # the cloud knows its cause
REPORTER: Final = "lin"
RETRY_AFTER_S: Final = 30
IN_CHANNEL: Final = "the escalation channel"
_MOST_ATTEMPTS: Final = 12  # of a person whose form did not open or was not saved
_REPORT: Final = "analytics/feedback/reportV2"
_CHANNEL_ERRORS: Final = ("not_in_channel", "channel_not_found", "is_archived", "restricted_action")
_TOKEN_ERRORS: Final = ("token_revoked", "account_inactive")
CONTENT_ERRORS: Final = ("invalid_blocks", "msg_too_long")
_BROKEN: Final = ("http_500", "dropped", "timeout")  # the call may have taken effect
_POSTS: Final = ("chat.postMessage", "chat.update")
_METHODS: Final = (
    *(*_POSTS, *_POSTS, *_POSTS, "conversations.open", "conversations.history"),
    *("conversations.replies", "chat.getPermalink", "views.open", "users.info", "*"),
    *("files.getUploadURLExternal", "upload", "files.completeUploadExternal"),
)
_CLOUD_ENDPOINTS: Final = (_REPORT, _REPORT, _REPORT, "analytics/call/lists", "*")
_CLOUD_ERRORS: Final[tuple[FaultKind, ...]] = (
    *("http_500", "http_503", "http_429", "code_300", "reset"),
    *("timeout", "html", "empty", "truncated_json", "wrong_types"),
)
_DATABASE_FAULTS: Final = ("read-only", "missing", "locked")
_PAUSES_S: Final = (0, 0, 6, 6, 31, 70, 400)
_POLL_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Action:
    """What a person does; `event` is what the ticket's history has of it."""

    act: Callable[[Harness], Awaitable[bool]]
    event: str = ""


@dataclass(frozen=True, slots=True)
class SlackFault:
    """The next `times` calls of a method fail; `containing` restricts it to some of them."""

    method: str
    error: str
    times: int
    after_effect: bool
    containing: str


@dataclass(frozen=True, slots=True)
class CloudFault:
    """The next `times` requests to an endpoint fail."""

    endpoint: str
    kind: FaultKind
    times: int
    after_effect: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody does, the faults that begin before it, and what happens afterwards.

    A `database` fault begins when Slack or the cloud has carried out a call of `database_at`, ""
    for the person's own request. With `deletes` the card is deleted first. `is_end` ends the faults.
    """

    action: Action
    slack: tuple[SlackFault, ...]
    cloud: tuple[CloudFault, ...]
    database: str
    database_at: str
    deletes: bool
    pause_s: int
    is_end: bool


def draw_sequence(seed: int) -> list[Step]:
    """Return one step for each action."""
    draw = random.Random(seed)  # noqa: S311 - not a secret
    return [_draw_step(draw, action) for action in ACTIONS]


def _draw_step(draw: random.Random, action: Action) -> Step:
    is_later = action.event in (
        "called",
        "claimed",
    )  # a card deleted after the last change stays so
    return Step(
        action=action,
        slack=tuple(_draw_slack_fault(draw) for _ in range(draw.randint(1, 4))),
        cloud=tuple(_draw_cloud_fault(draw) for _ in range(draw.randint(0, 2))),
        database=draw.choice(_DATABASE_FAULTS) if draw.random() < 0.4 else "",
        database_at=draw.choice(("", _REPORT, *_POSTS)),
        deletes=is_later and draw.random() < 0.2,
        pause_s=draw.choice(_PAUSES_S),
        is_end=draw.random() < 0.4,
    )


def _draw_slack_fault(draw: random.Random) -> SlackFault:
    method = draw.choice(_METHODS)
    errors = ["ratelimited", *_BROKEN, *_TOKEN_ERRORS]
    if method in _POSTS:
        errors += [*_CHANNEL_ERRORS, *CONTENT_ERRORS]
    error = draw.choice(errors)
    after_effect = error in _BROKEN and draw.random() < 0.5
    is_short = error == "timeout" or after_effect or method in ("views.open", "*")
    times = draw.choice((1, 1, 2) if is_short else (1, 2, 3, 20))
    containing = "'block_id'" if error in CONTENT_ERRORS else ""  # Slack takes plain text
    if error in _CHANNEL_ERRORS:
        containing = IN_CHANNEL
    return SlackFault(method, error, times, after_effect, containing)


def _draw_cloud_fault(draw: random.Random) -> CloudFault:
    kind = draw.choice(_CLOUD_ERRORS)
    after_effect = kind not in ("http_500", "http_503", "http_429", "code_300")
    return CloudFault(
        draw.choice(_CLOUD_ENDPOINTS),
        kind,
        draw.choice((1, 2, 3)),
        after_effect=after_effect and draw.random() < 0.5,
    )


class Play:
    """Plays one sequence in a Lagdesk on SQLite."""

    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self._store = harness.application.store
        self._outage = ExitStack()
        self._waiting: Step | None = None  # whose database fault has not begun yet
        self._is_out = False
        self._failed_at: float | None = None
        harness.workspace.request_log.entries = Watched(lambda entry: self._see(entry["name"]))
        harness.clouds.agora.reports = Watched(lambda _: self._see(_REPORT))

    async def run(self, steps: Sequence[Step]) -> None:
        """Do every step, then end all faults and let time pass."""
        for name in ("zhou", "sam"):  # Lagdesk knows from then on who is support
            await self._harness.workspace.person(name).command("/tickets")
        with self._outage:
            for step in steps:
                self._begin_faults(step)
                await self._do(step)
                await self._harness.pass_time(step.pause_s)
                if step.is_end:
                    self._end_faults()
        self._end_faults()
        for pause_s in (300, 10, 10, 60, 300, 3600, 60):
            await self._harness.pass_time(pause_s)

    def _begin_faults(self, step: Step) -> None:
        harness = self._harness
        for fault in step.slack:
            values = asdict(fault) | {"retry_after": RETRY_AFTER_S}
            if fault.containing == IN_CHANNEL:
                values["containing"] = harness.escalations
            harness.workspace.fail_next(**values)
        for each in step.cloud:
            harness.clouds.fail_next(
                each.endpoint, each.kind, times=each.times, after_effect=each.after_effect
            )
        if step.deletes:
            channel = harness.workspace.channel("escalations")
            for card in find_cards(harness, CNAME):
                del channel.messages[card["ts"]]

    def _end_faults(self) -> None:
        self._harness.workspace.faults.clear()
        self._harness.clouds.clear_faults()

    async def _do(self, step: Step) -> None:
        """Let somebody do something, again until it is saved."""
        if step.database and not step.database_at:
            with SQLITE_FAULTS[step.database](self._store):
                is_confirmed = await self._try(step)
            assert await self._is_saved(step) or not is_confirmed
        elif step.database:
            self._waiting = step
        for _ in range(_MOST_ATTEMPTS):
            is_confirmed = await self._try(step)
            await self._outlast_outage()
            if await self._is_saved(step):
                return
            assert not is_confirmed
            self._harness.clock.move(RETRY_AFTER_S)
        raise AssertionError(step)

    async def _try(self, step: Step) -> bool:
        """Return whether Lagdesk confirms that it is saved."""
        try:
            return await step.action.act(self._harness)
        except DatabaseUnavailableError:
            return False

    async def _is_saved(self, step: Step) -> bool:
        ticket = await self._store.read(lambda session: find_newest_ticket(session, CNAME))
        events = [] if ticket is None else [e["what"] for e in ticket.history if e["who"]]
        return ticket is not None and step.action.event in ("", *events)

    def _see(self, call: str) -> None:
        if self._waiting is not None and call == self._waiting.database_at:
            self._begin_outage(self._waiting)

    def _begin_outage(self, step: Step) -> None:
        self._waiting, self._is_out = None, True
        self._failed_at = self._store._outage_log._failed_at
        self._outage.enter_context(SQLITE_FAULTS[step.database](self._store))

    async def _outlast_outage(self) -> None:
        """Wait until the fault has begun, if it will, and somebody has noticed it; end it."""
        with suppress(DatabaseUnavailableError):  # it has begun just now
            while self._waiting is not None:
                if not await self._store.read(
                    lambda session: list_unfinished(session, self._store.now(session))
                ):
                    self._waiting = None
                await asyncio.sleep(_POLL_S)
        while self._is_out and self._store._outage_log._failed_at == self._failed_at:  # noqa: ASYNC110 - no event for this
            await asyncio.sleep(_POLL_S)
        self._is_out = False
        self._outage.close()


async def report(harness: Harness) -> bool:
    """Fill the report form in; return whether Lagdesk confirms."""
    lin = harness.workspace.person(REPORTER)
    if not lin.views:
        await lin.command("/report", CNAME)
    return bool(lin.views) and (await lin.submit(lin.views[-1], {**FORM, "cname": CNAME})).ok


async def escalate(harness: Harness) -> bool:
    """Escalate by the card, else in the Home tab."""
    if not await _click(harness, "zhou", "ticket.escalate"):
        await _act_elsewhere(harness, "escalate", "zhou")
    return False


async def claim(harness: Harness) -> bool:
    """Claim by the card, else in the Home tab."""
    if not await _click(harness, "sam", "ticket.claim"):
        await _act_elsewhere(harness, "claim", "sam")
    return False


async def resolve(harness: Harness) -> bool:
    """Resolve with the card's form, else in the Home tab; return whether Lagdesk confirms."""
    sam, values = harness.workspace.person("sam"), {"cause": "network.loss", "resolution": "Wi-Fi"}
    if not sam.views and not await _click(harness, "sam", "ticket.resolve"):
        await _act_elsewhere(harness, "resolve", "sam", **values)
    return bool(sam.views) and (await sam.submit(sam.views[-1], values)).ok


async def _click(harness: Harness, name: str, action_id: str) -> bool:
    """Press the button of the card; False without one."""
    cards = [card for card in find_cards(harness, CNAME) if action_id in text_of(card)]
    if cards:
        await harness.workspace.person(name).click(cards[-1], action_id)
    return bool(cards)


async def _act_elsewhere(harness: Harness, what: str, name: str, **values: str) -> None:
    operation = getattr(harness.slack.services.tickets, what)
    ticket = await find_ticket(harness, CNAME)
    await operation(ticket.team, ticket.id, harness.workspace.person(name).id, **values)


ACTIONS: Final = (
    Action(report),
    Action(escalate, "called"),
    Action(claim, "claimed"),
    Action(resolve, "resolved"),
)
