"""The rules: what the metrics of two people say about why a call was bad."""

from __future__ import annotations

from typing import Final

from bot.diagnosis.rules.device import find_device_faults
from bot.diagnosis.rules.network import find_network_faults
from bot.diagnosis.rules.sending import find_sending_faults
from bot.diagnosis.rules.sessions import find_session_faults

RULES: Final = (
    # Agora's own order of looking: did the sender stop, the sender's way up, did the receiver
    # stop, the receiver's way down, the processors of both.
    find_sending_faults,
    find_network_faults,
    find_device_faults,
    find_session_faults,
)

__all__ = ["RULES"]
