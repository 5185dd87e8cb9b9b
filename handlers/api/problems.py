"""Errors as problem details (RFC 9457), in the reader's language."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from aiohttp import web
from msgspec import UNSET

from bot.errors import InputError, NotAllowedError, NotFoundError, SlackError
from bot.i18n.messages import Message, message
from bot.services.context import DatabaseError
from handlers.api.schemas import ParameterProblem, Problem
from handlers.slack.flood_limit import TooManyRequestsError
from handlers.ui.renderer import Renderer

log = logging.getLogger(__name__)

CONTENT_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of error: a key that never changes, the status, and what to do.

    `retry_after_s`: how long to wait before it is tried again, 0 if that is of no use.
    """

    key: str
    status: int
    title: Message
    next_step: Message
    retry_after_s: int = 0


UNAUTHORIZED: Final = ProblemKind(
    "unauthorized",
    401,
    message("The access token is missing, unknown or revoked."),
    message(
        "Create one in Slack with /lagdesk settings, and send it with each request: Authorization: "
        "Bearer lagdesk_…"
    ),
)
INVALID_PARAMETERS: Final = ProblemKind(
    "invalid_parameters",
    400,
    message("A parameter is wrong."),
    message("Correct what is listed in errors, and send the request again."),
)
NOT_FOUND: Final = ProblemKind(
    "not_found",
    404,
    message("There is nothing here, or nothing that you may see."),
    message("Check the address. Reporters see their own tickets, support sees all."),
)
METHOD_NOT_ALLOWED: Final = ProblemKind(
    "method_not_allowed",
    405,
    message("Nothing can be changed here."),
    message("Send a GET request. Tickets are changed in Slack."),
)
TOO_MANY_REQUESTS: Final = ProblemKind(
    "too_many_requests",
    429,
    message("This token sends too many requests."),
    message("Wait as many seconds as Retry-After says."),
    retry_after_s=1,
)
UNAVAILABLE: Final = ProblemKind(
    "unavailable",
    503,
    message("This cannot be read now: the database or Slack does not answer."),
    message("Try again after as many seconds as Retry-After says."),
    retry_after_s=5,  # an outage ends within seconds, or lasts
)
INTERNAL_ERROR: Final = ProblemKind(
    "internal_error",
    500,
    message("Something went wrong on our side."),
    message("Try again. If that does not help, tell whoever runs Lagdesk: the log has the reason."),
)


_KINDS: Final[Sequence[tuple[tuple[type[Exception], ...], ProblemKind]]] = (
    ((InputError,), INVALID_PARAMETERS),
    ((NotAllowedError, NotFoundError), NOT_FOUND),  # alike: nobody learns which tickets there are
    ((TooManyRequestsError,), TOO_MANY_REQUESTS),
    ((SlackError, DatabaseError, TimeoutError), UNAVAILABLE),
)


class ApiError(Exception):
    """An error of the API itself."""

    def __init__(self, kind: ProblemKind, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(kind.key)
        self.kind = kind
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is said about an error."""

    kind: ProblemKind
    headers: Mapping[str, str] = field(default_factory=dict)
    detail: Message | None = None
    errors: Mapping[str, Message] = field(default_factory=dict)


def problem_response(error: Exception, renderer: Renderer) -> web.Response:
    """Return an error as a response."""
    answer = _answer(error)
    kind, text = answer.kind, renderer.plain_text
    errors = [ParameterProblem(name=name, detail=text(msg)) for name, msg in answer.errors.items()]
    problem = Problem(
        type=f"urn:lagdesk:problem:{kind.key}",
        key=kind.key,
        status=kind.status,
        title=text(kind.title),
        next_step=text(kind.next_step),
        detail=UNSET if answer.detail is None else text(answer.detail),
        errors=errors or UNSET,
    )
    return web.Response(
        status=kind.status,
        body=msgspec.json.encode(problem),
        headers={**answer.headers, "Content-Type": CONTENT_TYPE},
    )


def _answer(error: Exception) -> _Answer:
    if isinstance(error, ApiError):
        return _Answer(error.kind, error.headers)
    kind = next((kind for types, kind in _KINDS if isinstance(error, types)), INTERNAL_ERROR)
    if kind is INTERNAL_ERROR:
        log.error("a request of the API failed", exc_info=error)
    pause_s = error.pause_s if isinstance(error, TooManyRequestsError) else kind.retry_after_s
    return _Answer(
        kind,
        {"Retry-After": str(pause_s)} if pause_s else {},
        error.user_message if isinstance(error, TooManyRequestsError | SlackError) else None,
        error.fields if isinstance(error, InputError) else {},
    )
