"""Who is answered, in which language and how often, and what is said to the others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.process_metrics import REQUESTS
from handlers.api.server import REQUESTS_A_MINUTE, accepted_language
from tests.database_faults import file_missing, locked
from tests.handlers.api.client import ApiClient, open_api
from tests.handlers.raw_http import open_raw_http

PROBLEM = "application/problem+json"
UNKNOWN = f"lagdesk_{'a' * 43}"


@pytest.fixture(scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ApiClient]:
    """Lagdesk with tickets."""
    async with open_api(tmp_path_factory.mktemp("api")) as opened:
        yield opened


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer ", UNKNOWN, f"Basic {UNKNOWN}", f"Bearer {UNKNOWN}", "Bearer é"]
)
async def test_without_a_token(api: ApiClient, sent: str) -> None:
    """The answer says where to get one."""
    answer = await api.get("/tickets", Authorization=sent)
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.body["key"] == "unauthorized"
    assert "/lagdesk settings" in answer.body["next_step"]


@pytest.mark.parametrize(
    ("path", "method", "status", "key"),
    [
        ("/nothing", "GET", 404, "not_found"),
        ("", "GET", 404, "not_found"),
        ("/tickets/1/verdict", "GET", 404, "not_found"),
        ("/tickets/LD-99", "GET", 404, "not_found"),
        ("/tickets/LD-0", "GET", 400, "invalid_parameters"),
        ("/tickets/%00", "GET", 400, "invalid_parameters"),
        ("/weeks/2026-W60", "GET", 400, "invalid_parameters"),
        ("/weeks/2025-W53", "GET", 404, "not_found"),
        ("/weeks/2027-W01", "GET", 404, "not_found"),
        ("/quotas?app=kids", "GET", 400, "invalid_parameters"),
        ("/tickets", "POST", 405, "method_not_allowed"),
        ("/tickets/1", "DELETE", 405, "method_not_allowed"),
        ("/openapi.json", "PUT", 405, "method_not_allowed"),
    ],
)
async def test_what_there_is_not(
    api: ApiClient, path: str, method: str, status: int, key: str
) -> None:
    """Every error is a problem with its key, its status and what to do."""
    answer = await api.get(path, await api.token("maya"), method)
    assert (answer.status, answer.body["status"], answer.body["key"]) == (status, status, key)
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.body["title"]
    assert answer.body["next_step"]
    if status == 405:
        assert answer.headers["Allow"] == "GET"


async def test_every_wrong_parameter_is_named(api: ApiClient) -> None:
    """With what it may be."""
    wrong = "app=nope&limit=0&foo=1&cause=&mine=maybe&status=done&app=kids&text=x&since=2026"
    answer = await api.get(f"/tickets?{wrong}", await api.token("zhou"), Accept_Language="en")
    errors = {each["name"]: each["detail"] for each in answer.body["errors"]}
    assert set(errors) == {"app", "limit", "foo", "cause", "mine", "status"}
    assert errors["app"] == "Give app only once."
    assert errors["limit"] == "How many tickets, up to 100."
    assert errors["foo"].startswith("There is no parameter foo. There are: status, app, ")
    later = await api.get("/tickets?app=nope&cause=nope", await api.token("zhou"))
    assert {each["name"] for each in later.body["errors"]} == {"app", "cause"}
    since = await api.get("/tickets?since=2026-13-01", await api.token("zhou"))
    assert [each["name"] for each in since.body["errors"]] == ["since"]


@pytest.mark.parametrize(
    ("person", "header", "language"),
    [
        ("lin", {}, "zh"),
        ("sam", {}, "en"),
        ("lin", {"Accept_Language": "en"}, "en"),
        ("sam", {"Accept_Language": "fr, zh-CN;q=0.5"}, "zh"),
        ("sam", {"Accept_Language": "fr"}, "en"),
    ],
)
async def test_language(api: ApiClient, person: str, header: dict[str, str], language: str) -> None:
    """That of the request, else that of the person, in answers and in errors."""
    token = await api.token(person)
    titles = {"zh": "Wi-Fi 信号弱", "en": "Weak Wi-Fi signal"}
    for path in ("/tickets", "/tickets/99"):
        answer = await api.get(path, token, **header)
        assert answer.headers["Content-Language"] == language
    listed = (await api.get("/tickets", token, **header)).body["tickets"]
    assert {each["cause_title"] for each in listed} >= {titles[language]}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", ""),
        ("*", ""),
        ("de, fr;q=0.9", ""),
        ("zh-Hans-CN", "zh"),
        ("de, en;q=0.1, zh;q=0.2", "zh"),
        ("en;q=0, zh;q=0.1", "zh"),
        ("en;q=x, zh", "zh"),
        ("EN-us ; q=0.8,zh ;q=0.7", "en"),
    ],
)
def test_accept_language(header: str, language: str) -> None:
    """The heaviest of ours; nonsense weighs nothing."""
    assert accepted_language(header) == language


async def test_a_token_has_a_limit(api: ApiClient) -> None:
    """Beyond it the answer says how long to wait; another token of the person is served."""
    token, other = await api.new_token("zhou"), await api.new_token("zhou")
    answers = [await api.get("/quotas", token) for _ in range(2 * REQUESTS_A_MINUTE)]
    refused = next(answer for answer in answers if answer.status != 200)
    assert (refused.status, refused.body["key"]) == (429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) >= 1
    assert "s." in refused.body["detail"] or "秒" in refused.body["detail"]
    assert (await api.get("/quotas", other)).status == 200


async def test_without_the_database(api: ApiClient) -> None:
    """Everything that reads it is answered 503; the document needs nothing."""
    token = await api.token("lin")
    assert (await api.get("/quotas", token)).status == 200
    with file_missing(api.harness.application.store):
        for path in ("/tickets", "/tickets/1", "/weeks/2026-W46", "/quotas"):
            answer = await api.get(path, token)
            assert (answer.status, answer.body["key"]) == (503, "unavailable")
            assert int(answer.headers["Retry-After"]) >= 1
        assert (await api.get("/openapi.json")).status == 200
    assert (await api.get("/quotas", token)).status == 200


async def test_use_that_cannot_be_noted(api: ApiClient) -> None:
    """Nothing is read that the audit log does not have."""
    token = await api.new_token("lin")
    with locked(api.harness.application.store, "BEGIN IMMEDIATE"):
        assert (await api.get("/quotas", token)).status == 503
    assert (await api.get("/quotas", token)).status == 200


async def test_requests_are_counted(api: ApiClient) -> None:
    """By outcome, for /metrics."""
    token, before = await api.token("sam"), REQUESTS.copy()
    await api.get("/quotas", token)
    await api.get("/tickets/999", token)
    await api.get("/quotas")
    after = REQUESTS - before
    assert (after["api", "ok"], after["api", "refused"]) == (1, 2)


async def test_without_slack(api: ApiClient) -> None:
    """Nobody is let in whom Slack has not been asked about yet, nor is anybody told no."""
    token, workspace = await api.token("wang"), api.harness.workspace
    workspace.fail_next("users.info", "http_500", times=9)
    answer = await api.get("/quotas", token)
    assert (answer.status, answer.body["key"]) == (503, "unavailable")
    workspace.faults.clear()


async def test_off_by_default(tmp_path: Path) -> None:
    """Nothing is there."""
    async with open_raw_http(tmp_path) as client:
        for path in ("/api/v1/tickets", "/api/v1/openapi.json"):
            assert (await client.get(path))[0] == 404
