"""An Agora customer's account, and HTTP basic authentication against it."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AgoraAccount:
    """An Agora customer: the key pair and the app ids, by the name of our app.

    A simulated call belongs to the app of the same name. All values are invented.
    """

    customer_id: str = "sandbox-customer"
    customer_secret: str = "sandbox-customer-secret"
    apps: Mapping[str, str] = field(
        default_factory=lambda: {
            "kids": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "adults": "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
        }
    )

    def accepts(self, header: str) -> bool:
        """Return whether an Authorization header has this customer's key pair."""
        scheme, _, encoded = header.partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return False
        expected = f"{self.customer_id}:{self.customer_secret}"
        return hmac.compare_digest(given, expected.encode())
