"""Credentials for Huawei: an access key that signs, or an IAM token that is renewed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from bot.clouds.cache import Cache, CacheEntry
from bot.clouds.endpoint import Endpoint, select_endpoint
from bot.clouds.errors import invalid_response
from bot.clouds.http import ApiRequest, ApiResponse, CloudHttp
from bot.clouds.huawei.endpoints import ENDPOINTS
from bot.clouds.huawei.schemas import decode, error_for, parse_time
from bot.clouds.huawei.signing import DATE_FORMAT, authorize, canonical_request
from bot.ports import Clock

_JSON: Final = "application/json"
_CREATED: Final = 201
_MAX_LIFETIME: Final = dt.timedelta(hours=24)
_RENEW_BEFORE: Final = dt.timedelta(hours=1)  # renewed this long before its end


@dataclass(frozen=True, slots=True)
class UnsignedRequest:
    """A request to sign; `path` is encoded, `query` is not. repr() omits ids."""

    method: str
    path: str = field(repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)


class Credentials(Protocol):
    """Authenticates requests."""

    @property
    def name(self) -> str:
        """`aksk` or `token`, as doctor displays it."""

    async def headers(self, request: UnsignedRequest) -> Mapping[str, str]:
        """Return the headers that authenticate a request. Raises CloudError."""

    def invalidate(self, refused: Mapping[str, str]) -> bool:
        """After a 401 to these headers: tell whether a retry may succeed."""

    async def close(self) -> None:
        """Close all connections."""


class AccessKeyCredentials:
    """An access key and its secret (AK/SK). `host` is the Host header of the requests."""

    name: Final = "aksk"

    def __init__(
        self, access_key: str, secret_key: str, project_id: str, host: str, clock: Clock
    ) -> None:
        self._access_key = access_key
        self._secret_key = secret_key
        self._project_id = project_id
        self._host = host
        self._clock = clock

    def __repr__(self) -> str:
        return "AccessKeyCredentials()"

    async def headers(self, request: UnsignedRequest) -> Mapping[str, str]:
        """Sign a request: date, project and host are signed with it (W5: always all of them)."""
        signed = {
            "Content-Type": _JSON,
            "Host": self._host,
            "X-Project-Id": self._project_id,
            "X-Sdk-Date": self._clock.now().astimezone(dt.UTC).strftime(DATE_FORMAT),
        }
        text = canonical_request(request.method, request.path, request.query, signed, request.body)
        return signed | {
            "Authorization": authorize(self._access_key, self._secret_key, text, signed)
        }

    def invalidate(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002 - a key has no newer version
        """Return False: a rejected key is rejected again."""
        return False

    async def close(self) -> None:
        """There are no connections."""


@dataclass(frozen=True, slots=True)
class IamUser:
    """An IAM user; `project` names the region's project, the scope of the token (W1)."""

    user: str = field(repr=False)
    password: str = field(repr=False)
    domain: str = field(repr=False)
    project: str

    def body(self) -> bytes:
        """Return the body of a request for a token (chapter 3.2)."""
        user = {"name": self.user, "password": self.password, "domain": {"name": self.domain}}
        identity = {"methods": ["password"], "password": {"user": user}}
        scope = {"project": {"name": self.project}}
        return msgspec.json.encode({"auth": {"identity": identity, "scope": scope}})


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    renew_at: dt.datetime


class _TokenBody(msgspec.Struct):
    """The part of IAM's response that is parsed."""

    expires_at: str | None = None


class _TokenResponse(msgspec.Struct):
    token: _TokenBody


class IamTokenCredentials:
    """An IAM token, renewed an hour before it expires; concurrent requests share one renewal."""

    name: Final = "token"

    def __init__(self, http: CloudHttp, iam_user: IamUser, project_id: str, clock: Clock) -> None:
        self._http = http
        self._iam_user = iam_user
        self._project_id = project_id
        self._clock = clock
        self._endpoint = select_endpoint(ENDPOINTS, "tokens")
        self._cache = Cache(clock)
        self._generation = 0
        self._current = ""

    def __repr__(self) -> str:
        return "IamTokenCredentials()"

    async def headers(self, request: UnsignedRequest) -> Mapping[str, str]:  # noqa: ARG002 - a token is no signature
        """Return the token's headers; fetches a token when there is none or it expires soon."""
        token = await self._cache.get(self._generation, self._fetch)
        self._current = token.text
        return {
            "Content-Type": _JSON,
            "X-Auth-Token": token.text,
            "X-Project-Id": self._project_id,
        }

    def invalidate(self, refused: Mapping[str, str]) -> bool:
        """Discard the rejected token, unless another task has renewed it."""
        if refused.get("X-Auth-Token") == self._current:
            self._generation += 1
            self._current = ""
        return True

    async def close(self) -> None:
        """Close the connections to IAM."""
        await self._cache.close()
        await self._http.close()

    async def _fetch(self) -> CacheEntry[_Token]:
        now = self._clock.now()

        def read(response: ApiResponse) -> _Token:
            return parse_token(self._endpoint, response, now)

        request = ApiRequest(body=self._iam_user.body(), headers={"Content-Type": _JSON})
        token = await self._http.request(self._endpoint, self._project_id, request, read)
        return CacheEntry(token, token.renew_at)


def parse_token(endpoint: Endpoint, response: ApiResponse, now: dt.datetime) -> _Token:
    """Parse IAM's response: 201, the token in a header, its expiry in the body (W3)."""
    if response.status != _CREATED:
        raise error_for(endpoint, response, now)
    text = response.headers.get("x-subject-token", "")
    if not text:
        raise invalid_response(endpoint, "no token")
    try:
        expires_at = parse_time(decode(endpoint, response.body, _TokenResponse).token.expires_at)
    except ValueError:
        raise invalid_response(endpoint, "expires_at") from None
    expires_at = min(expires_at or now + _MAX_LIFETIME, now + _MAX_LIFETIME)
    return _Token(text, max(expires_at - _RENEW_BEFORE, now + (expires_at - now) / 2))
