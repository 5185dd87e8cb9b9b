"""The endpoints of every cloud. Each cloud's `endpoints.py` has its rows."""

from __future__ import annotations

from typing import Final

from bot.clouds.agora.endpoints import ENDPOINTS as AGORA_ENDPOINTS
from bot.clouds.endpoint import Endpoint, select_endpoint
from bot.clouds.huawei.endpoints import ENDPOINTS as HUAWEI_ENDPOINTS
from bot.clouds.volcengine.endpoints import ENDPOINTS as VOLCENGINE_ENDPOINTS

ENDPOINTS: Final = (*AGORA_ENDPOINTS, *HUAWEI_ENDPOINTS, *VOLCENGINE_ENDPOINTS)


def find_endpoint(
    cloud: str, name: str, *, generation: str = "", plan: str | None = None
) -> Endpoint:
    """Return one endpoint of a cloud; KeyError when there is none."""
    endpoints = [endpoint for endpoint in ENDPOINTS if endpoint.cloud == cloud]
    return select_endpoint(endpoints, name, generation=generation, plan=plan)
