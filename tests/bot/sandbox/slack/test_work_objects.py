"""The rules of Work Objects and of steps, as documented."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from bot.sandbox.slack import Workspace
from bot.sandbox.slack.errors import WebApiError
from bot.sandbox.slack.work_objects import check_entity, read_entities
from handlers.slack.manifest import build_manifest

URL = "https://desk.example"
ENTITY: dict[str, Any] = {
    "entity_type": "slack#/entities/task",
    "url": f"{URL}/t/1",
    "app_unfurl_url": f"{URL}/t/1",
    "external_ref": {"id": "LD-1", "type": "ticket"},
    "entity_payload": {
        "attributes": {"title": {"text": "LD-1"}, "display_id": "LD-1"},
        "fields": {"status": {"value": "Open", "tag_color": "red"}},
        "custom_fields": [{"key": "a", "label": "A", "type": "string", "value": "b"}],
    },
}


def changed(path: str, value: object) -> dict[str, Any]:
    """The entity with another value at a path."""
    entity = deepcopy(ENTITY)
    *parents, last = path.split(".")
    target: Any = entity
    for name in parents:
        target = target[name]
    target[last] = value
    return entity


def workspace(**options: Any) -> Workspace:
    """A workspace with the app of a manifest."""
    return Workspace(manifest=build_manifest(URL, **options))


def code_of(entity: dict[str, Any], **options: Any) -> str:
    """The error of an entity, "" for none."""
    try:
        check_entity(workspace(**options), entity)
    except WebApiError as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("entity", "code"),
    [
        (ENTITY, ""),
        (changed("entity_type", "slack#/entities/incident"), "feature_not_enabled"),
        (changed("external_ref", {}), "invalid_metadata"),
        (changed("other", 1), "invalid_metadata"),
        (changed("entity_payload.attributes.title", {"text": ""}), "invalid_metadata"),
        (changed("entity_payload.attributes.colour", "red"), "invalid_metadata"),
        (changed("entity_payload.fields.owner", {"value": "x"}), "invalid_metadata"),
        (changed("entity_payload.fields.status.tag_color", "pink"), "invalid_metadata"),
        (changed("entity_payload.custom_fields", [{"key": "a"}]), "invalid_metadata"),
    ],
)
def test_entities(entity: dict[str, Any], code: str) -> None:
    """Types must be enabled, and every key must be known."""
    assert code_of(entity, links=URL) == code


def test_an_app_without_previews() -> None:
    """Its manifest did not ask for them."""
    assert code_of(ENTITY) == "feature_not_enabled"


@pytest.mark.parametrize(
    "metadata", [{}, {"entities": []}, {"entities": [changed("app_unfurl_url", "")]}]
)
def test_metadata(metadata: dict[str, Any]) -> None:
    """A preview needs the link as it was written."""
    with pytest.raises(WebApiError, match="invalid_metadata_format"):
        read_entities(workspace(links=URL), metadata)


@pytest.mark.parametrize(
    ("options", "inputs"),
    [
        ({}, {}),
        ({"workflow_step": True}, {"channel_name": "a"}),
        ({"workflow_step": True}, {"nonsense": "a"}),
    ],
)
def test_steps(options: dict[str, Any], inputs: dict[str, str]) -> None:
    """Only of an app that declares them, and with every required input."""
    with pytest.raises(WebApiError):
        workspace(**options).person("lin").run_step("report_call_problem", inputs)
