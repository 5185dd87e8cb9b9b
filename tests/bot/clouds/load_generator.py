"""A process that sends requests to Agora as fast as its quota allows, for tests and benchmarks."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable

import bot.clouds.connection  # noqa: F401 - before the time is measured
from bot.call import Call, IssueType, Report, Side
from bot.cloud_settings import CloudSettings
from bot.clouds import build_clouds
from bot.errors import CloudError, CloudQuotaExceededError
from bot.ports import Cloud, Window
from bot.sandbox.clouds import AgoraAccount
from bot.store import Store
from bot.store.diagnosis.events import SqlEventStore
from bot.store.rate_limits import SqlKeyValueStore, SqlRateLimitStore

CONCURRENCY = 4  # questions under way for each endpoint
_REST_S = 0.05
Ask = Callable[[int], Awaitable[object]]


def build(database_url: str, agora_url: str) -> tuple[Store, Cloud]:
    """An Agora client as a process of Lagdesk has it."""
    account, store = AgoraAccount(), Store(database_url)
    settings = CloudSettings(
        "agora",
        {"kids": account.apps["kids"]},
        agora_url,
        {"customer_id": account.customer_id, "customer_secret": account.customer_secret},
        {"api": "seed"},
    )
    made = build_clouds(
        [settings],
        rate_limit_store=SqlRateLimitStore(store),
        key_value_store=SqlKeyValueStore(store),
        event_store=SqlEventStore(store),
    )
    return store, made["kids"]


def recent_window(number: int) -> Window:
    """Four minutes some time ago; each number another four."""
    until = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5, seconds=number % 2000)
    return Window(until - dt.timedelta(minutes=4), until)


def requests(cloud: Cloud) -> dict[str, Ask]:
    """A request for each endpoint; the number makes each one different."""
    now = dt.datetime.now(dt.UTC)

    def call(number: int) -> Call:
        span = recent_window(number)
        return Call("agora", "kids", f"{number:032x}", f"room_{number}", span.since, span.until)

    def report(number: int) -> Report:
        people = {"teacher_uid": "10001", "student_uid": "20002"}
        kind = {"abnormal_side": Side.STUDENT, "issue_type": IssueType.HELP}
        return Report(app="kids", cname=f"room_{number}", occurred_at=now, **people, **kind)  # type: ignore[arg-type]

    return {
        "lists": lambda n: cloud.find_calls("kids", f"room_{n}", recent_window(n)),
        "details": lambda n: cloud.fetch_record(call(n), ["10001"], recent_window(n)),
        "diagnosis": lambda n: cloud.fetch_events("kids", f"room_{n}", recent_window(n)),
        "report": lambda n: cloud.send_report(report(n)),
    }


async def run_load(cloud: Cloud, seconds: float, first: int, names: list[str]) -> Counter[str]:
    """Send requests in a loop; returns how often each had which result. No name means all."""
    outcomes: Counter[str] = Counter()
    until = asyncio.get_running_loop().time() + seconds

    async def keep_calling(name: str, send: Ask, number: int) -> None:
        while asyncio.get_running_loop().time() < until:
            number += CONCURRENCY
            try:
                await send(number)
            except CloudQuotaExceededError as error:
                outcomes[f"{name} kept back" if error.status == 0 else f"{name} OVER QUOTA"] += 1
                await asyncio.sleep(_REST_S)
            except CloudError:
                outcomes[f"{name} refused"] += 1
            else:
                outcomes[f"{name} answered"] += 1
            await asyncio.sleep(0)

    await asyncio.gather(
        *(
            keep_calling(name, send, first + lane)
            for name, send in requests(cloud).items()
            if name in names or not names
            for lane in range(CONCURRENCY)
        )
    )
    return outcomes


async def main(
    database_url: str, agora_url: str, seconds: float, first: int, names: list[str]
) -> None:
    """Print that we are ready, start after a line of input, and print the results."""
    store, cloud = build(database_url, agora_url)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    outcomes = await run_load(cloud, seconds, first, names)
    await cloud.close()
    store.close()
    sys.stdout.write(json.dumps(outcomes) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), sys.argv[5:]))
