"""What the routes return, and that nobody reads more than Slack shows them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import UNSET

from bot.call import ERASED
from bot.i18n.translator import Translator
from bot.services.diagnosis.evidence import stored_verdict
from handlers.api.tickets import ticket_details
from handlers.ui.plain_renderer import PlainRenderer
from tests.conftest import Harness
from tests.handlers.api.client import HEALTHY, WEAK_WIFI, ApiClient, open_api
from tests.handlers.samples import make_ticket
from tests.scenario_helpers import find_card, report, text_of


@pytest.fixture(scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ApiClient]:
    """Lagdesk with LD-1, which sam claimed and resolved, and LD-2."""
    async with open_api(tmp_path_factory.mktemp("api")) as opened:
        await resolve(opened.harness)
        yield opened


async def resolve(harness: Harness) -> None:
    """Claim and resolve the first ticket, a second and a minute later."""
    sam = harness.workspace.person("sam")
    harness.clock.move(1)
    await sam.click(find_card(harness, WEAK_WIFI), "ticket.claim")
    harness.clock.move(60)
    await sam.click(find_card(harness, WEAK_WIFI), "ticket.resolve")
    view = await sam.wait_for_view("resolve")
    values = {"cause": "network.wifi_weak", "resolution": "Told student 20002 to move."}
    assert (await sam.submit(view, values)).ok
    await harness.pass_time(1)


async def numbers(api: ApiClient, query: str, name: str = "sam") -> list[int]:
    """The numbers of the tickets that are listed."""
    answer = await api.get(f"/tickets?{query}", await api.token(name))
    assert answer.status == 200, answer.body
    return [each["number"] for each in answer.body["tickets"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [2, 1]),
        ("status=open", [2]),
        ("status=resolved&status=claimed", [1]),
        ("app=KIDS", [2, 1]),
        ("cause=network.wifi_weak", [1]),
        ("cause=network.loss", []),
        ("mine=true", [2, 1]),
        ("mine=false&text=move", [1]),
        (f"text={HEALTHY}", [2]),
        ("text=wi-fi", [1]),
        ("since=2026-11-11T02:30:00Z", [2, 1]),
        ("since=2026-11-11T02:31:00Z", []),
        ("until=2026-11-11", []),
        ("until=2026-11-12&since=2026-11-11", [2, 1]),
        ("limit=1", [2]),
    ],
)
async def test_filters(api: ApiClient, query: str, expected: list[int]) -> None:
    """They restrict what support sees."""
    assert await numbers(api, query) == expected


async def test_pages(api: ApiClient) -> None:
    """A cursor leads to the next page, and there is none after the last."""
    token = await api.token("sam")
    first = (await api.get("/tickets?limit=1", token)).body
    second = (await api.get(f"/tickets?limit=1&cursor={first['next_cursor']}", token)).body
    assert [page["tickets"][0]["number"] for page in (first, second)] == [2, 1]
    assert second["next_cursor"] is None


async def test_reporters_see_their_own(api: ApiClient) -> None:
    """In lists and by number; others do not learn that there is one."""
    assert await numbers(api, "", "lin") == [1]
    assert await numbers(api, "mine=true", "lin") == [1]
    assert await numbers(api, "", "guest") == []
    seen = await api.get("/tickets/LD-1", await api.token("lin"))
    hidden, missing = [await api.get(f"/tickets/{n}", await api.token("lin")) for n in (2, 999)]
    assert (seen.status, hidden.status, hidden.body) == (200, 404, missing.body)


async def test_one_ticket(api: ApiClient) -> None:
    """With verdict, evidence, the sentences of Slack and what happened, masked as there."""
    answer = await api.get("/tickets/1", await api.token("lin"), Accept_Language="en")
    ticket = answer.body
    assert (ticket["label"], ticket["status"], ticket["resolved_cause"]) == (
        *("LD-1", "resolved"),
        "network.wifi_weak",
    )
    assert (ticket["teacher_uid"], ticket["student_uid"], ticket["abnormal_uid"]) == (
        *("•••01", "•••02"),
        "•••02",
    )
    assert ticket["comments"] == "卡住了 <!channel> & student •••02"
    assert ticket["resolution"] == "Told student •••02 to move."
    verdict = ticket["verdict"]
    assert (verdict["cause"], verdict["side"], verdict["uid"]) == (
        *("network.wifi_weak", "student"),
        "•••02",
    )
    assert {"source", "metric", "value", "unit", "threshold", "at", "uid"} <= {
        *verdict["evidence"][0]
    }
    assert ticket["explanation"][0].startswith("Student •••02, around 2026-11-11 10:29 UTC+8: Weak")
    assert ticket["explanation"][1].startswith("→ Ask the student")
    assert not any("Support" in line for line in ticket["explanation"])
    sam = api.harness.workspace.person("sam").id
    assert [(event["what"], event["person"], event["text"]) for event in ticket["timeline"]] == [
        ("reported", ticket["reporter"], "reported it"),
        ("claimed", sam, "claimed it"),
        ("resolved", sam, "resolved it"),
    ]
    assert "20002" not in str(ticket)
    assert "10001" not in str(ticket)


async def test_support_reads_the_advice_for_support(api: ApiClient) -> None:
    """As in the thread."""
    answer = await api.get("/tickets/1", await api.token("sam"), Accept_Language="en")
    assert any(line.startswith("→ Support: ") for line in answer.body["explanation"])


async def test_week(api: ApiClient) -> None:
    """The figures of the summary; the oldest open tickets for support alone."""
    weeks: dict[str, Any] = {
        name: (await api.get("/weeks/2026-W46", await api.token(name), Accept_Language="en")).body
        for name in ("sam", "lin")
    }
    week = weeks["sam"]
    assert (week["reported"], week["resolved"], week["open_count"], week["is_over"]) == (
        2,
        1,
        1,
        False,
    )
    assert {"key": "network.wifi_weak", "title": "Weak Wi-Fi signal", "count": 1, "before": 0} in (
        week["causes"]
    )
    assert week["headline"].startswith(
        "Week 2026-W46 (2026-11-09 to 2026-11-15), so far: 2 tickets"
    )
    assert week["times"][0]["resolve"]["median_s"] >= 461
    assert [day["reported"] for day in week["days"]] == [0, 0, 2, 0, 0, 0, 0]
    assert [each["number"] for each in week["oldest"]] == [2]
    assert weeks["lin"] == week | {"oldest": []}


async def test_quotas(api: ApiClient) -> None:
    """What the clouds still allow, and how late their data is."""
    answer = await api.get("/quotas", await api.token("guest"), Accept_Language="en")
    (app,) = answer.body["apps"]
    assert (app["app"], app["cloud"], app["is_low"]) == ("kids", "agora", False)
    assert app["text"].startswith("Calls left: ")
    assert app["metrics_delay_s"] > 0
    assert {(quota["name"], quota["most"]) for quota in app["quotas"]} >= {("lists", 1000)}


async def test_unmasked(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With MASK_UIDS=false uids are shown, here as in Slack."""
    async with open_api(tmp_path_factory.mktemp("unmasked"), MASK_UIDS="false") as api:
        ticket = (await api.get("/tickets/1", await api.token("lin"))).body
        assert (ticket["student_uid"], ticket["verdict"]["uid"]) == ("20002", "20002")
        assert ticket["comments"].endswith("student 20002")
        assert "20002" in text_of(find_card(api.harness, WEAK_WIFI))


async def test_ticket_without_a_verdict(api: ApiClient) -> None:
    """It has none, and no explanation."""
    assert (await report(api.harness.workspace.person("maya"), "class_without_data")).ok
    listed = await numbers(api, "text=class_without_data")
    ticket = (await api.get(f"/tickets/{listed[0]}", await api.token("maya"))).body
    assert (ticket["cause"], ticket["verdict"], ticket["explanation"]) == (None, None, [])


def test_verdict_of_an_older_version() -> None:
    """It has fewer fields, and a code that no catalog has; the uid of an erased person stays so."""
    at = "2026-11-11T02:28:00Z"
    evidence = {"source": "agora", "at": at, "uid": "20002", "kind": "agora.event", "code": "9"}
    found = {"cause": "network.loss", "from": at, "to": at, "evidence": [evidence], "others": []}
    ticket = make_ticket(verdict=found | {"uid": ERASED}, cause="network.loss")
    shown = ticket_details(
        ticket, stored_verdict(ticket), PlainRenderer(Translator("en")), is_support=False
    )
    assert shown.verdict is not None
    assert (shown.verdict.uid, shown.verdict.confidence) == (ERASED, None)
    (masked,) = shown.verdict.evidence
    assert (masked.uid, masked.peer, masked.kind, masked.code) == (
        *("•••02", None),
        *("agora.event", "9"),
    )
    assert masked.metric is UNSET
