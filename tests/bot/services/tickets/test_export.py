from __future__ import annotations

import csv
import datetime as dt
import io
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from bot.call import Side
from bot.services.tickets.export import FIELDS, shared_row, ticket_row, write_tickets
from bot.ticket import Ticket
from bot.ticket_thread import TicketThread

CONTRACT = """
    number status app cloud cname teacher_uid student_uid abnormal_side abnormal_uid issue_type
    occurred_at created_at claimed_at escalated_at resolved_at comments reporter assignee
    report_state report_attempts channel thread_ts verdict
"""
AT = dt.datetime(2026, 11, 9, 10, 5, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def make_ticket(**fields: Any) -> Ticket:
    """A ticket with what matters here."""
    values: dict[str, Any] = {
        "number": 12,
        "team": "T1",
        "origin": "V1",
        "app": "kids",
        "cloud": "agora",
        "cname": "class_77_1",
        "teacher_uid": "10001",
        "student_uid": "20002",
        "abnormal_side": Side.STUDENT,
        "issue_type": 3,
        "occurred_at": AT,
        "created_at": AT,
        "reporter": "U1",
        "thread": TicketThread(card_ts="1.2"),
        **fields,
    }
    return Ticket(**values)


def written(form: Any, *tickets: Ticket) -> str:
    """What is written of these tickets."""
    out = io.StringIO(newline="")
    write_tickets(tickets, out, form)
    return out.getvalue()


def test_fields_of_the_contract() -> None:
    """Every field of the contract is there, with its type."""
    (row,) = [json.loads(line) for line in written("jsonl", make_ticket()).splitlines()]
    assert set() == set(CONTRACT.split()) - set(row)
    assert (
        row["number"],
        row["status"],
        row["app"],
        row["cloud"],
        row["teacher_uid"],
        row["student_uid"],
    ) == (12, "open", "kids", "agora", "10001", "20002")
    assert (
        row["abnormal_side"],
        row["abnormal_uid"],
        row["issue_type"],
        row["occurred_at"],
        row["claimed_at"],
    ) == ("student", "20002", 3, "2026-11-09T02:05:00Z", None)
    assert (
        row["reporter"],
        row["assignee"],
        row["report_state"],
        row["report_attempts"],
        row["thread_ts"],
        row["verdict"],
    ) == ("U1", None, "pending", 0, "1.2", None)


@pytest.mark.parametrize(("mask", "uid"), [(True, "•••02"), (False, "20002")])
def test_what_other_systems_get(uid: str, *, mask: bool) -> None:
    """The fields of an export but those in which people wrote."""
    ticket = make_ticket(comments="froze", resolution="cable", verdict={"uid": "20002"})
    row = shared_row(ticket, mask=mask)
    assert set(FIELDS) - set(row) == {"comments", "resolution"}
    assert (row["student_uid"], row["abnormal_uid"], row["verdict"]["uid"]) == (uid, uid, uid)


def test_verdict_is_an_object() -> None:
    """A verdict is an object in JSON, and JSON text in a CSV cell."""
    verdict = {"cause": "network.loss", "others": [], "uid": "20002"}
    ticket = make_ticket(verdict=verdict)
    assert verdict == json.loads(written("jsonl", ticket))["verdict"]
    (row,) = csv.DictReader(io.StringIO(written("csv", ticket)))
    assert verdict == json.loads(row["verdict"])


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "  =1+1",
        "\t=1",
        "\r=1",
        "\n=1",
        "\tharmless",
        "＝1+1",
        "＋1",
        "－1",
        "＠x",
        "﹢1",
        "\u3000=1",
        "\ufeff=1",
        "\u200b=1",
        '"=1+1',
        "'=1+1",
        '"\n=1',
        "\x00=1",
        "\u202e=1",
    ],
)
@pytest.mark.parametrize("field", ["comments", "cname", "resolution"])
def test_no_cell_is_a_formula(text: str, field: str) -> None:
    """Cells that a spreadsheet would calculate are escaped in CSV; JSON is unchanged."""
    ticket = make_ticket(**{field: text})
    (row,) = csv.DictReader(io.StringIO(written("csv", ticket), newline=""))
    assert "'" + text == row[field]
    assert text == json.loads(written("jsonl", ticket))[field]


@pytest.mark.parametrize("text", ["", "卡住了", "1=1", "a@b", 'x\ny, "z"', "5 - 3", "……", "'"])
def test_other_cells_are_unchanged(text: str) -> None:
    """What no spreadsheet takes for a formula is left alone, commas and lines as well."""
    (row,) = csv.DictReader(io.StringIO(written("csv", make_ticket(comments=text)), newline=""))
    assert text == row["comments"]


def test_an_empty_table_has_its_head() -> None:
    """No tickets are no lines of JSON, and a CSV of names only."""
    assert written("jsonl") == ""
    assert ",".join(FIELDS) + "\r\n" == written("csv")


class Nowhere(io.TextIOBase):
    """A file that counts lines."""

    lines = 0

    def write(self, text: str) -> int:
        """Count."""
        self.lines += text.count("\n")
        return len(text)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_memory_does_not_grow(form: Any) -> None:
    """Thousands of tickets take no more memory than a few."""

    def tickets() -> Iterator[Ticket]:
        one = make_ticket(comments="x" * 1000)
        for _ in range(3_000):
            yield one

    out = Nowhere()
    tracemalloc.start()
    write_tickets(tickets(), out, form)  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert out.lines >= 3_000
    assert peak < 500_000  # together they are 4 MB


def test_row_names_nothing_else() -> None:
    """A row has the fields in their order, and no others."""
    assert list(FIELDS) == list(ticket_row(make_ticket()))
