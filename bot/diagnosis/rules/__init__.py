"""The rules: each finds candidate causes in both ends' metrics."""

from __future__ import annotations

from typing import Final

from bot.diagnosis.rules.bandwidth import find_bandwidth_faults
from bot.diagnosis.rules.device import find_device_faults
from bot.diagnosis.rules.network import find_network_faults
from bot.diagnosis.rules.sending import find_sending_faults
from bot.diagnosis.rules.sessions import find_session_faults

RULES: Final = (
    # In the order of Agora's troubleshooting guide: did the sender stop, the sender's uplink, did
    # the receiver stop, the receiver's downlink, both ends' CPU.
    find_sending_faults,
    find_network_faults,
    find_bandwidth_faults,
    find_device_faults,
    find_session_faults,
)

__all__ = ["RULES"]
