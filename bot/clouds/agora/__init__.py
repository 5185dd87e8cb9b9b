"""Agora Analytics: both generations of its REST API."""

from bot.clouds.agora.client import AgoraClient
from bot.clouds.agora.cloud import AgoraCloud, build_agora

__all__ = ["AgoraClient", "AgoraCloud", "build_agora"]
