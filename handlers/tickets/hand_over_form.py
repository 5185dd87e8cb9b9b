"""The form that hands a ticket over: to a person, or to a tracker as an issue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.i18n.messages import Message, message
from bot.ticket import Status, Ticket
from bot.tracker_issue import TRACKER_NAMES, open_trackers
from handlers.tickets.issue_lines import issue_lines
from handlers.tickets.menu_modal import menu_modal
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.form_state import State, read_metadata_number, read_user, read_value
from handlers.ui.renderer import Renderer

PERSON: Final = "person"
_UNCLAIM_HINT: Final = message(
    "They are notified privately. Leave empty to unclaim the ticket: it is open again, and "
    "support is alerted as about a new one."
)
_UNCLAIM_HINT_OF_PERSON: Final = message(
    "Only for a person, who is notified privately. Left empty then, the ticket is unclaimed: it is "
    "open again, and support is alerted as about a new one."
)
_NOTIFIED: Final = message("They are notified privately.")
_NOTIFIED_PERSON: Final = message("Only for a person, who is notified privately.")
_ISSUE_HINT: Final = message(
    "An issue with the verdict, its evidence and a link to this ticket is created there; the "
    "ticket stays here."
)
_TARGETS: Final = {  # by its key in TRACKER_NAMES
    "jira": message("To Jira, as an issue"),
    "zendesk": message("To Zendesk, as a ticket"),
}


@dataclass(frozen=True, slots=True)
class HandOverForm:
    """Who the ticket is handed over to, "" to unclaim it; or which tracker.

    `target` is PERSON or a tracker, "" in a form without that choice.
    """

    number: int
    person: str = ""
    target: str = ""

    CALLBACK_ID = "hand_over"

    @staticmethod
    def view(ticket: Ticket, renderer: Renderer, trackers: Sequence[str] = ()) -> Block:
        """Build the modal; `trackers` are those of the workspace."""
        free = open_trackers(ticket.issues, trackers)
        has_person = ticket.status is not Status.RESOLVED
        is_claimed = ticket.status is Status.CLAIMED
        fields = [_target_field(free, renderer, has_person=has_person)] if free else []
        if has_person:
            fields.append(_person_field(renderer, is_claimed=is_claimed, has_trackers=bool(free)))
        lines = issue_lines(ticket, renderer)
        if lines:
            fields.append(block_kit.context("issues", *lines))
        title = message("Hand over %(ticket)s", ticket=ticket.label)
        submit = message("Hand over or unclaim") if is_claimed else message("Hand over")
        return menu_modal(
            HandOverForm.CALLBACK_ID, title, fields, submit, ticket=ticket, renderer=renderer
        )

    @classmethod
    def parse(cls, state: State, private_metadata: str) -> HandOverForm:
        """Read a submitted form; number 0 when it is forged."""
        number, target = read_metadata_number(private_metadata), read_value(state, "target")
        return cls(number, read_user(state, PERSON), target)

    @property
    def tracker(self) -> str:
        """The chosen tracker, "" for a person."""
        return self.target if self.target in TRACKER_NAMES else ""


def _target_field(free: Sequence[str], renderer: Renderer, *, has_person: bool) -> Block:
    options = {PERSON: message("To a person")} if has_person else {}
    options |= {tracker: _TARGETS[tracker] for tracker in free}
    names = [(key, renderer.plain_text(name)) for key, name in options.items()]
    label = renderer.plain_text(message("Where to?"))
    hint = renderer.plain_text(_ISSUE_HINT)
    return block_kit.field("target", label, block_kit.radio(names, names[0][0]), hint=hint)


def _person_field(renderer: Renderer, *, is_claimed: bool, has_trackers: bool) -> Block:
    hint: Message = _UNCLAIM_HINT if is_claimed else _NOTIFIED
    if has_trackers:
        hint = _UNCLAIM_HINT_OF_PERSON if is_claimed else _NOTIFIED_PERSON
    return block_kit.field(
        PERSON,
        renderer.plain_text(message("To whom?")),
        block_kit.user_select(),
        hint=renderer.plain_text(hint),
        optional=is_claimed or has_trackers,
    )
