"""The demo's environment: a workspace, simulated clouds and calls, and settings for Lagdesk."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.sandbox.clouds import AgoraAccount, FakeClouds, HuaweiAccount, VolcengineAccount
from bot.sandbox.clouds.agora.alert_sender import SECRET as ALERT_SECRET
from bot.sandbox.clouds.huawei.webhook_sender import WebhookSender
from bot.sandbox.integrations.fakes import FakeIntegrations
from bot.sandbox.integrations.webhook_receiver import WebhookReceiver
from bot.sandbox.scenario import SimulatedCall, demo_calls, evening_calls, piano_calls
from bot.sandbox.slack import Workspace
from bot.sandbox.slack.state.seed import DEFAULT_PERSON, LIN, SAM
from bot.services.call_control.webhook_registration import RECORDING_PATH

KIDS: Final = "kids"  # on Agora
ADULTS: Final = "adults"  # on Volcengine
PIANO: Final = "piano"  # on Huawei
DELAY_SCALE: Final = 0.1  # a demo should not wait minutes for the clouds
ESCALATE_AFTER: Final = "4m"  # its calls are still running, so support is paged after two
CLAIM_TARGET: Final = "3m"
RESOLVE_TARGET: Final = "1h"
CALLBACK_KEY: Final = "sandbox-callback-key"
FIRST_PORT: Final = 8080
PUBLIC_URL: Final = "https://lagdesk.example"  # of links to tickets, which nobody opens
_PORTS_TRIED: Final = 20
_ON_CALL: Final = ("sam", "zhou")  # in turn
_FIRST_PEOPLE: Final = {"zh": LIN, "en": SAM}  # whose Slack is in the demo's language


@dataclass(frozen=True, slots=True)
class DemoEnvironment:
    """What the demo simulates; `environment` is Lagdesk's environment variables."""

    workspace: Workspace
    clouds: FakeClouds
    integrations: FakeIntegrations
    webhooks: WebhookReceiver
    environment: Mapping[str, str]

    def connect(self, url: str) -> None:
        """Send Slack's deliveries and Huawei's record callbacks (8.1) to the app at this URL."""
        self.workspace.connect_http(f"{url}/slack/events")
        huawei = self.clouds.huawei
        callback = {"url": f"{url}{RECORDING_PATH}", "auth_key": CALLBACK_KEY}
        for app_id in huawei.account.apps.values():
            huawei.control.set_callback(app_id, callback, huawei.clock())


@asynccontextmanager
async def demo_environment(
    folder: Path, manifest: Mapping[str, Any], *, port: int | None, locale: str
) -> AsyncIterator[DemoEnvironment]:
    """Serve workspace and clouds until the block ends.

    Without a port the first free one from FIRST_PORT on is taken. Raises OSError when none is free.
    """
    workspace = Workspace(
        manifest=manifest, message_burst=4, default_person=_FIRST_PEOPLE.get(locale, DEFAULT_PERSON)
    )
    clouds, webhooks = build_clouds(), WebhookReceiver(time.time)
    integrations = FakeIntegrations()
    integrations.fill_rotas(*(workspace.person(name).user.email for name in _ON_CALL))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(clouds.serve())
        await stack.enter_async_context(integrations.serve())
        await stack.enter_async_context(WebhookSender(clouds.huawei).run())
        await stack.enter_async_context(webhooks.serve())
        await _serve_page(stack, workspace, port)
        environment = {
            **_environment(workspace, folder, locale),
            **cloud_environment(clouds),
            **integrations.environment(KIDS, ADULTS),
            **webhooks.environment,
        }
        yield DemoEnvironment(workspace, clouds, integrations, webhooks, environment)


def build_clouds(clock: Callable[[], float] = time.time) -> FakeClouds:
    """Build the three clouds; each has the calls of one app, around now. `clock`: epoch seconds."""
    now = clock()
    sim_calls: tuple[SimulatedCall, ...] = (
        *demo_calls(now, KIDS),
        *evening_calls(now, ADULTS),
        *piano_calls(now, PIANO),
    )
    return FakeClouds(
        sim_calls,
        agora=AgoraAccount(apps={KIDS: "0a1b2c3d4e5f60718293a4b5c6d7e8f9"}),
        volcengine=VolcengineAccount(apps={ADULTS: "661e00000000000000000002"}),
        huawei=HuaweiAccount(apps={PIANO: "5f963b4c89ae1628c2568003"}),
        clock=clock,
        delay_scale=DELAY_SCALE,
    )


def cloud_environment(clouds: FakeClouds) -> dict[str, str]:
    """Return the settings that lead to simulated clouds which are being served."""
    agora, volcengine, huawei = (
        clouds.agora.account,
        clouds.volcengine.account,
        clouds.huawei.account,
    )
    return {
        "AGORA_APPS": _write_apps(agora.apps),
        "AGORA_CUSTOMER_ID": agora.customer_id,
        "AGORA_CUSTOMER_SECRET": agora.customer_secret,
        "AGORA_BASE_URL": clouds.agora_url,
        "AGORA_ALERT_SECRET": ALERT_SECRET,
        "VOLCENGINE_APPS": _write_apps(volcengine.apps),
        "VOLCENGINE_ACCESS_KEY": volcengine.access_key,
        "VOLCENGINE_SECRET_KEY": volcengine.secret_key,
        "VOLCENGINE_BASE_URL": clouds.volcengine_url,
        "HUAWEI_APPS": _write_apps(huawei.apps),
        "HUAWEI_ACCESS_KEY": huawei.access_key,
        "HUAWEI_SECRET_KEY": huawei.secret_key,
        "HUAWEI_PROJECT_ID": huawei.project_id,
        "HUAWEI_BASE_URL": clouds.huawei_url,
        "HUAWEI_IAM_URL": clouds.huawei_url,
        "HUAWEI_CALLBACK_KEY": CALLBACK_KEY,
        "HUAWEI_RECORD_RULES": _write_apps(dict.fromkeys(huawei.apps, "sandbox-rule")),
    }


def _write_apps(apps: Mapping[str, str]) -> str:
    return ",".join(f"{name}={app_id}" for name, app_id in apps.items())


async def _serve_page(stack: AsyncExitStack, workspace: Workspace, port: int | None) -> None:
    first = FIRST_PORT if port is None else port
    for candidate in range(first, first + (_PORTS_TRIED if port is None else 1)):
        try:
            await stack.enter_async_context(workspace.serve(candidate))
        except OSError:
            if port is not None or candidate == first + _PORTS_TRIED - 1:
                raise
        else:
            return


def _environment(workspace: Workspace, folder: Path, locale: str) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_SIGNING_SECRET": workspace.signing_secret,
        "SLACK_API_URL": workspace.api_url,
        "ESCALATION_CHANNEL": workspace.channel("escalations").id,
        "SUMMARY_CHANNEL": workspace.channel("leads").id,
        "ESCALATE_AFTER": ESCALATE_AFTER,
        "CLAIM_TARGET": CLAIM_TARGET,
        "RESOLVE_TARGET": RESOLVE_TARGET,
        "ESCALATE_TO": workspace.person("maya").id,
        "DATABASE_URL": f"sqlite:///{folder / 'lagdesk.db'}",
        "DEFAULT_LOCALE": locale,
        "PUBLIC_URL": PUBLIC_URL,
        "HTTP_API": "true",
        "MCP": "true",
        "LOG_LEVEL": "WARNING",
    }
