"""functions.*: how an app ends a step of a workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.sandbox.slack.api.arguments import Arguments
from bot.sandbox.slack.api.method import TIER_3, Method, split_names
from bot.sandbox.slack.errors import Json, api_error
from bot.sandbox.slack.state.model import StepExecution
from bot.sandbox.slack.state.workspace_state import WorkspaceState
from bot.sandbox.slack.workflow_steps import show


def _complete(workspace: WorkspaceState, arguments: Arguments) -> Json:
    execution = _find(workspace, arguments)
    outputs = arguments.decoded("outputs")
    declared = workspace.app.functions[execution.callback_id]["output_parameters"]
    if not isinstance(outputs, Mapping) or not _fit(outputs, declared):
        raise api_error("parameter_validation_failed")
    execution.state, execution.outputs = "completed", dict(outputs)
    show(workspace, execution)
    return {}


def _fail(workspace: WorkspaceState, arguments: Arguments) -> Json:
    execution = _find(workspace, arguments)
    execution.state, execution.error = "failed", arguments.text("error")
    show(workspace, execution)
    return {}


def _find(workspace: WorkspaceState, arguments: Arguments) -> StepExecution:
    execution = workspace.executions.get(arguments.text("function_execution_id"))
    if execution is None:
        raise api_error("function_execution_not_found")
    if execution.state != "running":
        raise api_error("execution_not_in_running_state")
    return execution


def _fit(outputs: Mapping[str, object], declared: Mapping[str, Json]) -> bool:
    """Return whether outputs are the declared ones, which are all texts, and none is missing."""
    required = {name for name, each in declared.items() if each.get("is_required")}
    are_texts = all(isinstance(value, str) for value in outputs.values())
    return required <= outputs.keys() <= declared.keys() and are_texts


METHODS: Final = {
    "functions.completeSuccess": Method(
        _complete, (), TIER_3, required=split_names("function_execution_id outputs")
    ),
    "functions.completeError": Method(
        _fail, (), TIER_3, required=split_names("function_execution_id error")
    ),
}
