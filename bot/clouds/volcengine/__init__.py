"""Volcengine RTC: its OpenAPI, in both Versions."""

from bot.clouds.volcengine.client import VolcengineClient
from bot.clouds.volcengine.cloud import VolcengineCloud, build_volcengine

__all__ = ["VolcengineClient", "VolcengineCloud", "build_volcengine"]
