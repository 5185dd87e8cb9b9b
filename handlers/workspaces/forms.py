"""The form of a workspace's settings, and what is shown after it was saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.i18n.messages import Message, message
from bot.locales import BOTH, LANGUAGES
from bot.services.workspaces.routes import write_routes
from bot.services.workspaces.settings import Route, WorkspaceSettings
from bot.services.workspaces.setup import SetupForm
from handlers.slack.request import Requester
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.form_state import State, read_channel, read_value, read_values
from handlers.ui.renderer import Renderer, escape

CALLBACK_ID: Final = "setup"
_MAX_APPS: Final = 100  # options of one of Slack's menus
_ROUTES_LENGTH: Final = 3000
_PUBLIC_SUPPORT: Final = "public_support"
_YES: Final = "yes"
_TITLE: Final = message("Set up Lagdesk")
_ESCALATION_CHANNEL: Final = message("Escalation channel")
_SUMMARY_CHANNEL: Final = message("Summary channel")
_SUPPORT: Final = message("Support group")
_APPS: Final = message("Apps")
_TIME_ZONE: Final = message("Time zone")
_LANGUAGE: Final = message("Language of channels")
_ROUTES: Final = message("Channels by app or language")
_BOTH: Final = message("Both languages")
_CARDS_HINT: Final = message("Cards of tickets are posted here. Invite Lagdesk first.")
_SUMMARY_HINT: Final = message("For the weekly summary; without it none is posted.")
_GROUP_HINT: Final = message(
    "A user group such as @support. Without one, the members of the escalation channel are support."
)
_ROUTES_HINT: Final = message(
    "For apps or languages with a channel of their own, a line each: app, language or both, the "
    "channel's id, and a user group's id if it has its own. A ticket's language is its reporter's."
)
_PUBLIC_OPTION: Final = message("Yes, whoever is in such a channel may act on tickets.")


@dataclass(frozen=True, slots=True)
class SetupView:
    """What the form shows: the settings now, and the apps to choose from."""

    settings: WorkspaceSettings
    apps: Sequence[str]

    def view(self, renderer: Renderer) -> Block:
        """Build the form."""
        return block_kit.modal(
            CALLBACK_ID,
            renderer.plain_text(_TITLE),
            [*self._channels(renderer), *self._choices(renderer), *self._support(renderer)],
            submit=renderer.plain_text(message("Save")),
            close=renderer.plain_text(message("Cancel")),
        )

    def _channels(self, renderer: Renderer) -> list[Block]:
        now, text = self.settings, renderer.plain_text
        group = block_kit.text_input(now.support_group, placeholder="@support")
        return [
            block_kit.field(
                "escalation_channel",
                text(_ESCALATION_CHANNEL),
                block_kit.channel_select(now.escalation_channel),
                hint=text(_CARDS_HINT),
            ),
            block_kit.field(
                "summary_channel",
                text(_SUMMARY_CHANNEL),
                block_kit.channel_select(now.summary_channel),
                hint=text(_SUMMARY_HINT),
                optional=True,
            ),
            block_kit.field(
                "support_group",
                text(_SUPPORT),
                group,
                hint=text(_GROUP_HINT),
                optional=True,
            ),
        ]

    def _choices(self, renderer: Renderer) -> list[Block]:
        now, text = self.settings, renderer.plain_text
        languages = [(value, each.name) for value, each in LANGUAGES.items()]
        languages.append((BOTH, text(_BOTH)))
        menu = [(app, app) for app in self.apps[:_MAX_APPS]]
        apps = block_kit.field("apps", text(_APPS), block_kit.multi_select(menu, now.apps))
        return [
            *([apps] if menu else []),
            block_kit.field("timezone", text(_TIME_ZONE), block_kit.text_input(now.timezone)),
            block_kit.field(
                "language",
                text(_LANGUAGE),
                block_kit.select(languages, now.language),
            ),
        ]

    def _support(self, renderer: Renderer) -> list[Block]:
        text = renderer.plain_text
        routes = block_kit.text_input(
            write_routes(self.settings.routes), multiline=True, max_length=_ROUTES_LENGTH
        )
        options = [(_YES, text(_PUBLIC_OPTION))]
        return [
            block_kit.field(
                "routes",
                text(_ROUTES),
                routes,
                hint=text(_ROUTES_HINT),
                optional=True,
            ),
            block_kit.field(
                _PUBLIC_SUPPORT,
                text(message("Support by a public or shared channel")),
                block_kit.checkboxes(options, ()),
                optional=True,
            ),
        ]


def read_setup(state: State, requester: Requester, origin: str) -> SetupForm:
    """Read the submitted form; the service rejects forged values."""
    return SetupForm(
        team=requester.team,
        person=requester.person,
        origin=origin,
        escalation_channel=read_channel(state, "escalation_channel"),
        summary_channel=read_channel(state, "summary_channel"),
        support_group=read_value(state, "support_group").strip(),
        apps=read_values(state, "apps"),
        timezone=read_value(state, "timezone"),
        language=read_value(state, "language"),
        routes=read_value(state, "routes"),
        allows_public_support=_YES in read_values(state, _PUBLIC_SUPPORT),
    )


def saved_view(settings: WorkspaceSettings, renderer: Renderer) -> Block:
    """Build what is shown when the form is saved: the settings that are in effect."""
    lines = [renderer.mrkdwn(message("Saved. All of Lagdesk uses this within seconds.")), ""]
    for label, value in _facts(settings, renderer):
        lines.append(renderer.mrkdwn(message("*%(label)s:*", label=label)) + f" {value}")
    return block_kit.modal(
        "setup_saved",
        renderer.plain_text(_TITLE),
        [block_kit.section("saved", "\n".join(lines))],
        submit="",
        close=renderer.plain_text(message("Close")),
    )


def _facts(settings: WorkspaceSettings, renderer: Renderer) -> list[tuple[Message, str]]:
    """Return each setting with its value in mrkdwn."""
    none = renderer.mrkdwn(message("none"))
    by_channel = renderer.mrkdwn(message("the members of the escalation channel"))
    summary, group = settings.summary_channel, settings.support_group
    return [
        (_ESCALATION_CHANNEL, f"<#{settings.escalation_channel}>"),
        (_SUMMARY_CHANNEL, f"<#{summary}>" if summary else none),
        (_SUPPORT, f"<!subteam^{group}>" if group else by_channel),
        (_APPS, escape(", ".join(settings.apps))),
        (_TIME_ZONE, escape(settings.timezone)),
        (_LANGUAGE, escape(_language_name(settings.language, renderer))),
        *((_ROUTES, _route(each)) for each in settings.routes),
    ]


def _route(route: Route) -> str:
    group = f" <!subteam^{route.group}>" if route.group else ""
    return (
        f"{escape(' '.join(filter(None, (route.app, route.language))))} <#{route.channel}>{group}"
    )


def _language_name(language: str, renderer: Renderer) -> str:
    both = renderer.plain_text(_BOTH)
    return LANGUAGES[language].name if language in LANGUAGES else both
