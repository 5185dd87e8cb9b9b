"""Who we are to Huawei: a key pair that signs, or a token of IAM that is kept and renewed."""

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
    """What is about to be sent; `path` is encoded, `query` not yet. Shows no ids."""

    method: str
    path: str = field(repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)


class Credentials(Protocol):
    """A way to be let in."""

    @property
    def name(self) -> str:
        """`aksk` or `token`, as doctor shows it."""

    async def headers(self, request: UnsignedRequest) -> Mapping[str, str]:
        """Return the headers that let this request in. Raises CloudError."""

    def invalidate(self, refused: Mapping[str, str]) -> bool:
        """After a 401 to these headers: tell whether asking again may help."""

    async def close(self) -> None:
        """Give connections back."""


class AccessKeyCredentials:
    """An access key and its secret (AK/SK). `host` is the host the requests go to."""

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
        return "KeyPair()"

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

    def invalidate(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002 - a key stays a key
        """A refused key is refused again."""
        return False

    async def close(self) -> None:
        """Nothing to give back."""


@dataclass(frozen=True, slots=True)
class IamUser:
    """An IAM user; `project` names the region's project, to which the token is limited (W1)."""

    user: str = field(repr=False)
    password: str = field(repr=False)
    domain: str = field(repr=False)
    project: str

    def body(self) -> bytes:
        """Write the question for a token (chapter 3.2)."""
        user = {"name": self.user, "password": self.password, "domain": {"name": self.domain}}
        identity = {"methods": ["password"], "password": {"user": user}}
        scope = {"project": {"name": self.project}}
        return msgspec.json.encode({"auth": {"identity": identity, "scope": scope}})


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    renew_at: dt.datetime


class _TokenBody(msgspec.Struct):
    """The part of IAM's answer we read."""

    expires_at: str | None = None


class _TokenResponse(msgspec.Struct):
    token: _TokenBody


class IamTokenCredentials:
    """A token of IAM, kept until an hour before its end; many who wait share one question."""

    name: Final = "token"

    def __init__(self, http: CloudHttp, iam_user: IamUser, project_id: str, clock: Clock) -> None:
        self._http = http
        self._iam_user = iam_user
        self._project_id = project_id
        self._clock = clock
        self._endpoint = select_endpoint(ENDPOINTS, "tokens")
        self._cache: Cache[_Token] = Cache(clock)
        self._generation = 0
        self._current = ""

    def __repr__(self) -> str:
        return "Tokens()"

    async def headers(self, request: UnsignedRequest) -> Mapping[str, str]:  # noqa: ARG002 - no signature
        """Return the token's headers; asks IAM when none is kept or it is about to end."""
        entry = await self._cache.get(self._generation, self._fetch)
        self._current = entry.value.text
        return {
            "Content-Type": _JSON,
            "X-Auth-Token": entry.value.text,
            "X-Project-Id": self._project_id,
        }

    def invalidate(self, refused: Mapping[str, str]) -> bool:
        """Give the token up that was refused; a newer one of another task stays."""
        if refused.get("X-Auth-Token") == self._current:
            self._generation += 1
            self._current = ""
        return True

    async def close(self) -> None:
        """Give the connections to IAM back."""
        await self._cache.close()
        await self._http.close()

    async def _fetch(self) -> CacheEntry[_Token]:
        now = self._clock.now()

        def read(response: ApiResponse) -> _Token:
            return parse_token(self._endpoint, response, now)

        request = ApiRequest(body=self._iam_user.body(), headers={"Content-Type": _JSON})
        token = await self._http.request(self._endpoint, self._project_id, request, read)
        return CacheEntry(token, now, token.renew_at)


def parse_token(endpoint: Endpoint, response: ApiResponse, now: dt.datetime) -> _Token:
    """Read IAM's answer: 201, the token in a header, its end in the body (W3)."""
    if response.status != _CREATED:
        raise error_for(endpoint, response, now)
    text = response.headers.get("x-subject-token", "")
    if not text:
        raise invalid_response(endpoint, "no token")
    try:
        ends_at = parse_time(decode(endpoint, response.body, _TokenResponse).token.expires_at)
    except ValueError:
        raise invalid_response(endpoint, "expires_at") from None
    ends_at = min(ends_at or now + _MAX_LIFETIME, now + _MAX_LIFETIME)
    return _Token(text, max(ends_at - _RENEW_BEFORE, now + (ends_at - now) / 2))
