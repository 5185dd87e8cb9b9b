"""What every rota promises, for both of them against their fakes."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import pytest

from bot.errors import (
    IntegrationBusyError,
    IntegrationError,
    IntegrationInvalidResponseError,
    IntegrationRefusedError,
    IntegrationUnreachableError,
)
from bot.integrations import build_rotas
from bot.integrations.ical.client import IcalRota
from bot.integrations.pagerduty.client import PagerDutyRota
from bot.ports import Rota, Shift
from bot.sandbox.clouds.faults import FaultKind
from bot.sandbox.integrations.ical.fake import FakeCalendar
from bot.sandbox.integrations.pagerduty.fake import SCHEDULE, FakePagerDuty
from bot.settings import read_settings

NOON: Final = dt.datetime(2026, 11, 11, 12, tzinfo=dt.UTC)
HOUR: Final = dt.timedelta(hours=1)
SAM, MAYA = "sam@lagdesk.example", "maya@lagdesk.example"


@dataclass
class Case:
    """A rota and the simulated service behind it."""

    rota: Rota
    fake: FakeCalendar | FakePagerDuty

    def refuse_key(self) -> None:
        """Let the service refuse whoever asks."""
        if isinstance(self.fake, FakeCalendar):
            self.fake.status = 401
        else:
            self.fake.token = "another"


@pytest.fixture(params=["ical", "pagerduty"])
async def case(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    """Each rota."""
    rota: Rota
    fake: FakeCalendar | FakePagerDuty
    fake = FakeCalendar() if request.param == "ical" else FakePagerDuty()
    async with fake.serve():
        if isinstance(fake, FakeCalendar):
            rota = IcalRota(fake.address, "Asia/Shanghai", allow_private=True)
        else:
            rota = PagerDutyRota(SCHEDULE, fake.url, fake.token, allow_private=True)
        yield Case(rota, fake)
        await rota.close()


async def test_shifts_that_overlap_a_time_are_returned_whole(case: Case) -> None:
    """Those before and after are not, overlapping ones are all there."""
    case.fake.add(SAM, NOON - 3 * HOUR, NOON - HOUR)
    case.fake.add(SAM, NOON - HOUR, NOON + HOUR)
    case.fake.add(MAYA, NOON, NOON + 9 * HOUR)
    case.fake.add(SAM, NOON + 5 * HOUR, NOON + 6 * HOUR)
    shifts = await case.rota.list_shifts(NOON, NOON + 4 * HOUR)
    assert sorted(shifts, key=lambda shift: shift.start) == [
        Shift(NOON - HOUR, NOON + HOUR, SAM),
        Shift(NOON, NOON + 9 * HOUR, MAYA),
    ]


async def test_an_empty_rota(case: Case) -> None:
    """Nobody is no error."""
    assert list(await case.rota.list_shifts(NOON, NOON + HOUR)) == []


async def test_a_refused_key(case: Case) -> None:
    """An operator has to do something."""
    case.refuse_key()
    with pytest.raises(IntegrationRefusedError, match="refuses the key") as caught:
        await case.rota.list_shifts(NOON, NOON + HOUR)
    assert (caught.value.status, caught.value.retryable) == (401, False)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("reset", IntegrationUnreachableError),
        ("http_503", IntegrationBusyError),
        ("http_429", IntegrationBusyError),
        ("html", IntegrationInvalidResponseError),
        ("empty", IntegrationInvalidResponseError),
    ],
)
async def test_failures(case: Case, fault: FaultKind, error: type[IntegrationError]) -> None:
    """Each is an error that may be over in a minute."""
    case.fake.fail_next(fault, 2)
    with pytest.raises(error) as caught:
        await case.rota.list_shifts(NOON, NOON + HOUR)
    assert caught.value.retryable
    assert caught.value.service == case.rota.service


async def test_a_private_address_needs_a_setting() -> None:
    """Without ALLOW_PRIVATE_ADDRESSES nobody is asked."""
    rota = IcalRota("http://127.0.0.1:1/x.ics", "UTC", allow_private=False)
    with pytest.raises(IntegrationUnreachableError):
        await rota.list_shifts(NOON, NOON + HOUR)
    await rota.close()


def test_apps_share_the_rota_of_every_app() -> None:
    """An own one counts more."""
    settings = read_settings(
        {
            "AGORA_APPS": "kids=1,adults=2,piano=3",
            "AGORA_CUSTOMER_ID": "id",
            "AGORA_CUSTOMER_SECRET": "secret",
            "ON_CALL": "https://host/rota.ics, piano=pagerduty:PABC12",
            "PAGERDUTY_TOKEN": "token",
        }
    )
    rotas = build_rotas(settings)
    assert rotas["kids"] is rotas["adults"]
    assert [rotas["kids"].service, rotas["piano"].service] == ["iCal", "PagerDuty"]
