"""Encryption of Slack's tokens at rest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from bot.errors import LagdeskError
from bot.i18n.messages import message

if TYPE_CHECKING:  # slow to import, and needed only by those that several workspaces installed
    from cryptography.fernet import MultiFernet

_FIELD: Final = "encrypted"
_WRONG_KEY: Final = message(
    "ENCRYPTION_KEY does not decrypt the stored tokens of Slack. Add the key that they were "
    "encrypted with after the new one and a comma."
)


class TokenCipher:
    """Encrypts with the first of the keys and decrypts with any of them (Fernet's keys)."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = tuple(keys)

    @property
    def has_key(self) -> bool:
        """Return whether tokens can be stored and read at all."""
        return bool(self._keys)

    @cached_property
    def _all(self) -> MultiFernet:
        return self._fernet(self._keys)

    @cached_property
    def _newest(self) -> MultiFernet:
        return self._fernet(self._keys[:1])

    @staticmethod
    def _fernet(keys: Sequence[str]) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 - see above

        return MultiFernet([Fernet(key) for key in keys])

    def encrypt(self, data: Mapping[str, Any]) -> dict[str, str]:
        """Return data as it is stored."""
        encrypted: bytes = self._newest.encrypt(json.dumps(data).encode())
        return {_FIELD: encrypted.decode()}

    def decrypt(self, stored: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return stored data; what an older version stored in plain text as it is.

        Raises LagdeskError when no key decrypts it.
        """
        if _FIELD not in stored:
            return stored
        return self._decrypt(self._all, str(stored[_FIELD]))

    def is_newest(self, stored: Mapping[str, Any]) -> bool:
        """Return whether data is encrypted with the first key."""
        try:
            self._decrypt(self._newest, str(stored.get(_FIELD) or ""))
        except LagdeskError:
            return False
        return True

    def _decrypt(self, fernet: MultiFernet, text: str) -> Mapping[str, Any]:
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - see above

        try:
            decrypted: bytes = fernet.decrypt(text.encode())
        except InvalidToken:
            raise LagdeskError(_WRONG_KEY) from None
        data: Mapping[str, Any] = json.loads(decrypted)
        return data
