"""A person's preferences: language, app, notifications."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import LagdeskError
from bot.i18n.messages import Message, message
from bot.services.preferences.service import NOTIFICATION_KINDS, Preferences, PreferencesService
from handlers.slack.open_modal import open_modal
from handlers.slack.request import Body, Requester, trigger_id_of
from handlers.slack.user_directory import UserDirectory
from handlers.tickets.home_publish import HomePublisher
from handlers.ui import block_kit
from handlers.ui.form_state import State, read_metadata, read_value, read_values
from handlers.ui.renderer import Renderer

log = logging.getLogger(__name__)

CALLBACK_ID: Final = "preferences"
_FOLLOW_SLACK: Final = "auto"
_NO_APP: Final = "-"
_LOCALES: Final[Mapping[str, Message]] = {
    _FOLLOW_SLACK: message("As in Slack"),
    "zh": message("Chinese"),
    "en": message("English"),
}
_NOTIFICATION_NAMES: Final[Mapping[str, Message]] = {
    "claimed": message("It is claimed"),
    "explained": message("Why the call was bad"),
    "resolved": message("It is resolved"),
}


class PreferencesModal:
    """Opens the form with a person's preferences."""

    def __init__(
        self, preferences: PreferencesService, apps: Sequence[str], users: UserDirectory
    ) -> None:
        self._preferences = preferences
        self._users = users
        self.apps: Final = list(apps)

    async def default_app(self, requester: Requester) -> str:
        """Return the app a person reports from, "" for none."""
        return (await self._preferences.load(requester.team, requester.person)).app

    async def open(self, body: Body, client: AsyncWebClient, *, at: str = "") -> None:
        """Open the form; `at` is the surface it is opened from."""
        requester = Requester.of(body)
        renderer = await self._users.renderer(requester.team, requester.person)
        saved = await self._preferences.load(requester.team, requester.person)
        view = preferences_view(saved, self.apps, renderer, at=at)
        await open_modal(client, trigger_id_of(body), view)


class PreferencesHandlers:
    """Handles the preferences form."""

    def __init__(
        self, preferences: PreferencesService, home: HomePublisher, users: UserDirectory
    ) -> None:
        self._preferences = preferences
        self._home = home
        self._users = users

    def register(self, app: AsyncApp) -> None:
        """Register the form."""
        app.view(CALLBACK_ID)(self.save)

    async def save(
        self, ack: AsyncAck, body: Body, view: dict[str, Any], client: AsyncWebClient
    ) -> None:
        """Save the preferences; publish the App Home again if it was opened from there."""
        requester = Requester.of(body)
        await self._preferences.save(
            requester.team, requester.person, read(view["state"]["values"])
        )
        if read_metadata(str(view.get("private_metadata") or "")).get("at") == "home":
            try:
                await self._home.publish(client, requester)
            except (LagdeskError, SlackClientError) as error:  # the preferences are saved
                log.info("could not publish the App Home: %s", type(error).__name__)
        await ack()


def preferences_view(
    saved: Preferences, apps: Sequence[str], renderer: Renderer, *, at: str = ""
) -> block_kit.Block:
    """Build the form; without the field `app` when there is only one app."""
    plain_text = renderer.plain_text
    locales = [(value, plain_text(name)) for value, name in _LOCALES.items()]
    fields = [
        block_kit.field(
            "language",
            plain_text(message("Language for my messages")),
            block_kit.select(locales, saved.locale or _FOLLOW_SLACK),
        )
    ]
    if len(apps) > 1:
        named = [
            (_NO_APP, plain_text(message("The first one"))),
            *((app, app) for app in apps[:99]),
        ]
        menu = block_kit.select(named, saved.app or _NO_APP)
        fields.append(block_kit.field("app", plain_text(message("My usual app")), menu))
    kinds = [(kind, plain_text(_NOTIFICATION_NAMES[kind])) for kind in NOTIFICATION_KINDS]
    boxes = block_kit.checkboxes(kinds, saved.notifications)
    label = plain_text(message("Notify me privately about my tickets"))
    fields.append(block_kit.field("notices", label, boxes, optional=True))
    return block_kit.modal(
        CALLBACK_ID,
        plain_text(message("My settings")),
        fields,
        submit=plain_text(message("Save")),
        close=plain_text(message("Cancel")),
        private_metadata=json.dumps({"at": at}),
    )


def read(state: State) -> Preferences:
    """Read a submitted form; the service rejects forged values."""
    locale, app = read_value(state, "language"), read_value(state, "app")
    return Preferences(
        locale="" if locale == _FOLLOW_SLACK else locale,
        app="" if app == _NO_APP else app,
        notifications=read_values(state, "notices"),
    )
