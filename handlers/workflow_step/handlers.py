"""The workflow step: its inputs become a report, with the validation of the form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from bot.errors import InputError, LagdeskError
from bot.i18n.messages import message
from bot.ports import Clock
from bot.services.app_names import find_app
from bot.services.tickets.service import TicketService
from bot.services.tickets.submission import Submission
from bot.services.workflow_step.service import WorkflowStepService
from handlers.slack.request import Body, Requester
from handlers.slack.user_directory import UserDirectory
from handlers.ui.renderer import Renderer
from handlers.workflow_step.definition import CALLBACK_ID, INPUTS
from handlers.workflow_step.inputs import read_inputs, read_text

EVENT: Final = "function_executed"
_PERSON: Final = re.compile(r"[UW][A-Z0-9]{2,30}")
_EXECUTION: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")
_NO_PERSON: Final = message("Choose a person of this workspace.")
_LABELS: Final = {each.field: each.label for each in INPUTS}


class WorkflowStepHandlers:
    """Handles a workflow that reaches the step."""

    def __init__(
        self,
        tickets: TicketService,
        steps: WorkflowStepService,
        users: UserDirectory,
        clock: Clock,
    ) -> None:
        self._tickets = tickets
        self._steps = steps
        self._users = users
        self._clock = clock

    def register(self, app: AsyncApp) -> None:
        """Register the event."""
        app.event(EVENT)(self.run)

    async def run(self, event: dict[str, Any], body: Body) -> None:
        """Report the call; a job ends the step with the ticket, or with what is wrong.

        The same execution again makes no second ticket. Events of other functions, and those
        without an execution, are ignored.
        """
        execution, function = str(event.get("function_execution_id") or ""), event.get("function")
        callback_id = function.get("callback_id") if isinstance(function, Mapping) else None
        if callback_id != CALLBACK_ID or not _EXECUTION.fullmatch(execution):
            return
        given, team = event.get("inputs"), Requester.of(body).team
        values = given if isinstance(given, Mapping) else {}
        reporter = await self._find_person(team, read_text(values.get("reporter")))
        renderer = await self._users.renderer(team, reporter)
        try:
            submission = self._submission(team, reporter, execution, values, renderer)
            await self._tickets.report_call(submission)
        except LagdeskError as error:
            if error.retryable:
                raise
            await self._steps.fail(team, execution, _explain(error, renderer))

    async def _find_person(self, team: str, person: str) -> str:
        """Return a person's id, "" for a bot and for whoever is not in the workspace."""
        if not _PERSON.fullmatch(person):
            return ""
        profile = await self._users.profile(team, person)
        return "" if profile.is_bot or profile.is_gone else person

    def _submission(
        self,
        team: str,
        reporter: str,
        execution: str,
        values: Mapping[str, Any],
        renderer: Renderer,
    ) -> Submission:
        """Read the inputs. Raises InputError by field, and NotSetUpError."""
        apps = self._tickets.apps_for_report(team)
        if not reporter:
            raise InputError({"reporter": _NO_PERSON})
        fields = read_inputs(values, self._clock.now()) | {"reporter": reporter}
        fields["app"] = find_app(fields["app"], apps) or fields["app"]
        return Submission(
            **fields,
            team=team,
            origin=f"workflow:{execution}",
            language=renderer.translator.locale,
            workflow_execution=execution,
        )


def _explain(error: LagdeskError, renderer: Renderer) -> str:
    """Return what is wrong in the reader's language, with the name of each input."""
    if not isinstance(error, InputError):
        return renderer.plain_text(error.user_message)
    lines = (
        message("%(input)s: %(reason)s", input=_LABELS[field], reason=reason)
        if field in _LABELS
        else reason
        for field, reason in error.fields.items()
    )
    return "\n".join(map(renderer.plain_text, lines))
