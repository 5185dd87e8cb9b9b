"""What a form may hold, without Slack and without a database."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cloud_settings import CloudSettings
from bot.errors import InputError
from bot.i18n.messages import message
from bot.ports import Capabilities, Cloud
from bot.services.tickets.recent_classes import RecentClasses
from bot.services.tickets.service import TicketService
from bot.services.tickets.submission import COMMENT_LENGTH, Submission, normalize, validate
from bot.settings import Settings
from tests.bot.services.contexts import make_context

NOW = dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)
AGORA = Capabilities(
    reports=True,
    events=True,
    lookback=dt.timedelta(days=14),
    metrics_delay=dt.timedelta(minutes=2),
    cname=re.compile(r"[A-Za-z0-9_]{1,64}"),
    cname_hint=message("cname"),
    uid=re.compile(r"[1-9][0-9]{0,9}"),
    uid_max=2**32 - 1,
    uid_hint=message("uid"),
)
NAMED = replace(AGORA, uid=re.compile(r"[a-z0-9@._\-]{1,64}"), uid_max=None)


class OnlyCapabilities:
    """A cloud of which only the capabilities are used."""

    name = "agora"

    def __init__(self, capabilities: Capabilities) -> None:
        self.capabilities = capabilities


CLOUDS = cast(
    "Mapping[str, Cloud]", {"kids": OnlyCapabilities(AGORA), "rooms": OnlyCapabilities(NAMED)}
)
ONE = cast("Mapping[str, Cloud]", {"kids": OnlyCapabilities(AGORA)})
GOOD = Submission(
    team="T1",
    origin="V1",
    reporter="U1",
    app="kids",
    cname="class_77_1",
    teacher_uid="10001",
    student_uid="20002",
    abnormal_side="student",
    issue_type="3",
    occurred_at=NOW,
)


def faults(**values: Any) -> set[str]:
    """The fields that are refused."""
    try:
        validate(normalize(replace(GOOD, **values), CLOUDS), CLOUDS, NOW)
    except InputError as error:
        return set(error.fields)
    return set()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, set()),
        ({"app": "nobody"}, {"app"}),
        ({"app": ""}, {"app"}),
        ({"app": "nobody", "abnormal_side": "x"}, {"app", "abnormal_side"}),
        ({"cname": "课"}, {"cname"}),
        ({"teacher_uid": "4294967295"}, set()),
        ({"teacher_uid": "4294967296"}, {"teacher_uid"}),
        ({"teacher_uid": "000"}, {"teacher_uid"}),
        ({"teacher_uid": "020002"}, {"student_uid"}),
        ({"cname": "", "teacher_uid": "20002"}, {"cname", "student_uid"}),
        ({"teacher_uid": "x", "student_uid": "x"}, {"teacher_uid", "student_uid"}),
        ({"issue_type": "0"}, {"issue_type"}),
        ({"issue_type": "03"}, {"issue_type"}),
        ({"occurred_at": None}, {"occurred_at"}),
        ({"occurred_at": NOW + dt.timedelta(seconds=60)}, set()),
        ({"occurred_at": NOW + dt.timedelta(seconds=61)}, {"occurred_at"}),
        ({"occurred_at": NOW - dt.timedelta(days=14)}, set()),
        ({"occurred_at": NOW - dt.timedelta(days=14, seconds=1)}, {"occurred_at"}),
        ({"app": "rooms", "teacher_uid": "anna@x", "student_uid": "007"}, set()),
    ],
)
def test_check(values: dict[str, Any], expected: set[str]) -> None:
    """Every wrong field is named, all at once, and right ones never."""
    assert expected == faults(**values)


@pytest.mark.parametrize(
    ("typed", "numeric", "named"),
    [
        ("\u200b10001", "10001", "10001"),
        ("20002\u202c", "20002", "20002"),
        ("＃１０００１", "10001", "10001"),
        ("#10001", "10001", "10001"),
        ("10,001", "10001", "10001"),
        ("20002.", "20002", "20002"),
        ("`20002`。", "20002", "20002"),
        ("-1294967296", "3000000000", "-1294967296"),
        ("-2147483648", "2147483648", "-2147483648"),
        ("-2147483649", "-2147483649", "-2147483649"),
        ("-1", "-1", "-1"),
        ("007", "7", "007"),
        ("10001, 20002", "10001, 20002", "10001, 20002"),
        ("anna@x", "anna@x", "anna@x"),
    ],
)
def test_a_uid_is_read_as_it_is_meant(typed: str, numeric: str, named: str) -> None:
    """Signs around a number are removed; only a cloud with numeric uids has signed ones."""
    assert normalize(replace(GOOD, teacher_uid=typed), CLOUDS).teacher_uid == numeric
    assert normalize(replace(GOOD, app="rooms", teacher_uid=typed), CLOUDS).teacher_uid == named


@pytest.mark.parametrize(
    "typed", ["class_zw_1\u200b", "class_zw_1。", "*class_zw_1*", "“class_zw_1”"]
)
def test_a_channel_is_read_as_it_is_meant(typed: str) -> None:
    """Invisible characters, quotation marks and the end of a sentence are no part of a name."""
    assert normalize(replace(GOOD, cname=typed), CLOUDS).cname == "class_zw_1"


def test_tidy() -> None:
    """What people add by accident is taken off; ids that are no numbers keep their zeros."""
    typed = replace(
        GOOD,
        cname="\u3000ｃlass_１ ",
        teacher_uid=" ００７",
        student_uid="0",
        comments=f"  {'x' * 2000}",
    )
    submission = normalize(typed, CLOUDS)
    assert (submission.cname, submission.teacher_uid, submission.student_uid) == (
        "class_1",
        "7",
        "0",
    )
    assert len(submission.comments) == COMMENT_LENGTH
    assert normalize(replace(typed, app="rooms"), CLOUDS).teacher_uid == "007"


def test_the_only_app_need_not_be_named() -> None:
    """Where the form has no field for the app, there is but one."""
    assert normalize(replace(GOOD, app=""), ONE).app == "kids"
    assert normalize(replace(GOOD, app=""), CLOUDS).app == ""


@given(st.builds(replace, st.just(GOOD), cname=st.text(), teacher_uid=st.text()))
def test_whatever_is_typed(typed: Submission) -> None:
    """Any text is either taken or refused under its field."""
    submission = normalize(typed, CLOUDS)
    try:
        validate(submission, CLOUDS, NOW)
    except InputError as error:
        assert set(error.fields) <= {"cname", "teacher_uid", "student_uid"}  # noqa: PT017 - both ends are right
    else:
        assert submission.teacher_uid.isascii()
        assert 1 <= int(submission.teacher_uid) < 2**32


def test_a_time_in_the_future_is_stored_as_now() -> None:
    """A clock that is fast by less than a minute is tolerated, but no ticket is from the future."""
    nothing: Any = None  # building a ticket needs neither a database nor a clock
    cloud = CloudSettings("agora", {"kids": "A1"}, "https://cloud.test", options={"report": "off"})
    settings = Settings(clouds=(cloud,))
    context = make_context(nothing, nothing, clouds=CLOUDS, settings=settings)
    service = TicketService(context, RecentClasses(context))
    fast, slow = NOW + dt.timedelta(seconds=50), NOW - dt.timedelta(seconds=50)
    for reported, stored in ((fast, NOW), (slow, slow), (None, NOW)):
        ticket = service._build_ticket(replace(GOOD, occurred_at=reported), NOW)
        assert (ticket.occurred_at, ticket.created_at) == (stored, NOW)
