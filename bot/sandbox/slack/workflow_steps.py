"""Workflows: a person runs a step of the app, and Slack gives the app its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.slack.delivery.events import emit
from bot.sandbox.slack.errors import Json, api_error
from bot.sandbox.slack.json_copy import copy_json
from bot.sandbox.slack.state.model import StepExecution, User
from bot.sandbox.slack.state.workspace_state import WorkspaceState


def run_step(
    workspace: WorkspaceState, user: User, callback_id: str, inputs: Mapping[str, Any]
) -> StepExecution:
    """Run a step with these inputs; the app gets `function_executed`.

    A workflow cannot be published while a required input is empty.
    """
    function = workspace.app.functions.get(callback_id)
    if function is None:
        raise api_error("function_not_found")
    given = {name: value for name, value in inputs.items() if value not in (None, "")}
    declared: Mapping[str, Json] = function["input_parameters"]
    if not given.keys() <= declared.keys():
        raise api_error("parameter_validation_failed")
    if any(each["is_required"] and name not in given for name, each in declared.items()):
        raise api_error("parameter_validation_failed")
    execution_id = workspace.id_generator.make("Fx")
    execution = StepExecution(execution_id, callback_id, user.id, copy_json(given))
    workspace.executions[execution_id] = execution
    emit(workspace, "function_executed", _event(workspace, execution, function))
    show(workspace, execution)
    return execution


def _event(workspace: WorkspaceState, execution: StepExecution, function: Json) -> Json:
    now = int(workspace.clock())
    described = {
        "id": workspace.id_generator.make("Fn"),
        "callback_id": execution.callback_id,
        "title": function["title"],
        "description": function.get("description", ""),
        "type": "app",
        "input_parameters": list(function["input_parameters"].values()),
        "output_parameters": list(function["output_parameters"].values()),
        "app_id": workspace.app.id,
        "date_created": now,
        "date_updated": now,
        "date_deleted": 0,
    }
    return {
        "type": "function_executed",
        "function": described,
        "inputs": execution.inputs,
        "function_execution_id": execution.id,
        "workflow_execution_id": workspace.id_generator.make("Wx"),
        "event_ts": workspace.id_generator.make_ts(),
        "bot_access_token": "xwfp-sandbox-workflow",
    }


def show(workspace: WorkspaceState, execution: StepExecution) -> None:
    """Send the state of a step to the page of whoever runs the workflow, and wake waiting code."""
    workspace.page_events.publish([execution.user], type="step", step=as_json(execution))
    workspace.change_signal.notify()


def as_json(execution: StepExecution) -> Json:
    """Describe a step for the page."""
    return {
        "id": execution.id,
        "callback_id": execution.callback_id,
        "state": execution.state,
        "outputs": execution.outputs,
        "error": execution.error,
    }
