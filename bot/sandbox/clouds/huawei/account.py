"""A Huawei customer's account, and authentication by signature or IAM token.

Written from the document, independently of the client: each is a test of the other.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote

import msgspec

from bot.sandbox.clouds.huawei.params import api_error, gateway_error
from bot.sandbox.clouds.server import ApiError, Request, Response

TOKEN_LIFE_S: Final = 86400
_TOKEN_BYTES: Final = 4200  # some 5.6 kB as text; real ones are as long
_SKEW_S: Final = 900
_AUTHORIZATION: Final = re.compile(
    r"SDK-HMAC-SHA256 Access=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})"
)
_MUST_SIGN: Final = frozenset({"host", "x-sdk-date"})
_BAD: Final = "Incorrect IAM authentication information"


@dataclass(frozen=True, slots=True)
class HuaweiAccount:
    """A Huawei Cloud customer. A simulated call belongs to the app of the same name."""

    access_key: str = "SANDBOXAK00000000000"
    secret_key: str = "sandboxsk00000000000000000000000000000000"
    project_id: str = "0123456789abcdef0123456789abcdef"
    project_name: str = "cn-north-4"
    iam_user: str = "lagdesk"
    iam_password: str = "sandbox-iam-password"
    iam_domain: str = "sandbox-domain"
    apps: Mapping[str, str] = field(
        default_factory=lambda: {
            "kids": "5fa682b34a974f7ad24d223b",
            "adults": "5f963b4c89ae1628c2568001",
        }
    )


@dataclass(slots=True)
class Token:
    """A token IAM gave out; `project` is "" for one of a whole domain, which SparkRTC refuses."""

    project: str
    ends_at: float


class Authenticator:
    """The gateway in front of SparkRTC, and IAM beside it."""

    def __init__(self, account: HuaweiAccount) -> None:
        self.account = account
        self.tokens: dict[str, Token] = {}

    def revoke_tokens(self) -> None:
        """Let every token given out be of no worth any more."""
        self.tokens.clear()

    def authorize(self, request: Request) -> None:
        """Let in by token or by signature; 401 otherwise (APIGW.0301)."""
        token = request.headers.get("x-auth-token")
        if token is not None:
            self._check_token(token, request.now)
        else:
            self._check_signature(request)
        project_id = request.headers.get("x-project-id", self.account.project_id)
        if project_id != self.account.project_id:
            raise gateway_error(403, "APIGW.0302", "project_id mismatch")

    def issue_token(self, request: Request) -> Response:
        """Answer `POST /v3/auth/tokens`: 201, the token in a header, its end in the body (W3)."""
        user, project = _read_login(request.body)
        expected = (self.account.iam_user, self.account.iam_password, self.account.iam_domain)
        if user != expected or project not in ("", self.account.project_name):
            text = "The username or password is wrong."
            error = {"code": 401, "message": text, "title": "Unauthorized"}
            raise ApiError(Response({"error": error}, 401))
        number = len(self.tokens).to_bytes(2, "big")
        seed = hashlib.shake_256(number + str(request.now).encode()).digest(_TOKEN_BYTES)
        token = "MII" + base64.b64encode(seed).decode()
        ends_at = request.now + TOKEN_LIFE_S
        self.tokens[token] = Token(project, ends_at)
        expires_at = dt.datetime.fromtimestamp(ends_at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        body = {"token": {"expires_at": expires_at, "methods": ["password"], "catalog": []}}
        return Response(body, 201, {"X-Subject-Token": token})

    def _check_token(self, text: str, now: float) -> None:
        token = self.tokens.get(text)
        if token is None or now >= token.ends_at:
            raise gateway_error(401, "APIGW.0301", f"{_BAD}: token expires")
        if not token.project:
            raise api_error(400, "RTC.00001001", "OperationUnauthorized: get DomainID fail")

    def _check_signature(self, request: Request) -> None:
        match = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        date = request.headers.get("x-sdk-date", "")
        if match is None or match[1] != self.account.access_key:
            raise gateway_error(401, "APIGW.0301", f"{_BAD}: decode_fail")
        names = match[2].split(";")
        if (
            names != sorted(names)
            or not set(names) >= _MUST_SIGN
            or not _in_time(date, request.now)
        ):
            raise gateway_error(401, "APIGW.0301", f"{_BAD}: headers")
        expected = _sign(self.account.secret_key, date, _canonical(request, names))
        if not hmac.compare_digest(expected, match[3]):
            raise gateway_error(401, "APIGW.0301", f"{_BAD}: verify aksk signature fail")


def _in_time(date: str, now: float) -> bool:
    try:
        at = dt.datetime.strptime(date, "%Y%m%dT%H%M%S%z")
    except ValueError:
        return False
    return abs(at.timestamp() - now) <= _SKEW_S


def _canonical(request: Request, names: list[str]) -> str:
    """Write the request again the way it must have been signed, from what arrived."""
    path, _, query = request.raw_path.partition("?")
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    parts = [quote(unquote(part), safe="-_.~") for part in path.split("/")]
    joined = "/".join(parts)
    lines = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in names)
    encoded = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in pairs)
    digest = hashlib.sha256(request.body).hexdigest()
    end = "" if joined.endswith("/") else "/"
    return f"{request.method}\n{joined}{end}\n{encoded}\n{lines}\n{';'.join(names)}\n{digest}"


def _sign(secret_key: str, date: str, canonical: str) -> str:
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"SDK-HMAC-SHA256\n{date}\n{digest}"
    return hmac.new(secret_key.encode(), text.encode(), "sha256").hexdigest()


def _read_login(body: bytes) -> tuple[tuple[str, str, str], str]:
    """Return user, password and domain, and the project the token is to be for."""
    try:
        auth: Any = msgspec.json.decode(body)["auth"]
        user = auth["identity"]["password"]["user"]
        project = auth.get("scope", {}).get("project", {}).get("name", "")
        return (user["name"], user["password"], user["domain"]["name"]), project
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        error = {"code": 400, "message": "The request body is invalid", "title": "Bad Request"}
        raise ApiError(Response({"error": error}, 400)) from None
