"""Huawei Cloud SparkRTC: its REST API of 2023-11. Its JSON goes no further than here."""

from bot.clouds.huawei.client import Asking
from bot.clouds.huawei.cloud import HuaweiCloud
from bot.clouds.huawei.credentials import Credentials, KeyPair, Tokens

__all__ = ["Asking", "Credentials", "HuaweiCloud", "KeyPair", "Tokens"]
