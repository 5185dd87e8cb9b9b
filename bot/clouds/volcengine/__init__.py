"""Volcengine RTC, both versions of its OpenAPI. Its JSON goes no further than here."""

from bot.clouds.volcengine.client import VolcengineClient
from bot.clouds.volcengine.cloud import VolcengineCloud
from bot.clouds.volcengine.signing import SignatureAuth

__all__ = ["SignatureAuth", "VolcengineClient", "VolcengineCloud"]
