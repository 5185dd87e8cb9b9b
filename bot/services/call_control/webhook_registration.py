"""The callback URLs to which clouds send recording events: reading and setting them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.errors import CloudError
from bot.i18n.messages import Message, message
from bot.ports import CheckResult, Health, RoomControl
from bot.services.call_control.service import room_control_of
from bot.services.context import Context

RECORDING_PATH: Final = "/hooks/huawei/recording"
_NOT_SET: Final = message(
    "Not set: finished recordings will not be announced. Run: lagdesk callback --url "
    "https://your.host"
)
_NO_KEY: Final = message(
    "%(url)s; but HUAWEI_CALLBACK_KEY is not set, so callbacks sent there are rejected."
)
_ELSEWHERE: Final = message("%(url)s is not Lagdesk's callback address, which ends with %(path)s.")


@dataclass(frozen=True, slots=True)
class WebhookRegistration:
    """An app's callback URL: "" when none is set, None when the cloud did not answer.

    `is_new`: it was set just now. `failure` is the reason of an error.
    """

    app: str
    url: str | None = None
    is_new: bool = False
    failure: Message | None = None

    @property
    def is_lagdesk(self) -> bool:
        """Return whether the URL's path is that of a Lagdesk."""
        return bool(self.url and self.url.endswith(RECORDING_PATH))


class WebhookRegistrations:
    """Reads and sets callback URLs."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def _controls(self) -> Mapping[str, RoomControl]:
        """The room control of each app with a record rule."""
        rules, clouds = self._context.settings.huawei_record_rules, self._context.clouds
        controls = {app: room_control_of(clouds.get(app)) for app in rules}
        return {app: control for app, control in controls.items() if control is not None}

    async def fetch_all(self) -> list[WebhookRegistration]:
        """Fetch the callback URL of each app."""
        return [await self._fetch(app) for app in self._controls]

    async def _fetch(self, app: str) -> WebhookRegistration:
        try:
            return WebhookRegistration(app, await self._controls[app].callback_url(app))
        except CloudError as error:
            return WebhookRegistration(app, failure=error.user_message)

    async def register(self, base_url: str, *, overwrite: bool) -> list[WebhookRegistration]:
        """Set each app's callback URL; a foreign one is replaced only if `overwrite`."""
        url = base_url.rstrip("/") + RECORDING_PATH
        return [
            await self._register(each, url, overwrite=overwrite) for each in await self.fetch_all()
        ]

    async def _register(
        self, registration: WebhookRegistration, url: str, *, overwrite: bool
    ) -> WebhookRegistration:
        may_set = registration.url in ("", url) or overwrite
        if registration.failure is not None or not may_set:
            return registration
        key = self._context.settings.huawei_callback_key
        try:
            await self._controls[registration.app].set_callback(registration.app, url, key)
        except CloudError as error:
            return WebhookRegistration(
                registration.app, registration.url, failure=error.user_message
            )
        return WebhookRegistration(registration.app, url, is_new=True)

    async def run_checks(self, app: str) -> CheckResult | None:
        """Check an app's callback URL; None for an app without a record rule."""
        if app not in self._controls:
            return None
        registration = await self._fetch(app)
        problem = self._problem_with(registration)
        label = message("Recording callback for %(app)s", app=app)
        name, health = f"recordings.{app}", Health.OK if problem is None else Health.WARNING
        return CheckResult(
            name, label, health, problem or message("%(url)s.", url=registration.url)
        )

    def _problem_with(self, registration: WebhookRegistration) -> Message | None:
        """Return what is wrong with a callback URL, None when nothing is."""
        if registration.failure is not None:
            return registration.failure
        if not registration.url:
            return _NOT_SET
        if not registration.is_lagdesk:
            return Message(_ELSEWHERE.id, {"url": registration.url, "path": RECORDING_PATH})
        if not self._context.settings.huawei_callback_key:
            return Message(_NO_KEY.id, {"url": registration.url})
        return None
