"""Texts about escalation: in the thread, on the card, the policy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from bot.escalation import (
    FIRST_STEP,
    LAST_STEP,
    EscalationEvent,
    EscalationStep,
    EscalationTarget,
    Policy,
    escalations_of,
    next_step,
)
from bot.i18n.messages import Duration, Message, PersonId, message
from bot.services.escalation.on_call import OnCall
from bot.settings import EVERY_APP
from bot.targets import Targets
from bot.ticket import Status, Ticket
from handlers.ui.renderer import Renderer

_MAX_EVENTS: Final = 8  # repeated clicks could fill the card
_TO_SUPPORT: Final = message("Escalated to support")
_UNCLAIMED: Final = message("still unclaimed")


def escalation_message(ticket: Ticket, event: EscalationEvent) -> Message:
    """Return the text of an escalation, by its step."""
    msg = _alert(ticket, event)
    if not ticket.is_live:
        return msg
    live = message("%(call)s The class is still in progress.", call=msg)
    return live.in_facts(msg, message("class in progress"))


def _alert(ticket: Ticket, event: EscalationEvent) -> Message:
    if event.person:
        who = PersonId(event.person)
        msg = message("%(person)s asks for help with %(ticket)s.", person=who, ticket=ticket.label)
        return msg.in_facts((who, message("asks for help with"), ticket.label))
    minutes = round((event.at - ticket.created_at).total_seconds() / 60)
    facts = {"ticket": ticket.label, "time": Duration(max(1, minutes) * 60)}
    reported = (message("Reported"), ticket.created_at)
    if event.target is EscalationTarget.LAST:
        return message(
            "Final alert: %(ticket)s was reported %(time)s ago and nobody has claimed it. "
            "Lagdesk will send no more alerts.",
            **facts,
        ).in_facts((ticket.label, message("final alert")), _UNCLAIMED, reported)
    if event.target is EscalationTarget.LEADS:
        return message(
            "%(ticket)s was reported %(time)s ago. Support has been alerted, but nobody has "
            "claimed it. Please find somebody.",
            **facts,
        ).in_facts((ticket.label, _UNCLAIMED), reported, message("please find somebody"))
    if event.number > FIRST_STEP:
        again = message("%(ticket)s is still unclaimed, %(time)s after it was reported.", **facts)
        return again.in_facts((ticket.label, _UNCLAIMED), reported)
    return needs_claim(ticket.label)


def needs_claim(label: str) -> Message:
    """Return that a ticket or an incident needs somebody."""
    msg = message("%(ticket)s needs somebody to claim it.", ticket=label)
    return msg.in_facts((label, message("needs somebody to claim it")))


def escalation_card_lines(ticket: Ticket, policy: Policy, renderer: Renderer) -> list[str]:
    """Return the card's lines about past escalations and the next one."""
    lines = []
    if ticket.escalated_at is not None:
        events = [_event_facts(event, renderer) for event in escalations_of(ticket)[-_MAX_EVENTS:]]
        first = f"{renderer.inline(_TO_SUPPORT)} · {renderer.fact(ticket.escalated_at)}"
        lines.append(" · ".join(events) or first)
    step = next_step(ticket, policy, ticket.escalates_at) if ticket.escalates_at else None
    if step is not None and ticket.escalates_at is not None:
        lines.append(_next_step_line(ticket, step, policy, ticket.escalates_at, renderer))
    return lines


def target_lines(ticket: Ticket, targets: Targets, renderer: Renderer) -> list[str]:
    """Return the card's line about the ticket's next target, if it has one."""
    due_at = targets.next_due(ticket)
    if due_at is None:
        return []
    is_open = ticket.status is Status.OPEN
    label = message("Target: claim by") if is_open else message("Target: resolve by")
    return [f"{renderer.inline(label)} {renderer.countdown(due_at)}"]


def _event_facts(event: EscalationEvent, renderer: Renderer) -> str:
    """Return an escalation in few words, for several on one line."""
    is_automatic = event.target is EscalationTarget.SUPPORT and not event.person
    if is_automatic and event.number != FIRST_STEP:
        return f"{renderer.inline(message('again'))} · {renderer.fact(event.at)}"
    return escalation_line(event, renderer)


def escalation_line(event: EscalationEvent, renderer: Renderer) -> str:
    """Return an escalation as a line of its own."""
    did, value = escalation_facts(event)
    text = renderer.inline(did) if value is None else renderer.labelled(did, value)
    return f"{text} · {renderer.fact(event.at)}"


def escalation_facts(event: EscalationEvent) -> tuple[Message, object]:
    """Return what an escalation did, and to or by whom; None where nobody is named."""
    people = _names(event.people)
    by_target: dict[EscalationTarget, tuple[Message, object]] = {
        EscalationTarget.LAST: (message("final alert"), None),
        EscalationTarget.LEADS: (message("alerted"), people),
        EscalationTarget.ON_CALL: (message("Escalated to who is on call"), people),
    }
    if event.target in by_target:
        return by_target[event.target]
    if event.person:
        return message("Escalated to support by"), PersonId(event.person)
    if event.number > FIRST_STEP:
        return message("Escalated to support again"), None
    return _TO_SUPPORT, None


def _names(people: Sequence[str]) -> list[PersonId]:
    return [PersonId(person) for person in people]


def _next_step_line(
    ticket: Ticket, step: EscalationStep, policy: Policy, at: dt.datetime, renderer: Renderer
) -> str:
    if step.target is EscalationTarget.LEADS:
        msg = renderer.labelled(message("If unclaimed, next alert:"), _names(policy.leads))
    elif step.target is EscalationTarget.LAST:
        msg = renderer.inline(message("If unclaimed, final alert"))
    elif step.target is EscalationTarget.ON_CALL:
        msg = renderer.inline(message("If unclaimed, next alert: who is on call"))
    elif step.number > FIRST_STEP:
        msg = renderer.inline(message("If unclaimed, next alert: support again"))
    else:
        msg = renderer.inline(message("If unclaimed, next alert: support"))
    facts = [msg, renderer.fact(at)]
    if ticket.is_live:
        facts.append(renderer.inline(message("class in progress")))
    elif policy.quiet.after(at - dt.timedelta(minutes=1)) == at:
        facts.append(renderer.inline(message("quiet hours until then")))
    return " · ".join(facts)


def policy_text(policy: Policy, renderer: Renderer, on_call: Sequence[OnCall] = ()) -> str:
    """Return the escalation policy as text, with the settings' values and who is on call now."""
    lines = _policy_lines(policy, [_on_call_line(each) for each in on_call])
    return "\n".join(renderer.mrkdwn(line) for line in lines)


def _on_call_line(found: OnCall) -> Message:
    facts: dict[str, object] = {"app": found.app, "service": found.service}
    if not found.people:
        reason = found.problem or ""
        return message(
            "On call for %(app)s (%(service)s): nobody can be called. %(reason)s Support is alerted"
            " instead.",
            **facts,
            reason=reason,
        )
    people = _names(found.people)
    if found.until is None:
        msg = message("On call for %(app)s (%(service)s): %(people)s.", **facts, people=people)
    else:
        msg = message(
            "On call for %(app)s (%(service)s): %(people)s, until %(until)s.",
            **facts,
            people=people,
            until=found.until,
        )
    if found.problem is None:
        return msg
    return message("%(sentence)s %(problem)s", sentence=msg, problem=found.problem)


def _target_rules(targets: Targets) -> list[Message]:
    rules = (
        (message("Target: tickets are claimed within %(times)s."), targets.claim_s),
        (message("Target: tickets are resolved within %(times)s."), targets.resolve_s),
    )
    return [
        Message(rule.id, {"times": [_target_value(*target) for target in by_app.items()]})
        for rule, by_app in rules
        if by_app
    ]


def _target_value(app: str, seconds: float) -> Message:
    value = Duration(seconds)
    if app == EVERY_APP:
        return message("%(time)s", time=value)
    return message("%(time)s (%(app)s)", time=value, app=app)


def _policy_lines(policy: Policy, on_call: Sequence[Message]) -> list[Message]:
    def span(number: int, *, is_live: bool | None) -> Duration:
        return Duration(policy.delay(number, is_live=is_live).total_seconds())

    schedule = [
        message("*What happens to a ticket nobody claims*"),
        _first_line(policy, span(FIRST_STEP, is_live=None)),
        message("2. %(time)s later, support is alerted again.", time=span(2, is_live=None)),
        _last_line(policy, span(LAST_STEP, is_live=None)),
        message(
            "While the class is still in progress, every wait is %(time)s. Once it is over, "
            "the waits after the first alert are %(longer)s.",
            time=span(1, is_live=True),
            longer=span(2, is_live=False),
        ),
    ]
    return [
        *schedule,
        *on_call,
        _quiet_line(str(policy.quiet)),
        *_target_rules(policy.targets),
        *_RULES,
        _BUTTON_ON_CALL if policy.on_call else _BUTTON,
        _SETTINGS,
    ]


def _first_line(policy: Policy, time: Duration) -> Message:
    if not policy.on_call:
        return message("1. %(time)s after the report, support is alerted.", time=time)
    return message(
        "1. %(time)s after the report, who is on call is mentioned in the thread and messaged "
        "privately; support is alerted where nobody is. Whoever is on call is mentioned in the "
        "next alerts, too.",
        time=time,
    )


def _last_line(policy: Policy, time: Duration) -> Message:
    if policy.leads:
        return message(
            "3. %(time)s later, these people are mentioned in the thread and messaged "
            "privately: %(people)s.",
            time=time,
            people=_names(policy.leads),
        )
    return message("3. %(time)s later, support is alerted one last time.", time=time)


def _quiet_line(quiet_hours: str) -> Message:
    if not quiet_hours:
        return message("There are no quiet hours.")
    return message(
        "Quiet hours: %(hours)s. Alerts due then wait until they end, unless the class is "
        "still in progress.",
        hours=quiet_hours,
    )


_RULES: Final = (
    message("A call that looked healthy is alerted about only once, after twice the first wait."),
    message("Claiming or resolving a ticket, or merging it into another, stops the alerts."),
)
_BUTTON: Final = message("The Escalate button alerts support at once and counts as an alert.")
_BUTTON_ON_CALL: Final = message(
    "The Escalate button alerts support and who is on call at once, and counts as an alert."
)
_SETTINGS: Final = message(
    "Settings: `ESCALATE_AFTER`, `ESCALATE_TO`, `ON_CALL`, `QUIET_HOURS`, `TIMEZONE`, "
    "`CLAIM_TARGET`, `RESOLVE_TARGET`."
)
