"""The clouds as they are bought, and Lagdesk with one of them."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from bot.application import open_application
from bot.call import IssueType, Metric, Report
from bot.diagnosis import Verdict
from bot.diagnosis.diagnosis import diagnose
from bot.ports import Diagnosis
from bot.sandbox.clouds import FakeClouds, Generation, PlanName
from bot.sandbox.clouds.agora.codes import CURRENT_MIDS, SEED_MIDS
from bot.sandbox.clouds.huawei.codes import OWN_MIDS, RECEIVED_MIDS
from bot.sandbox.clouds.volcengine.codes import CALL_METRICS
from bot.sandbox.demo import cloud_environment
from bot.sandbox.scenario import STUDENT_UID, TEACHER_UID, SimulatedCall
from bot.services.diagnosis.service import DiagnosisService
from bot.settings import read_settings
from tests.conftest import FakeClock, fast_waits

_SEED: Final = frozenset(metric for metric, _ in SEED_MIDS)
_CURRENT: Final = frozenset(metric for metric, _ in CURRENT_MIDS)
_VOLCENGINE: Final = frozenset(each.metric for each in CALL_METRICS)
_HUAWEI: Final = frozenset(metric for metric, _ in (OWN_MIDS | RECEIVED_MIDS).values())
_ASKED_AFTER_S: Final = 1200.0  # after the complaint; everything is published by then


@dataclass(frozen=True, slots=True)
class Account:
    """A cloud as it is bought: what it measures, and whether it names causes itself."""

    name: str
    cloud: str
    metrics: frozenset[Metric]
    generation: Generation = "seed"
    plan: PlanName = "standard"
    has_events: bool = False


AGORA_2020: Final = Account("agora-2020", "agora", _SEED, has_events=True)
AGORA_TODAY: Final = Account("agora-enterprise", "agora", _CURRENT, "current", "enterprise")
VOLCENGINE: Final = Account("volcengine", "volcengine", _VOLCENGINE)
HUAWEI: Final = Account("huawei", "huawei", _HUAWEI, has_events=True)


def environment_of(account: Account, clouds: FakeClouds) -> Mapping[str, str]:
    """Return the settings of Lagdesk with this cloud only."""
    settings = cloud_environment(clouds)
    others = {name for name in settings if not name.startswith(account.cloud.upper())}
    return {
        **{name: value for name, value in settings.items() if name not in others},
        **{name: "" for name in others if name.endswith("_APPS")},
        "AGORA_API": account.generation,
        "AGORA_PLAN": account.plan,
    }


@dataclass(slots=True)
class Product:
    """Lagdesk's diagnosis, with a simulated cloud it asks over HTTP. Time only goes forward."""

    clock: FakeClock
    clouds: FakeClouds
    diagnosis: DiagnosisService

    async def diagnose(self, sim_call: SimulatedCall) -> Verdict:
        """Return the verdict about a call that is complained about after the clock's time."""
        return (await self.examine(sim_call)).verdict

    async def examine(self, sim_call: SimulatedCall) -> Diagnosis:
        """Diagnose a call that is complained about after the clock's time."""
        self.clouds.sim_calls[:] = [sim_call]
        self.clock.move(sim_call.complaint.at + _ASKED_AFTER_S - self.clock())
        return await self.diagnosis.diagnose(report_of(sim_call))


def score(diagnosis: Diagnosis) -> Verdict:
    """Return the verdict with its score in the place of its confidence."""
    return diagnose(
        diagnosis.report,
        diagnosis.calls,
        diagnosis.series,
        diagnosis.events,
        missing=diagnosis.verdict.missing,
        participants=diagnosis.participants,
        witnesses=diagnosis.witnesses,
        steps=(),
    )


@asynccontextmanager
async def open_product(account: Account) -> AsyncIterator[Product]:
    """Run a cloud, and Lagdesk's services without Slack."""
    clock = FakeClock()
    clouds = FakeClouds(clock=clock, agora_generation=account.generation, agora_plan=account.plan)
    with fast_waits(), tempfile.TemporaryDirectory() as folder:
        async with clouds.serve():
            environment = {
                **environment_of(account, clouds),
                "DATABASE_URL": f"sqlite:///{folder}/lagdesk.db",
            }
            settings = read_settings(environment)
            async with open_application(settings, clock=clock, sleep=clock.sleep) as application:
                yield Product(clock, clouds, application.services.diagnosis)


def report_of(sim_call: SimulatedCall) -> Report:
    """Return the complaint as a ticket would hold it."""
    return Report(
        app=sim_call.app,
        cname=sim_call.cname,
        teacher_uid=str(TEACHER_UID),
        student_uid=str(STUDENT_UID),
        abnormal_side=sim_call.complaint.abnormal_side,
        issue_type=IssueType.COMPLAINT,
        occurred_at=dt.datetime.fromtimestamp(sim_call.complaint.at, dt.UTC),
    )
