"""The story of somebody's own settings: language, app, and what they are told privately."""

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
from bot.services.preferences import service as preferences_service
from bot.services.preferences.service import NOTICES, Preferences
from bot.services.tickets.service import Desk
from handlers.slack.errors import Asker, Body, trigger_of
from handlers.slack.user_directory import People
from handlers.tickets.home_publish import publish_home
from handlers.ui import block_kit
from handlers.ui.forms import State, open_form, read_choice, read_choices, read_metadata
from handlers.ui.renderer import Voice

log = logging.getLogger(__name__)

CALLBACK: Final = "preferences"
_FOLLOW: Final = "auto"
_NO_APP: Final = "-"
_LOCALES: Final[Mapping[str, Message]] = {
    _FOLLOW: message("As in Slack"),
    "zh": message("Chinese"),
    "en": message("English"),
}
_NOTICES: Final[Mapping[str, Message]] = {
    "claimed": message("Somebody claimed it"),
    "explained": message("Why the call was bad"),
    "resolved": message("It is resolved"),
}


class PreferencesStory:
    """Somebody chooses what is theirs to choose."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._people = people

    def register(self, app: AsyncApp) -> None:
        """Listen for the form."""
        app.view(CALLBACK)(self.keep)

    async def keep(
        self, ack: AsyncAck, body: Body, view: dict[str, Any], client: AsyncWebClient
    ) -> None:
        """Keep what the form says; the home it was opened from speaks accordingly at once."""
        asker = Asker.of(body)
        await preferences_service.keep(
            self._desk, asker.team, asker.person, read(view["state"]["values"])
        )
        if read_metadata(str(view.get("private_metadata") or "")).get("at") == "home":
            try:
                await publish_home(self._desk, self._people, client, asker)
            except (LagdeskError, SlackClientError) as error:  # it is kept all the same
                log.info("a home was not shown anew: %s", type(error).__name__)
        await ack()


def preferences_view(
    chosen: Preferences, apps: Sequence[str], voice: Voice, *, at: str = ""
) -> block_kit.Block:
    """Draw the form; the app is left out when there is but one."""
    say = voice.plain
    locales = [(value, say(name)) for value, name in _LOCALES.items()]
    fields = [
        block_kit.field(
            "language",
            say(message("Language Lagdesk speaks to me")),
            block_kit.select(locales, chosen.locale or _FOLLOW),
        )
    ]
    if len(apps) > 1:
        named = [(_NO_APP, say(message("The first one"))), *((app, app) for app in apps[:99])]
        menu = block_kit.select(named, chosen.app or _NO_APP)
        fields.append(block_kit.field("app", say(message("App I report from")), menu))
    kinds = [(kind, say(_NOTICES[kind])) for kind in NOTICES]
    boxes = block_kit.checkboxes(kinds, chosen.notices)
    label = say(message("Tell me privately about my tickets"))
    fields.append(block_kit.field("notices", label, boxes, optional=True))
    return block_kit.modal(
        CALLBACK,
        say(message("My settings")),
        fields,
        submit=say(message("Save")),
        close=say(message("Cancel")),
        private_metadata=json.dumps({"at": at}),
    )


def read(state: State) -> Preferences:
    """Read a submitted form; what was forged is refused by the desk."""
    locale, app = read_choice(state, "language"), read_choice(state, "app")
    return Preferences(
        locale="" if locale == _FOLLOW else locale,
        app="" if app == _NO_APP else app,
        notices=read_choices(state, "notices"),
    )


async def open_preferences(
    desk: Desk, people: People, body: Body, client: AsyncWebClient, *, at: str = ""
) -> None:
    """Open the form with what somebody chose before; `at` is the surface it is opened from."""
    asker = Asker.of(body)
    voice = await people.voice(asker.team, asker.person)
    chosen = await preferences_service.find(desk, asker.team, asker.person)
    view = preferences_view(chosen, list(desk.clouds), voice, at=at)
    await open_form(client, trigger_of(body), view)
