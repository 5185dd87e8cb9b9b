"""Agora Analytics: both generations of its REST API. Its JSON goes no further than here."""

from bot.clouds.agora.client import AgoraClient
from bot.clouds.agora.cloud import AgoraCloud

__all__ = ["AgoraClient", "AgoraCloud"]
