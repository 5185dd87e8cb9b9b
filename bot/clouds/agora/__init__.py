"""Agora Analytics: both generations of its REST API. Its JSON goes no further than here."""

from bot.clouds.agora.client import Asking
from bot.clouds.agora.cloud import AgoraCloud

__all__ = ["AgoraCloud", "Asking"]
