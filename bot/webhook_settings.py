"""Settings of the webhooks that are sent to other systems."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from bot.setting_reader import N_, SettingReader

_ANY_TEAM: Final = ""
_PART: Final = re.compile(r"(?:([TE][A-Z0-9]+)\s*=\s*)?(\S+)")
_PREFIX: Final = "whsec_"  # of a secret, so that it is recognized as one
_SECRET_BYTES: Final = range(24, 65)  # Standard Webhooks, "Signature scheme"
_ID_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class WebhookAddress:
    """Where the events of a workspace are sent; team "" stands for the only workspace.

    `secrets` sign them; receivers take any, so that one can be replaced by another.
    """

    team: str
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)

    @property
    def id(self) -> str:
        """Its name in jobs: an address may contain a secret."""
        return hashlib.sha256(f"{self.team} {self.url}".encode()).hexdigest()[:_ID_LENGTH]

    @property
    def host(self) -> str:
        """Its name for people."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def keys(self) -> Sequence[bytes]:
        """The keys of its signatures."""
        return [_decode_secret(secret) for secret in self.secrets]


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """The addresses."""

    addresses: tuple[WebhookAddress, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.addresses)

    @property
    def secrets(self) -> Sequence[str]:
        """Every value that must not appear in a log."""
        return [text for each in self.addresses for text in (each.url, *each.secrets)]

    def of(self, team: str) -> Sequence[WebhookAddress]:
        """Return the addresses to which a workspace's events are sent."""
        return [each for each in self.addresses if each.team in (_ANY_TEAM, team)]

    def find(self, address_id: str) -> WebhookAddress | None:
        """Return an address by its id."""
        return next((each for each in self.addresses if each.id == address_id), None)


def read_webhook_settings(read: SettingReader, *, allow_private: bool) -> WebhookSettings:
    """Read WEBHOOKS and WEBHOOK_SECRET; with `allow_private` TLS is not required."""
    secrets = _read_secrets(read)
    addresses: list[WebhookAddress] = []
    for team, url in _read_parts(read, "WEBHOOKS"):
        if not _is_address(url, allow_private=allow_private):
            expected = N_("addresses such as https://host/path, separated by commas")
            read.report("WEBHOOKS", expected)
        if not team and read.text("SLACK_CLIENT_ID"):
            read.report("WEBHOOKS", N_("addresses of workspaces such as T01234567=https://host"))
        own = secrets.get(team) or secrets.get(_ANY_TEAM, ())
        if not own:
            read.report("WEBHOOK_SECRET", N_("a secret for each workspace that WEBHOOKS names"))
        addresses.append(WebhookAddress(team, url, own))
    return WebhookSettings(tuple(dict.fromkeys(addresses)))


def _read_secrets(read: SettingReader) -> Mapping[str, tuple[str, ...]]:
    """Read `whsec_A,T1=whsec_B`: for every workspace, or one; the newest first."""
    secrets: dict[str, tuple[str, ...]] = {}
    for team, secret in _read_parts(read, "WEBHOOK_SECRET"):
        if not (secret.startswith(_PREFIX) and len(_decode_secret(secret)) in _SECRET_BYTES):
            read.report("WEBHOOK_SECRET", N_("whsec_ and 24 to 64 random bytes in base64"))
        secrets[team] = (*secrets.get(team, ()), secret)
    return secrets


def _read_parts(read: SettingReader, name: str) -> Sequence[tuple[str, str]]:
    """Read values between commas, each with its workspace or with ""."""
    parts = [part.strip() for part in read.text(name).split(",")]
    found = [_PART.fullmatch(part) for part in parts if part]
    if not all(found):
        read.report(name, N_("values separated by commas, perhaps each as T01234567=value"))
    return [(match[1] or _ANY_TEAM, match[2]) for match in found if match]


def _is_address(url: str, *, allow_private: bool) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    schemes = ("https", "http") if allow_private else ("https",)
    return parts.scheme in schemes and bool(parts.hostname) and not parts.fragment


def _decode_secret(secret: str) -> bytes:
    """Return the key that a secret contains, empty if it is no secret."""
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return b""
