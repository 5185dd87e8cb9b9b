"""Answers the requests of the API: who asks, how often, in which language, and in time."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from functools import cached_property, partial
from typing import Final

import msgspec
from aiohttp import web

from bot.i18n.translator import Translator
from bot.locales import language_of
from bot.logs import REQUEST_ID, new_request_id
from bot.process_metrics import REQUESTS
from bot.services.access_tokens.service import AccessTokens, Caller
from bot.services.assembly import Services
from bot.services.context import explain_cancellation
from bot.settings import Settings
from handlers.api import openapi, problems
from handlers.api.parameters import read_parameters
from handlers.api.problems import ApiError, problem_response
from handlers.api.quotas import QuotaRoutes
from handlers.api.routes import PREFIX, Reader, Route
from handlers.api.tickets import TicketRoutes
from handlers.api.weeks import WeekRoutes
from handlers.slack.flood_limit import FloodLimit
from handlers.slack.user_directory import UserDirectory
from handlers.ui.plain_renderer import PlainRenderer
from handlers.ui.renderer import Renderer

log = logging.getLogger(__name__)

REQUESTS_A_MINUTE: Final = 120  # with one token
_TIMEOUT_S: Final = 2.5
_BEARER: Final = re.compile(r"Bearer +(\S+) *", re.IGNORECASE)
_QUALITY: Final = re.compile(r"q=([01](?:\.[0-9]{0,3})?)")
_METHOD: Final = "GET"
_JSON: Final = "application/json"
_HEADERS: Final = {"Cache-Control": "no-store", "Vary": "Accept-Language, Authorization"}
_OUTCOMES: Final = {500: "failed", 503: "unavailable"}
Answer = Callable[[web.Request], Awaitable[web.Response]]


class HttpApi:
    """The routes under /api/v1. Every response is sent within three seconds."""

    def __init__(self, services: Services, users: UserDirectory, settings: Settings) -> None:
        self._tokens: AccessTokens = services.access_tokens
        self._users = users
        self._limit = FloodLimit(min(REQUESTS_A_MINUTE, settings.person_limit))
        self._routes: tuple[Route, ...] = (
            *TicketRoutes(services.tickets, services.feedback, users).routes(),
            *WeekRoutes(services.summary).routes(),
            *QuotaRoutes(services.app_metrics).routes(),
        )

    def add_to(self, routes: web.Application) -> None:
        """Add the routes to an application."""
        answers: dict[str, Answer] = {
            **{route.path: partial(self._read, route) for route in self._routes},
            openapi.PATH: self._describe,
            "{tail:(/.*)?}": _find_nothing,
        }
        for path, answer in answers.items():
            routes.router.add_route("*", PREFIX + path, partial(self._respond, answer))

    async def _respond(self, answer: Answer, request: web.Request) -> web.Response:
        """Answer in time, and count the request; an error becomes a problem."""
        request_id = REQUEST_ID.set(new_request_id())
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                method = answer if request.method == _METHOD else _refuse_method
                response = await method(request)
        except TimeoutError as error:
            late = explain_cancellation(error.__cause__) or error
            response = _problem(late, self._renderer_of_stranger(request))
        except Exception as error:  # noqa: BLE001 - every error becomes an answer
            response = _problem(error, self._renderer_of_stranger(request))
        outcome = _OUTCOMES.get(response.status, "ok" if response.status < 400 else "refused")  # noqa: PLR2004 - HTTP's own
        REQUESTS["api", outcome] += 1
        REQUEST_ID.reset(request_id)
        return response

    async def _read(self, route: Route, request: web.Request) -> web.Response:
        """Answer a route for the person whose token the request has."""
        caller = await self._identify(request)
        renderer = _renderer(await self._users.renderer(caller.team, caller.person), request)
        try:
            self._limit.count(caller.team, caller.token, is_for_clouds=False)
            asked = read_parameters(route.parameters, request.match_info, request.query)
            result = await route.answer(Reader(caller.team, caller.person, renderer), asked)
        except Exception as error:  # noqa: BLE001 - in the language of the person
            return _problem(error, renderer)
        return _response(msgspec.json.encode(result), renderer)

    async def _describe(self, request: web.Request) -> web.Response:
        """Return the OpenAPI document, which is no secret."""
        return _response(self._document, self._renderer_of_stranger(request))

    @cached_property
    def _document(self) -> bytes:
        return msgspec.json.encode(openapi.build_document(self._routes))

    async def _identify(self, request: web.Request) -> Caller:
        sent = _BEARER.fullmatch(request.headers.get("Authorization", ""))
        caller = await self._tokens.find_person(sent[1]) if sent else None
        if caller is None:
            raise ApiError(problems.UNAUTHORIZED, {"WWW-Authenticate": "Bearer"})
        return caller

    def _renderer_of_stranger(self, request: web.Request) -> PlainRenderer:
        return _renderer(self._users.last_renderer("", ""), request)


def _renderer(own: Renderer, request: web.Request) -> PlainRenderer:
    """Return a renderer in the language that a request asks for, else in the reader's own."""
    language = accepted_language(request.headers.get("Accept-Language", ""))
    translator = Translator(language or own.translator.locale, own.translator.timezone)
    return PlainRenderer(translator, mask=own.mask)


async def _refuse_method(_request: web.Request) -> web.Response:
    raise ApiError(problems.METHOD_NOT_ALLOWED, {"Allow": _METHOD})


async def _find_nothing(_request: web.Request) -> web.Response:
    raise ApiError(problems.NOT_FOUND)


def accepted_language(header: str) -> str:
    """Return the language of ours that Accept-Language prefers (RFC 9110); "" for none."""
    best, best_quality = "", 0.0
    for part in header.split(","):
        tag, _, weight = part.replace(" ", "").partition(";")
        language, found = language_of(tag, ""), _QUALITY.fullmatch(weight)
        quality = float(found[1]) if found else float(not weight)
        if language and quality > best_quality:
            best, best_quality = language, quality
    return best


def _problem(error: Exception, renderer: Renderer) -> web.Response:
    response = problem_response(error, renderer)
    response.headers.update(_headers(renderer))
    return response


def _response(body: bytes, renderer: Renderer) -> web.Response:
    return web.Response(body=body, headers={**_headers(renderer), "Content-Type": _JSON})


def _headers(renderer: Renderer) -> dict[str, str]:
    languages = [each.locale for each in renderer.translator.per_language]
    return {**_HEADERS, "Content-Language": ", ".join(languages)}
