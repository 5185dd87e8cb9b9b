"""The OpenAPI document, made from the routes, their parameters and what they return."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from bot import __version__
from handlers.api import problems
from handlers.api.problems import CONTENT_TYPE, ProblemKind
from handlers.api.routes import PREFIX, Route
from handlers.api.schemas import Problem, components_of

PATH: Final = "/openapi.json"
_TOKEN: Final = "token"  # noqa: S105 - the name of a scheme
_ALWAYS: Final = (
    problems.INVALID_PARAMETERS,
    problems.UNAUTHORIZED,
    problems.TOO_MANY_REQUESTS,
    problems.UNAVAILABLE,
)
_RETRY_AFTER: Final = {
    "Retry-After": {
        "description": "How many seconds to wait.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_CHALLENGE: Final = {
    "WWW-Authenticate": {"description": "Bearer", "schema": {"type": "string"}},
}
_DESCRIPTION: Final = (
    "Reads what a person may see in Slack, with that person's access token. Texts are in the "
    "language of Accept-Language (en or zh), else in the person's. uids are masked as in Slack."
)


def build_document(routes: Sequence[Route]) -> dict[str, Any]:
    """Return the document."""
    (problem, *results), schemas = components_of([Problem, *(route.result for route in routes)])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Lagdesk", "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": PREFIX}],
        "security": [{_TOKEN: []}],
        "paths": {
            route.path: {"get": _operation(route, result, problem)}
            for route, result in zip(routes, results, strict=True)
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                _TOKEN: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Made in Slack: /lagdesk settings.",
                }
            },
        },
    }


def _operation(route: Route, result: dict[str, Any], problem: dict[str, Any]) -> dict[str, Any]:
    kinds = [*_ALWAYS, *([problems.NOT_FOUND] if "{" in route.path else [])]
    succeeded = {"description": route.summary, "content": {"application/json": {"schema": result}}}
    return {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": _parameters(route),
        "responses": {
            "200": succeeded,
            **{str(kind.status): _problem(kind, problem) for kind in kinds},
        },
    }


def _problem(kind: ProblemKind, schema: dict[str, Any]) -> dict[str, Any]:
    headers = _RETRY_AFTER if kind.retry_after_s else {}
    if kind is problems.UNAUTHORIZED:
        headers = _CHALLENGE
    described: dict[str, Any] = {
        "description": f"{kind.key}: {kind.title}",
        "content": {CONTENT_TYPE: {"schema": schema}},
    }
    return described | ({"headers": headers} if headers else {})


def _parameters(route: Route) -> list[dict[str, Any]]:
    _, schemas = components_of([route.parameters])
    declared = schemas[route.parameters.__name__]
    return [
        _parameter(route, name, schemas, schema) for name, schema in declared["properties"].items()
    ]


def _parameter(route: Route, name: str, schemas: dict[str, Any], schema: dict[str, Any]) -> Any:
    is_in_path = route.has_in_path(name)
    inner = {key: value for key, value in schema.items() if key != "description"}
    if not inner.get("default"):  # nothing: the parameter is simply not sent
        inner.pop("default", None)
    return {
        "name": name,
        "in": "path" if is_in_path else "query",
        "required": is_in_path,
        "description": schema["description"],
        "schema": _inlined(inner, schemas),
    }


def _inlined(schema: Any, schemas: dict[str, Any]) -> Any:
    """Replace references: only what is returned is among the document's components."""
    if isinstance(schema, list):
        return [_inlined(each, schemas) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    return {key: _inlined(value, schemas) for key, value in schema.items()}
