"""The demo's stage: a workspace, simulated clouds and classes, as an environment for Lagdesk."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.sandbox.clouds import AgoraAccount, Clouds
from bot.sandbox.scenario import demo_lessons
from bot.sandbox.workspace import Workspace

APP: Final = "kids"
DELAY_SCALE: Final = 0.1  # nobody wants to wait minutes for the clouds of a demo
_PORTS_TRIED: Final = 20


@dataclass(frozen=True, slots=True)
class Stage:
    """What the demo runs on; `environment` is what Lagdesk is told."""

    workspace: Workspace
    clouds: Clouds
    environment: Mapping[str, str]


@asynccontextmanager
async def set_stage(
    folder: Path, manifest: Mapping[str, Any], *, port: int | None, locale: str
) -> AsyncIterator[Stage]:
    """Serve workspace and clouds until the block ends.

    Without a port the first free one from 8080 on is taken. Raises OSError when it is not free.
    """
    workspace = Workspace(manifest=manifest, message_burst=4)
    account = AgoraAccount()
    clouds = Clouds(demo_lessons(time.time(), APP), agora=account, delay_scale=DELAY_SCALE)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(clouds.serve())
        await _serve_page(stack, workspace, port)
        yield Stage(workspace, clouds, _environment(workspace, clouds, account, folder, locale))


async def _serve_page(stack: AsyncExitStack, workspace: Workspace, port: int | None) -> None:
    first = 8080 if port is None else port
    for candidate in range(first, first + (_PORTS_TRIED if port is None else 1)):
        try:
            await stack.enter_async_context(workspace.serve(candidate))
        except OSError:
            if port is not None or candidate == first + _PORTS_TRIED - 1:
                raise
        else:
            return


def _environment(
    workspace: Workspace, clouds: Clouds, account: AgoraAccount, folder: Path, locale: str
) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_SIGNING_SECRET": workspace.signing_secret,
        "SLACK_API_URL": workspace.api_url,
        "ESCALATION_CHANNEL": workspace.channel("escalations").id,
        "SUMMARY_CHANNEL": workspace.channel("leads").id,
        "DATABASE_URL": f"sqlite:///{folder / 'lagdesk.db'}",
        "DEFAULT_LOCALE": locale,
        "AGORA_APPS": f"{APP}={account.apps[APP]}",
        "AGORA_CUSTOMER_ID": account.customer_id,
        "AGORA_CUSTOMER_SECRET": account.customer_secret,
        "AGORA_BASE_URL": clouds.agora_url,
        "LOG_LEVEL": "WARNING",
    }
